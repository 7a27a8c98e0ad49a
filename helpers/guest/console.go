package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
)

// ConsoleGuest is a guest reached by its serial console: the last rung, for a VM
// without agent and without network. It logs in as a person would, one command at a
// time. The user must be root, or may use sudo without a password.
type ConsoleGuest struct {
	open  func(ctx context.Context) (io.ReadWriteCloser, error)
	creds config.Guest
	opts  Options

	turn chan struct{} // holds one element while nobody types
	mu   sync.Mutex
	term *terminal
}

// Console is the guest of a VM with serial0=socket and a login on ttyS0.
func Console(session *proxmox.Session, vmid int, creds config.Guest, opts Options) *ConsoleGuest {
	return newConsole(func(ctx context.Context) (io.ReadWriteCloser, error) {
		c, err := session.Console(ctx, vmid)
		if err != nil {
			return nil, err
		}
		return c, nil
	}, creds, opts.filled(vmid))
}

func newConsole(open func(context.Context) (io.ReadWriteCloser, error), creds config.Guest, opts Options) *ConsoleGuest {
	g := &ConsoleGuest{open: open, creds: creds, opts: opts, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

var _ Guest = (*ConsoleGuest)(nil)

// Name is the VM's name.
func (g *ConsoleGuest) Name() string { return g.opts.Name }

// Rung is "console".
func (g *ConsoleGuest) Rung() string { return RungConsole }

// Close logs out and hangs up.
func (g *ConsoleGuest) Close() error {
	g.hangUp("exit\n")
	return nil
}

// WaitReady waits until the login lets us in. A refused password ends the wait.
func (g *ConsoleGuest) WaitReady(ctx context.Context) error {
	return wait.Until(ctx, wait.For{
		What: "the serial login of " + g.opts.Name, Name: "boot", Timeout: g.opts.Timeouts.Boot,
		Every: g.opts.Poll.Guest, Hint: "does the VM have serial0=socket, and a getty on ttyS0?",
		WhatFR: "la console série de " + g.opts.Name, HintFR: "la VM a-t-elle serial0=socket, et un getty sur ttyS0 ?",
	}, func(ctx context.Context) (bool, string, error) {
		_, err := g.Run(ctx, Cmd("true"))
		if err != nil && !errors.Is(err, ErrNoLogin) && retriableConsole(err) {
			return false, "", wait.Again(err)
		}
		return err == nil, "", err
	})
}

// retriableConsole tells a console that may answer later from a node that refuses it.
func retriableConsole(err error) bool {
	var unreachable *Unreachable
	if !errors.As(err, &unreachable) {
		return false
	}
	return !errors.Is(err, proxmox.ErrForbidden) && !errors.Is(err, proxmox.ErrNeedsTicket) && !errors.Is(err, proxmox.ErrUnauthorized)
}

// Run runs a command as root.
func (g *ConsoleGuest) Run(ctx context.Context, command Command) (Result, error) {
	result, err := g.run(ctx, command, 0)
	return noted(ctx, g.Name(), result, err)
}

// ReadFile reads a file.
func (g *ConsoleGuest) ReadFile(ctx context.Context, path string) ([]byte, error) {
	return readFile(ctx, g, path)
}

// WriteFile replaces a file.
func (g *ConsoleGuest) WriteFile(ctx context.Context, path string, data []byte, mode fs.FileMode) error {
	return writeFile(ctx, g, path, data, mode)
}

func (g *ConsoleGuest) run(ctx context.Context, command Command, keep int) (Result, error) {
	result := Result{Command: command.String()}
	argv, err := command.argv()
	if err != nil {
		return result, fmt.Errorf("%s: %w", g.opts.Name, err)
	}
	select {
	case <-g.turn:
	case <-ctx.Done():
		return result, context.Cause(ctx)
	}
	defer func() { g.turn <- struct{}{} }()

	started := time.Now()
	t, err := g.loggedIn(ctx)
	if err != nil {
		return result, err
	}
	limit, _ := command.limit(g.opts.Timeouts)
	limited, cancel := context.WithTimeoutCause(ctx, limit, errCommandLimit)
	defer cancel()
	if g.user() != "root" {
		argv = append([]string{"sudo", "-n", "--"}, argv...)
	}
	done, err := t.execute(limited, argv, command.Stdin, keep)
	if err != nil {
		// What the terminal shows next belongs to this command: end it, take away what it
		// left, start afresh.
		g.hangUp("\x03rm -rf \"${d:-/nonexistent}\"\n")
		return result, g.failure(ctx, command, err)
	}
	done.Command, done.Took = result.Command, time.Since(started)
	return done, nil
}

func (g *ConsoleGuest) failure(ctx context.Context, command Command, err error) error {
	switch {
	case errors.Is(err, errCommandLimit):
		return command.late(g.opts.Timeouts, g.opts.Name)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &Unreachable{Name: g.opts.Name, Rung: RungConsole, Reason: ErrNoConnection, Err: err}
}

// loggedIn is the terminal with a shell at its end.
func (g *ConsoleGuest) loggedIn(ctx context.Context) (*terminal, error) {
	g.mu.Lock()
	t := g.term
	g.mu.Unlock()
	if t != nil {
		return t, nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, g.opts.Timeouts.Console, errNoAnswer)
	defer cancel()
	// The line outlives this call: only hangUp ends it.
	line, err := g.open(context.WithoutCancel(ctx))
	if err != nil {
		return nil, g.unreachable(err)
	}
	t = newTerminal(line)
	if err := t.login(limited, g.user(), g.creds.Password.Reveal()); err != nil {
		t.close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, g.unreachable(err)
	}
	g.mu.Lock()
	g.term = t
	g.mu.Unlock()
	return t, nil
}

func (g *ConsoleGuest) unreachable(err error) error {
	reason := agentReason(err)
	switch {
	case errors.Is(err, errRefused):
		reason = ErrNoLogin
	case reason == nil:
		reason = ErrNoConnection
	}
	return &Unreachable{Name: g.opts.Name, Rung: RungConsole, Reason: reason, Err: err}
}

// hangUp types a last word and drops the line.
func (g *ConsoleGuest) hangUp(lastWord string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.term != nil {
		_ = g.term.typed(lastWord)
		g.term.close()
		g.term = nil
	}
}

func (g *ConsoleGuest) user() string {
	if g.creds.User == "" {
		return "root"
	}
	return g.creds.User
}
