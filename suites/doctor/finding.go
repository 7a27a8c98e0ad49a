// Package doctor tells before term whether a node carries the lab: for this many groups,
// with the rights of this account. It only reads. Looking gives Facts; Examine is a pure
// function of them.
package doctor

import "github.com/labproof/labproof/reports"

// State is how a check came out.
type State string

// The four states.
const (
	OK      State = "ok"
	Warning State = "warning" // the lab works, but somebody should know
	Bad     State = "bad"     // the lab does not work before this is done
	Note    State = "note"    // a defect of the lab's own text that applies here
)

// Sign is the state in one character, told apart without colour.
func (s State) Sign() string {
	switch s {
	case OK:
		return "✓"
	case Warning:
		return "!"
	case Bad:
		return "✗"
	default:
		return "·"
	}
}

// Finding is one check: what is so, and what to do about it.
type Finding struct {
	Check string       `json:"check"` // stable: "rights.validate"
	State State        `json:"state"`
	What  reports.Text `json:"what"`
	Next  reports.Text `json:"next,omitzero"`
}

// Worst is the worst state of all: what is bad, else what warns, else fine.
func Worst(findings []Finding) State {
	worst := OK
	for _, f := range findings {
		switch {
		case f.State == Bad:
			return Bad
		case f.State == Warning:
			worst = Warning
		}
	}
	return worst
}

func ok(check, fr, en string, args ...any) Finding {
	return Finding{Check: check, State: OK, What: reports.Textf(fr, en, args...)}
}

func warning(check, fr, en string, args ...any) Finding {
	return Finding{Check: check, State: Warning, What: reports.Textf(fr, en, args...)}
}

func bad(check, fr, en string, args ...any) Finding {
	return Finding{Check: check, State: Bad, What: reports.Textf(fr, en, args...)}
}

// todo adds what to do about it.
func (f Finding) todo(fr, en string, args ...any) Finding {
	f.Next = reports.Textf(fr, en, args...)
	return f
}
