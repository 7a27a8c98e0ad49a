package tp1

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// keptRun is a graded run of groups 1 and 2 in which group 1's bridge had a /28 and the
// gateway was never made, with what was seen of both.
func keptRun(t *testing.T) (*reports.Run, *reports.Folder) {
	t.Helper()
	folder, err := reports.NewFolder(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := stageForJudging(t)
	c.node.Teacher = nil
	if err := (&stage{node: c.node}).keep(folder); err != nil {
		t.Fatal(err)
	}
	wide := "10.0.1.2/28"
	look := seenBy(t, "tp1.q15")
	delete(look, "host")
	change(t, look, mistake{path: "files", value: interfaces("address " + wide + "\n gateway 10.0.1.1")})
	live, err := json.Marshal(look)
	if err != nil {
		t.Fatal(err)
	}
	save(t, folder, "tp1.q15", "group-1", strings.ReplaceAll(string(live), "10.0.1.2/29", wide))
	wrong := []reports.Reason{{What: reports.Same("wrong")}}
	run := &reports.Run{
		Command: "grade", Lang: "en", ID: folder.ID, Started: time.Now(), Plan: planOf(c.node.Plan),
		Verdicts: []reports.Verdict{
			{ID: "tp1.q15", Subject: "group-1", Outcome: reports.Failed, Reasons: wrong},
			{ID: "tp1.q14", Subject: "group-1", Outcome: reports.Error, Reasons: wrong},
			{ID: "tp1.gateway", Subject: "pair-1-2", Outcome: reports.Failed, Reasons: wrong},
			{ID: "tp1.q21", Subject: "pair-1-2", Outcome: reports.NotAttempted, Reasons: wrong},
		},
	}
	run.Close(time.Now())
	return run, folder
}

func save(t *testing.T, folder *reports.Folder, id string, subject reports.Subject, data string) {
	t.Helper()
	evidence, err := folder.Question(id, subject)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.Save(lookFile, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

// After a change of rules, what was seen is judged by the new ones; what was not seen
// stays as it was.
func TestARunIsJudgedAgainByOtherRules(t *testing.T) {
	run, folder := keptRun(t)
	for bits, want := range map[int]reports.Outcome{0: reports.Failed, 28: reports.Passed} {
		cfg := config.Default()
		if bits > 0 {
			cfg.Accept.Masks = []int{bits}
		}
		again, err := Rejudge(cfg, run, folder)
		if err != nil {
			t.Fatal(err)
		}
		for i, outcome := range []reports.Outcome{want, reports.Error, reports.Failed, reports.NotAttempted} {
			if got := again.Verdicts[i]; got.Outcome != outcome {
				t.Errorf("accepting /%d: %s is %s, want %s: %+v", bits, got.ID, got.Outcome, outcome, got.Reasons)
			}
		}
	}
	if run.Verdicts[0].Outcome != reports.Failed {
		t.Error("the run itself was changed")
	}
}

func TestEvidenceThatIsNone(t *testing.T) {
	run, folder := keptRun(t)
	if err := os.WriteFile(folder.Join("tp1.q15", "group-1", lookFile), []byte(`{"nic":`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Rejudge(config.Default(), run, folder); err == nil || !strings.Contains(err.Error(), "tp1.q15") {
		t.Errorf("half a look: %v", err)
	}
	run.Verdicts[0].ID = "tp1.q99"
	if _, err := Rejudge(config.Default(), run, folder); err == nil || !strings.Contains(err.Error(), "tp1.q99") {
		t.Errorf("an unknown question: %v", err)
	}
	if err := os.Remove(folder.Join(SettingFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Rejudge(config.Default(), run, folder); err == nil {
		t.Error("a run that does not say what its node was like is judged")
	}
}
