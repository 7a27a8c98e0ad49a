package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/wait"
)

// SSHGuest is a guest reached by SSH through the node, for VMs without an agent. Its
// user must be root, or may use sudo without a password.
type SSHGuest struct {
	node   *hypervisor.Shell
	addr   string
	creds  config.Guest
	policy hypervisor.HostKeyPolicy
	opts   Options

	mu    sync.Mutex
	shell *hypervisor.Shell
}

// SSH is the guest at addr ("10.0.1.2", port 22 unless it names another), reached
// through the node's shell. policy says which host key it must show.
func SSH(node *hypervisor.Shell, addr string, creds config.Guest, policy hypervisor.HostKeyPolicy, opts Options) *SSHGuest {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(addr, "22")
	}
	if opts.Name == "" {
		opts.Name = addr
	}
	return &SSHGuest{node: node, addr: addr, creds: creds, policy: policy, opts: opts.filled(0)}
}

var _ Guest = (*SSHGuest)(nil)

// Name is the VM's name.
func (g *SSHGuest) Name() string { return g.opts.Name }

// Rung is "ssh".
func (g *SSHGuest) Rung() string { return RungSSH }

// Close ends the connection.
func (g *SSHGuest) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shell == nil {
		return nil
	}
	err := g.shell.Close()
	g.shell = nil
	return err
}

// WaitReady waits until the guest lets us in. A login that is refused, or a wrong host
// key, ends the wait: it will not get better.
func (g *SSHGuest) WaitReady(ctx context.Context) error {
	return wait.Until(ctx, wait.For{
		What: "SSH on " + g.opts.Name, Name: "boot", Timeout: g.opts.Timeouts.Boot,
		Every: g.opts.Poll.Guest, Hint: "has the guest this address, and does sshd run in it?",
		WhatFR: "SSH sur " + g.opts.Name, HintFR: "l'invité a-t-il cette adresse, et sshd y tourne-t-il ?",
	}, func(ctx context.Context) (bool, string, error) {
		_, err := g.connected(ctx)
		if err != nil && !errors.Is(err, ErrNoLogin) && !errors.Is(err, ErrOtherMachine) {
			return false, "", wait.Again(err)
		}
		return err == nil, "", err
	})
}

// Run runs a command as root.
func (g *SSHGuest) Run(ctx context.Context, command Command) (Result, error) {
	result, err := g.run(ctx, command, 0)
	return noted(ctx, g.Name(), result, err)
}

// ReadFile reads a file.
func (g *SSHGuest) ReadFile(ctx context.Context, path string) ([]byte, error) {
	return readFile(ctx, g, path)
}

// WriteFile replaces a file.
func (g *SSHGuest) WriteFile(ctx context.Context, path string, data []byte, mode fs.FileMode) error {
	return writeFile(ctx, g, path, data, mode)
}

func (g *SSHGuest) run(ctx context.Context, command Command, keep int) (Result, error) {
	result := Result{Command: command.String()}
	argv, err := command.argv()
	if err != nil {
		return result, fmt.Errorf("%s: %w", g.opts.Name, err)
	}
	if g.opts.Only != nil && !g.opts.Only(argv) {
		return result, fmt.Errorf("%s: %s was not run: %w", g.opts.Name, short(command), hypervisor.ErrNotAllowed)
	}
	shell, err := g.connected(ctx)
	if err != nil {
		return result, err
	}
	limit, _ := command.limit(g.opts.Timeouts)
	limited, cancel := context.WithTimeoutCause(ctx, limit, errCommandLimit)
	defer cancel()
	started := time.Now()
	r, err := shell.RunInput(limited, g.line(argv), bytes.NewReader(command.Stdin), keep)
	if err != nil {
		return result, g.failure(ctx, command, err)
	}
	result.Stdout, result.Stderr, result.Truncated = r.Stdout, r.Stderr, r.Truncated
	result.Exit, result.Took = r.Exit, time.Since(started)
	if r.Exit > 128 && r.Exit < 128+65 {
		result.Signal = r.Exit - 128
	}
	return result, nil
}

var errCommandLimit = errors.New("the command takes too long")

// failure tells a command that took too long from a guest that went away.
func (g *SSHGuest) failure(ctx context.Context, command Command, err error) error {
	if errors.Is(err, errCommandLimit) {
		return command.late(g.opts.Timeouts, g.opts.Name)
	}
	if ctx.Err() != nil {
		return err
	}
	return &Unreachable{Name: g.opts.Name, Rung: RungSSH, Reason: ErrNoConnection, Err: err}
}

// line is the command for the guest's shell, by sudo where the user is not root.
func (g *SSHGuest) line(argv []string) string {
	if g.user() != "root" {
		argv = append([]string{"sudo", "-n", "--"}, argv...)
	}
	return hypervisor.Quote(argv...)
}

func (g *SSHGuest) user() string {
	if g.creds.User == "" {
		return "root"
	}
	return g.creds.User
}

// connected is the connection to the guest, made once.
func (g *SSHGuest) connected(ctx context.Context) (*hypervisor.Shell, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shell != nil {
		return g.shell, nil
	}
	limited, cancel := context.WithTimeout(ctx, g.opts.Timeouts.SSH)
	defer cancel()
	shell, err := hypervisor.Through(limited, g.dial, config.SSH{
		Addr: g.addr, User: g.user(), Key: g.creds.Key, Password: g.creds.Password,
	}, g.policy)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &Unreachable{Name: g.opts.Name, Rung: RungSSH, Reason: loginReason(err), Err: err}
	}
	g.shell = shell
	return shell, nil
}

// dial connects from the node; the connection made, the node knows whose address it is.
func (g *SSHGuest) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	conn, err := g.node.DialTCP(ctx, addr)
	if err != nil || g.opts.MAC == "" {
		return conn, err
	}
	if err := checkNeighbour(ctx, g.node, addr, g.opts.MAC); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// loginReason tells a guest that refuses us from one that is not there (yet).
func loginReason(err error) error {
	var key *hypervisor.HostKeyError
	var refused *ssh.ServerAuthError
	// x/crypto/ssh has no type for "all methods were tried".
	if errors.Is(err, ErrOtherMachine) {
		return ErrOtherMachine
	}
	if errors.As(err, &key) || errors.As(err, &refused) || strings.Contains(err.Error(), "unable to authenticate") {
		return ErrNoLogin
	}
	return ErrNoConnection
}
