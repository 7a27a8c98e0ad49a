package reports

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"time"
)

// Verdict is what became of one question for one subject, and why.
type Verdict struct {
	ID       string        `json:"id"`      // stable: "tp1.q07", or "tp1.clone" for an unnumbered step
	Subject  Subject       `json:"subject"` // "group-1", "pair-1-2" or "node"
	Title    Text          `json:"title"`
	Outcome  Outcome       `json:"outcome"`
	Reasons  []Reason      `json:"reasons,omitempty"` // none when passed; at least one otherwise
	Started  time.Time     `json:"started,omitzero"`
	Duration time.Duration `json:"duration_ns"`
	Evidence []string      `json:"evidence,omitempty"` // below the run's folder, slash-separated
	Waits    []Wait        `json:"waits,omitempty"`    // where the time went, in order of beginning
	Rungs    []Rung        `json:"rungs,omitempty"`    // by which ways the guests were seen; none: no guest had to be
	Sides    []Side        `json:"sides,omitempty"`    // of a pair's question: each group's own side of it
	Answers  []Answer      `json:"answers,omitempty"`  // what the groups wrote
}

// Reason is one cause of an outcome. What is a whole sentence that can stand alone;
// the rest is filled where it helps a reader to see it for themselves.
type Reason struct {
	What     Text   `json:"what"`
	Expected Text   `json:"expected,omitzero"`
	Seen     Text   `json:"seen,omitzero"`
	Command  string `json:"command,omitempty"` // what was run or asked, as it could be typed again
	Output   string `json:"output,omitempty"`  // what came back, raw: whoever prints it escapes it
	Next     Text   `json:"next,omitzero"`     // what to look at or try
}

// Wait is one condition that was waited for.
type Wait struct {
	What     Text          `json:"what"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	Timeout  time.Duration `json:"timeout_ns,omitempty"`
	LastSeen string        `json:"last_seen,omitempty"`
	TimedOut bool          `json:"timed_out,omitempty"`
}

var questionForm = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}\.[a-z][a-z0-9-]{0,39}$`)

// CheckID refuses an id that is not of the form "tp1.q07" or "tp1.gateway".
func CheckID(id string) error {
	if !questionForm.MatchString(id) {
		return fmt.Errorf("question id %q: expected a form like tp1.q07", id)
	}
	return nil
}

// Check tells what is wrong with the form of a verdict, or nil.
func (v Verdict) Check() error {
	errs := []error{CheckID(v.ID), v.Subject.Check(), v.Outcome.Check(), v.checkParts()}
	if v.Outcome != Passed && len(v.Reasons) == 0 {
		errs = append(errs, fmt.Errorf("outcome %s without a reason", v.Outcome))
	}
	if v.Duration < 0 {
		errs = append(errs, fmt.Errorf("negative duration %s", v.Duration))
	}
	for _, path := range v.Evidence {
		if !filepath.IsLocal(filepath.FromSlash(path)) {
			errs = append(errs, fmt.Errorf("evidence %q is not below the run's folder", path))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("verdict %s %s: %w", v.ID, v.Subject, err)
	}
	return nil
}
