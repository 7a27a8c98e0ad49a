package html

import (
	"fmt"
	"math"
	"slices"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/grades"
)

// standing is where a graded class stands, in one look.
type standing struct {
	Groups, Without, Provisional int
	Mean, Lowest, Highest        string // "" where nobody has a mark
	Bars                         []step
	Width, Height                int
}

// step is a bar of the marks' distribution.
type step struct {
	X, Y, W, H, Middle int
	Count              int
	Range              string
	Below              int
}

// marked is one group's mark and how it came about.
type marked struct {
	Anchor, Name string
	About        reports.Text
	Mark, OutOf  string // Mark is "" where nothing could be judged
	Provisional  bool
	Arithmetic   reports.Text
	Lines        []markLine
	Full         []place // the questions with all their points, where they are not lines
	Open         bool
}

// markLine is one question in a group's arithmetic.
type markLine struct {
	Place, Short   string
	Title          reports.Text
	Outcome        string
	Says           reports.Text
	Points, Weight string // Points is "" where the question was not counted
	Own            bool   // a pair's question, by the group's own side
	Why, Next      reports.Text
}

// place names a question and leads to it.
type place struct{ Anchor, Short string }

// The measures of the distribution of marks, in units of its own picture.
const (
	stepWidth  = 52
	stepHeight = 70
	steps      = 10 // two points of twenty each
)

func newClass(all []grades.Grade) *standing {
	if len(all) < 2 {
		return nil
	}
	c := &standing{Groups: len(all), Width: steps*stepWidth + 4, Height: stepHeight + 42}
	var marks []float64
	for _, g := range all {
		if g.Provisional {
			c.Provisional++
		}
		if g.Mark == nil {
			c.Without++
			continue
		}
		marks = append(marks, *g.Mark)
	}
	if len(marks) == 0 {
		return c
	}
	sum := 0.0
	for _, m := range marks {
		sum += m
	}
	c.Mean, c.Lowest, c.Highest = grades.Decimal(math.Round(sum/float64(len(marks))*10)/10), grades.Decimal(slices.Min(marks)), grades.Decimal(slices.Max(marks))
	c.Bars = distribution(marks)
	return c
}

// distribution counts the marks in steps of two points; the last holds 20 as well.
func distribution(marks []float64) []step {
	counts := make([]int, steps)
	for _, m := range marks {
		counts[min(steps-1, max(0, int(m/(grades.OutOf/steps))))]++
	}
	most := slices.Max(counts)
	bars := make([]step, steps)
	for i, n := range counts {
		h := stepHeight * n / most
		low := i * grades.OutOf / steps
		bars[i] = step{
			X: i*stepWidth + 6, W: stepWidth - 8, Y: 18 + stepHeight - h, H: h, Middle: i*stepWidth + 2 + stepWidth/2,
			Count: n, Range: fmt.Sprintf("%d–%d", low, low+grades.OutOf/steps), Below: 18 + stepHeight + 16,
		}
	}
	return bars
}

// marks tells of every group's mark. A question that earned all its points needs no line
// where the page is short of room.
func (l level) marks(all []grades.Grade) []marked {
	list := make([]marked, 0, len(all))
	for _, g := range all {
		s := reports.Group(g.Group)
		m := marked{
			Anchor: string(s), About: s.Text(), Name: line(g.Name), OutOf: grades.Decimal(g.OutOf), Provisional: g.Provisional,
			Arithmetic: l.say(g.Arithmetic), Open: len(all) == 1,
		}
		if g.Mark != nil {
			m.Mark = grades.Decimal(*g.Mark)
		}
		for _, q := range g.Questions {
			if l.quiet && q.Outcome == reports.Passed {
				if q.Counted {
					m.Full = append(m.Full, place{anchor(q.ID, q.Subject), shortID(q.ID)})
				}
				continue
			}
			m.Lines = append(m.Lines, l.lineOf(q))
		}
		list = append(list, m)
	}
	return list
}

func (l level) lineOf(q grades.Question) markLine {
	told := markLine{
		Place: anchor(q.ID, q.Subject), Short: shortID(q.ID), Title: l.say(q.Title), Outcome: string(q.Outcome), Says: q.Outcome.Text(),
		Weight: grades.Decimal(q.Weight), Own: q.Basis == grades.BySide, Why: l.say(q.Why), Next: l.say(q.Next),
	}
	if q.Counted {
		told.Points = grades.Decimal(q.Points)
	}
	if l.quiet {
		told.Title, told.Next = reports.Text{}, reports.Text{}
	}
	return told
}
