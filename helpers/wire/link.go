package wire

import (
	"context"
	"errors"
	"fmt"
)

// Link is one interface of a node, as somebody who sends and receives its frames sees it.
// Receive is called from one goroutine, all the time; Send and Check from any.
type Link interface {
	// Name is the interface's name on the node.
	Name() string
	// Send sends one Ethernet frame; a link that only listens refuses.
	Send(frame []byte) error
	// Receive waits for the next frame. It ends with the link.
	Receive() ([]byte, error)
	// Check says whether frames still pass.
	Check(ctx context.Context) error
	// Close ends the link and removes what it made.
	Close() error
}

var (
	// ErrFlood is an interface with more frames than are kept: what was not seen may have
	// been there all the same.
	ErrFlood = errors.New("more frames than are kept")
	// ErrClosed is a port or tap after its Close.
	ErrClosed = errors.New("closed")
)

// LinkError is an interface that no longer shows its frames. It is labproof's trouble or
// the node's, never a VM's.
type LinkError struct {
	Name string // of the interface
	Err  error
}

func (e *LinkError) Error() string { return fmt.Sprintf("on the wire at %s: %v", e.Name, e.Err) }
func (e *LinkError) Unwrap() error { return e.Err }
