// Package grades turns the verdicts of a run into marks: per group, with the arithmetic
// shown. It is pure, but for the writing of its files.
//
// A question counts for the groups that it is asked of. A pair's counts for both: each by
// its own side of it where the verdict tells the sides apart, else by the verdict. What
// could not be seen, and what labproof or the node failed at, leaves the sum: it costs
// nobody points, and the mark says that it is provisional where something failed. What is
// asked of the node itself counts for a group by what it wrote about it, and only then.
package grades

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/labproof/labproof/reports"
)

// OutOf is what every mark is out of.
const OutOf = 20

// Grade is one group's mark and how it came about.
type Grade struct {
	Run      string   `json:"run"`
	Group    int      `json:"group"`
	Name     string   `json:"name"`  // of the group on the node: Groupe_1
	Users    []string `json:"users"` // its members' user ids
	Mark     *float64 `json:"mark"`  // out of 20, to a hundredth; null: nothing could be judged
	OutOf    float64  `json:"out_of"`
	Points   float64  `json:"points"`   // earned
	Possible float64  `json:"possible"` // the weights of what was judged
	// Provisional tells that something could not be judged because labproof or the node
	// failed: grade again before the mark is given.
	Provisional bool         `json:"provisional"`
	Arithmetic  reports.Text `json:"arithmetic"`
	Questions   []Question   `json:"questions"`
}

// Question is one line of a grade.
type Question struct {
	ID      string          `json:"id"`
	Subject reports.Subject `json:"subject"` // the group itself, or its pair
	Title   reports.Text    `json:"title"`
	Outcome reports.Outcome `json:"outcome"` // the group's own
	Basis   Basis           `json:"basis"`   // what the outcome was taken from
	Weight  float64         `json:"weight"`
	Points  float64         `json:"points"`
	Counted bool            `json:"counted"`        // among the possible points
	Parts   reports.Text    `json:"parts,omitzero"` // how the points came about, where facts were written
	Why     reports.Text    `json:"why,omitzero"`
	Next    reports.Text    `json:"next,omitzero"` // what to look at
}

// Of grades every group of a run's plan. weights are ginkgo.yaml's points; a step without
// a weight counts nothing.
func Of(run *reports.Run, weights map[string]float64) []Grade {
	all := make([]Grade, 0, len(run.Plan.Groups))
	for _, group := range run.Plan.Groups {
		all = append(all, gradeOf(run, group, weights))
	}
	return all
}

func gradeOf(run *reports.Run, group reports.PlanGroup, weights map[string]float64) Grade {
	g := Grade{Run: run.ID, Group: group.Number, Name: group.Name, Users: usersOf(group), OutOf: OutOf, Questions: []Question{}}
	for _, v := range run.Verdicts {
		if q, ok := questionOf(v, group.Number, weights[v.ID]); ok {
			g.add(q)
		}
	}
	slices.SortStableFunc(g.Questions, inLabsOrder(run.Questions))
	g.Provisional = g.Provisional || run.Interrupted || len(run.Problems) > 0
	if g.Possible > 0 {
		mark := round(g.Points * OutOf / g.Possible)
		g.Mark = &mark
	}
	g.Arithmetic = g.arithmetic()
	return g
}

// usersOf are the users that a group has; the planned ones where none were seen.
func usersOf(group reports.PlanGroup) []string {
	if len(group.Members) > 0 {
		return group.Members
	}
	return group.Users
}

// inLabsOrder compares questions by their place among those listed, whatever came last to
// be judged; those that nobody listed come last.
func inLabsOrder(listed []reports.Listed) func(a, b Question) int {
	place := func(id string) int {
		if i := slices.IndexFunc(listed, func(l reports.Listed) bool { return l.ID == id }); i >= 0 {
			return i
		}
		return len(listed)
	}
	return func(a, b Question) int { return cmp.Compare(place(a.ID), place(b.ID)) }
}

func (g *Grade) add(q Question) {
	if q.Outcome == reports.Error {
		g.Provisional = true
	}
	if q.Counted {
		g.Points += q.Points
		g.Possible += q.Weight
	}
	g.Questions = append(g.Questions, q)
}

func (g *Grade) arithmetic() reports.Text {
	if g.Mark == nil {
		return reports.Text{FR: "rien n'a pu être jugé : pas de note", EN: "nothing could be judged: no mark"}
	}
	text := fmt.Sprintf("%s / %s × %d = %s", Decimal(g.Points), Decimal(g.Possible), OutOf, Decimal(*g.Mark))
	var left float64
	for _, q := range g.Questions {
		if !q.Counted {
			left += q.Weight
		}
	}
	all := reports.Same(text)
	if left > 0 {
		all = reports.Textf("%s (points hors du calcul, non observables ou en erreur : %s)",
			"%s (points left out, not observable or errors: %s)", text, Decimal(left))
	}
	if g.Provisional {
		all.FR += " ; provisoire : notez à nouveau"
		all.EN += "; provisional: grade again"
	}
	return all
}

// round is to a hundredth; what lies between two goes up.
func round(mark float64) float64 { return math.Round(mark*100) / 100 }

// Decimal writes points and marks as all reports do: 17.5 as "17.5", 3 as "3", 1.125 as "1.13".
func Decimal(n float64) string { return strconv.FormatFloat(round(n), 'f', -1, 64) }
