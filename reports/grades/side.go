package grades

import (
	"slices"

	"github.com/labproof/labproof/reports"
)

// Basis is what a group's outcome was taken from.
type Basis string

// The three bases.
const (
	ByVerdict Basis = "verdict" // the verdict on the group, or on its pair as a whole
	BySide    Basis = "side"    // the group's own side of the question
	ByAnswer  Basis = "answer"  // the facts that the group wrote
)

// questionOf is one group's part of a verdict; false where the verdict does not concern it.
func questionOf(v reports.Verdict, group int, weight float64) (Question, bool) {
	own, basis, ok := ownOutcome(v, group)
	if !ok {
		return Question{}, false
	}
	q := Question{ID: v.ID, Subject: v.Subject, Title: v.Title, Outcome: own.Outcome, Basis: basis, Weight: weight}
	if own.Reason != nil {
		q.Why, q.Next = own.Reason.What, own.Reason.Next
	}
	switch own.Outcome {
	case reports.Passed:
		q.Points, q.Counted = weight, weight > 0
	case reports.Failed, reports.NotAttempted:
		q.Counted = weight > 0
	}
	return q, true
}

// ownOutcome is what a verdict says of one group.
func ownOutcome(v reports.Verdict, group int) (own reports.Side, basis Basis, ok bool) {
	if i := slices.IndexFunc(v.Sides, func(s reports.Side) bool { return s.Group == group }); i >= 0 {
		return v.Sides[i], BySide, true
	}
	if slices.Contains(v.Subject.Groups(), group) {
		own = reports.Side{Group: group, Outcome: v.Outcome}
		if len(v.Reasons) > 0 {
			own.Reason = &v.Reasons[0]
		}
		return own, ByVerdict, true
	}
	if v.Subject != reports.Node {
		return own, "", false
	}
	for _, a := range v.Answers {
		if a.Group == group && len(a.Facts) > 0 {
			return answered(a), ByAnswer, true
		}
	}
	return own, "", false
}

// answered judges what a group wrote about the node: right where every fact is. The reason
// names the first that is not, and leaves the solution to the teacher's report.
func answered(a reports.Answer) reports.Side {
	i := slices.IndexFunc(a.Facts, func(f reports.Fact) bool { return !f.OK })
	if i < 0 {
		return reports.Side{Group: a.Group, Outcome: reports.Passed}
	}
	wrong := a.Facts[i]
	what := reports.Text{
		FR: wrong.Name.In(reports.French) + " : le groupe a écrit « " + wrong.Said + " », ce n'est pas ce que dit le nœud",
		EN: wrong.Name.In(reports.English) + ": the group wrote “" + wrong.Said + "”, which is not what the node says",
	}
	if wrong.Said == "" {
		what = reports.Text{
			FR: wrong.Name.In(reports.French) + " : le groupe n'a rien écrit",
			EN: wrong.Name.In(reports.English) + ": the group wrote nothing",
		}
	}
	return reports.Side{Group: a.Group, Outcome: reports.Failed, Reason: &reports.Reason{What: what}}
}
