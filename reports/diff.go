package reports

import (
	"cmp"
	"slices"
)

// Change is a question whose outcome for a subject is not the same in two runs. An
// outcome is empty where the run has no such verdict.
type Change struct {
	ID      string  `json:"id"`
	Subject Subject `json:"subject"`
	Title   Text    `json:"title"`
	Before  Outcome `json:"before,omitempty"`
	After   Outcome `json:"after,omitempty"`
	Why     Text    `json:"why,omitzero"` // the first reason of what it is now
}

// Worse tells whether a question turned red. What cannot be seen any more is not worse,
// as it turns no run red.
func (c Change) Worse() bool { return c.After.red() && !c.Before.red() }

// Better tells whether a question that was red has passed.
func (c Change) Better() bool { return c.Before.red() && c.After == Passed }

func (o Outcome) red() bool { return o == Failed || o == NotAttempted || o == Error }

// Diff lists what changed from one run to another: what turned red first, each part in
// the order of the later run.
func Diff(before, after *Run) []Change {
	type key struct {
		id      string
		subject Subject
	}
	old := map[key]Verdict{}
	for _, v := range before.Verdicts {
		old[key{v.ID, v.Subject}] = v
	}
	var changes []Change
	for _, v := range after.Verdicts {
		k := key{v.ID, v.Subject}
		was := old[k] // without a verdict: no outcome
		delete(old, k)
		if was.Outcome == v.Outcome {
			continue
		}
		c := Change{ID: v.ID, Subject: v.Subject, Title: v.Title, Before: was.Outcome, After: v.Outcome}
		if len(v.Reasons) > 0 {
			c.Why = v.Reasons[0].What
		}
		changes = append(changes, c)
	}
	for _, v := range before.Verdicts {
		if _, gone := old[key{v.ID, v.Subject}]; gone {
			changes = append(changes, Change{ID: v.ID, Subject: v.Subject, Title: v.Title, Before: v.Outcome})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(a.order(), b.order()) })
	return changes
}

func (c Change) order() int {
	switch {
	case c.Worse():
		return 0
	case c.Better():
		return 1
	default:
		return 2
	}
}
