package hypervisor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/labproof/labproof/helpers/output"
)

// Process is a program that runs on the machine until it is interrupted.
type Process struct {
	shell   *Shell
	client  *ssh.Client
	session *ssh.Session
	command string
	pid     int
	stdin   io.WriteCloser // nil: the program has nothing to read
	stdout  io.Reader
	errors  *output.Buffer
	lines   chan string // standard error, line by line; closed at its end

	done chan struct{} // closed when the program has ended
	exit int
	err  error
	once sync.Once
}

// pidMark begins the line by which a program's shell tells its own process id.
const pidMark = "labproof-pid "

// Stream starts one program with its arguments (words as Quote writes them; it is
// exec'd, so no pipes). It ends with the program, with Interrupt, or with ctx.
func (s *Shell) Stream(ctx context.Context, program string) (*Process, error) {
	return s.stream(ctx, program, false)
}

// StreamInput is Stream for a program that reads what is written to its Stdin.
func (s *Shell) StreamInput(ctx context.Context, program string) (*Process, error) {
	return s.stream(ctx, program, true)
}

func (s *Shell) stream(ctx context.Context, program string, input bool) (*Process, error) {
	if err := s.check(program); err != nil {
		return nil, err
	}
	session, client, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	p := &Process{shell: s, client: client, session: session, command: program, errors: &output.Buffer{}, lines: make(chan string, 64), done: make(chan struct{})}
	if input {
		p.stdin, err = session.StdinPipe()
	}
	if err == nil {
		err = p.start(ctx)
	}
	if err != nil {
		_ = session.Close()
		return nil, fmt.Errorf("ssh %s: starting %s: %w", s.addr, output.Line(program, 200), err)
	}
	return p, nil
}

func (p *Process) start(ctx context.Context) error {
	stdout, err := p.session.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := p.session.StderrPipe()
	if err != nil {
		return err
	}
	p.stdout = stdout
	// The program's id is told before it starts, because not every SSH server passes
	// signals on: Interrupt sends them by kill.
	if err := p.shell.start(ctx, p.client, p.session, `echo "`+pidMark+`$$" >&2; exec `+p.command); err != nil {
		return err
	}
	read := make(chan struct{})
	go p.readErrors(stderr, read)
	go p.await(read, context.AfterFunc(ctx, p.Kill))
	return p.readPID(ctx)
}

// readErrors splits standard error into lines; what nobody reads is kept all the same.
func (p *Process) readErrors(stderr io.Reader, read chan<- struct{}) {
	defer close(read)
	defer close(p.lines)
	scanner := bufio.NewScanner(io.TeeReader(stderr, p.errors))
	scanner.Buffer(make([]byte, 4096), output.Limit)
	for scanner.Scan() {
		select {
		case p.lines <- scanner.Text():
		default:
		}
	}
	_, _ = io.Copy(p.errors, stderr)
}

func (p *Process) await(read <-chan struct{}, stop func() bool) {
	defer stop()
	<-read
	status, err := exitStatus(p.session.Wait())
	p.exit, p.err = status, err
	close(p.done)
}

func (p *Process) readPID(ctx context.Context) error {
	select {
	case line, ok := <-p.lines:
		digits, found := strings.CutPrefix(line, pidMark)
		pid, err := strconv.Atoi(strings.TrimSpace(digits))
		if !ok || !found || err != nil || pid <= 1 {
			return fmt.Errorf("the shell answered %q instead of its process id", output.Line(line, 200))
		}
		p.pid = pid
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Stdin is the program's standard input, for what was started by StreamInput; else nil.
// Closing it is the end of the program's input. A write waits while the program does
// not read, and fails when it has ended. A write and Close must not overlap.
func (p *Process) Stdin() io.WriteCloser { return p.stdin }

// Stdout is what the program writes; it must be read for the program to go on.
func (p *Process) Stdout() io.Reader { return p.stdout }

// Lines are the lines the program writes to standard error, as far as somebody reads
// them; Errors has them all. It is closed at their end.
func (p *Process) Lines() <-chan string { return p.lines }

// Errors is what the program wrote to standard error so far, its first MiB.
func (p *Process) Errors() string {
	_, rest, _ := strings.Cut(p.errors.String(), "\n")
	return rest
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Interrupt sends SIGINT and waits for the program's end.
func (p *Process) Interrupt(ctx context.Context) (exit int, err error) {
	select {
	case <-p.done:
		return p.exit, p.err
	default:
	}
	if _, err := p.shell.Run(ctx, "kill -INT "+strconv.Itoa(p.pid)); err != nil {
		return 0, fmt.Errorf("interrupting %s: %w", output.Line(p.command, 200), err)
	}
	return p.Wait(ctx)
}

// Release ends the standard input of a program that StreamInput started, and waits for its end.
func (p *Process) Release(ctx context.Context) (exit int, err error) {
	if p.stdin != nil {
		_ = p.stdin.Close() // io.EOF: it has ended already
	}
	return p.Wait(ctx)
}

// Wait waits for the program's end.
func (p *Process) Wait(ctx context.Context) (exit int, err error) {
	select {
	case <-p.done:
		return p.exit, p.err
	case <-ctx.Done():
		return 0, fmt.Errorf("waiting for the end of %s: %w", output.Line(p.command, 200), context.Cause(ctx))
	}
}

// Kill ends the program without waiting.
func (p *Process) Kill() {
	p.once.Do(func() {
		_ = p.session.Signal(ssh.SIGKILL)
		_ = p.session.Close()
		go dropUnless(p.done, p.shell, p.client)
	})
}
