package tp1

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/reports"
)

// Each group of a pair answers for its own VMs and for the gateway that both made, and not
// for its neighbour's.
func TestEachGroupHasItsOwnSide(t *testing.T) {
	tests := []struct {
		name string
		m    mistake
		x, y reports.Outcome
	}{
		{"nothing is wrong", mistake{path: "crossing.ip_forward", value: "1"}, reports.Passed, reports.Passed},
		{"X's route", mistake{path: "routes.0.network.routes", value: []any{}}, reports.Failed, reports.Passed},
		{"Y's route", mistake{path: "routes.1.network.routes", value: []any{}}, reports.Passed, reports.Failed},
		{"the gateway", mistake{path: "crossing.ip_forward", value: "0"}, reports.Failed, reports.Failed},
	}
	for _, test := range tests {
		seen := lookedAt(t)
		change(t, seen, test.m)
		if x, y, reason := sidesOf(t, seen); x != test.x || y != test.y {
			t.Errorf("%s: %s and %s, want %s and %s: %+v", test.name, x, y, test.x, test.y, reason)
		}
	}
}

// lookedAt is what a green run saw of Q21, as a grader sees it.
func lookedAt(t *testing.T) map[string]any {
	t.Helper()
	seen := seenBy(t, "tp1.q21")
	delete(seen, "story")
	return seen
}

// sidesOf judges what was seen of Q21, for X and for Y.
func sidesOf(t *testing.T, seen map[string]any) (x, y reports.Outcome, reason reports.Reason) {
	t.Helper()
	c := stageForJudging(t)
	c.node.Teacher = nil
	p := newPlay(questions(), c)
	q, _ := p.question("tp1.q21")
	a := &act{looked: true, look: decoded(t, q, seen)}
	whole := reports.Verdict{ID: q.ID, Subject: "pair-1-2", Outcome: reports.Passed}
	reason, failed := q.verdict(c.pairs[0], a.look)
	if failed {
		whole.Outcome, whole.Reasons = reports.Failed, []reports.Reason{reason}
	}
	sides := p.sides(whole, a)
	if len(sides) != 2 {
		t.Fatalf("%+v", sides)
	}
	return sides[0].Outcome, sides[1].Outcome, reason
}

// Of a ping that is lost each group answers for what its own VM and the gateway did with it, as
// the gateway's cards show it; what X's VM says is X's word only.
func TestALostPingCostsWhoLostIt(t *testing.T) {
	requests := func(t *testing.T, seen map[string]any, card string) []any {
		t.Helper()
		var all []any
		for _, echo := range at(t, seen, "crossing."+card).([]any) {
			if echo.(map[string]any)["Request"] == true {
				all = append(all, echo)
			}
		}
		return all
	}
	lost := map[string]any{"ping.Received": 0}
	for name, test := range map[string]struct {
		crossing map[string]any // "asked" stands for the requests that the card saw
		x, y     reports.Outcome
	}{
		"Y does not answer":             {map[string]any{"near": "asked", "far": "asked", "back": []any{}}, reports.Passed, reports.Failed},
		"Y is not there":                {map[string]any{"near": "asked", "far": []any{}, "hops": []any{}, "back": []any{}, "nobody": true}, reports.Passed, reports.Failed},
		"X sends nothing":               {map[string]any{"near": []any{}, "far": []any{}, "hops": []any{}, "back": []any{}}, reports.Failed, reports.Passed},
		"X does not take the replies":   {nil, reports.Failed, reports.Passed},
		"the gateway keeps requests":    {map[string]any{"near": "asked", "far": []any{}, "hops": []any{}, "back": []any{}}, reports.Failed, reports.Failed},
		"the gateway keeps replies":     {map[string]any{"near": "asked", "back": []any{}}, reports.Failed, reports.Failed},
		"somebody else pings too":       {map[string]any{"ping.Received": 3, "hops": "and others'", "back": "and others'"}, reports.Passed, reports.Passed},
		"tries that look alike":         {map[string]any{"ping.Received": 3, "ping.ID": 0, "hops": "and others'", "back": "and others'"}, reports.Passed, reports.Passed},
		"a bridge in gateway's clothes": {map[string]any{"hops.0.Far.TTL": 64}, reports.Failed, reports.Failed},
	} {
		seen := lookedAt(t)
		for _, changes := range []map[string]any{lost, test.crossing} {
			for path, value := range changes {
				switch value {
				case "asked":
					value = requests(t, seen, path)
				case "and others'":
					value = withOthers(t, seen, path)
				}
				change(t, seen, mistake{path: "crossing." + path, value: value})
			}
		}
		if x, y, reason := sidesOf(t, seen); x != test.x || y != test.y {
			t.Errorf("%s: %s and %s, want %s and %s: %+v", name, x, y, test.x, test.y, reason)
		}
	}
}

// A ping that cannot be told an identifier is told from others by its addresses: the gateway
// itself pings Y's VM, and X's VM the gateway.
func TestWhoseEchoesTheyAre(t *testing.T) {
	x, y := netip.MustParseAddr("10.0.1.2"), netip.MustParseAddr("10.0.2.2")
	nearSide, farSide := netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("10.0.2.1")
	seen := []capture.Echo{
		{Packet: 1, Request: true, Src: x, Dst: y}, {Packet: 2, Src: y, Dst: x},
		{Packet: 3, Request: true, Src: farSide, Dst: y}, {Packet: 4, Src: y, Dst: farSide},
		{Packet: 5, Request: true, Src: x, Dst: nearSide}, {Packet: 6, Src: nearSide, Dst: x},
		{Packet: 7, Request: true, Src: y, Dst: x}, {Packet: 8, Src: x, Dst: y},
	}
	c := crossing{}
	if own := c.own(seen, x, y); len(own) != 2 || own[0].Packet != 1 || own[1].Packet != 2 {
		t.Errorf("without an identifier: %+v", own)
	}
	if own := c.own(seen, netip.Addr{}, y); len(own) != len(seen) {
		t.Errorf("from an address that is not known: %+v", own)
	}
	c.Ping.ID = 7
	if own := c.own(seen, x, y); len(own) != len(seen) {
		t.Errorf("with an identifier: %+v", own)
	}
}

// withOthers are the hops of the ping, and those of another one that was sent meanwhile.
func withOthers(t *testing.T, seen map[string]any, path string) []any {
	t.Helper()
	hops := at(t, seen, "crossing."+path).([]any)
	data, err := json.Marshal(hops)
	if err != nil {
		t.Fatal(err)
	}
	var others []any
	if err := json.Unmarshal(data, &others); err != nil {
		t.Fatal(err)
	}
	for _, hop := range others {
		for _, side := range []string{"Near", "Far"} {
			hop.(map[string]any)[side].(map[string]any)["ID"] = 1
		}
	}
	return append(others, hops...)
}

// Where something of the neighbour's is not there, a group's own side cannot be seen; what
// is missing costs whoever should have made it.
func TestWhatTheNeighbourDidNotMake(t *testing.T) {
	c := twoGroups(t, false)
	p := newPlay(questions(), c)
	whole := reports.Verdict{ID: "tp1.q21", Subject: "pair-1-2", Outcome: reports.Failed, Reasons: []reports.Reason{{What: reports.Same("VM 202")}}}
	for path, want := range map[string][2]reports.Outcome{
		"/nodes/proxmox1/qemu/202/config": {reports.NotObservable, reports.Failed},
		"/nodes/proxmox1/qemu/102/config": {reports.Failed, reports.NotObservable},
		"/nodes/proxmox1/qemu/912/config": {reports.Failed, reports.Failed},
	} {
		sides := p.sides(whole, &act{looked: true, lookErr: missingVM(path)})
		if sides[0].Outcome != want[0] || sides[1].Outcome != want[1] {
			t.Errorf("%s: %+v, want %v", path, sides, want)
		}
	}
	if p.sides(reports.Verdict{ID: "tp1.q15", Subject: "group-1", Outcome: reports.Passed}, &act{}) != nil {
		t.Error("a group's question has sides")
	}
}
