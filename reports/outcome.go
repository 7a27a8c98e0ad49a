package reports

import "fmt"

// Outcome is what became of one question for one subject. The five are never mixed
// up: an error is labproof's or the node's, and never a student's fault.
type Outcome string

// The five outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"         // somebody got it wrong
	NotAttempted  Outcome = "not_attempted"  // an earlier question it needs is missing
	NotObservable Outcome = "not_observable" // this target gives no way to see it
	Error         Outcome = "error"          // labproof or the node failed
)

// Outcomes lists the five, best first.
func Outcomes() []Outcome {
	return []Outcome{Passed, Failed, NotAttempted, NotObservable, Error}
}

var outcomeTexts = map[Outcome]Text{
	Passed:        {FR: "réussi", EN: "passed"},
	Failed:        {FR: "échoué", EN: "failed"},
	NotAttempted:  {FR: "non tenté", EN: "not attempted"},
	NotObservable: {FR: "non observable", EN: "not observable"},
	Error:         {FR: "erreur", EN: "error"},
}

// Text names the outcome for a reader.
func (o Outcome) Text() Text {
	if t, ok := outcomeTexts[o]; ok {
		return t
	}
	return Same(string(o))
}

// several are the names of the outcomes after a number that takes a plural.
var several = map[Outcome]Text{
	Passed:        {FR: "réussis", EN: "passed"},
	Failed:        {FR: "échoués", EN: "failed"},
	NotAttempted:  {FR: "non tentés", EN: "not attempted"},
	NotObservable: {FR: "non observables", EN: "not observable"},
	Error:         {FR: "erreurs", EN: "errors"},
}

// Counted names the outcome after that many verdicts: in French the plural begins with two,
// in English all but one have it.
func (o Outcome) Counted(n int) Text {
	one := o.Text()
	more, known := several[o]
	if !known {
		return one
	}
	if n < 2 {
		more.FR = one.FR
	}
	if n == 1 {
		more.EN = one.EN
	}
	return more
}

// Check refuses a word that is none of the five.
func (o Outcome) Check() error {
	if _, ok := outcomeTexts[o]; !ok {
		return fmt.Errorf("outcome %q: expected passed, failed, not_attempted, not_observable or error", string(o))
	}
	return nil
}

// Totals counts verdicts by outcome.
type Totals struct {
	Passed        int `json:"passed"`
	Failed        int `json:"failed"`
	NotAttempted  int `json:"not_attempted"`
	NotObservable int `json:"not_observable"`
	Error         int `json:"error"`
}

// Count counts verdicts by outcome.
func Count(verdicts []Verdict) Totals {
	var t Totals
	for _, v := range verdicts {
		t.add(v.Outcome)
	}
	return t
}

func (t *Totals) add(o Outcome) {
	switch o {
	case Passed:
		t.Passed++
	case Failed:
		t.Failed++
	case NotAttempted:
		t.NotAttempted++
	case NotObservable:
		t.NotObservable++
	default:
		t.Error++
	}
}

// Of returns the count of one outcome.
func (t Totals) Of(o Outcome) int {
	switch o {
	case Passed:
		return t.Passed
	case Failed:
		return t.Failed
	case NotAttempted:
		return t.NotAttempted
	case NotObservable:
		return t.NotObservable
	default:
		return t.Error
	}
}

// All is the number of verdicts counted.
func (t Totals) All() int {
	return t.Passed + t.Failed + t.NotAttempted + t.NotObservable + t.Error
}
