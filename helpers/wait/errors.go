package wait

import (
	"fmt"
	"strings"
	"time"
)

// TimeoutError tells which wait reached its limit, what it saw last and what to try.
type TimeoutError struct {
	What     string
	Name     string // the limit's name in ginkgo.yaml, may be empty
	Timeout  time.Duration
	LastSeen string
	Hint     string
	HintFR   string // may be empty
	Last     error  // the last error marked by Again, or nil
}

func (e *TimeoutError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "waited %v for %s in vain", e.Timeout, e.What)
	if e.LastSeen != "" {
		fmt.Fprintf(&b, "; seen last: %s", e.LastSeen)
	}
	if e.Name != "" {
		fmt.Fprintf(&b, " (limit: timeouts.%s)", e.Name)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; try: %s", e.Hint)
	}
	return b.String()
}

// Unwrap gives the last error that was marked by Again.
func (e *TimeoutError) Unwrap() error { return e.Last }

// InterruptedError tells that the caller's context ended before the wait did.
type InterruptedError struct {
	What     string
	LastSeen string
	After    time.Duration
	Cause    error // the context's cause
}

func (e *InterruptedError) Error() string {
	msg := fmt.Sprintf("interrupted after %v while waiting for %s: %v", e.After.Round(time.Millisecond), e.What, e.Cause)
	if e.LastSeen != "" {
		msg += "; seen last: " + e.LastSeen
	}
	return msg
}

func (e *InterruptedError) Unwrap() error { return e.Cause }
