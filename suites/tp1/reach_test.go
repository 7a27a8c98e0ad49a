package tp1

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/labproof/labproof/helpers/guest"
)

// pinger is a guest whose pings end as these words say, one after the other.
type pinger struct {
	guest.Guest
	pings []string
}

func (p *pinger) Name() string { return "instance-1-1" }

func (p *pinger) Run(_ context.Context, command guest.Command) (guest.Result, error) {
	const head = "PING 10.0.1.3 (10.0.1.3) 56(84) bytes of data.\n"
	out := map[string]string{
		"lost":     "\n--- 10.0.1.3 ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 9ms\n\n",
		"answered": "\n--- 10.0.1.3 ping statistics ---\n3 packets transmitted, 3 received, 0% packet loss, time 9ms\n\n",
		"refused":  "From 10.0.1.2 icmp_seq=1 Destination Host Unreachable\n\n--- 10.0.1.3 ping statistics ---\n3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 9ms\n\n",
		"broken":   "",
	}[p.pings[0]]
	p.pings = p.pings[1:]
	if out == "" {
		return guest.Result{}, errors.New("the agent does not answer")
	}
	return guest.Result{Command: command.String(), Stdout: head + out}, nil
}

// A ping that is lost without a word is sent again: who knows an old MAC of its neighbour loses
// the first ones. One of which somebody says why is not, nor one that is lost for good.
func TestALostPingIsSentAgain(t *testing.T) {
	for name, test := range map[string]struct {
		pings []string
		left  int // of these, not sent
		works bool
	}{
		"answered at once":       {[]string{"answered", "lost"}, 1, true},
		"answered in the end":    {[]string{"lost", "lost", "answered", "lost"}, 1, true},
		"lost for good":          {[]string{"lost", "lost", "lost", "answered"}, 1, false},
		"nobody has the address": {[]string{"refused", "answered"}, 1, false},
	} {
		from := &pinger{pings: test.pings}
		got, err := reach(t.Context(), from, netip.MustParseAddr("10.0.1.3"))
		if err != nil || got.LostNone() != test.works || len(from.pings) != test.left {
			t.Errorf("%s: %v, %v; not sent: %q", name, got, err, from.pings)
		}
	}
}

// Two questions ask for the same ping of a lab that stands still: it is sent once, unless it
// could not be sent, or a spec is tried again.
func TestAPingIsSentOnceWhereNobodyActs(t *testing.T) {
	c := twoGroups(t, false)
	g, to := c.groups[0], netip.MustParseAddr("10.0.1.3")
	from := &pinger{pings: []string{"broken", "answered", "lost", "lost", "lost"}}
	c.node.sights.put(g.First.ID, &sight{In: from})
	probe := func() (bool, error) {
		result, err := c.node.probe(t.Context(), g.First, to)
		return result.LostNone(), err
	}
	if _, err := probe(); err == nil {
		t.Error("a ping that could not be sent is no error")
	}
	for range 2 {
		if answered, err := probe(); !answered || err != nil {
			t.Errorf("%t, %v", answered, err)
		}
	}
	p := newPlay([]entry{{ID: "t.a", Scope: PerGroup, look: func(context.Context, subject) (any, error) { return probe() }}}, c)
	p.acts[actKey{"t.a", g.Subject()}] = &act{notes: p.cast.notes(p.questions[0], g)}
	if a := p.again(t.Context(), p.questions[0], g); a.look != false || a.lookErr != nil {
		t.Errorf("tried again, it sees what was remembered: %v, %v", a.look, a.lookErr)
	}
}
