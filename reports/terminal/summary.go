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
			FR: "passage interrompu : ce qui suit est ce qui a été vu jusque là",
			EN: "interrupted: what follows is what was seen until then",
		}.In(t.o.Lang))
	}
	for _, p := range run.Problems {
		t.print("")
		t.block(t.mark(reports.Error), p.Explain(t.o.Lang))
	}
}

func (t *Terminal) explained(verdicts []reports.Verdict, o reports.Outcome) {
	for _, v := range verdicts {
		if v.Outcome == o {
			t.print("")
			t.block(t.mark(o), v.Explain(t.o.Lang))
		}
	}
}

func (t *Terminal) block(mark string, lines []string) {
	t.print(mark + " " + t.paint(bold, lines[0]))
	for _, line := range lines[1:] {
		t.print(line)
	}
}

func (t *Terminal) headlines(verdicts []reports.Verdict, o reports.Outcome) {
	first := true
	for _, v := range verdicts {
		if v.Outcome != o {
			continue
		}
		if first {
			t.print("")
			first = false
		}
		t.print(t.mark(o) + " " + v.Headline(t.o.Lang))
	}
}

func (t *Terminal) totals(run *reports.Run) string {
	counted := reports.Count(run.Verdicts)
	var parts []string
	for _, o := range reports.Outcomes() {
		if n := counted.Of(o); n > 0 || o == reports.Passed {
			parts = append(parts, t.paint(colorOf(o), fmt.Sprintf("%s %d %s", symbol(o), n, o.Text().In(t.o.Lang))))
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
