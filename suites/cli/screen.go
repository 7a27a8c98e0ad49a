package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/terminal"
)

// screen shows a run: on standard output, or on standard error when standard output is
// for JSON.
func (a *app) screen(total int) *terminal.Terminal {
	out := a.Out
	if a.common.json {
		out = a.Err
	}
	o := a.screenOn(out)
	o.Total = total
	return terminal.New(o)
}

// screenOn finds out what can be shown on a stream: live lines on a terminal only,
// colours only where NO_COLOR does not forbid them.
func (a *app) screenOn(out io.Writer) terminal.Options {
	o := terminal.Options{Out: out, Lang: a.lang, Verbose: a.common.verbose}
	f, isFile := out.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		o.Fold = terminal.FoldOf(os.Getenv)
		return o
	}
	if kind := os.Getenv("TERM"); kind != "" && kind != "dumb" {
		o.Live = true
		o.Color = os.Getenv("NO_COLOR") == ""
	}
	o.Width = func() int { return columns(f) }
	return o
}

func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// progress is what the suite tells: all of it reaches the screen but the end, which
// comes only once the node is stopped and the reports are written.
type progress struct{ *terminal.Terminal }

var _ reports.Observer = progress{}

// Done waits for its moment.
func (progress) Done(*reports.Run) {}
