package wire

import (
	"context"
	"io"
)

// Ear is an interface whose frames are kept: a Port or a Tap.
type Ear interface {
	// Name is the interface's name on the node.
	Name() string
	// WritePcap writes what was sent and received so far, for Wireshark.
	WritePcap(w io.Writer) error
	listening() *ear
}

// ear keeps the frames of a link.
type ear struct {
	link Link
	log  *log
	done chan struct{} // closed when nothing is received any more
}

func newEar(link Link) *ear {
	return &ear{link: link, log: newLog(link.Name()), done: make(chan struct{})}
}

// Name implements Ear.
func (e *ear) Name() string { return e.link.Name() }

// WritePcap implements Ear.
func (e *ear) WritePcap(w io.Writer) error { return e.log.writePcap(w) }

func (e *ear) listening() *ear { return e }

// listen keeps what comes until the link ends; heard is told of each frame kept.
func (e *ear) listen(heard func(seen)) {
	defer close(e.done)
	for {
		data, err := e.link.Receive()
		if err != nil {
			e.log.end(err)
			return
		}
		if s, kept := e.log.add(data, false); kept {
			heard(s)
		}
	}
}

// Close ends the ear; on the node nothing of it is left. What was kept can still be written.
func (e *ear) Close() error {
	e.log.end(ErrClosed)
	err := e.link.Close()
	<-e.done
	return err
}

// caughtUp waits until everything that has passed the interfaces is in their logs, and
// fails where frames no longer pass: what is not there then was not there.
func caughtUp(ctx context.Context, ears []*ear) error {
	for _, e := range ears {
		if err := e.link.Check(ctx); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return &LinkError{Name: e.Name(), Err: err}
		}
		if err := e.log.trouble(); err != nil {
			return err
		}
	}
	return nil
}
