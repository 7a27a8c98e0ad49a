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
func interruptible(tell io.Writer, later *hint) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
				onSignal(n, tell, later, cancel)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

func onSignal(n int, tell io.Writer, later *hint, cancel context.CancelCauseFunc) {
	if n == 0 {
		fmt.Fprintln(tell, "\nlabproof: interrompu, le lab est démonté (Ctrl-C encore pour tout arrêter) / interrupted, taking the lab down (Ctrl-C again to stop at once)")
		cancel(errInterrupted)
		return
	}
	fmt.Fprintln(tell, "\nlabproof: arrêt immédiat ; pour nettoyer plus tard / stopped at once; to clean later: "+later.get())
	os.Exit(ExitBroken)
}

// hint is the command that cleans up after the run under way. The command that runs
// sets it, the signal handler may need it at any moment.
type hint struct{ command atomic.Pointer[string] }

func (h *hint) set(command string) { h.command.Store(&command) }

func (h *hint) get() string {
	if command := h.command.Load(); command != nil {
		return *command
	}
	return "labproof clean"
}
