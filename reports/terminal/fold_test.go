package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/reports"
)

func folded(fold Fold) string {
	var out bytes.Buffer
	t := New(Options{Out: &out, Lang: reports.English, Fold: fold, Now: func() time.Time { return time.Unix(1000, 7) }})
	v := reports.Verdict{ID: "tp1.q07", Subject: reports.Group(1), Title: reports.Same("a title"), Outcome: reports.Failed,
		Reasons: []reports.Reason{{What: reports.Same("the reason"), Output: "first\n::error::a guest's own\n ##[error]older"}}}
	t.Finished(v)
	run := &reports.Run{Verdicts: []reports.Verdict{v}}
	t.Done(run)
	t.Note("the end")
	t.Close()
	return out.String()
}

func TestCILogsAreFolded(t *testing.T) {
	got := folded(GitHub)
	if !strings.HasPrefix(got, "::group::labproof: question by question\n✗ tp1.q07") || strings.Count(got, "::endgroup::\n") != 1 {
		t.Errorf("got\n%s", got)
	}
	if end := strings.Index(got, "::endgroup::"); strings.Index(got, "the end") < end || strings.Index(got, "1 failed") < end {
		t.Errorf("the summary is folded away:\n%s", got)
	}
	got = folded(GitLab)
	if !strings.HasPrefix(got, "\x1b[0Ksection_start:1000:labproof_1000000000007\r\x1b[0Klabproof: ") ||
		strings.Count(got, "\x1b[0Ksection_end:1000:labproof_1000000000007\r\x1b[0K\n") != 1 {
		t.Errorf("got %q", got)
	}
	if got = folded(NoFold); strings.Contains(got, "::group") || strings.Contains(got, "section_") {
		t.Errorf("got %q", got)
	}
}

func TestAGuestGivesGitHubNoCommands(t *testing.T) {
	for line := range strings.Lines(folded(GitHub)) {
		line = strings.TrimLeft(line, " \t")
		if strings.Contains(line, "##[") || strings.HasPrefix(line, "::") && !strings.HasPrefix(line, "::group::") && !strings.HasPrefix(line, "::endgroup::") {
			t.Errorf("a command: %s", line)
		}
	}
}

func TestNothingToFold(t *testing.T) {
	var out bytes.Buffer
	New(Options{Out: &out, Fold: GitHub}).Close()
	if out.Len() != 0 {
		t.Errorf("got %q", out.String())
	}
}

func TestFoldOf(t *testing.T) {
	for name, want := range map[string]Fold{"GITHUB_ACTIONS": GitHub, "GITLAB_CI": GitLab, "CI": NoFold} {
		if got := FoldOf(func(n string) string { return map[string]string{name: "true"}[n] }); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
