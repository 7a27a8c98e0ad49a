package hypervisor_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/internal/sshtest"
	"github.com/labproof/labproof/helpers/output"
)

func access(s *sshtest.Server) config.SSH {
	return config.SSH{Addr: s.Addr, User: "root", Key: config.Secret(s.Key), HostKey: s.HostKeyLine()}
}

func dial(t *testing.T, s *sshtest.Server) *hypervisor.Shell {
	t.Helper()
	shell, err := hypervisor.Dial(t.Context(), access(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shell.Close() })
	return shell
}

func TestRun(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	r, err := shell.Run(t.Context(), `echo out; echo err >&2; exit 3`)
	if err != nil || r.Stdout != "out\n" || r.Stderr != "err\n" || r.Exit != 3 || r.Truncated || r.Command == "" {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = shell.RunInput(t.Context(), "cat", strings.NewReader("hello"), 0)
	if err != nil || r.Stdout != "hello" {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = shell.Run(t.Context(), `kill -TERM $$`)
	if err != nil || r.Exit != 128+15 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// A shell that only reads sends no other command, by whichever way it is asked.
func TestOnlyWhatIsAllowed(t *testing.T) {
	s := sshtest.New(t)
	shell := dial(t, s)
	shell.Only(func(command string) bool { return command == "echo x" })
	if r, err := shell.Run(t.Context(), "echo x"); err != nil || r.Stdout != "x\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	for name, run := range map[string]func(command string) error{
		"run":    func(c string) error { _, err := shell.Run(t.Context(), c); return err },
		"input":  func(c string) error { _, err := shell.RunInput(t.Context(), c, strings.NewReader("x"), 0); return err },
		"stream": func(c string) error { _, err := shell.Stream(t.Context(), c); return err },
		"stdin":  func(c string) error { _, err := shell.StreamInput(t.Context(), c); return err },
	} {
		if err := run("touch /tmp/x"); !errors.Is(err, hypervisor.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runs := s.Runs(); len(runs) != 1 {
		t.Errorf("the machine got %q", runs)
	}
}

func TestRunSideBySide(t *testing.T) {
	s := sshtest.New(t)
	shell := dial(t, s)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if r, err := shell.Run(context.Background(), "echo x"); err != nil || r.Stdout != "x\n" {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
	wg.Wait()
	if s.Logins() != 1 {
		t.Errorf("%d connections", s.Logins())
	}
}

func TestEndlessOutputIsBounded(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	r, err := shell.Run(t.Context(), `head -c 3000000 /dev/zero`)
	if err != nil || len(r.Stdout) != output.Limit || !r.Truncated {
		t.Errorf("%d bytes, truncated %v, %v", len(r.Stdout), r.Truncated, err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	s := sshtest.New(t)
	shell := dial(t, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("Ctrl-C")
	file := filepath.Join(t.TempDir(), "started")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(file); err == nil {
				cancel(stop)
			}
		}
	}()
	if _, err := shell.Run(ctx, "touch "+file+"; sleep 1000"); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if r, err := shell.Run(t.Context(), "echo still here"); err != nil || r.Stdout != "still here\n" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestABrokenConnectionIsMadeAgain(t *testing.T) {
	s := sshtest.New(t)
	shell := dial(t, s)
	s.Drop()
	if r, err := shell.Run(t.Context(), "echo again"); err != nil || r.Stdout != "again\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	if s.Logins() != 2 {
		t.Errorf("%d connections", s.Logins())
	}
}

func TestACommandThatIsCutOffIsAnError(t *testing.T) {
	s := sshtest.New(t)
	shell := dial(t, s)
	p, err := shell.Stream(t.Context(), "sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	s.Drop()
	if _, err := p.Wait(t.Context()); err == nil {
		t.Error("it is none")
	}
}

func TestPasswordLogin(t *testing.T) {
	s := sshtest.New(t)
	a := access(s)
	a.Key, a.Password = "", config.Secret(s.Password)
	shell, err := hypervisor.Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	_ = shell.Close()

	a.Password = "wrong secret"
	var refused *hypervisor.ConnectError
	if _, err := hypervisor.Dial(t.Context(), a); !errors.As(err, &refused) || strings.Contains(err.Error(), "wrong secret") {
		t.Errorf("got %v", err)
	}
	a.Password = ""
	if _, err := hypervisor.Dial(t.Context(), a); err == nil {
		t.Error("a login without key and password is no error")
	}
}

func TestBadKeysAreExplained(t *testing.T) {
	s := sshtest.New(t)
	for key, want := range map[string]string{
		"/nonexistent/id_ed25519": "reading the private key",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n": "the private key",
	} {
		a := access(s)
		a.Key = config.Secret(key)
		if _, err := hypervisor.Dial(t.Context(), a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAKeyMayBeAFile(t *testing.T) {
	s := sshtest.New(t)
	a := access(s)
	file := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(file, []byte(s.Key), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Key = config.Secret(file)
	shell, err := hypervisor.Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	_ = shell.Close()
}

func TestOnlyTheExpectedHostKeyIsTrusted(t *testing.T) {
	s, other := sshtest.New(t), sshtest.New(t)
	file := filepath.Join(t.TempDir(), "known_hosts")
	lines := "# comment\nelsewhere " + other.HostKeyLine() + "\n" + knownhosts.Line([]string{s.Addr}, s.HostKey) + "\n"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"line": s.HostKeyLine(), "line with comment": s.HostKeyLine() + " root@proxmox1", "fingerprint": ssh.FingerprintSHA256(s.HostKey),
		"known_hosts": lines, "hashed": knownhosts.HashHostname(knownhosts.Normalize(s.Addr)) + " " + s.HostKeyLine(), "file": file,
	} {
		a := access(s)
		a.HostKey = text
		shell, err := hypervisor.Dial(t.Context(), a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = shell.Close()
	}
	for name, text := range map[string]string{"another key": other.HostKeyLine(), "another fingerprint": ssh.FingerprintSHA256(other.HostKey)} {
		a := access(s)
		a.HostKey = text
		var wrong *hypervisor.HostKeyError
		if _, err := hypervisor.Dial(t.Context(), a); !errors.As(err, &wrong) || wrong.Got != ssh.FingerprintSHA256(s.HostKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"nothing": "", "another host": "elsewhere " + s.HostKeyLine(), "nonsense": "ssh-ed25519 nonsense", "no file": "/nonexistent", "revoked": "@revoked * " + s.HostKeyLine()} {
		a := access(s)
		a.HostKey = text
		if _, err := hypervisor.Dial(t.Context(), a); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	if other.Logins() != 0 {
		t.Error("the wrong machine was logged in to")
	}
}

func TestFirstUseTrustsOneKey(t *testing.T) {
	s, other := sshtest.New(t), sshtest.New(t)
	policy := hypervisor.FirstUse()
	if policy.Fingerprint() != "" {
		t.Error("a key is trusted before it was seen")
	}
	dialer := func(to *sshtest.Server) (*hypervisor.Shell, error) {
		a := access(to)
		a.HostKey = ""
		return hypervisor.Through(t.Context(), (&net.Dialer{}).DialContext, a, policy)
	}
	for range 2 {
		shell, err := dialer(s)
		if err != nil {
			t.Fatal(err)
		}
		_ = shell.Close()
	}
	if policy.Fingerprint() != ssh.FingerprintSHA256(s.HostKey) {
		t.Errorf("trusted %s", policy.Fingerprint())
	}
	var wrong *hypervisor.HostKeyError
	if _, err := dialer(other); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
}

func TestDialTCP(t *testing.T) {
	s := sshtest.New(t)
	shell := dial(t, s)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	go func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "hello")
			_ = conn.Close()
		}
	}()
	for range 2 { // the second time over a new connection
		conn, err := shell.DialTCP(t.Context(), lis.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(conn); err != nil || string(text) != "hello" {
			t.Errorf("%q, %v", text, err)
		}
		_ = conn.Close()
		s.Drop()
	}
	if _, err := shell.DialTCP(t.Context(), "127.0.0.1:1"); err == nil {
		t.Error("a refused connection is no error")
	}
}

func TestADeadMachineIsAConnectError(t *testing.T) {
	s := sshtest.New(t)
	a := access(s)
	a.Addr = "127.0.0.1:1"
	a.HostKey = s.HostKeyLine()
	var lost *hypervisor.ConnectError
	if _, err := hypervisor.Dial(t.Context(), a); !errors.As(err, &lost) || lost.Addr != a.Addr {
		t.Errorf("got %v", err)
	}
}

// A machine that accepts and says nothing must not hold us.
func TestASilentMachineEndsWithTheContext(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("Ctrl-C")
	go func() {
		conn, err := lis.Accept()
		if err == nil {
			cancel(stop)
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	a := access(sshtest.New(t))
	a.Addr = lis.Addr().String()
	if _, err := hypervisor.Dial(ctx, a); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// A guest's SSH server may let us in and then say nothing: x/crypto/ssh would wait for its
// answer for ever.
func TestAServerThatAnswersNoCommandEndsWithTheContext(t *testing.T) {
	server := sshtest.New(t)
	server.Silent = true
	shell, err := hypervisor.Dial(t.Context(), access(server))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shell.Close() }()
	stop := errors.New("it takes too long")
	for name, run := range map[string]func(context.Context) error{
		"run":    func(ctx context.Context) error { _, err := shell.Run(ctx, "true"); return err },
		"stream": func(ctx context.Context) error { _, err := shell.Stream(ctx, "true"); return err },
	} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, stop)
		if err := run(ctx); !errors.Is(err, stop) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}
