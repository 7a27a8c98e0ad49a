package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/labproof/labproof/reports"
)

// Fold is how a CI's log folds lines away: what happens while the run goes on is folded,
// so that a reader finds the summary without scrolling.
type Fold string

// The logs that fold. Sources: GitHub's "Workflow commands", GitLab's "Custom collapsible
// sections".
const (
	NoFold Fold = ""
	GitHub Fold = "github"
	GitLab Fold = "gitlab"
)

// FoldOf finds out by its variables which CI's log this is.
func FoldOf(getenv func(string) string) Fold {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHub
	case getenv("GITLAB_CI") == "true":
		return GitLab
	default:
		return NoFold
	}
}

var foldTitle = reports.Text{FR: "labproof : question par question", EN: "labproof: question by question"}

// fold opens the fold before the first line. The lock is held.
func (t *Terminal) fold() {
	if t.folded || t.closed {
		return
	}
	t.folded = true
	title := foldTitle.In(t.o.Lang)
	switch t.o.Fold {
	case GitHub:
		t.write("::group::" + title)
	case GitLab:
		t.write(fmt.Sprintf("\x1b[0Ksection_start:%d:%s\r\x1b[0K%s", t.began.Unix(), t.foldName(), title))
	}
}

// unfold closes what fold opened. The lock is held.
func (t *Terminal) unfold() {
	if !t.folded {
		return
	}
	switch t.o.Fold {
	case GitHub:
		t.write("::endgroup::")
	case GitLab:
		t.write(fmt.Sprintf("\x1b[0Ksection_end:%d:%s\r\x1b[0K", t.o.Now().Unix(), t.foldName()))
	}
}

// foldName is unique in a log: GitLab pairs beginnings and ends by it.
func (t *Terminal) foldName() string { return fmt.Sprintf("labproof_%d", t.began.UnixNano()) }

// harmless keeps what a guest printed from being a command to GitHub's log, which takes
// every line for one that begins with two colons, whatever blanks are before them, or that
// has ##[ anywhere (actions/runner, ActionCommand.cs).
func (t *Terminal) harmless(line string) string {
	if t.o.Fold != GitHub {
		return line
	}
	line = strings.ReplaceAll(line, "##[", `##\[`)
	start := len(line) - len(strings.TrimLeft(line, " \t"))
	if strings.HasPrefix(line[start:], "::") {
		return line[:start] + `\` + line[start:]
	}
	return line
}

// harmlessLines does the same to each line of a text.
func (t *Terminal) harmlessLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(t.harmless(line))
	}
	return b.String()
}

// write writes one line. A terminal that went away must not stop the run: the reports are
// on disk.
func (t *Terminal) write(line string) { _, _ = io.WriteString(t.o.Out, line+"\n") }
