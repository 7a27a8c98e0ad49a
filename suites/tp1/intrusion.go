package tp1

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/reports"
)

// Some states were there for a moment only. With --intrusive a grader brings them back for
// the time of one look: each such change is listed here, told beforehand, and undone.

// Intrusions are what grading a lab with --intrusive changes for a moment, in its order.
func Intrusions(plan lab.Lab) []reports.Text {
	var all []reports.Text
	for _, p := range plan.Pairs {
		all = append(all, reports.Textf(
			"tp1.q20 : sur %s, net.ipv4.ip_forward passe à 0 le temps d'un ping, puis revient à 1",
			"tp1.q20: on %s, net.ipv4.ip_forward is set to 0 for the time of one ping, then back to 1", p.Gateway.Name))
	}
	return all
}

// closeScript switches forwarding off and prints the process that switches it on again where
// nobody else does: labproof may be killed meanwhile. $1 is after how many seconds.
const closeScript = `setsid /bin/sh -c 'sleep "$1"; sysctl -q -w net.ipv4.ip_forward=1' labproof-forwarding "$1" </dev/null >/dev/null 2>&1 &
sysctl -q -w net.ipv4.ip_forward=0 && echo "$!"`

// openScript switches forwarding on again and ends that process, $1; 0: it is not known.
const openScript = `sysctl -q -w net.ipv4.ip_forward=1 || exit
[ "$1" = 0 ] || kill -s TERM -- "-$1" 2>/dev/null || :`

// closedAtMost is how long forwarding stays off without anybody who switches it on again.
const closedAtMost = 10 * time.Minute

func closeForward() guest.Command {
	return guest.Command{Shell: closeScript, Argv: []string{"labproof-forwarding", strconv.Itoa(int(closedAtMost.Seconds()))}}
}

func openForward(watch string) guest.Command {
	return guest.Command{Shell: openScript, Argv: []string{"labproof-forwarding", watch}}
}

// isIntrusion tells whether argv is one of the changes that --intrusive allows.
func isIntrusion(argv []string) bool {
	if slices.Equal(argv, shellOf(closeForward())) {
		return true
	}
	return len(argv) == 5 && processID.MatchString(argv[4]) && slices.Equal(argv, shellOf(openForward(argv[4])))
}

// shellOf is the argv of a command for a shell.
func shellOf(c guest.Command) []string {
	return append([]string{"/bin/sh", "-c", c.Shell}, c.Argv...)
}

var processID = regexp.MustCompile(`^(0|[1-9][0-9]{0,9})$`)

// closed calls look while forwarding is off on the pair's gateway. Where it was on it is
// switched on again, whatever happens to the look.
func (p *Pair) closed(ctx context.Context, look func() error) (err error) {
	gw := p.Node.into(ctx, p.Gateway)
	if gw == nil {
		return &notObservable{Why: onlyDisk}
	}
	before, err := forwarding(ctx, gw)
	if err != nil {
		return err
	}
	if before != "1" || p.Node.acting() {
		return look()
	}
	watch := "0"
	defer func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.Node.Config.Timeouts.Command)
		defer cancel()
		if _, restored := guest.Must(limited, gw, openForward(watch)); restored != nil {
			err = errors.Join(err, fmt.Errorf("forwarding is still off on %s (sysctl -w net.ipv4.ip_forward=1 puts it back): %w", p.Gateway.Name, restored))
		}
	}()
	off, err := guest.Must(ctx, gw, closeForward())
	if err != nil {
		return err
	}
	process := strings.TrimSpace(off.Stdout)
	if !processID.MatchString(process) {
		return fmt.Errorf("switch forwarding off on %s: %q is no process", p.Gateway.Name, process)
	}
	watch = process
	return look()
}
