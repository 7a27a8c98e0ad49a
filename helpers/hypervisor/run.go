package hypervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/labproof/labproof/helpers/output"
)

// Result is what a command did. A status other than 0 is no error.
type Result struct {
	Command   string
	Stdout    string // its first MiB
	Stderr    string // its first MiB
	Exit      int    // 128 + signal where a signal ended it, as a shell says it
	Truncated bool   // there was more output than was kept
	Took      time.Duration
}

// Run runs a command line in the machine's shell. It is an error when the command
// could not be run to its end: no connection, no status, or ctx ended first.
func (s *Shell) Run(ctx context.Context, command string) (Result, error) {
	return s.RunInput(ctx, command, nil, 0)
}

// RunInput is Run with something on the command's standard input (nil: nothing) and
// with another limit for what is kept of each stream (0: 1 MiB).
func (s *Shell) RunInput(ctx context.Context, command string, stdin io.Reader, limit int) (Result, error) {
	started := time.Now()
	result := Result{Command: command}
	if err := s.check(command); err != nil {
		return result, err
	}
	session, client, err := s.session(ctx)
	if err != nil {
		return result, err
	}
	defer func() { _ = session.Close() }()

	stdout, stderr := &output.Buffer{Max: limit}, &output.Buffer{Max: limit}
	session.Stdin, session.Stdout, session.Stderr = stdin, stdout, stderr
	if err = s.start(ctx, client, session, command); err == nil {
		err = finish(ctx, session)
	}
	result.Stdout, result.Stderr = stdout.String(), stderr.String()
	result.Truncated = stdout.Truncated() || stderr.Truncated()
	result.Took = time.Since(started)
	result.Exit, err = exitStatus(err)
	if err != nil {
		return result, fmt.Errorf("ssh %s: running %s: %w", s.addr, output.Line(command, 200), err)
	}
	return result, nil
}

// start asks for a command. x/crypto/ssh waits for the answer without end, and a guest's SSH
// server may be one of its owner's making.
func (s *Shell) start(ctx context.Context, client *ssh.Client, session *ssh.Session, command string) error {
	started := make(chan error, 1)
	go func() { started <- session.Start(command) }()
	select {
	case err := <-started:
		return err
	case <-ctx.Done():
		_ = session.Close()
		go dropUnless(started, s, client)
		return context.Cause(ctx)
	}
}

// closeGrace is how long a machine may take to answer that a channel was closed.
const closeGrace = 30 * time.Second

// dropUnless drops a connection whose other side does not even close a channel, which is what
// ends every wait for it.
func dropUnless[T any](ended <-chan T, s *Shell, client *ssh.Client) {
	select {
	case <-ended:
	case <-time.After(closeGrace):
		s.forget(client)
	}
}

// finish waits for a command's end and gives up on it when ctx ends.
func finish(ctx context.Context, session *ssh.Session) error {
	done := make(chan error, 1)
	go func() { done <- session.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		_ = session.Signal(ssh.SIGKILL)
		_ = session.Close()
		return context.Cause(ctx)
	}
}

// exitStatus reads a status out of the error that x/crypto/ssh makes of it.
func exitStatus(err error) (int, error) {
	var exit *ssh.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if number, ok := signalNumbers[exit.Signal()]; ok && exit.ExitStatus() <= 0 {
		return 128 + number, nil
	}
	return exit.ExitStatus(), nil
}

var signalNumbers = map[string]int{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9,
	"USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
}

// Quote writes words as one command line for a POSIX shell.
func Quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

func quote(word string) string {
	safe := word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@%+,=", r))
	}) < 0
	if safe {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
