package reports

import "testing"

func TestDiff(t *testing.T) {
	run := func(outcomes map[string]Outcome) *Run {
		r := &Run{}
		for _, id := range []string{"tp1.q01", "tp1.q02", "tp1.q03", "tp1.q04", "tp1.q05", "tp1.q06"} {
			if o, ok := outcomes[id]; ok {
				r.Verdicts = append(r.Verdicts, Verdict{ID: id, Subject: Node, Outcome: o, Reasons: []Reason{{What: Same("why " + id)}}})
			}
		}
		return r
	}
	before := run(map[string]Outcome{"tp1.q01": Passed, "tp1.q02": Failed, "tp1.q03": Passed, "tp1.q04": Passed, "tp1.q05": Passed})
	after := run(map[string]Outcome{"tp1.q01": Passed, "tp1.q02": Passed, "tp1.q03": NotObservable, "tp1.q04": Error, "tp1.q06": Failed})
	var got string
	for _, c := range Diff(before, after) {
		got += c.ID + " " + string(c.Before) + ">" + string(c.After)
		if c.Worse() {
			got += " worse " + c.Why.EN
		}
		if c.Better() {
			got += " better"
		}
		got += "\n"
	}
	want := `tp1.q04 passed>error worse why tp1.q04
tp1.q06 >failed worse why tp1.q06
tp1.q02 failed>passed better
tp1.q03 passed>not_observable
tp1.q05 passed>
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if same := Diff(after, after); len(same) != 0 {
		t.Errorf("a run differs from itself: %v", same)
	}
}
