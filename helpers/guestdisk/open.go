package guestdisk

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/proxmox"
)

// serveScript has QEMU's own reader open an image, so that every format, backing file
// and lock is what it is for a VM: read-only, beside a running QEMU (force-share takes no
// lock that could keep a VM from starting), never guessing a format. $1 is the file, $2
// its format, $3 the file's name with its commas doubled. It prints the socket's path and
// ends, and with it everything that it made, when its input does.
const serveScript = `umask 077
if [ -b "$1" ]; then driver=host_device
elif [ -f "$1" ]; then driver=file
else echo "the node has no file or device $1" >&2; exit 44
fi
command -v qemu-nbd >/dev/null || { echo "the node has no qemu-nbd" >&2; exit 44; }
dir=$(mktemp -d) || exit 45
end() {
	pid=$(cat "$dir/pid" 2>/dev/null) && grep -aqsF "$dir/nbd" "/proc/$pid/cmdline" && kill "$pid"
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 0' HUP INT TERM
qemu-nbd --fork --pid-file="$dir/pid" --socket="$dir/nbd" --read-only --image-opts \
	"driver=$2,force-share=on,file.driver=$driver,file.locking=off,file.filename=$3" </dev/null || exit 44
echo "$dir/nbd"
cat >/dev/null`

const (
	exitNotReadable = 44
	maxSocketPath   = 4096
	closeLimit      = 10 * time.Second
)

// formats are those of VMs' disks.
var formats = []string{"qcow2", "raw", "vmdk"}

// OpenVM opens the disk of a VM that its system is on: of those that the configuration
// names, the first, in boot order, that holds a root file system.
func OpenVM(ctx context.Context, session *proxmox.Session, shell *hypervisor.Shell, vmid int) (*Disk, error) {
	config, err := session.VMConfig(ctx, vmid)
	if err != nil {
		return nil, err
	}
	var unreadable []error
	for _, drive := range config.Disks() {
		info, err := session.VolumeInfo(ctx, drive.Volume)
		if err != nil {
			return nil, err
		}
		disk, err := Open(ctx, shell, info)
		if !errors.Is(err, ErrNotReadable) {
			return disk, err
		}
		unreadable = append(unreadable, err)
	}
	if len(unreadable) == 0 {
		return nil, &NotReadableError{Why: fmt.Sprintf("VM %d has no disk on a storage", vmid)}
	}
	return nil, errors.Join(unreadable...)
}

// Open opens a volume of the node whose shell it is given, which must be root's. The
// volume may belong to a running VM, a stopped one or a template. ctx limits the opening
// only; Close ends what runs on the node, as does the shell's own end.
func Open(ctx context.Context, shell *hypervisor.Shell, volume proxmox.VolumeInfo) (*Disk, error) {
	d, err := open(ctx, shell, volume)
	var unreadable *NotReadableError
	switch {
	case errors.As(err, &unreadable):
		unreadable.Volume = volume.ID
	case err != nil:
		err = fmt.Errorf("opening the disk %s: %w", volume.ID, err)
	default:
		d.Volume = volume.ID
	}
	return d, err
}

func open(ctx context.Context, shell *hypervisor.Shell, volume proxmox.VolumeInfo) (*Disk, error) {
	switch {
	case !slices.Contains(formats, volume.Format):
		return nil, notReadable("its format is %q", volume.Format)
	case !strings.HasPrefix(volume.Path, "/"):
		return nil, notReadable("it is no file or device of the node (%s)", output.Line(volume.Path, 200))
	}
	served, err := serve(ctx, shell, volume)
	if err != nil {
		return nil, err
	}
	d, err := served.disk(ctx)
	if err != nil {
		_ = served.end() // the reason why it is ended is what the caller has to hear of
		return nil, err
	}
	return d, nil
}

// served is a volume that the node's qemu-nbd serves.
type served struct {
	shell   *hypervisor.Shell
	process *hypervisor.Process
	socket  string
	end     func() error // ends the server, once
}

func serve(ctx context.Context, shell *hypervisor.Shell, volume proxmox.VolumeInfo) (*served, error) {
	program := hypervisor.Quote("/bin/sh", "-c", serveScript, "labproof-disk",
		volume.Path, volume.Format, strings.ReplaceAll(volume.Path, ",", ",,"))
	process, err := shell.StreamInput(context.WithoutCancel(ctx), program)
	if err != nil {
		return nil, err
	}
	s := &served{shell: shell, process: process}
	s.end = sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
		defer cancel()
		_, err := process.Release(ctx)
		process.Kill() // where it did not end by itself, or the connection is gone
		return err
	})
	if s.socket, err = s.ready(ctx); err != nil {
		_ = s.end()
		return nil, err
	}
	return s, nil
}

// ready waits for the socket's path.
func (s *served) ready(ctx context.Context) (string, error) {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(io.LimitReader(s.process.Stdout(), maxSocketPath)).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		if path, whole := strings.CutSuffix(text, "\n"); whole && strings.HasPrefix(path, "/") {
			return path, nil
		}
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	exit, err := s.process.Wait(ctx)
	if err != nil {
		return "", err
	}
	said := output.Line(s.process.Errors(), 500)
	if exit == exitNotReadable {
		return "", notReadable("%s", said)
	}
	return "", fmt.Errorf("the node could not serve it: exit %d: %s", exit, said)
}

// disk connects to the server and finds the root file system.
func (s *served) disk(ctx context.Context) (*Disk, error) {
	conn, err := s.shell.DialUnix(ctx, s.socket)
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) && refused.Reason != ssh.ConnectionFailed {
		return nil, &NotReadableError{Why: "the node's sshd does not forward to sockets (AllowStreamLocalForwarding)", Err: err}
	}
	if err != nil {
		return nil, err
	}
	hangUp := sync.OnceFunc(func() { _ = conn.Close() })
	stop := context.AfterFunc(ctx, hangUp)
	d, err := s.read(conn)
	if !stop() && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		hangUp()
		return nil, err
	}
	d.hangUp = hangUp
	return d, nil
}

func (s *served) read(conn io.ReadWriteCloser) (*Disk, error) {
	client, err := dialNBD(conn)
	if err != nil {
		return nil, err
	}
	d, err := New(client, client.size)
	if err != nil {
		return nil, err
	}
	d.release = func() error {
		_ = client.Close() // the server's end, below, is what counts
		return s.end()
	}
	return d, nil
}

// Reads tells whether a command of the node's shell is one by which this package reads a
// disk.
func Reads(command string) bool {
	return strings.HasPrefix(command, hypervisor.Quote("/bin/sh", "-c", serveScript, "labproof-disk")+" ")
}
