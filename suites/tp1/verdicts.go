package tp1

import (
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/labproof/labproof/reports"
)

// verdicts collects what Ginkgo reports of each spec, in the reports' own words.
type verdicts struct {
	all      []reports.Verdict
	observer reports.Observer
}

// take turns the report of one spec into its verdict. Specs that the label filter
// left out have none.
func (v *verdicts) take(p *play, report types.SpecReport) {
	id, subject, ok := strings.Cut(report.LeafNodeText, " ")
	if !ok || report.LeafNodeType != types.NodeTypeIt {
		return
	}
	a := p.acts[actKey{id, reports.Subject(subject)}]
	settled, isSettled := settledOf(report)
	if report.State.Is(types.SpecStateSkipped|types.SpecStatePending) && !isSettled && a == nil && report.Failure.Message == "" {
		return
	}
	verdict := reports.Verdict{ID: id, Subject: reports.Subject(subject), Title: p.title(id), Started: report.StartTime, Duration: report.RunTime}
	verdict.Outcome, verdict.Reasons = judged(report, settled, isSettled)
	if a != nil {
		verdict.Started, verdict.Duration = a.started, a.took
		verdict.Evidence, verdict.Waits, verdict.Rungs = a.notes.close(), a.notes.waited(), a.notes.reachedBy()
		verdict.Sides = p.sides(verdict, a)
		p.answer(&verdict, a)
	}
	v.add(verdict)
}

func (v *verdicts) add(verdict reports.Verdict) {
	v.all = append(v.all, verdict)
	v.observer.Finished(verdict)
}

func (p *play) title(id string) reports.Text {
	if q, found := p.question(id); found {
		return q.Title
	}
	return reports.Same(id)
}

func (p *play) question(id string) (entry, bool) {
	i := slices.IndexFunc(p.questions, func(q entry) bool { return q.ID == id })
	if i < 0 {
		return entry{}, false
	}
	return p.questions[i], true
}

func judged(report types.SpecReport, s settled, isSettled bool) (reports.Outcome, []reports.Reason) {
	switch {
	case report.State.Is(types.SpecStatePassed):
		return reports.Passed, nil
	case isSettled:
		return s.Outcome, []reports.Reason{s.Reason}
	case report.State.Is(types.SpecStateFailed):
		return reports.Failed, []reports.Reason{reasonOf(report)}
	case report.State.Is(types.SpecStateInterrupted | types.SpecStateAborted | types.SpecStateSkipped):
		return reports.Error, []reports.Reason{interrupted()}
	}
	// A panic or a timeout is labproof's own failure.
	return reports.Error, []reports.Reason{{
		What: reports.Text{FR: "labproof a échoué en jugeant cette question.", EN: "labproof failed while it judged this question."},
		Seen: reports.Same(report.Failure.Message + " " + report.Failure.ForwardedPanic),
		Next: reports.Text{FR: "C'est un défaut de labproof : signalez-le avec ce dossier.", EN: "This is a defect of labproof: report it with this folder."},
	}}
}

// reasonOf is the reason that the failing assertion left.
func reasonOf(report types.SpecReport) reports.Reason {
	if reason, ok := lastWord(report).(reports.Reason); ok {
		return reason
	}
	return reports.Reason{What: reports.Same(report.Failure.Message)}
}

func settledOf(report types.SpecReport) (settled, bool) {
	s, ok := lastWord(report).(settled)
	return s, ok
}

// lastWord is what the last attempt at a spec left: Ginkgo keeps the entries of all.
func lastWord(report types.SpecReport) any {
	for _, entry := range slices.Backward(report.ReportEntries) {
		if entry.Name == reasonEntry || entry.Name == outcomeEntry {
			return entry.GetRawValue()
		}
	}
	return nil
}
