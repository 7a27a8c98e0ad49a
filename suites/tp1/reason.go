package tp1

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"

	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/reports"
)

// reasonEntry is the name under which a failing assertion leaves its reason.
const reasonEntry = "labproof reason"

// reason explains an assertion to whoever reads its failure: what should have been
// true, what was seen, and what to look at next.
type reason struct{ reports.Reason }

// because starts a reason; both languages are given the same arguments.
func because(fr, en string, args ...any) reason {
	return reason{reports.Reason{What: reports.Textf(fr, en, args...)}}
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

// say is handed to Expect, which calls it only when the assertion fails: that is when
// the reason is kept for the reports.
func (r reason) say() string {
	AddReportEntry(reasonEntry, r.Reason, ReportEntryVisibilityNever)
	return fmt.Sprintf("%s\n%s", r.What.EN, r.Next.EN)
}
