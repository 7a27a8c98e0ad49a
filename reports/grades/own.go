package grades

import (
	"slices"

	"github.com/labproof/labproof/reports"
)

// Only is a run as one group may see it: the verdicts that concern it, each by the group's
// own side, with its own answers. Of other groups it holds nothing but that a pair's
// question has two of them.
func Only(run *reports.Run, group int) *reports.Run {
	own := *run
	own.Verdicts = []reports.Verdict{}
	own.Changes = nil // who changed what is not told, so it may be others'
	for _, v := range run.Verdicts {
		if ownOutcome, basis, ok := ownOutcome(v, group); ok {
			own.Verdicts = append(own.Verdicts, ownVerdict(v, group, ownOutcome, basis))
		}
	}
	own.Plan.Groups = slices.DeleteFunc(slices.Clone(run.Plan.Groups), func(g reports.PlanGroup) bool { return g.Number != group })
	own.Plan.Pairs = slices.DeleteFunc(slices.Clone(run.Plan.Pairs), func(p reports.PlanPair) bool { return p.X != group && p.Y != group })
	own.Totals = reports.Count(own.Verdicts)
	return &own
}

func ownVerdict(v reports.Verdict, group int, own reports.Side, basis Basis) reports.Verdict {
	v.Answers = slices.DeleteFunc(slices.Clone(v.Answers), func(a reports.Answer) bool { return a.Group != group })
	if basis == ByVerdict {
		return v
	}
	v.Outcome, v.Sides, v.Reasons = own.Outcome, nil, nil
	if own.Reason != nil {
		v.Reasons = []reports.Reason{*own.Reason}
	}
	return v
}
