package guest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
)

// A getty as a serial console has it, on a real terminal: this machine stands for
// the guest.
const getty = `#!/bin/bash
while :; do
  printf '\r\nDebian GNU/Linux 12 debian ttyS0\r\n\r\ndebian login: '
  IFS= read -r user || exit
  [ -n "$user" ] || continue
  printf 'Password: '
  stty -echo; IFS= read -r password || exit; stty echo
  printf '\r\n'
  if [ "$user:$password" = "root:open sesame" ]; then
    printf 'Linux debian 6.1\r\n\x1b[?2004h'
    $1
  else
    printf 'Login incorrect\r\n'
  fi
done
`

// line is the guest's end of a serial line; it lives on when somebody hangs up.
type line struct {
	mu     sync.Mutex
	pty    *os.File
	opened int
}

// plugged is somebody connected to the line.
type plugged struct {
	*os.File
	closed chan struct{}
	once   sync.Once
}

func (p *plugged) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Read ends when the connection is closed, though the line itself stays.
func (p *plugged) Read(b []byte) (int, error) {
	for {
		select {
		case <-p.closed:
			return 0, io.EOF
		default:
		}
		_ = p.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		n, err := p.File.Read(b)
		if n > 0 || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

func (l *line) open(context.Context) (io.ReadWriteCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened++
	return &plugged{File: l.pty, closed: make(chan struct{})}, nil
}

// newLine starts a getty whose login gives this shell.
func newLine(t *testing.T, shell string) *line {
	t.Helper()
	script := filepath.Join(t.TempDir(), "getty")
	if err := os.WriteFile(script, []byte(getty), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/bash", script, shell)
	cmd.Env = append(os.Environ(), "PS1=root@debian:~# ")
	master, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(int(master.Fd()), true); err != nil {
		t.Fatal(err)
	}
	nonblocking := os.NewFile(uintptr(mustDup(t, master)), "pty")
	t.Cleanup(func() {
		_ = master.Close()
		_ = nonblocking.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &line{pty: nonblocking}
}

// mustDup gives a descriptor that os.NewFile may put under Go's poller.
func mustDup(t *testing.T, f *os.File) int {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return fd
}

func onConsole(t *testing.T, l *line, password string) *ConsoleGuest {
	t.Helper()
	g := newConsole(l.open, config.Guest{User: "root", Password: config.Secret(password)}, Options{}.filled(102))
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func TestConsoleRuns(t *testing.T) {
	for name, shell := range map[string]string{"bash": "bash --norc -i", "sh": "sh -i"} {
		t.Run(name, func(t *testing.T) {
			g := onConsole(t, newLine(t, shell), "open sesame")
			if err := g.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			r, err := g.Run(t.Context(), Sh("echo out; echo err >&2; exit 3"))
			if err != nil || r.Stdout != "out\n" || r.Stderr != "err\n" || r.Exit != 3 {
				t.Errorf("got %+v, %v", r, err)
			}
			r, err = g.Run(t.Context(), Command{Argv: []string{"printf", "%s|", "a b", "$HOME", "it's"}, Stdin: []byte("unused")})
			if err != nil || r.Stdout != "a b|$HOME|it's|" {
				t.Errorf("got %+v, %v", r, err)
			}
			r, err = g.Run(t.Context(), Command{Argv: []string{"cat"}, Stdin: []byte(strings.Repeat("long line ", 1000))})
			if err != nil || len(r.Stdout) != 10000 {
				t.Errorf("%d bytes, %v", len(r.Stdout), err)
			}
			if g.Rung() != RungConsole || g.Name() != "VM 102" {
				t.Error(g.Rung(), g.Name())
			}
		})
	}
}

func TestConsoleFiles(t *testing.T) {
	testFiles(t, onConsole(t, newLine(t, "bash --norc -i"), "open sesame"))
}

func TestConsoleOutputIsBounded(t *testing.T) {
	g := onConsole(t, newLine(t, "sh -i"), "open sesame")
	r, err := g.Run(t.Context(), Sh("head -c 1200000 /dev/zero"))
	if err != nil || len(r.Stdout) != output.Limit || !r.Truncated {
		t.Errorf("%d bytes, %v", len(r.Stdout), err)
	}
}

func TestConsoleThatRefusesTheLogin(t *testing.T) {
	g := onConsole(t, newLine(t, "sh -i"), "wrong secret")
	err := g.WaitReady(t.Context())
	var unreachable *Unreachable
	if !errors.As(err, &unreachable) || !errors.Is(err, ErrNoLogin) || strings.Contains(err.Error(), "wrong secret") {
		t.Errorf("got %v", err)
	}
}

// A command that does not end is interrupted, and the next one finds a shell again.
func TestConsoleAfterACommandThatTookTooLong(t *testing.T) {
	l := newLine(t, "bash --norc -i")
	g := onConsole(t, l, "open sesame")
	where := filepath.Join(t.TempDir(), "where")
	_, err := g.Run(t.Context(), Command{Shell: "readlink /proc/$$/fd/0 >" + where + "; sleep 1000", Timeout: time.Second})
	var late *wait.TimeoutError
	if !errors.As(err, &late) {
		t.Fatalf("got %v", err)
	}
	r, err := g.Run(t.Context(), Sh("echo back"))
	if err != nil || r.Stdout != "back\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	if l.opened != 2 {
		t.Errorf("connected %d times", l.opened)
	}
	input, err := os.ReadFile(where) // …/labproof-run.XXXXXX/in
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(strings.TrimSpace(string(input))); !os.IsNotExist(err) {
		t.Errorf("%s was left behind: %v", input, err)
	}
}

func TestConsoleLogsOut(t *testing.T) {
	l := newLine(t, "bash --norc -i")
	g := onConsole(t, l, "open sesame")
	if err := g.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = g.Close()
	again := onConsole(t, l, "open sesame")
	if r, err := again.Run(t.Context(), Sh("echo in")); err != nil || r.Stdout != "in\n" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestConsoleWithoutAnybodyAtItsEnd(t *testing.T) {
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	defer func() { _ = far.Close() }()
	g := newConsole(func(context.Context) (io.ReadWriteCloser, error) { return near, nil }, config.Guest{},
		Options{Timeouts: config.Timeouts{Console: 50 * time.Millisecond}}.filled(102))
	_, err := g.Run(t.Context(), Cmd("true"))
	if !errors.Is(err, ErrNoConnection) || !errors.Is(err, errNoAnswer) {
		t.Errorf("got %v", err)
	}
}

func TestConsoleThatTheNodeRefuses(t *testing.T) {
	refused := &proxmox.Error{Method: "POST", Path: "/x", Status: 403, Message: "Permission check failed (/vms/102, VM.Console)"}
	g := newConsole(func(context.Context) (io.ReadWriteCloser, error) { return nil, refused }, config.Guest{}, Options{}.filled(102))
	if err := g.WaitReady(t.Context()); !errors.Is(err, proxmox.ErrForbidden) || errors.As(err, new(*wait.TimeoutError)) {
		t.Errorf("got %v", err)
	}
}

func FuzzConsoleResult(f *testing.F) {
	f.Add([]byte("0"), []byte("b3V0Cg==\n"), []byte(""))
	f.Add([]byte("-1"), []byte("\x1b[31m"), []byte("=="))
	f.Fuzz(func(t *testing.T, status, stdout, stderr []byte) {
		r, err := consoleResult([3][]byte{status, stdout, stderr}, 64)
		if err == nil && (r.Exit < 0 || r.Exit > 255 || len(r.Stdout) > 64 || len(r.Stderr) > 64) {
			t.Errorf("got %+v", r)
		}
	})
}
