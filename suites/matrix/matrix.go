// Package matrix proves the grader: it makes one mistake after the other in a lab that is
// right, has the lab graded each time, and holds what turned red against what had to.
package matrix

import (
	"slices"
	"time"

	"github.com/labproof/labproof/fixtures/faults"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/reports"
)

// Cell is a question about a subject.
type Cell struct {
	ID      string          `json:"id"`
	Subject reports.Subject `json:"subject"`
}

// Seen is what became of a question.
type Seen struct {
	Cell
	Outcome reports.Outcome `json:"outcome"`
	Before  reports.Outcome `json:"before"` // in the untouched lab; "" where it was not asked
	Why     reports.Text    `json:"why"`
}

// Finding is what one grading of the spoilt lab showed, sorted by what had to be.
type Finding struct {
	Met       []Seen `json:"met"`          // own questions that turned red
	Missed    []Seen `json:"missed"`       // own questions that did not
	Dependent []Seen `json:"dependent"`    // what stands on an own question and changed with it
	Alarms    []Seen `json:"false_alarms"` // everything else that changed
}

// Right tells whether the grader found the mistake and nothing else.
func (f Finding) Right() bool { return len(f.Missed) == 0 && len(f.Alarms) == 0 }

// Above lists the questions that stand on one.
type Above func(id string) []string

// Compare holds a grading of the spoilt lab against one of the untouched lab.
func Compare(own []Cell, before, now []reports.Verdict, above Above) Finding {
	var f Finding
	was := map[Cell]reports.Outcome{}
	for _, seen := range seenIn(before) {
		was[seen.Cell] = seen.Outcome
	}
	asked := map[Cell]bool{}
	for _, seen := range seenIn(now) {
		seen.Before, asked[seen.Cell] = was[seen.Cell], true
		switch {
		case slices.Contains(own, seen.Cell) && seen.Outcome == reports.Failed:
			f.Met = append(f.Met, seen)
		case slices.Contains(own, seen.Cell):
			f.Missed = append(f.Missed, seen)
		case seen.Outcome == seen.Before:
		case standsOn(seen.Cell, own, above):
			f.Dependent = append(f.Dependent, seen)
		default:
			f.Alarms = append(f.Alarms, seen)
		}
	}
	for _, cell := range own {
		if !asked[cell] {
			f.Missed = append(f.Missed, Seen{Cell: cell, Before: was[cell]})
		}
	}
	return f
}

func seenIn(verdicts []reports.Verdict) []Seen {
	var all []Seen
	for _, v := range verdicts {
		seen := Seen{Cell: Cell{v.ID, v.Subject}, Outcome: v.Outcome}
		if len(v.Reasons) > 0 {
			seen.Why = v.Reasons[0].What
		}
		all = append(all, seen)
	}
	return all
}

func standsOn(cell Cell, own []Cell, above Above) bool {
	return slices.ContainsFunc(own, func(o Cell) bool {
		return o.Subject.Concerns(cell.Subject) && slices.Contains(above(o.ID), cell.ID)
	})
}

// Red lists what is not as it should be in the untouched lab: anything but what passed or
// cannot be observed.
func Red(run *reports.Run) []Seen {
	var red []Seen
	for _, seen := range seenIn(run.Verdicts) {
		if seen.Outcome != reports.Passed && seen.Outcome != reports.NotObservable {
			red = append(red, seen)
		}
	}
	return red
}

// Cells are a fault's own questions in a lab.
func Cells(own []faults.Question, pair lab.Pair) []Cell {
	subjects := map[faults.Whom]reports.Subject{
		faults.X: reports.Group(pair.X.Number), faults.Y: reports.Group(pair.Y.Number),
		faults.Both: reports.Pair(pair.X.Number, pair.Y.Number), faults.Node: reports.Node,
	}
	cells := []Cell{}
	for _, q := range own {
		cells = append(cells, Cell{q.ID, subjects[q.Of]})
	}
	return cells
}

// Trial is one mistake, made, graded and taken back.
type Trial struct {
	Fault string       `json:"fault"`
	Title reports.Text `json:"title"`
	Round int          `json:"round"`
	Own   []Cell       `json:"own"`
	Finding

	// Broken is why the trial proves nothing: the mistake could not be made, graded or
	// taken back.
	Broken string   `json:"broken,omitempty"`
	Left   []string `json:"left,omitempty"` // what the lab has after it and had not before, and the other way round
	Folder string   `json:"folder,omitempty"`

	Apply time.Duration `json:"apply_ns"`
	Grade time.Duration `json:"grade_ns"`
	Undo  time.Duration `json:"undo_ns"`
	Look  time.Duration `json:"look_ns"` // whether the lab is as it was
}

// Right tells whether the trial went as it should.
func (t Trial) Right() bool { return t.Broken == "" && len(t.Left) == 0 && t.Finding.Right() }

// Took is how long the trial took, its part of a grading that it shared as a whole.
func (t Trial) Took() time.Duration { return t.Apply + t.Grade + t.Undo + t.Look }

// Matrix is everything that one run of the faults showed.
type Matrix struct {
	Started   time.Time        `json:"started"`
	Ended     time.Time        `json:"ended"`
	Questions []reports.Listed `json:"questions"` // in the order of the practical
	Trials    []Trial          `json:"trials"`
	Untouched [][]Seen         `json:"untouched"` // of each grading of the untouched lab: what was red
	Problems  []string         `json:"problems,omitempty"`
}

// Judge sums the matrix up, with the words of any run.
func (m *Matrix) Judge() reports.Judgement {
	judgement := reports.AllPassed
	if len(m.Trials) == 0 || len(m.Problems) > 0 {
		return reports.Broken
	}
	for _, t := range m.Trials {
		switch {
		case t.Broken != "", len(t.Left) > 0:
			return reports.Broken
		case !t.Right():
			judgement = reports.SomeFailed
		}
	}
	for _, red := range m.Untouched {
		if len(red) > 0 {
			judgement = reports.SomeFailed
		}
	}
	return judgement
}
