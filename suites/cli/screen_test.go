package cli

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/terminal"
)

// shownRun tells a screen of a run with a long wait, then of its end.
func shownRun(o terminal.Options) {
	screen := terminal.New(o)
	title := reports.Same("A title that is longer than any narrow terminal has columns for it to stand on")
	run := &reports.Run{Lang: reports.English, Started: time.Now()}
	for n := 1; n <= 3; n++ {
		for q := 1; q <= 21; q++ {
			run.Verdicts = append(run.Verdicts, reports.Verdict{ID: fmt.Sprintf("tp1.q%02d", q), Subject: reports.Group(n), Title: title, Outcome: reports.Passed})
		}
		screen.Started("tp1.q01", reports.Group(n), title)
		screen.Waiting("tp1.q01", reports.Group(n), title, time.Now())
	}
	screen.Finished(run.Verdicts[0])
	run.Close(run.Started)
	screen.Done(run)
}

// shownOn is what a reader's terminal of that width gets.
func shownOn(t *testing.T, columns uint16) string {
	t.Helper()
	reader, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	all := make(chan string)
	go func() {
		data, _ := io.ReadAll(reader) // EIO once the other side is closed: that is the end of it
		all <- string(data)
	}()
	a := &app{Streams: Streams{Out: tty}, lang: reports.English}
	shownRun(a.screenOn(tty))
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	text := <-all
	reader.Close()
	return strings.ReplaceAll(text, "\r\n", "\n")
}

var (
	colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	escape = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]|\r`)
)

func TestARealTerminalOfAnyWidth(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "")
	for _, columns := range []uint16{40, 80, 200} {
		text := shownOn(t, columns)
		if !colour.MatchString(text) {
			t.Errorf("%d columns: no colours", columns)
		}
		live, table := 0, 0
		for line := range strings.SplitSeq(escape.ReplaceAllString(text, ""), "\n") {
			width := utf8.RuneCountInString(line)
			if strings.HasPrefix(line, "▸") {
				live++
				if width >= int(columns) {
					t.Errorf("%d columns, and a line that is drawn again has %d: it would stay: %q", columns, width, line)
				}
			}
			if strings.HasPrefix(line, "group ") {
				table++
				if width > int(columns) {
					t.Errorf("%d columns, and a row of the table has %d", columns, width)
				}
			}
		}
		if live == 0 || table < 3 {
			t.Errorf("%d columns: %d live lines, %d rows in\n%s", columns, live, table, text)
		}
	}
}

func TestNoColoursWhereTheyAreNotWanted(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "1")
	if text := shownOn(t, 80); colour.MatchString(text) || !strings.Contains(text, "▸") {
		t.Errorf("NO_COLOR: %q", text)
	}
	t.Setenv("TERM", "dumb")
	if text := shownOn(t, 80); escape.MatchString(text) {
		t.Errorf("a dumb terminal: %q", text)
	}
}

func TestAPipeGetsPlainLines(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "")
	t.Setenv("GITLAB_CI", "")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	a := &app{Streams: Streams{Out: writer}, lang: reports.English}
	go func() {
		shownRun(a.screenOn(writer))
		writer.Close()
	}()
	text, err := io.ReadAll(reader)
	if err != nil || escape.Match(text) || !strings.Contains(string(text), "✓ tp1.q01 group 1") {
		t.Errorf("%v: %q", err, text)
	}
}
