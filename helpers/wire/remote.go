package wire

import (
	"bufio"
	"context"
	_ "embed" // port.pl
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
)

//go:embed port.pl
var script string

// remote is a link to an interface of a node, by port.pl over SSH.
type remote struct {
	name    string
	process *hypervisor.Process
	out     *bufio.Reader
	checked chan struct{}

	// sending is held by whoever writes to the node's end or closes its input: x/crypto/ssh
	// notes that a channel is closed without a lock. A channel, because Close gives up on it.
	sending  chan struct{}
	checking sync.Mutex
}

// start runs port.pl in one of its modes and waits until it is ready. ready is what it
// says beside that.
func start(ctx context.Context, shell *hypervisor.Shell, limits Limits, mode, name string, more ...string) (r *remote, ready string, err error) {
	life := strconv.Itoa(int(limits.Life / time.Second))
	words := append([]string{"perl", "-e", script, mode, life, name}, more...)
	process, err := shell.StreamInput(ctx, hypervisor.Quote(words...))
	if err != nil {
		return nil, "", &LinkError{Name: name, Err: err}
	}
	r = &remote{name: name, process: process, out: bufio.NewReader(process.Stdout()), checked: make(chan struct{}, 1), sending: make(chan struct{}, 1)}
	ready, err = r.ready(ctx, limits.Open)
	if err != nil {
		_ = r.Close()
		return nil, "", &LinkError{Name: name, Err: err}
	}
	return r, ready, nil
}

func (r *remote) ready(ctx context.Context, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the node did not have it within %v", limit))
	defer cancel()
	for {
		select {
		case line, ok := <-r.process.Lines():
			if !ok {
				return "", r.ended(ctx)
			}
			if said, found := strings.CutPrefix(line, "ready"); found {
				return strings.TrimSpace(said), nil
			}
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// ended tells why the node's end is over: its own last words.
func (r *remote) ended(ctx context.Context) error {
	exit, err := r.process.Wait(ctx)
	said := output.Line(r.process.Errors(), 500)
	switch {
	case err != nil && said == "":
		return fmt.Errorf("the connection to the node's end is gone: %w", err)
	case said == "":
		return fmt.Errorf("the node's end ended with status %d", exit)
	}
	return errors.New(said)
}

func (r *remote) Name() string { return r.name }

func (r *remote) Send(frame []byte) error {
	if len(frame) == 0 || len(frame) > maxFrame {
		return fmt.Errorf("a frame of %d bytes cannot be sent", len(frame))
	}
	return r.tell(frame)
}

// tell gives the node's end something to do. A connection that hangs is ended by Close.
func (r *remote) tell(frame []byte) error {
	r.sending <- struct{}{}
	defer func() { <-r.sending }()
	return sendMessage(r.process.Stdin(), frame)
}

func (r *remote) Receive() ([]byte, error) {
	for {
		kind, frame, err := readMessage(r.out)
		if errors.Is(err, io.EOF) {
			// The process is over, or its connection is: neither waits any longer.
			return nil, r.ended(context.Background())
		}
		if err != nil {
			return nil, err
		}
		if kind == messageFrame {
			return frame, nil
		}
		select {
		case r.checked <- struct{}{}:
		default:
		}
	}
}

func (r *remote) Check(ctx context.Context) error {
	r.checking.Lock()
	defer r.checking.Unlock()
	if err := r.tell(nil); err != nil {
		select {
		case <-r.process.Done():
			return r.ended(ctx)
		default:
			return err
		}
	}
	select {
	case <-r.checked:
		return nil
	case <-r.process.Done():
		return r.ended(ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// closing is how long the node's end may take to remove its port before its connection is cut.
const closing = 5 * time.Second

// Close ends the node's end by closing its input, and waits until the port is gone.
func (r *remote) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	defer r.process.Kill()
	select {
	case r.sending <- struct{}{}:
		_ = r.process.Stdin().Close()
		<-r.sending
	case <-ctx.Done(): // a frame hangs on its way; Kill ends that
	}
	_, err := r.process.Wait(ctx)
	return err
}

// Probes tells whether a command of the node's shell is one by which this package puts a
// port on a bridge, or listens.
func Probes(command string) bool {
	return strings.HasPrefix(command, hypervisor.Quote("perl", "-e", script)+" ")
}
