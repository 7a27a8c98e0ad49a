package guest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labproof/labproof/helpers/output"
)

// Source is a place where packets can be listened to: a guest, or the node.
type Source interface {
	// Name is the place's, for messages and file names.
	Name() string
	// Capture listens on an interface; it returns once tcpdump does listen.
	Capture(ctx context.Context, iface, filter string) (Recording, error)
}

// Recording is a capture under way.
type Recording interface {
	Name() string      // the source's
	Interface() string // where it listens
	// Stop ends the capture and returns it as a pcap file. It may be called again.
	Stop(ctx context.Context) (pcap []byte, err error)
}

// In is a guest as a source.
func In(g Guest) Source { return inGuest{g, captureLimit} }

// captureLimit ends a capture that nobody stops any more: that of a labproof that was killed.
const captureLimit = 10 * time.Minute

// Capture listens on a guest's interface with tcpdump, which must be installed there.
func Capture(ctx context.Context, g Guest, iface, filter string) (Recording, error) {
	return In(g).Capture(ctx, iface, filter)
}

// CaptureError is a tcpdump that does not capture, and what it said.
type CaptureError struct {
	Where, Interface string
	Output           string
}

func (e *CaptureError) Error() string {
	return fmt.Sprintf("%s: tcpdump on %s does not capture: %s", e.Where, e.Interface, output.Line(e.Output, 500))
}

type inGuest struct {
	guest Guest
	limit time.Duration
}

func (s inGuest) Name() string { return s.guest.Name() }

// The capture is written by the shell's redirection, not by -w: an AppArmor profile or
// tcpdump's own change of user must not decide where. -U alone loses the last packets;
// --immediate-mode and waiting for its end do not. It ends by itself where nobody is left to
// stop it. The shell looks at it by itself: under TCG each program that a guest starts takes
// it 40 ms. $1 is the interface, $2 the filter, $3 for how many seconds it listens at most.
const captureScript = aliveFunction + `listens() { while IFS= read -r line; do case $line in *'listening on'*) return 0 ;; esac; done <"$d/log"; return 1; }
d=$(mktemp -d /tmp/labproof-capture.XXXXXX) || exit 71
: >"$d/log"
setsid timeout -s INT "$3" tcpdump -n -p -s 0 -i "$1" --immediate-mode -U -w - "$2" </dev/null >"$d/pcap" 2>"$d/log" &
p=$!
n=0
until listens; do
  if ! alive "$p" || [ "$n" -ge 300 ]; then
    kill -s KILL -- "-$p" 2>/dev/null
    cat "$d/log" >&2
    rm -rf "$d"
    exit 72
  fi
  n=$((n+1))
  sleep 0.1
done
echo "$p $d"`

// $1 is the process, $2 the directory, $3 the limit.
const stopScript = aliveFunction + `alive "$1" && kill -INT "$1" || echo 'tcpdump had ended before it was stopped' >&2
n=0
while alive "$1"; do
  if [ "$n" -ge 100 ]; then kill -s KILL -- "-$1"; exit 74; fi
  n=$((n+1))
  sleep 0.1
done
cat "$2/log" >&2
head -c "$3" "$2/pcap" | base64 && rm -rf "$2"`

// A process that is gone, or a zombie that nobody has asked about, has ended: the third word
// of its stat (proc_pid_stat(5); the names of tcpdump and timeout have no space).
const aliveFunction = `alive() { { read -r _ _ state _ <"/proc/$1/stat"; } 2>/dev/null && [ "$state" != Z ]; }
`

var (
	interfaceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,31}$`)
	captureStart  = regexp.MustCompile(`^([0-9]{1,10}) (/tmp/labproof-capture\.[A-Za-z0-9]{6})\n?$`)
)

// Capture implements Source.
func (s inGuest) Capture(ctx context.Context, iface, filter string) (Recording, error) {
	if !interfaceName.MatchString(iface) {
		return nil, fmt.Errorf("%s: %q is no interface's name", s.Name(), iface)
	}
	limit := strconv.Itoa(int(s.limit.Seconds()))
	result, err := s.guest.Run(ctx, Command{Shell: captureScript, Argv: []string{"labproof-capture", iface, filter, limit}})
	if err != nil {
		return nil, fmt.Errorf("capturing on %s of %s: %w", iface, s.Name(), err)
	}
	m := captureStart.FindStringSubmatch(result.Stdout)
	if result.Exit != 0 || m == nil {
		return nil, &CaptureError{Where: s.Name(), Interface: iface, Output: result.Stderr + result.Stdout}
	}
	return &guestRecording{guest: s.guest, iface: iface, pid: m[1], dir: m[2]}, nil
}

type guestRecording struct {
	guest      Guest
	iface      string
	pid, dir   string
	mu         sync.Mutex
	stopped    bool
	pcap       []byte
	stopFailed error
}

func (r *guestRecording) Name() string      { return r.guest.Name() }
func (r *guestRecording) Interface() string { return r.iface }

// Stop implements Recording.
func (r *guestRecording) Stop(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.stopped = true
		r.pcap, r.stopFailed = r.stop(ctx)
	}
	return r.pcap, r.stopFailed
}

func (r *guestRecording) stop(ctx context.Context) ([]byte, error) {
	command := Command{Shell: stopScript, Argv: []string{"labproof-capture", r.pid, r.dir, strconv.Itoa(maxFile + 1)}}
	var result Result
	var err error
	if wide, ok := r.guest.(runner); ok {
		result, err = wide.run(ctx, command, maxEncoded)
	} else {
		result, err = r.guest.Run(ctx, command)
	}
	if err != nil {
		return nil, fmt.Errorf("ending the capture on %s of %s: %w", r.iface, r.Name(), err)
	}
	if result.Exit != 0 || strings.Contains(result.Stderr, "had ended before") {
		return nil, &CaptureError{Where: r.Name(), Interface: r.iface, Output: result.Stderr}
	}
	pcap, err := decodeBase64(result.Stdout)
	if err != nil || result.Truncated || len(pcap) > maxFile {
		return nil, &CaptureError{Where: r.Name(), Interface: r.iface, Output: fmt.Sprintf("the capture is unreadable or larger than %d MiB", maxFile>>20)}
	}
	return pcap, nil
}
