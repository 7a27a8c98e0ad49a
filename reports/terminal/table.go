package terminal

import (
	"cmp"
	"slices"
	"strings"

	"github.com/labproof/labproof/reports"
)

// grid is the table of a run: a row per subject, a column per question.
type grid struct {
	rows    []reports.Subject
	columns []string // question ids
	cells   map[cell]reports.Outcome
}

type cell struct {
	subject reports.Subject
	id      string
}

func gridOf(run *reports.Run) grid {
	g := grid{cells: map[cell]reports.Outcome{}}
	for _, v := range run.Verdicts {
		g.cells[cell{v.Subject, v.ID}] = v.Outcome
		if !slices.Contains(g.rows, v.Subject) {
			g.rows = append(g.rows, v.Subject)
		}
	}
	slices.SortFunc(g.rows, func(a, b reports.Subject) int {
		ga, gb := a.Groups(), b.Groups()
		return cmp.Or(cmp.Compare(len(ga), len(gb)), slices.Compare(ga, gb))
	})
	g.columns = columnsOfRun(run)
	return g
}

// columnsOfRun lists the questions that have a verdict, in the lab's order as far as
// the run tells it, else in the order of the verdicts.
func columnsOfRun(run *reports.Run) []string {
	var seen, ids []string
	for _, v := range run.Verdicts {
		if !slices.Contains(seen, v.ID) {
			seen = append(seen, v.ID)
		}
	}
	for _, q := range run.Questions {
		if slices.Contains(seen, q.ID) && !slices.Contains(ids, q.ID) {
			ids = append(ids, q.ID)
		}
	}
	for _, id := range seen {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// table prints the grid, in as many bands as the width asks for. The lock is held.
func (t *Terminal) table(run *reports.Run) {
	g := gridOf(run)
	if len(g.rows) == 0 {
		return
	}
	head := 0
	for _, s := range g.rows {
		head = max(head, columnsOf(s.Text().In(t.o.Lang)))
	}
	for _, band := range bands(g.columns, t.width()-head) {
		t.print("")
		t.band(g, band, head)
	}
}

func (t *Terminal) band(g grid, ids []string, head int) {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", head))
	for _, id := range ids {
		b.WriteString(" " + shortID(id))
	}
	t.print(t.paint(dim, b.String()))
	for _, s := range g.rows {
		if g.concerned(s, ids) {
			t.print(t.row(g, s, ids, head))
		}
	}
}

// concerned tells whether a subject was asked any of the questions of a band.
func (g grid) concerned(s reports.Subject, ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool {
		_, ok := g.cells[cell{s, id}]
		return ok
	})
}

func (t *Terminal) row(g grid, s reports.Subject, ids []string, head int) string {
	var b strings.Builder
	b.WriteString(pad(s.Text().In(t.o.Lang), head))
	for _, id := range ids {
		outcome, ok := g.cells[cell{s, id}]
		mark := " "
		if ok {
			mark = t.mark(outcome)
		}
		b.WriteString(" " + mark + strings.Repeat(" ", columnsOf(shortID(id))-1))
	}
	return strings.TrimRight(b.String(), " ")
}

// bands splits the columns so that each band fits the width, with at least one column.
func bands(ids []string, width int) [][]string {
	var all [][]string
	var band []string
	used := 0
	for _, id := range ids {
		w := 1 + columnsOf(shortID(id))
		if len(band) > 0 && used+w > width {
			all, band, used = append(all, band), nil, 0
		}
		band, used = append(band, id), used+w
	}
	if len(band) > 0 {
		all = append(all, band)
	}
	return all
}

// shortID is a question's id without its suite: q07.
func shortID(id string) string {
	if _, rest, ok := strings.Cut(id, "."); ok {
		return rest
	}
	return id
}
