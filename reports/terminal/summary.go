package terminal

import (
	"fmt"
	"strings"

	"github.com/labproof/labproof/reports"
)

// summary prints what went wrong, the table, then the totals. The lock is held.
func (t *Terminal) summary(run *reports.Run) {
	t.problems(run)
	for _, o := range []reports.Outcome{reports.Error, reports.Failed} {
		t.explained(run.Verdicts, o)
	}
	for _, o := range []reports.Outcome{reports.NotAttempted, reports.NotObservable} {
		t.headlines(run.Verdicts, o)
	}
	t.table(run)
	t.print("")
	t.print(t.totals(run))
}

func (t *Terminal) problems(run *reports.Run) {
	if run.Interrupted {
		t.print("")
		t.print(t.mark(reports.Error) + " " + reports.Text{
			FR: "passage interrompu : ce qui suit est ce qui a été vu jusque-là",
			EN: "interrupted: what follows is what was seen until then",
		}.In(t.o.Lang))
	}
	for _, p := range run.Problems {
		t.print("")
		t.block(t.mark(reports.Error), p.Explain(t.o.Lang))
	}
}

// explained tells of every verdict of one outcome, in full.
func (t *Terminal) explained(verdicts []reports.Verdict, o reports.Outcome) {
	for _, same := range sameReasons(verdicts, o, t.o.Lang) {
		t.print("")
		lines := same[0].Explain(t.o.Lang)
		if len(same) > 1 {
			lines = append([]string{t.together(same)}, same[0].Reasons[0].Explain(t.o.Lang)[1:]...)
		}
		t.block(t.mark(o), lines)
	}
}

func (t *Terminal) block(mark string, lines []string) {
	t.print(mark + " " + t.paint(bold, lines[0]))
	for _, line := range lines[1:] {
		t.print(line)
	}
}

// headlines tells of every verdict of one outcome in one line.
func (t *Terminal) headlines(verdicts []reports.Verdict, o reports.Outcome) {
	for i, same := range sameReasons(verdicts, o, t.o.Lang) {
		if i == 0 {
			t.print("")
		}
		line := same[0].Headline(t.o.Lang)
		if len(same) > 1 {
			line = t.together(same)
		}
		t.print(t.mark(o) + " " + line)
	}
}

// sameReasons gathers the verdicts of one outcome that have one and the same single
// reason, so that a run that was interrupted does not say so forty times.
func sameReasons(verdicts []reports.Verdict, o reports.Outcome, lang string) [][]reports.Verdict {
	var gathered [][]reports.Verdict
	place := map[string]int{}
	for _, v := range verdicts {
		if v.Outcome != o {
			continue
		}
		key := reasonKey(v, lang)
		if i, ok := place[key]; ok {
			gathered[i] = append(gathered[i], v)
			continue
		}
		place[key] = len(gathered)
		gathered = append(gathered, []reports.Verdict{v})
	}
	return gathered
}

func reasonKey(v reports.Verdict, lang string) string {
	if len(v.Reasons) != 1 {
		return v.ID + " " + string(v.Subject)
	}
	return strings.Join(v.Reasons[0].Explain(lang), "\n")
}

// maxTogether is how many questions are named where many have the same reason.
const maxTogether = 4

// together is the headline of verdicts that have one reason.
func (t *Terminal) together(verdicts []reports.Verdict) string {
	var names []string
	for i, v := range verdicts {
		if i == maxTogether {
			names = append(names, fmt.Sprintf("+ %d", len(verdicts)-maxTogether))
			break
		}
		names = append(names, v.ID+" "+v.Subject.Text().In(t.o.Lang))
	}
	return strings.Join(names, ", ") + ": " + verdicts[0].Reasons[0].Explain(t.o.Lang)[0]
}

func (t *Terminal) totals(run *reports.Run) string {
	counted := reports.Count(run.Verdicts)
	var parts []string
	for _, o := range reports.Outcomes() {
		if n := counted.Of(o); n > 0 || o == reports.Passed {
			parts = append(parts, t.paint(colorOf(o), fmt.Sprintf("%s %d %s", symbol(o), n, o.Counted(n).In(t.o.Lang))))
		}
	}
	line := strings.Join(parts, " · ")
	if took := run.Duration(); took > 0 {
		line += t.paint(dim, " ("+short(took)+")")
	}
	return line
}

// Reports prints where the reports of the run are.
func (t *Terminal) Reports(paths ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, path := range paths {
		label := ""
		if i == 0 {
			label = reports.Text{FR: "rapports :", EN: "reports:"}.In(t.o.Lang)
		}
		t.print(pad(label, 11) + reports.Line(path))
	}
}
