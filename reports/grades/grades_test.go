package grades

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/junit"
)

func verdict(id string, subject reports.Subject, outcome reports.Outcome) reports.Verdict {
	v := reports.Verdict{ID: id, Subject: subject, Outcome: outcome, Title: reports.Text{FR: "titre", EN: "title"}}
	if outcome != reports.Passed {
		v.Reasons = []reports.Reason{{What: reports.Text{FR: "parce que", EN: "because"}}}
	}
	return v
}

func graded(verdicts ...reports.Verdict) *reports.Run {
	run := &reports.Run{ID: "r", Command: "grade", Lang: reports.English, Verdicts: verdicts, Plan: reports.Plan{Groups: []reports.PlanGroup{
		{Number: 1, Name: "Groupe_1", Users: []string{"a@pve"}}, {Number: 2, Name: "=cmd()"},
	}}}
	run.Close(time.Now())
	return run
}

var weights = map[string]float64{"tp1.q01": 5, "tp1.q03": 1, "tp1.q04": 2, "tp1.q21": 3, "tp1.q08": 1}

func TestMarks(t *testing.T) {
	tests := map[string]struct {
		verdicts    []reports.Verdict
		mark        string // "" for none
		arithmetic  string
		provisional bool
	}{
		"all right":             {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q04", "group-1", reports.Passed)}, "20", "3 / 3 × 20 = 20", false},
		"weights":               {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q04", "group-1", reports.Failed)}, "6.67", "1 / 3 × 20 = 6.67", false},
		"not attempted":         {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Failed), verdict("tp1.q04", "group-1", reports.NotAttempted)}, "0", "0 / 3 × 20 = 0", false},
		"not observable":        {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q08", "group-1", reports.NotObservable)}, "20", "1 / 1 × 20 = 20 (points left out, not observable or errors: 1)", false},
		"an error costs naught": {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q04", "group-1", reports.Error)}, "20", "provisional: grade again", true},
		"a pair's":              {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q21", "pair-1-2", reports.Failed)}, "5", "1 / 4 × 20 = 5", false},
		"another group's":       {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q04", "group-2", reports.Failed)}, "20", "1 / 1", false},
		"the node's":            {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q01", "node", reports.Failed)}, "20", "1 / 1", false},
		"a step without weight": {[]reports.Verdict{verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.vm", "group-1", reports.Failed)}, "20", "1 / 1", false},
		"nothing":               {nil, "", "nothing could be judged", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := Of(graded(test.verdicts...), weights)[0]
			mark := ""
			if g.Mark != nil {
				mark = Decimal(*g.Mark)
			}
			if mark != test.mark || g.Provisional != test.provisional || !strings.Contains(g.Arithmetic.EN, test.arithmetic) {
				t.Errorf("mark %q, provisional %t, %q", mark, g.Provisional, g.Arithmetic.EN)
			}
			if g.Arithmetic.FR == "" {
				t.Error("nothing in French")
			}
		})
	}
}

func TestAPairCountsForBothOfItsGroups(t *testing.T) {
	all := Of(graded(verdict("tp1.q21", "pair-1-2", reports.Passed)), weights)
	for _, g := range all {
		if g.Points != 3 || g.Possible != 3 {
			t.Errorf("group %d: %v of %v", g.Group, g.Points, g.Possible)
		}
	}
}

func TestAnInterruptedRunIsProvisional(t *testing.T) {
	run := graded(verdict("tp1.q03", "group-1", reports.Passed))
	run.Interrupted = true
	if !Of(run, weights)[0].Provisional {
		t.Error("it is final")
	}
}

func TestTheFilesOfAClass(t *testing.T) {
	folder, err := reports.NewFolder(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	run := graded(verdict("tp1.q03", "group-1", reports.Passed), verdict("tp1.q04", "group-1", reports.Failed),
		verdict("tp1.q03", "group-2", reports.Failed), verdict("tp1.q08", "group-1", reports.NotObservable), verdict("tp1.q01", "node", reports.Passed))
	all := Of(run, weights)
	err = errors.Join(WriteClass(folder, all, Pairs(run, weights)), WriteGradescope(folder, all, run.Lang), WriteJUnit(folder, run, junit.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(folder.Join(ClassFile))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(table))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %v", rows, err)
	}
	if rows[1][3] != "6.67" || rows[2][3] != "0" || rows[2][1] != "'=cmd()" {
		t.Errorf("rows %q", rows)
	}
	data, err := os.ReadFile(folder.Join(GroupsFolder, "group-1", GradescopeFile))
	if err != nil {
		t.Fatal(err)
	}
	var results Results
	if err := json.Unmarshal(data, &results); err != nil {
		t.Fatal(err)
	}
	if results.Score == nil || *results.Score != 6.67 || len(results.Tests) != 3 || results.Tests[1].Status != "failed" || results.Tests[2].Max != nil {
		t.Errorf("results %s", data)
	}
	own, err := os.ReadFile(folder.Join(GroupsFolder, "group-2", "junit.xml"))
	if err != nil || !strings.Contains(string(own), "tp1.group-2") || strings.Contains(string(own), "tp1.group-1") {
		t.Errorf("junit: %v\n%s", err, own)
	}
	if _, err := os.Stat(folder.Join(GroupsFolder, "group-1", GradeFile)); err != nil {
		t.Error(err)
	}
}

func TestAGroupsQuestionsAreInTheLabsOrder(t *testing.T) {
	run := graded(verdict("tp1.q21", "pair-1-2", reports.Passed), verdict("tp1.q99", "group-1", reports.Passed), verdict("tp1.q03", "group-1", reports.Passed))
	for _, id := range []string{"tp1.q01", "tp1.q03", "tp1.q04", "tp1.q21"} {
		run.Questions = append(run.Questions, reports.Listed{ID: id})
	}
	var order []string
	for _, q := range Of(run, weights)[0].Questions {
		order = append(order, q.ID)
	}
	if got := strings.Join(order, " "); got != "tp1.q03 tp1.q21 tp1.q99" { // what nobody listed comes last
		t.Errorf("the order is %s", got)
	}
}

func TestWithoutAMarkThereIsNoScoreEither(t *testing.T) {
	run := graded(verdict("tp1.q03", "group-1", reports.Error))
	data, err := json.Marshal(Gradescope(Of(run, weights)[0], reports.English))
	if err != nil || strings.Contains(string(data), "score") {
		t.Errorf("%v: %s", err, data)
	}
}

func TestTheUsersAreThoseThatTheGroupHas(t *testing.T) {
	run := graded()
	run.Plan.Groups[0].Members = []string{"anna@pve"}
	all := Of(run, weights)
	if all[0].Users[0] != "anna@pve" || len(all[0].Users) != 1 {
		t.Errorf("group 1: %v", all[0].Users)
	}
}

func TestHalfAHundredthGoesUpEverywhere(t *testing.T) {
	for n, want := range map[float64]string{1.125: "1.13", 12.125: "12.13", 0.125: "0.13", 17.5: "17.5", 3: "3", 6.6666: "6.67"} {
		if got := Decimal(n); got != want {
			t.Errorf("%v is written %s, want %s", n, got, want)
		}
	}
}
