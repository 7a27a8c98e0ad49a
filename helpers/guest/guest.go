// Package guest runs commands in a virtual machine: by its guest agent, by SSH through
// the node, or by its serial console. What asks does not care which.
//
// Guests belong to students: what they print is bounded and nothing in it is trusted.
package guest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/wait"
)

// The rungs of the ladder, from the best to the last.
const (
	RungAgent   = "agent"
	RungSSH     = "ssh"
	RungConsole = "console"
	RungDisk    = "disk" // files only: see guestdisk
)

// Guest is a running virtual machine in which commands can be run as root. It is
// safe for concurrent use.
type Guest interface {
	// Name is the VM's, e.g. "instance-1-1".
	Name() string
	// Rung tells how it is reached: agent, ssh or console.
	Rung() string
	// WaitReady waits until commands can be run: the boot's end, as seen from outside.
	WaitReady(ctx context.Context) error
	// Run runs a command to its end. A status other than 0 is no error; a guest that
	// cannot be reached is an *Unreachable.
	Run(ctx context.Context, command Command) (Result, error)
	// ReadFile reads a file of at most 8 MiB; errors.Is(err, fs.ErrNotExist) where
	// there is none.
	ReadFile(ctx context.Context, path string) ([]byte, error)
	// WriteFile replaces a file as a whole.
	WriteFile(ctx context.Context, path string, data []byte, mode fs.FileMode) error
}

// Command is what to run: words, or a line for /bin/sh.
type Command struct {
	Argv    []string
	Shell   string        // run as /bin/sh -c; Argv is then $0, $1 … and may be empty
	Stdin   []byte        // at most 48 KiB
	Timeout time.Duration // 0: timeouts.command
	Limit   string        // the name of that Timeout among ginkgo.yaml's timeouts, may be empty
}

// Sh is a command line for /bin/sh.
func Sh(line string) Command { return Command{Shell: line} }

// Cmd is a program with its arguments.
func Cmd(argv ...string) Command { return Command{Argv: argv} }

// limit is how long the command may take, and the name of that limit in ginkgo.yaml.
func (c Command) limit(t config.Timeouts) (limit time.Duration, name string) {
	if c.Timeout <= 0 {
		return t.Command, "command"
	}
	return c.Timeout, c.Limit
}

// late says that the command took too long on a guest.
func (c Command) late(t config.Timeouts, guest string) error {
	limit, name := c.limit(t)
	return &wait.TimeoutError{What: short(c) + " to end on " + guest, Name: name, Timeout: limit}
}

// maxStdin is what the agent takes at once: 64 KiB of base64.
const maxStdin = 48 << 10

// argv is the command as words.
func (c Command) argv() ([]string, error) {
	switch {
	case len(c.Stdin) > maxStdin:
		return nil, fmt.Errorf("the command's input is longer than %d KiB; write a file first", maxStdin>>10)
	case c.Shell != "":
		return append([]string{"/bin/sh", "-c", c.Shell}, c.Argv...), nil
	case len(c.Argv) == 0 || c.Argv[0] == "":
		return nil, errors.New("the command is empty")
	}
	return c.Argv, nil
}

// String is the command as somebody would type it.
func (c Command) String() string {
	if c.Shell != "" {
		return c.Shell
	}
	return hypervisor.Quote(c.Argv...)
}

// Result is what a command did. Stdout and Stderr are as the guest wrote them; see
// Evidence for what may be shown.
type Result struct {
	Command   string
	Stdout    string // its first MiB
	Stderr    string // its first MiB
	Exit      int    // 128 + n where signal n ended it
	Signal    int    // 0: none
	Truncated bool   // there was more output than was kept
	Took      time.Duration
}

// OK tells whether the command's status was 0.
func (r Result) OK() bool { return r.Exit == 0 }

// Evidence is the command, its output with everything that is no text made visible,
// and its status.
func (r Result) Evidence() string {
	text := "$ " + output.Visible(r.Command) + "\n" + output.Visible(r.Stdout)
	if r.Stderr != "" {
		text += "[stderr]\n" + output.Visible(r.Stderr)
	}
	if r.Truncated {
		text += "[…]\n"
	}
	return text + fmt.Sprintf("[exit %d]\n", r.Exit)
}

// Why a guest is unreachable.
var (
	ErrAgentNotConfigured = errors.New("the VM's guest agent option is off")
	ErrNotRunning         = errors.New("the VM is not running")
	ErrAgentNotRunning    = errors.New("the guest agent does not answer")
	ErrHalted             = errors.New("QEMU has stopped the VM's processor")
	ErrNoLogin            = errors.New("the guest does not let us in")
	ErrNoConnection       = errors.New("the guest cannot be connected to")
	ErrNoDisk             = errors.New("the VM's disk cannot be read offline")
)

// Unreachable is a guest in which no command can be run, and why. Reason is one of
// the errors above or the node's refusal; both are found by errors.Is and errors.As.
type Unreachable struct {
	Name   string
	Rung   string
	Reason error
	Err    error // what was met
}

func (e *Unreachable) Error() string {
	text := fmt.Sprintf("%s is not reachable by %s: %v", e.Name, e.Rung, e.Reason)
	if e.Err != nil && e.Err != e.Reason {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

func (e *Unreachable) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Err}
}

// ExitError is a command whose status had to be 0.
type ExitError struct {
	Guest  string
	Result Result
}

func (e *ExitError) Error() string {
	text := e.Result.Stderr
	if text == "" {
		text = e.Result.Stdout
	}
	return fmt.Sprintf("%s: %s: exit %d: %s", e.Guest, output.Line(e.Result.Command, 200), e.Result.Exit, output.Line(text, 500))
}

// Must runs a command whose status has to be 0; another one is an *ExitError.
func Must(ctx context.Context, g Guest, command Command) (Result, error) {
	result, err := g.Run(ctx, command)
	if err == nil && result.Exit != 0 {
		err = &ExitError{Guest: g.Name(), Result: result}
	}
	return result, err
}
