package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/html"
	"github.com/labproof/labproof/reports/junit"
	"github.com/labproof/labproof/suites/tp1"
)

// keptRun keeps a run with one question below a folder.
func keptRun(t *testing.T, out string, outcome reports.Outcome) *reports.Folder {
	t.Helper()
	folder, err := reports.NewFolder(out, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	v := reports.Verdict{ID: "tp1.q07", Subject: reports.Group(1), Title: reports.Text{FR: "le titre", EN: "the title"}, Outcome: outcome}
	if outcome != reports.Passed {
		v.Reasons = []reports.Reason{{What: reports.Text{FR: "la raison", EN: "the reason"}}}
	}
	run := &reports.Run{ID: folder.ID, Command: "validate", Lang: reports.French, Started: time.Now(), Verdicts: []reports.Verdict{v}}
	run.Close(time.Now())
	if err := folder.WriteRun(run); err != nil {
		t.Fatal(err)
	}
	return folder
}

func contains(t *testing.T, path, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), want) {
		t.Errorf("%s has no %q", path, want)
	}
}

func TestReportsAreMadeAgain(t *testing.T) {
	out := t.TempDir()
	folder := keptRun(t, out, reports.Failed)
	r := labproof(t, "report", "--out", out)
	if want := folder.Join(html.File) + "\n" + folder.Join(junit.File) + "\n"; r.code != ExitPassed || r.out != want {
		t.Fatalf("exit %d, said %q, want %q\n%s", r.code, r.out, want, r.err)
	}
	contains(t, folder.Join(html.File), `data-lang="fr"`)
	contains(t, folder.Join(junit.File), "la raison")

	r = labproof(t, "report", "--out", out, "--from", folder.ID, "--format", "html", "--lang", "en", "--json")
	var written map[string]string
	if err := json.Unmarshal([]byte(r.out), &written); err != nil || len(written) != 1 || written["html"] != folder.Join(html.File) {
		t.Fatalf("said %q, %v\n%s", r.out, err, r.err)
	}
	contains(t, folder.Join(html.File), `data-lang="en"`)
	contains(t, folder.Join(junit.File), "la raison")
}

func TestReportOfNoRun(t *testing.T) {
	oneLine(t, labproof(t, "report", "--lang", "en"), ExitUsage, "latest", "no run", "--out")
	oneLine(t, labproof(t, "report", "--lang", "en", "--from", "/nowhere"), ExitUsage, "/nowhere")
	oneLine(t, labproof(t, "report", "--lang", "en", "--format", "pdf"), ExitUsage, `"pdf"`, "html, junit")
	oneLine(t, labproof(t, "report", "diff", "one", "--lang", "en"), ExitUsage, "2 runs are expected")
	broken := t.TempDir()
	write(t, filepath.Join(broken, reports.RunFile), `{"schema": 99}`)
	oneLine(t, labproof(t, "report", "--lang", "en", "--from", broken), ExitUsage, "schema 99")
}

func TestDiffTellsWhatTurnedRed(t *testing.T) {
	out := t.TempDir()
	good, bad := keptRun(t, out, reports.Passed), keptRun(t, out, reports.Failed)
	r := labproof(t, "report", "diff", good.ID, reports.Latest, "--out", out, "--lang", "en")
	if r.code != ExitFailed || r.out != "tp1.q07 group 1: passed → failed: the reason\n" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
	r = labproof(t, "report", "diff", bad.Path, good.Path, "--json")
	var changes []reports.Change
	if err := json.Unmarshal([]byte(r.out), &changes); err != nil || r.code != ExitPassed || len(changes) != 1 || !changes[0].Better() {
		t.Errorf("exit %d, %v: %s%s", r.code, err, r.out, r.err)
	}
	r = labproof(t, "report", "diff", good.Path, good.Path, "--lang", "fr")
	if r.code != ExitPassed || r.out != "rien n'a changé\n" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
	r = labproof(t, "report", "diff", good.Path, good.Path, "--json")
	if r.out != "[]\n" {
		t.Errorf("said %q", r.out)
	}
}

func TestMarksAreMadeAgainWithOtherPoints(t *testing.T) {
	out := t.TempDir()
	folder := keptRun(t, out, reports.Failed)
	run, err := folder.ReadRun()
	if err != nil {
		t.Fatal(err)
	}
	oneLine(t, labproof(t, "report", "--out", out, "--format", "csv", "--lang", "en"), ExitUsage, "was not graded", "csv")
	run.Command = "grade"
	run.Plan.Groups = []reports.PlanGroup{{Number: 1, Name: "Groupe_1"}}
	right := run.Verdicts[0]
	right.ID, right.Outcome, right.Reasons = "tp1.q03", reports.Passed, nil
	run.Verdicts = append(run.Verdicts, right)
	run.Close(run.Ended)
	if err := folder.WriteRun(run); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ points, mark string }{{"points:\n  tp1.q03: 3\n", ",15,20,3,4,"}, {"points:\n  tp1.q07: 0\n", ",20,20,1,1,"}} {
		cmd := program(t, t.Context(), "report", "--out", out, "--format", "html,csv,gradescope", "--lang", "en")
		write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), c.points)
		if r := finish(t, cmd); r.code != ExitPassed {
			t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
		}
		contains(t, folder.Join("class.csv"), c.mark)
	}
	contains(t, folder.Join("groups", "group-1", "gradescope", "results.json"), `"score": 20`)
	contains(t, folder.Join("groups", "group-1", html.File), "Groupe_1")
}

// A run that is judged again took as long as it took to look, not until today.
func TestJudgingAgainTakesNoLonger(t *testing.T) {
	out := t.TempDir()
	folder := keptRun(t, out, reports.Failed)
	run, err := folder.ReadRun()
	if err != nil {
		t.Fatal(err)
	}
	run.Plan.Groups = []reports.PlanGroup{{Number: 1, Name: "Groupe_1"}}
	run.Started = run.Started.Add(-1000 * time.Hour)
	run.Close(run.Started.Add(90 * time.Second))
	if err := folder.WriteRun(run); err != nil {
		t.Fatal(err)
	}
	write(t, folder.Join(tp1.SettingFile), `{}`)
	r := labproof(t, "grade", "--from", folder.Path, "--out", out, "--lang", "en")
	again, err := reports.OpenFolder(filepath.Join(out, reports.Latest))
	if err != nil {
		t.Fatal(err)
	}
	judged, err := again.ReadRun()
	if err != nil || judged.ID == run.ID || judged.Duration() != 90*time.Second {
		t.Errorf("exit %d, %v, %s: %s\n%s%s", r.code, err, judged.ID, judged.Duration(), r.out, r.err)
	}
}
