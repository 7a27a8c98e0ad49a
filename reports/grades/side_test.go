package grades

import (
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/labproof/labproof/reports"
)

func because(why string) *reports.Reason {
	return &reports.Reason{What: reports.Same(why), Next: reports.Same("look there")}
}

// halfRight is a pair's question that group 1 did its part of and group 2 did not.
func halfRight(outcome reports.Outcome) reports.Verdict {
	v := verdict("tp1.q21", "pair-1-2", reports.Failed)
	v.Reasons = []reports.Reason{*because("group 2 has no route")}
	v.Sides = []reports.Side{{Group: 1, Outcome: reports.Passed}, {Group: 2, Outcome: outcome, Reason: because("no route on your VM")}}
	return v
}

func TestAPairsQuestionCountsByEachGroupsOwnSide(t *testing.T) {
	tests := map[string]struct {
		of2                          reports.Outcome
		points1, possible1           float64
		points2, possible2           float64
		provisional1, provisional2   bool
		arithmetic1, arithmetic2, of string
	}{
		"the neighbour failed":         {of2: reports.Failed, points1: 3, possible1: 3, possible2: 3, arithmetic1: "3 / 3 × 20 = 20", arithmetic2: "0 / 3 × 20 = 0"},
		"the neighbour did not try":    {of2: reports.NotAttempted, points1: 3, possible1: 3, possible2: 3, arithmetic1: "3 / 3 × 20 = 20", arithmetic2: "0 / 3 × 20 = 0"},
		"the neighbour was not seen":   {of2: reports.NotObservable, points1: 3, possible1: 3, arithmetic1: "3 / 3 × 20 = 20", arithmetic2: "no mark"},
		"the neighbour ended in error": {of2: reports.Error, points1: 3, possible1: 3, provisional2: true, arithmetic1: "3 / 3 × 20 = 20", arithmetic2: "no mark"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all := Of(graded(halfRight(test.of2)), weights)
			one, two := all[0], all[1]
			if one.Points != test.points1 || one.Possible != test.possible1 || one.Provisional != test.provisional1 || !strings.Contains(one.Arithmetic.EN, test.arithmetic1) {
				t.Errorf("group 1: %v of %v, provisional %t, %q", one.Points, one.Possible, one.Provisional, one.Arithmetic.EN)
			}
			if two.Points != test.points2 || two.Possible != test.possible2 || two.Provisional != test.provisional2 || !strings.Contains(two.Arithmetic.EN, test.arithmetic2) {
				t.Errorf("group 2: %v of %v, provisional %t, %q", two.Points, two.Possible, two.Provisional, two.Arithmetic.EN)
			}
			if q := two.Questions[0]; q.Basis != BySide || q.Why.EN != "no route on your VM" || q.Next.EN != "look there" {
				t.Errorf("group 2's question %+v", q)
			}
		})
	}
}

// What was built and what was written share a question's weight; of what only one of them
// shows, that one has all.
func TestWhatAGroupWroteSharesTheWeight(t *testing.T) {
	facts := []reports.Fact{{Name: reports.Same("cores"), Said: "8", True: "8", OK: true}, {Name: reports.Same("memory"), Said: "4 GB", True: "31 GiB"}}
	for _, test := range []struct {
		outcome, shown reports.Outcome
		points         float64 // of 5
		counted        bool
		basis          Basis
	}{
		{reports.Failed, "", 2.5, true, ByAnswer},
		{reports.Failed, reports.NotObservable, 2.5, true, ByAnswer},
		{reports.Failed, reports.Passed, 3.75, true, ByBoth},
		{reports.Failed, reports.Failed, 1.25, true, ByBoth},
		{reports.NotAttempted, reports.NotAttempted, 1.25, true, ByBoth},
		{reports.Error, reports.Error, 0, false, ByVerdict},
	} {
		v := verdict("tp1.q01", "group-1", test.outcome)
		v.Answers = []reports.Answer{{Group: 1, Shown: test.shown, Facts: facts}, {Group: 2, Facts: facts[:1]}}
		g := Of(graded(v), weights)[0]
		q := g.Questions[0]
		if q.Points != test.points || q.Counted != test.counted || q.Basis != test.basis || (q.Parts.FR == "") == test.counted {
			t.Errorf("shown %q: %+v", test.shown, q)
		}
		if g.Provisional != (test.outcome == reports.Error) {
			t.Errorf("shown %q: provisional %t", test.shown, g.Provisional)
		}
	}
	words := verdict("tp1.q01", "group-1", reports.Passed)
	words.Answers = []reports.Answer{{Group: 1, Words: "I do not know", Shown: reports.Passed}}
	if q := Of(graded(words), weights)[0].Questions[0]; q.Points != 5 || q.Basis != ByVerdict {
		t.Errorf("words alone were marked: %+v", q)
	}
	if g := Of(graded(verdict("tp1.q01", reports.Node, reports.Passed)), weights)[0]; len(g.Questions) != 0 {
		t.Errorf("the node's own verdict is marked: %+v", g.Questions)
	}
}

func TestPairsAreATable(t *testing.T) {
	run := graded(verdict("tp1.q03", "group-1", reports.Passed), halfRight(reports.Failed), verdict("tp1.gateway", "pair-1-2", reports.NotObservable))
	table, err := PairTable(Pairs(run, weights))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(table))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"pair", "question", "outcome", "weight", "group_x", "outcome_x", "points_x", "group_y", "outcome_y", "points_y"},
		{"1-2", "tp1.q21", "failed", "3", "1", "passed", "3", "2", "failed", "0"},
		{"1-2", "tp1.gateway", "not_observable", "0", "1", "not_observable", "", "2", "not_observable", ""},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("got %q\nwant %q", rows, want)
	}
}

func TestOnlyAGroupsOwn(t *testing.T) {
	v := halfRight(reports.Failed)
	v.Answers = []reports.Answer{{Group: 1, Words: "words of group one"}, {Group: 2, Words: "words of group two"}}
	node := verdict("tp1.q01", reports.Node, reports.Passed)
	run := graded(verdict("tp1.q03", "group-1", reports.Failed), verdict("tp1.q03", "group-2", reports.Failed), v, node)
	run.Plan.Pairs = []reports.PlanPair{{X: 1, Y: 2}, {X: 3, Y: 4}}
	own := Only(run, 1)
	if err := own.Check(); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(own)
	if err != nil {
		t.Fatal(err)
	}
	for _, others := range []string{"group two", "no route", `"group-2"`, "=cmd()", `"x":3`, "sides"} {
		if strings.Contains(string(data), others) {
			t.Errorf("group 1 reads %q in\n%s", others, data)
		}
	}
	if len(own.Verdicts) != 2 || own.Verdicts[1].Outcome != reports.Passed || own.Totals.Failed != 1 || !strings.Contains(string(data), "words of group one") {
		t.Errorf("got %s", data)
	}
	if run.Verdicts[2].Outcome != reports.Failed || len(run.Verdicts[2].Answers) != 2 || len(run.Plan.Groups) != 2 {
		t.Error("the run itself was changed")
	}
}
