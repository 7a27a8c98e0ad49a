package tp1

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/answers"
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

// Which role a group is held to, who is its neighbour and how many VMs fit are rules as well:
// what is kept lets them change, and who was in the group was seen.
func TestRulesOfWhomAQuestionConcernsAreTodays(t *testing.T) {
	run, folder := keptRun(t)
	keepChanged(t, folder, "tp1.q02", reports.Node)
	keepChanged(t, folder, "tp1.q04", "group-1", mistake{path: "users.0.ID", value: "anna@pve"})
	keepChanged(t, folder, "tp1.q05", "group-1",
		mistake{path: "acl.0.Role", value: "TP_VM"}, mistake{path: "roles.TP_VM", value: []string{"VM.Audit"}},
		mistake{path: "effective./vms/102", value: []string{"VM.Audit"}}, mistake{path: "story", value: nil})
	keepChanged(t, folder, "tp1.q18", "group-1", mistake{path: "api.cidr", value: "10.0.1.1/29"}, mistake{path: "story", value: nil})
	wrong := []reports.Reason{{What: reports.Same("wrong")}}
	run.Verdicts = []reports.Verdict{
		{ID: "tp1.q02", Subject: reports.Node, Outcome: reports.Passed},
		{ID: "tp1.q05", Subject: "group-1", Outcome: reports.Failed, Reasons: wrong},
		{ID: "tp1.q18", Subject: "group-1", Outcome: reports.Failed, Reasons: wrong},
	}
	if err := os.MkdirAll(folder.Join(AnswersFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder.Join(AnswersFolder, answers.FileName(1)), []byte("groupe: 1\nq02: {vm: 5}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	other := config.Default()
	other.Accept.Roles = []string{"TP_VM"}
	other.Class = config.Class{Groups: 1}
	other.Capacity.ReserveMax = 12 << 30
	for want, cfg := range map[[3]reports.Outcome]*config.Config{
		{reports.Failed, reports.Failed, reports.Failed}:        config.Default(),
		{reports.Passed, reports.NotObservable, reports.Passed}: other,
	} {
		again, err := Rejudge(cfg, run, folder)
		if err != nil {
			t.Fatal(err)
		}
		shown := again.Verdicts[2].Answers[0].Shown // of what was built; nothing was written about it
		if got := [3]reports.Outcome{again.Verdicts[1].Outcome, shown, again.Verdicts[3].Outcome}; got != want {
			t.Errorf("%v, want %v: %+v", got, want, again.Verdicts)
		}
		if got := again.Plan.Groups[0].Members; !slices.Contains(got, "anna@pve") {
			t.Errorf("the group's users are %v", got)
		}
	}
}

// keepChanged keeps what a green run saw, with changes.
func keepChanged(t *testing.T, folder *reports.Folder, id string, subject reports.Subject, changes ...mistake) {
	t.Helper()
	look := seenBy(t, id)
	for _, m := range changes {
		change(t, look, m)
	}
	data, err := json.Marshal(look)
	if err != nil {
		t.Fatal(err)
	}
	save(t, folder, id, subject, string(data))
}

// What a question stands on is looked at without being asked; judged again, it still tells
// what was not attempted from what failed.
func TestWhatWasOnlyLookedAtIsRemembered(t *testing.T) {
	run, folder := keptRun(t)
	save(t, folder, "tp1.q03", "group-1", `{"groups": ["Groupe_2"]}`)
	save(t, folder, "tp1.q04", "group-1", `{"users": []}`)
	run.Verdicts = []reports.Verdict{{ID: "tp1.q04", Subject: "group-1", Outcome: reports.NotAttempted, Reasons: []reports.Reason{standsOn("tp1.q03")}}}
	again, err := Rejudge(config.Default(), run, folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Verdicts[0].Outcome; got != reports.NotAttempted {
		t.Errorf("judged again it is %s", got)
	}
	if want := []string{"tp1.q03/group-1/" + lookFile, "tp1.q04/group-1/" + lookFile, "tp1.q15/group-1/" + lookFile}; !slices.Equal(Looks(folder), want) {
		t.Errorf("kept: %v", Looks(folder))
	}
}
