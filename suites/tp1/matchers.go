package tp1

import (
	"fmt"

	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/helpers/guest"
)

// LoseNothing matches a ping whose every request was answered.
func LoseNothing() types.GomegaMatcher {
	return gcustom.MakeMatcher(func(p guest.PingResult) (bool, error) { return p.LostNone(), nil }).
		WithTemplate("Expected every request to be answered:\n{{.Actual}}")
}

// LoseAll matches a ping that sent requests and got no answer.
func LoseAll() types.GomegaMatcher {
	return gcustom.MakeMatcher(func(p guest.PingResult) (bool, error) { return p.LostAll(), nil }).
		WithTemplate("Expected no request to be answered:\n{{.Actual}}")
}

// CarryRequestsOf matches the packets of a capture that has every echo request of a
// ping, by its identifier.
func CarryRequestsOf(p guest.PingResult) types.GomegaMatcher {
	return gcustom.MakeMatcher(func(seen []capture.Echo) (bool, error) {
		return len(sequences(seen, p, true)) >= p.Sent && p.Sent > 0, nil
	}).WithTemplate(fmt.Sprintf("Expected the %d requests of %s in the capture; its echoes:\n{{.FormattedActual}}", p.Sent, p))
}

// CarryNothingOf matches the packets of a capture that has neither a request nor a
// reply of a ping.
func CarryNothingOf(p guest.PingResult) types.GomegaMatcher {
	return gcustom.MakeMatcher(func(seen []capture.Echo) (bool, error) {
		return len(sequences(seen, p, true))+len(sequences(seen, p, false)) == 0, nil
	}).WithTemplate(fmt.Sprintf("Expected nothing of %s in the capture; its echoes:\n{{.FormattedActual}}", p))
}

// sequences are the sequence numbers of a ping's requests or replies in a capture.
func sequences(seen []capture.Echo, p guest.PingResult, request bool) map[uint16]bool {
	found := map[uint16]bool{}
	for _, e := range seen {
		if e.Request == request && (p.ID == 0 || e.ID == p.ID) {
			found[e.Seq] = true
		}
	}
	return found
}
