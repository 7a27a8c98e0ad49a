package tp1

import (
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/reports"
)

// judge is where a question's assertions are made: Gomega, with a reason for whoever
// reads a failure. It ends at the first assertion that fails.
type judge struct {
	Gomega
	reason reports.Reason // of the assertion that is failing
	side   int            // the group of a pair whose own part is judged; 0: the whole
}

// asksOf tells whether something is to be asserted that is the doing of these groups: where
// one side of a pair is judged, what its neighbour did is not. nil is the gateway, which
// both made.
func (j *judge) asksOf(groups ...*Group) bool {
	if j.side == 0 {
		return true
	}
	others := false
	for _, g := range groups {
		if g != nil && g.Number == j.side {
			return true
		}
		others = others || g != nil
	}
	return !others
}

// newJudge makes a judge that hands a failed assertion to fail, which must not return.
// message is the reason in English with the matcher's own words.
func newJudge(fail func(reason reports.Reason, message string)) *judge {
	j := &judge{}
	j.Gomega = NewGomega(func(message string, _ ...int) { fail(j.explained(message), message) })
	return j
}

// explained is the reason of the failing assertion, with the matcher's words as what
// was seen where the reason shows nothing of its own.
func (j *judge) explained(message string) reports.Reason {
	reason := j.reason
	if reason.What.IsZero() {
		return reports.Reason{What: reports.Same(message)}
	}
	if reason.Seen.IsZero() && reason.Output == "" {
		reason.Seen = reports.Same(strings.TrimSpace(strings.TrimPrefix(message, reason.What.EN)))
	}
	return bounded(reason)
}

// maxReason is how much of what a guest said stands in a reason, in bytes: what it said as a
// whole is evidence, and a run has thousands of reasons.
const maxReason = 64 << 10

// bounded is a reason that one guest cannot make longer than a report takes.
func bounded(reason reports.Reason) reports.Reason {
	for _, text := range []*string{&reason.Seen.FR, &reason.Seen.EN, &reason.Output} {
		if short, cut := output.Cut(*text, maxReason); cut {
			*text = short + "\n…"
		}
	}
	return reason
}

// reason explains an assertion: what should have been true, what was seen, and what to
// look at next.
type reason struct {
	reports.Reason
	judge *judge
}

// because starts a reason; both languages are given the same arguments.
func (j *judge) because(fr, en string, args ...any) reason {
	return reason{Reason: reports.Reason{What: reports.Textf(fr, en, args...)}, judge: j}
}

// seen adds the command and what it answered.
func (r reason) seen(command, output string) reason {
	r.Command, r.Output = command, output
	return r
}

// said adds what a guest answered to a command.
func (r reason) said(result guest.Result) reason {
	return r.seen(result.Command, result.Stdout+result.Stderr)
}

// refused adds what the node answered to a call.
func (r reason) refused(call Refusal) reason {
	return r.seen(call.Call, call.Answer())
}

// next adds what to look at or try.
func (r reason) next(fr, en string, args ...any) reason {
	r.Next = reports.Textf(fr, en, args...)
	return r
}

// say is handed to an assertion, which calls it only when it fails.
func (r reason) say() string {
	r.judge.reason = r.Reason
	return r.What.EN
}

// verdict judges a look outside of any spec: what the reports say again from evidence
// is what the specs said.
func (e entry) verdict(at subject, look any) (reason reports.Reason, failed bool) {
	return e.sideVerdict(at, 0, look)
}

// sideVerdict judges only what is one group's own part, and what it shares.
func (e entry) sideVerdict(at subject, side int, look any) (reason reports.Reason, failed bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case stopped:
			reason, failed = p.reason, true
		default:
			panic(p)
		}
	}()
	j := newJudge(func(reason reports.Reason, _ string) { panic(stopped{reason}) })
	j.side = side
	e.judge(j, at, look)
	return reports.Reason{}, false
}

// stopped carries the first failure out of a judge.
type stopped struct{ reason reports.Reason }
