package grades

import (
	"slices"

	"github.com/labproof/labproof/reports"
)

// Basis is what a group's outcome was taken from.
type Basis string

// The bases.
const (
	ByVerdict Basis = "verdict" // the verdict on the group, or on its pair as a whole
	BySide    Basis = "side"    // the group's own side of the question
	ByAnswer  Basis = "answer"  // the facts that the group wrote: the node shows nothing of its own
	ByBoth    Basis = "both"    // what it built and what it wrote, half and half
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
	for _, a := range v.Answers {
		if a.Group == group && len(a.Facts) > 0 {
			q.weigh(a)
		}
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
	return own, "", false
}

// weigh shares the weight between what a group built and the facts that it wrote: half and
// half where both could be seen, else the whole for what could.
func (q *Question) weigh(a reports.Answer) {
	right, all := a.Right()
	share := float64(right) / float64(all)
	built := 0.0
	switch a.Shown {
	case reports.Error:
		return // what the node could not show is no reason to judge the half of it
	case "", reports.NotObservable:
		q.Basis, q.Points, q.Counted = ByAnswer, q.Weight*share, q.Weight > 0
		q.Parts = reports.Textf("%d/%d réponses justes", "%d/%d facts right", right, all)
		return
	case reports.Passed:
		built = 1
	}
	q.Basis, q.Points, q.Counted = ByBoth, q.Weight*(built+share)/2, q.Weight > 0
	q.Parts = reports.Textf("½ × (construit %d/1 + %d/%d réponses justes)", "½ × (built %d/1 + %d/%d facts right)", int(built), right, all)
}
