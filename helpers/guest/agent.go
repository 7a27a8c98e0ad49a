package guest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
)

// Options are what a rung needs to know beside how to reach the guest. The zero
// value takes ginkgo.yaml's defaults.
type Options struct {
	Name     string // the VM's name; empty: "VM 102"
	MAC      string // of the NIC that SSH reaches it by; another one's machine is told no password. Empty: not compared
	Timeouts config.Timeouts
	Poll     config.Poll
	// Only says which commands may be run by SSH, as words; every other one is refused
	// before anything is sent. nil: all. What the agent may run its session decides.
	Only func(argv []string) bool
}

// The agent is asked no more often than every 100 ms: each question costs the guest
// CPU time and a line in its journal.
const (
	minAgentPoll = 100 * time.Millisecond
	maxAgentPoll = 500 * time.Millisecond
)

// AgentGuest is a guest reached by its QEMU guest agent, through the node's API.
type AgentGuest struct {
	session *proxmox.Session
	id      int
	opts    Options
}

// Agent is the guest of a VM whose agent option is on.
func Agent(session *proxmox.Session, vmid int, opts Options) *AgentGuest {
	return &AgentGuest{session: session, id: vmid, opts: opts.filled(vmid)}
}

func (o Options) filled(vmid int) Options {
	d := config.Default()
	if o.Name == "" {
		o.Name = fmt.Sprintf("VM %d", vmid)
	}
	setDuration(&o.Timeouts.Boot, d.Timeouts.Boot)
	setDuration(&o.Timeouts.Agent, d.Timeouts.Agent)
	setDuration(&o.Timeouts.Command, d.Timeouts.Command)
	setDuration(&o.Timeouts.Console, d.Timeouts.Console)
	setDuration(&o.Timeouts.SSH, d.Timeouts.SSH)
	setDuration(&o.Poll.Agent, d.Poll.Agent)
	setDuration(&o.Poll.Guest, d.Poll.Guest)
	o.Poll.Agent = max(o.Poll.Agent, minAgentPoll)
	return o
}

func setDuration(to *time.Duration, absent time.Duration) {
	if *to <= 0 {
		*to = absent
	}
}

var _ Guest = (*AgentGuest)(nil)

// Name is the VM's name.
func (g *AgentGuest) Name() string { return g.opts.Name }

// Rung is "agent".
func (g *AgentGuest) Rung() string { return RungAgent }

// WaitReady waits until the agent answers. A VM that is down is waited for, since a
// reboot's task ends while it is; an agent that is not turned on never comes, nor does that
// of a VM whose processor QEMU has stopped.
func (g *AgentGuest) WaitReady(ctx context.Context) error {
	return wait.Until(ctx, wait.For{
		What: "the guest agent of " + g.opts.Name, Name: "boot", Timeout: g.opts.Timeouts.Boot,
		Every: g.opts.Poll.Agent, Hint: "look at the VM's console: does it boot, is qemu-guest-agent installed and running?",
		WhatFR: "l'agent invité de " + g.opts.Name, HintFR: "regardez la console de la VM : démarre-t-elle, qemu-guest-agent est-il installé et actif ?",
	}, func(ctx context.Context) (bool, string, error) {
		err := g.ping(ctx)
		switch {
		case err == nil:
			return true, "it answers", nil
		case errors.Is(err, ErrAgentNotRunning):
			if halted := g.halted(ctx); halted != nil {
				return false, "", halted
			}
			return false, "no answer yet", wait.Again(err)
		case errors.Is(err, ErrNotRunning):
			return false, "the VM is not running", wait.Again(err)
		}
		return false, "", err
	})
}

// halts are QEMU's states from which a VM does not go on by itself: its storage is full or
// fails, its kernel has given up, or the host cannot run what it asks for (QAPI, RunState).
var halts = []string{"io-error", "guest-panicked", "internal-error"}

// halted tells why a VM that runs does nothing any more; nil: it does, or it is not known.
func (g *AgentGuest) halted(ctx context.Context) error {
	vm, err := g.session.VMStatus(ctx, g.id)
	if err != nil || !slices.Contains(halts, vm.QMP) {
		return nil
	}
	return &Unreachable{Name: g.opts.Name, Rung: RungAgent, Reason: ErrHalted, Err: fmt.Errorf("its state is %s", vm.QMP)}
}

func (g *AgentGuest) ping(ctx context.Context) error {
	return g.reached(g.session.AgentPing(ctx, g.id))
}

// Run runs a command by guest-exec and waits for its end.
func (g *AgentGuest) Run(ctx context.Context, command Command) (Result, error) {
	result, err := g.run(ctx, command, 0)
	return noted(ctx, g.Name(), result, err)
}

// ReadFile reads a file.
func (g *AgentGuest) ReadFile(ctx context.Context, path string) ([]byte, error) {
	return readFile(ctx, g, path)
}

// WriteFile replaces a file.
func (g *AgentGuest) WriteFile(ctx context.Context, path string, data []byte, mode fs.FileMode) error {
	return writeFile(ctx, g, path, data, mode)
}

func (g *AgentGuest) run(ctx context.Context, command Command, keep int) (Result, error) {
	result := Result{Command: command.String()}
	argv, err := command.argv()
	if err != nil {
		return result, fmt.Errorf("%s: %w", g.opts.Name, err)
	}
	started := time.Now()
	pid, err := g.start(ctx, argv, command.Stdin)
	if err != nil {
		return result, err
	}
	status, err := g.finish(ctx, pid, command)
	if err != nil {
		return result, err
	}
	result.fill(status, keep)
	result.Took = time.Since(started)
	return result, nil
}

// start runs the program, patiently: under load an agent may miss the question
// whether it is there, and the node then starts nothing.
func (g *AgentGuest) start(ctx context.Context, argv []string, stdin []byte) (pid int, err error) {
	err = wait.Until(ctx, wait.For{
		What: "the guest agent of " + g.opts.Name + " to start " + argv[0], Name: "agent", Timeout: g.opts.Timeouts.Agent,
		Every: g.opts.Poll.Agent, Hint: "is qemu-guest-agent running in the guest?",
		WhatFR: "que l'agent invité de " + g.opts.Name + " lance " + argv[0], HintFR: "qemu-guest-agent tourne-t-il dans l'invité ?",
	}, func(ctx context.Context) (bool, string, error) {
		var err error
		pid, err = g.session.AgentExec(ctx, g.id, argv, stdin)
		err = g.started(ctx, argv, err)
		if errors.Is(err, ErrAgentNotRunning) {
			return false, "no answer", wait.Again(err)
		}
		return err == nil, "", err
	})
	var late *wait.TimeoutError
	if errors.As(err, &late) && errors.Is(err, ErrAgentNotRunning) {
		err = &Unreachable{Name: g.opts.Name, Rung: RungAgent, Reason: ErrAgentNotRunning, Err: late}
	}
	return pid, err
}

// started explains a program that was not started. A node may pass on what the agent
// says about a program that does not exist; 9.2 was seen not to: after 5 s the
// connection breaks.
func (g *AgentGuest) started(ctx context.Context, argv []string, err error) error {
	if noSuchProgram(err) || errors.Is(err, proxmox.ErrUnavailable) && g.ping(ctx) == nil {
		return &StartError{Guest: g.opts.Name, Program: argv[0], Err: err}
	}
	return g.reached(err)
}

// finish polls until the program has ended, and ends it when it takes too long.
func (g *AgentGuest) finish(ctx context.Context, pid int, command Command) (proxmox.ExecStatus, error) {
	limit, name := command.limit(g.opts.Timeouts)
	var status proxmox.ExecStatus
	err := wait.Until(ctx, wait.For{
		What: fmt.Sprintf("%s to end on %s", short(command), g.opts.Name), Name: name, Timeout: limit,
		WhatFR: fmt.Sprintf("la fin de %s sur %s", short(command), g.opts.Name),
		Delay:  minAgentPoll, Every: minAgentPoll, Max: maxAgentPoll,
	}, func(ctx context.Context) (bool, string, error) {
		var err error
		status, err = g.session.AgentExecStatus(ctx, g.id, pid)
		err = g.reached(err)
		if errors.Is(err, ErrAgentNotRunning) {
			return false, "the agent does not answer", wait.Again(err)
		}
		return status.Exited, "it runs", err
	})
	if err != nil {
		g.abandon(ctx, pid, err)
		return status, err
	}
	return status, nil
}

// abandon kills a program that nobody waits for any more.
func (g *AgentGuest) abandon(ctx context.Context, pid int, why error) {
	var late *wait.TimeoutError
	var interrupted *wait.InterruptedError
	if !errors.As(why, &late) && !errors.As(why, &interrupted) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.opts.Timeouts.Agent)
	defer cancel()
	// Best effort: the reason why it is killed is what the caller has to hear of.
	_, _ = g.session.AgentExec(ctx, g.id, []string{"/bin/kill", "-KILL", fmt.Sprint(pid)}, nil)
}

// reached turns the node's words about an agent into an *Unreachable.
func (g *AgentGuest) reached(err error) error {
	reason := agentReason(err)
	if reason == nil {
		return err
	}
	return &Unreachable{Name: g.opts.Name, Rung: RungAgent, Reason: reason, Err: err}
}

// StartError is a program that the guest could not start, most likely because it has
// none of that name.
type StartError struct {
	Guest, Program string
	Err            error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("%s: the guest agent answers but did not start %q: the guest has no such program, most likely (%v)", e.Guest, e.Program, e.Err)
}

func (e *StartError) Unwrap() error { return e.Err }
