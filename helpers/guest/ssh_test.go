package guest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/internal/sshtest"
	"github.com/labproof/labproof/helpers/wait"
)

// throughNode is a guest behind a node: two SSH servers, the second reached by the
// first one's forwarding.
func throughNode(t *testing.T, creds config.Guest, opts Options) (*SSHGuest, *sshtest.Server) {
	t.Helper()
	node, inside := sshtest.New(t), sshtest.New(t)
	node.Forward = func(addr string) string {
		if addr != "10.0.1.2:22" {
			return "127.0.0.1:1"
		}
		return inside.Addr
	}
	shell, err := hypervisor.Dial(t.Context(), config.SSH{Addr: node.Addr, User: "root", Key: config.Secret(node.Key), HostKey: node.HostKeyLine()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shell.Close() })
	if creds.Key == "the right one" {
		creds.Key = config.Secret(inside.Key)
	}
	g := SSH(shell, "10.0.1.2", creds, hypervisor.FirstUse(), opts)
	t.Cleanup(func() { _ = g.Close() })
	return g, inside
}

func TestSSHRuns(t *testing.T) {
	g, inside := throughNode(t, config.Guest{Key: "the right one"}, Options{Name: "instance-1-1"})
	if err := g.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := g.Run(t.Context(), Sh("echo out; echo err >&2; exit 3"))
	if err != nil || r.Stdout != "out\n" || r.Stderr != "err\n" || r.Exit != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = g.Run(t.Context(), Command{Argv: []string{"printf", "%s|", "a b", "$HOME", "it's"}})
	if err != nil || r.Stdout != "a b|$HOME|it's|" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err = g.Run(t.Context(), Sh("kill -KILL $$")); err != nil || r.Exit != 137 || r.Signal != 9 {
		t.Errorf("got %+v, %v", r, err)
	}
	inside.Drop()
	if r, err = g.Run(t.Context(), Cmd("echo", "again")); err != nil || r.Stdout != "again\n" {
		t.Errorf("after the connection broke: %+v, %v", r, err)
	}
	if g.Name() != "instance-1-1" || g.Rung() != RungSSH {
		t.Error(g.Name(), g.Rung())
	}
}

func TestSSHFiles(t *testing.T) {
	g, _ := throughNode(t, config.Guest{Key: "the right one"}, Options{})
	testFiles(t, g)
}

func TestSSHAsSomebodyElseThanRootUsesSudo(t *testing.T) {
	g, inside := throughNode(t, config.Guest{User: "etu", Key: "the right one"}, Options{})
	_, _ = g.Run(t.Context(), Cmd("ip", "-j", "addr"))
	if runs := inside.Runs(); len(runs) != 1 || runs[0] != "sudo -n -- ip -j addr" {
		t.Errorf("ran %q", runs)
	}
}

func TestSSHRunsNothingButWhatItMay(t *testing.T) {
	only := func(argv []string) bool { return argv[0] == "ip" }
	g, inside := throughNode(t, config.Guest{Key: "the right one"}, Options{Only: only})
	if _, err := g.Run(t.Context(), Sh("reboot")); !errors.Is(err, hypervisor.ErrNotAllowed) {
		t.Errorf("got %v", err)
	}
	if err := g.WriteFile(t.Context(), "/etc/motd", []byte("x"), 0o644); !errors.Is(err, hypervisor.ErrNotAllowed) {
		t.Errorf("got %v", err)
	}
	if _, err := g.Run(t.Context(), Cmd("ip", "-V")); err != nil {
		t.Error(err)
	}
	if runs := inside.Runs(); len(runs) != 1 || runs[0] != "ip -V" {
		t.Errorf("ran %q", runs)
	}
}

func TestSSHThatRefusesUsIsNotWaitedFor(t *testing.T) {
	g, _ := throughNode(t, config.Guest{Password: "wrong secret"}, Options{})
	err := g.WaitReady(t.Context())
	if !errors.Is(err, ErrNoLogin) || errors.As(err, new(*wait.TimeoutError)) || strings.Contains(err.Error(), "wrong secret") {
		t.Errorf("got %v", err)
	}
}

func TestSSHThatIsNotThereIsWaitedFor(t *testing.T) {
	g, _ := throughNode(t, config.Guest{Password: "x"}, Options{Timeouts: config.Timeouts{Boot: time.Second}})
	g.addr = "10.0.1.3:22"
	err := g.WaitReady(t.Context())
	var late *wait.TimeoutError
	if !errors.As(err, &late) || !errors.Is(err, ErrNoConnection) {
		t.Errorf("got %v", err)
	}
}

func TestSSHCommandThatTakesTooLong(t *testing.T) {
	g, _ := throughNode(t, config.Guest{Key: "the right one"}, Options{})
	_, err := g.Run(t.Context(), Command{Shell: "sleep 1000", Timeout: time.Second})
	var late *wait.TimeoutError
	if !errors.As(err, &late) {
		t.Errorf("got %v", err)
	}
}
