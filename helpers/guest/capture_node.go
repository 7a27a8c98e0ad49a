package guest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
)

// On is the node as a source: its bridges (vmbr11) and the taps of its VMs (tap102i0).
func On(shell *hypervisor.Shell, name string) Source { return onNode{shell, name} }

type onNode struct {
	shell *hypervisor.Shell
	name  string
}

func (s onNode) Name() string { return s.name }

// Capture implements Source. The capture streams over SSH; it ends with ctx, too.
func (s onNode) Capture(ctx context.Context, iface, filter string) (Recording, error) {
	if !interfaceName.MatchString(iface) {
		return nil, fmt.Errorf("%s: %q is no interface's name", s.name, iface)
	}
	program := hypervisor.Quote("tcpdump", "-n", "-p", "-s", "0", "-i", iface, "--immediate-mode", "-U", "-w", "-", filter)
	process, err := s.shell.Stream(ctx, program)
	if err != nil {
		return nil, fmt.Errorf("capturing on %s of %s: %w", iface, s.name, err)
	}
	r := &nodeRecording{name: s.name, iface: iface, process: process, data: &output.Buffer{Max: maxFile + 1}, read: make(chan struct{})}
	go func() {
		defer close(r.read)
		_, _ = io.Copy(r.data, process.Stdout())
	}()
	if err := r.listening(ctx); err != nil {
		process.Kill()
		return nil, err
	}
	return r, nil
}

type nodeRecording struct {
	name, iface string
	process     *hypervisor.Process
	data        *output.Buffer
	read        chan struct{} // closed when all output was read

	mu      sync.Mutex
	stopped bool
	failed  error
}

func (r *nodeRecording) Name() string      { return r.name }
func (r *nodeRecording) Interface() string { return r.iface }

// listening waits for tcpdump to say that it listens.
func (r *nodeRecording) listening(ctx context.Context) error {
	for {
		select {
		case line, ok := <-r.process.Lines():
			if !ok {
				return &CaptureError{Where: r.name, Interface: r.iface, Output: r.process.Errors()}
			}
			if strings.Contains(line, "listening on") {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("waiting for tcpdump on %s of %s to listen: %w", r.iface, r.name, context.Cause(ctx))
		}
	}
}

// Stop implements Recording.
func (r *nodeRecording) Stop(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.stopped = true
		r.failed = r.stop(ctx)
	}
	if r.failed != nil {
		return nil, r.failed
	}
	return r.data.Bytes(), nil
}

func (r *nodeRecording) stop(ctx context.Context) error {
	defer r.process.Kill()
	select {
	case <-r.process.Done():
		return &CaptureError{Where: r.name, Interface: r.iface, Output: "it had ended before it was stopped: " + r.process.Errors()}
	default:
	}
	exit, err := r.process.Interrupt(ctx)
	if err != nil {
		return fmt.Errorf("ending the capture on %s of %s: %w", r.iface, r.name, err)
	}
	select {
	case <-r.read:
	case <-ctx.Done():
		return fmt.Errorf("reading the capture on %s of %s: %w", r.iface, r.name, context.Cause(ctx))
	}
	if exit != 0 {
		return &CaptureError{Where: r.name, Interface: r.iface, Output: fmt.Sprintf("exit %d: %s", exit, r.process.Errors())}
	}
	if r.data.Truncated() || len(r.data.Bytes()) > maxFile {
		return &CaptureError{Where: r.name, Interface: r.iface, Output: fmt.Sprintf("the capture is larger than %d MiB", maxFile>>20)}
	}
	return nil
}
