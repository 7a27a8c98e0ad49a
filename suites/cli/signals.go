package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// interruptible is a context that the first Ctrl-C ends, so that the run keeps its
// evidence and takes the lab down. The second stops the program at once.
func interruptible(n *notices) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case <-done:
				return
			case <-signals:
			}
			if !first {
				n.stopAtOnce()
			}
			cancel(errInterrupted) // first: who reads the screen may be gone
			n.interrupt()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// notices are what a signal may have to say at any moment of a run: it comes before the
// language is known, hence both.
type notices struct {
	err     io.Writer
	screen  atomic.Pointer[io.Writer] // where a line can be written between live lines
	command atomic.Pointer[string]    // what cleans up after the run under way
}

// during tells where to write and how to clean while a run is under way. From then on a
// reader of the screen that goes away (| head, or tee, which Ctrl-C ends first) ends no run:
// the lab has to be taken down.
func (n *notices) during(screen io.Writer, command string) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	n.screen.Store(&screen)
	n.command.Store(&command)
}

func (n *notices) interrupt() {
	to := n.err
	if screen := n.screen.Load(); screen != nil {
		to = *screen
	}
	fmt.Fprintln(to, "labproof: interrompu, rangement en cours ; Ctrl-C encore pour arrêter net / interrupted, cleaning up; Ctrl-C again to stop at once")
}

// stopAtOnce asks nobody and waits for nobody.
func (n *notices) stopAtOnce() {
	command := "labproof clean"
	if set := n.command.Load(); set != nil {
		command = *set
	}
	fmt.Fprintln(n.err, "\nlabproof: arrêt net ; pour nettoyer plus tard / stopped at once; to clean later: "+command)
	os.Exit(ExitBroken)
}
