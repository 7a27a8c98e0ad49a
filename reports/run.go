package reports

import (
	"errors"
	"fmt"
	"time"
)

// Schema is the version of run.json that this package writes and reads. It grows by
// one whenever a reader of the old form could misread the new one.
const Schema = 1

// Run is everything one run found out: the only input of every report.
type Run struct {
	Schema      int       `json:"schema"`
	ID          string    `json:"id"`      // the name of its folder: 2026-11-23T2104-x7qk
	Command     string    `json:"command"` // "validate", "grade", …: who acted, the student or somebody else
	Tool        string    `json:"tool"`    // labproof's version
	Lang        string    `json:"lang"`    // the language chosen for messages: fr or en
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended,omitzero"`
	Interrupted bool      `json:"interrupted,omitempty"`
	Target      Target    `json:"target"`
	Plan        Plan      `json:"plan"`
	Questions   []Listed  `json:"questions,omitempty"` // what was to be asked, in the lab's order
	Verdicts    []Verdict `json:"verdicts"`
	Problems    []Reason  `json:"problems,omitempty"` // what went wrong outside of any question: a teardown, a killed node
	Changes     []string  `json:"changes,omitempty"`  // what others changed on the node while it was looked at
	Totals      Totals    `json:"totals"`
}

// Target is the node that was looked at. It never holds a secret.
type Target struct {
	URL     string `json:"url"`
	Node    string `json:"node"`
	Version string `json:"version"` // as /version answers: "9.0.3"
}

// Plan is a summary of the lab that was expected.
type Plan struct {
	Groups []PlanGroup `json:"groups"`
	Pairs  []PlanPair  `json:"pairs,omitempty"`
}

// PlanGroup is what one group builds.
type PlanGroup struct {
	Number  int      `json:"number"`
	Name    string   `json:"name"`
	Users   []string `json:"users,omitempty"`   // planned
	Members []string `json:"members,omitempty"` // the users that the group was seen to have
	Bridge  string   `json:"bridge"`
	Network string   `json:"network"` // CIDR
	VMs     []PlanVM `json:"vms"`
}

// PlanPair is what two neighbouring groups build together.
type PlanPair struct {
	X       int    `json:"x"`
	Y       int    `json:"y"`
	Gateway PlanVM `json:"gateway"`
}

// PlanVM is one guest. Role is "template", "first", "second" or "gateway".
type PlanVM struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
	Addr string `json:"addr,omitempty"`
}

// Listed is a question as `--list` shows it, without anything having run.
type Listed struct {
	ID     string   `json:"id"`
	Title  Text     `json:"title"`
	Scope  string   `json:"scope"` // "node", "group" or "pair": what it is asked about
	Labels []string `json:"labels,omitempty"`
}

// Close sets the end and the totals of a run.
func (r *Run) Close(ended time.Time) {
	r.Schema = Schema
	r.Ended = ended
	if r.Verdicts == nil {
		r.Verdicts = []Verdict{} // [] in JSON, which readers need not tell from null
	}
	if r.Plan.Groups == nil {
		r.Plan.Groups = []PlanGroup{}
	}
	r.Totals = Count(r.Verdicts)
}

// Duration is how long the run took; 0 while it has not ended.
func (r *Run) Duration() time.Duration {
	if r.Ended.IsZero() {
		return 0
	}
	return r.Ended.Sub(r.Started)
}

// Judgement is a whole run in one word.
type Judgement string

// The judgements of a run, each with its exit code on the command line.
const (
	AllPassed  Judgement = "passed" // 0: every question that could be seen is right
	SomeFailed Judgement = "failed" // 1: somebody got something wrong, or did not get there
	Broken     Judgement = "broken" // 3: labproof or the node failed, or the run was interrupted
)

// Judge sums a run up. What this target cannot show does not turn a run red, but a
// run that saw nothing right is not green either: silence proves nothing.
func (r *Run) Judge() Judgement {
	t := Count(r.Verdicts)
	switch {
	case r.Interrupted, len(r.Problems) > 0, t.Error > 0, t.All() == 0:
		return Broken
	case t.Failed > 0, t.NotAttempted > 0, t.Passed == 0:
		return SomeFailed
	default:
		return AllPassed
	}
}

// Check tells what is wrong with the form of a run, or nil.
func (r *Run) Check() error {
	var errs []error
	if r.Schema != Schema {
		errs = append(errs, fmt.Errorf("schema %d: this labproof reads schema %d", r.Schema, Schema))
	}
	if r.ID == "" {
		errs = append(errs, errors.New("no id"))
	}
	if r.Lang != French && r.Lang != English {
		errs = append(errs, fmt.Errorf("lang %q: expected fr or en", r.Lang))
	}
	errs = append(errs, checkVerdicts(r.Verdicts))
	if counted := Count(r.Verdicts); r.Totals != counted {
		errs = append(errs, fmt.Errorf("totals %+v do not add up, the verdicts count %+v", r.Totals, counted))
	}
	return errors.Join(errs...)
}

// checkVerdicts also refuses two verdicts on the same question and subject: they
// would share one JUnit name, and consumers silently drop one of the two.
func checkVerdicts(verdicts []Verdict) error {
	type key struct {
		id      string
		subject Subject
	}
	var errs []error
	seen := map[key]bool{}
	for _, v := range verdicts {
		k := key{v.ID, v.Subject}
		if seen[k] {
			errs = append(errs, fmt.Errorf("verdict %s %s: given twice", v.ID, v.Subject))
		}
		seen[k] = true
		errs = append(errs, v.Check())
	}
	return errors.Join(errs...)
}
