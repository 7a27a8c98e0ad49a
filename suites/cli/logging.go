package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/labproof/labproof/reports"
)

// logFile is the log of a run, in its folder: everything, whatever --verbose says.
const logFile = "labproof.log"

// logger logs warnings, with --verbose everything, to where a person reads.
func (a *app) logger(to io.Writer) *slog.Logger { return slog.New(a.handler(to)) }

func (a *app) handler(to io.Writer) slog.Handler {
	level := slog.LevelWarn
	if a.common.verbose {
		level = slog.LevelDebug
	}
	return slog.NewTextHandler(to, &slog.HandlerOptions{Level: level})
}

// runLogger also logs everything into the run's folder.
func (a *app) runLogger(to io.Writer, folder *reports.Folder) (*slog.Logger, io.Closer, error) {
	f, err := os.OpenFile(folder.Join(logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("open the run's log: %w", err)
	}
	all := slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug})
	return slog.New(slog.NewMultiHandler(a.handler(to), all)), f, nil
}
