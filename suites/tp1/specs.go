package tp1

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"

	"github.com/labproof/labproof/reports"
)

// reasonEntry is the name under which a failed assertion leaves its reason.
const reasonEntry = "labproof reason"

// outcomeEntry is the name under which a spec leaves an outcome that Ginkgo has no
// word for.
const outcomeEntry = "labproof outcome"

// settled is an outcome other than Ginkgo's passed and failed, with its reason.
type settled struct {
	Outcome reports.Outcome
	Reason  reports.Reason
}

// specs grows Ginkgo's tree: one spec per question and subject, in the order of the
// practical. Every spec goes on after another one's failure: what it stands on is
// its own business to check.
func (p *play) specs(run context.Context, verdicts *verdicts) {
	Describe("TP1", Ordered, ContinueOnFailure, func() {
		for i, q := range p.questions {
			for _, s := range p.cast.subjects(q.Scope) {
				It(specName(q.ID, s.Subject()), Label(labels(q, s)...), func(spec SpecContext) {
					ctx, cancel := within(spec, run)
					defer cancel()
					p.spec(ctx, i, s)
				})
			}
		}
	})
	ReportAfterEach(func(report SpecReport) { verdicts.take(p, report) })
}

func labels(q entry, s subject) []string { return append(slices.Clone(q.Labels), string(s.Subject())) }

func specName(id string, s reports.Subject) string { return id + " " + string(s) }

// within is the spec's context, ended by the run's as well.
func within(spec, run context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(spec)
	stop := context.AfterFunc(run, cancel)
	return ctx, func() { stop(); cancel() }
}

// spec is what every spec does: reach the question, settle what cannot be judged,
// judge the rest.
func (p *play) spec(ctx context.Context, i int, s subject) {
	q := p.questions[i]
	if ctx.Err() != nil {
		settle(reports.Error, interrupted())
	}
	a := p.reach(ctx, i, s)
	if CurrentSpecReport().NumAttempts > 1 {
		a = p.again(ctx, q, s)
	}
	switch {
	case ctx.Err() != nil:
		settle(reports.Error, interrupted())
	case a.missing != "":
		settle(reports.NotAttempted, standsOn(a.missing))
	case a.err != nil:
		settle(blame(a.err), couldNotDo(q, a.err))
	case !p.cast.acting():
		if s, known := p.unseen(q, s, a); known {
			settle(s.Outcome, s.Reason)
		}
	}
	if a.lookErr != nil {
		settle(blameLook(a.lookErr), couldNotLook(q, a.lookErr))
	}
	q.judge(newJudge(failSpec), s, a.look)
}

// settle ends the spec with an outcome that is not for an assertion to give.
func settle(outcome reports.Outcome, reason reports.Reason) {
	AddReportEntry(outcomeEntry, settled{outcome, reason}, ReportEntryVisibilityNever)
	switch outcome {
	case reports.NotAttempted, reports.NotObservable:
		Skip(reason.What.EN, 1)
	default:
		Fail(reason.What.EN+"\n"+reason.Seen.EN, 1)
	}
}

// failSpec ends the spec as failed, with the reason of the assertion that failed.
func failSpec(reason reports.Reason, message string) {
	AddReportEntry(reasonEntry, reason, ReportEntryVisibilityNever)
	Fail(message, 2)
}
