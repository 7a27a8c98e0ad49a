package tp1

import (
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/wire"
	"github.com/labproof/labproof/reports"
)

// What the wire shows of a VM, of the gateway and of a ping across is right; with one thing
// of it changed, it is wrong, and the reason says what.

const (
	wireMAC = "BC:24:11:00:00:02"
	wireGW  = "BC:24:11:00:00:09"
)

// onTheWire is a VM with a right address, mask and gateway, as its bridge shows it.
func onTheWire(addr string) map[string]any {
	return map[string]any{
		"vmid": 102, "mac": wireMAC, "addrs": []any{addr},
		"routing": map[string]any{
			"vm": map[string]any{"addr": addr, "mac": strings.ToLower(wireMAC)}, "answers": true,
			"shortest": 29, "longest": 29, "default": "gateway",
			"gateways": []any{map[string]any{"addr": "10.0.1.1", "mac": strings.ToLower(wireGW)}},
		},
	}
}

// wireLooks are the looks of a class whose guests let nobody in.
func wireLooks(t *testing.T) map[string]map[string]any {
	t.Helper()
	address := seenBy(t, "tp1.q15")
	address["unread"], address["offline"], address["wire"] = true, true, onTheWire("10.0.1.2")
	delete(address, "host")
	gateway := func(mac, addr string) map[string]any {
		return map[string]any{
			"vmid": 912, "mac": mac, "addrs": []any{addr},
			"routing": map[string]any{"vm": map[string]any{"addr": addr}, "answers": true, "shortest": 29, "longest": 29, "default": "nowhere"},
		}
	}
	wires := []any{gateway(wireMAC, "10.0.1.1"), gateway(wireGW, "10.0.2.1")}
	nics := []any{
		map[string]any{"Index": 0, "MAC": wireMAC, "Bridge": "vmbr11"},
		map[string]any{"Index": 1, "MAC": wireGW, "Bridge": "vmbr12"},
	}
	trial := func(port, far string) map[string]any {
		return map[string]any{
			"port": port, "mac": "52:00:00:00:00:01", "id": 7, "sent": 1, "from": "10.0.1.6", "to": far,
			"seen": []any{map[string]any{"on": port, "reply": true, "seq": 1, "ttl": 63, "dst_mac": "52:00:00:00:00:01"}},
		}
	}
	routes := func(group int, addr, gateway string) map[string]any {
		wire := onTheWire(addr)
		change(t, wire, mistake{path: "routing.gateways", value: []any{map[string]any{"addr": gateway}}})
		return map[string]any{"group": group, "vm": "instance", "wire": wire, "gateway": gateway}
	}
	return map[string]map[string]any{
		"tp1.q15": address,
		"tp1.q18": {"api": map[string]any{"iface": "vmbr11"}},
		"tp1.q19": {"nics": nics, "wire": wires},
		"tp1.q20": {"sides": []any{
			map[string]any{"group": 1, "wire": wires[0], "taken": []any{map[string]any{"who": "instance-1-1", "addr": "10.0.1.2"}}},
			map[string]any{"group": 2, "wire": wires[1]},
		}},
		"tp1.q21": {
			"unread": true, "wire": map[string]any{"there": trial("lp1", "10.0.2.2"), "back": trial("lp2", "10.0.1.2")},
			"routes": []any{routes(1, "10.0.1.2", "10.0.1.1"), routes(2, "10.0.2.2", "10.0.2.1")},
		},
	}
}

func TestWhatTheWireShows(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	p := newPlay(questions(), c)
	for id, look := range wireLooks(t) {
		q, _ := p.question(id)
		if reason, failed := verdictOf(t, c, q, look); failed {
			t.Errorf("%s is judged wrong: %+v", id, reason)
		}
	}
	for _, m := range []mistake{
		{"tp1.q15", "wire.addrs", []any{}, "answers for no address"},
		{"tp1.q15", "wire.addrs", []any{"10.0.1.1"}, "which is the address of gateway"},
		{"tp1.q15", "wire.vlan", 11, "has the VLAN tag 11"},
		{"tp1.q19", "nics.1.VLAN", 11, "has the VLAN tag 11"},
		{"tp1.q15", "wire.shared", []any{wireGW}, "another machine's as well"},
		{"tp1.q15", "wire.routing.answers", false, "answers no ping"},
		{"tp1.q15", "wire.routing.shortest", 30, "mask is not that"},
		{"tp1.q15", "wire.routing.longest", 28, "mask is not that"},
		{"tp1.q15", "wire.routing.default", "nowhere", "has no default route"},
		{"tp1.q15", "wire.routing.gateways", []any{map[string]any{"addr": "10.0.1.5"}}, "does not go through the gateway"},
		{"tp1.q15", "wire.routing", nil, "Nobody looked"},
		{"tp1.q18", "host_on", "10.0.1.1", "still answers for an address"},
		{"tp1.q19", "wire.0.addrs", []any{}, "no card of gw-1-2 answers"},
		{"tp1.q19", "nics.1.Bridge", "vmbr0", "On vmbr12 no card"},
		{"tp1.q20", "sides.0.wire.addrs", []any{}, "answers for no address"},
		{"tp1.q20", "sides.0.wire.addrs", []any{"10.0.1.2"}, "which is the address of instance-1-1"},
		{"tp1.q20", "sides.0.wire.routing.answers", false, "answers no ping"},
		{"tp1.q20", "sides.1.wire.routing.longest", 24, "gw-1-2's mask is not that of the network 10.0.2.0/29"},
		{"tp1.q21", "wire.there.seen", []any{}, "is not answered (silence)"},
		{"tp1.q21", "wire.back.seen", []any{}, "is not answered (silence)"},
		{"tp1.q21", "routes.1.wire.routing.default", "nowhere", "has no default route"},
	} {
		q, _ := p.question(m.question)
		look := wireLooks(t)[m.question]
		change(t, look, m)
		reason, failed := verdictOf(t, c, q, look)
		if !failed || !strings.Contains(reason.What.EN, m.says) {
			t.Errorf("%s %s: failed %t, %q, want %q", m.question, m.path, failed, reason.What.EN, m.says)
		}
		if failed && (reason.What.FR == "" || strings.Contains(reason.What.FR+reason.What.EN+reason.Next.FR+reason.Next.EN, "%!")) {
			t.Errorf("%s %s: badly said: %+v", m.question, m.path, reason)
		}
	}
}

// On the wire, too, each group answers for its own side.
func TestSidesOnTheWire(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	p := newPlay(questions(), c)
	q, _ := p.question("tp1.q21")
	look := wireLooks(t)["tp1.q21"]
	change(t, look, mistake{path: "wire.there.seen", value: []any{}}) // Y's first VM does not find the way back
	a := &act{looked: true, look: decoded(t, q, look)}
	sides := p.sides(reports.Verdict{ID: q.ID, Subject: "pair-1-2", Outcome: reports.Failed, Reasons: []reports.Reason{{}}}, a)
	if sides[0].Outcome != reports.Passed || sides[1].Outcome != reports.Failed {
		t.Errorf("%+v", sides)
	}
}

// The host's address stays right in a file where the gateway VM took another one.
func TestTheHostsAddressOnTheWire(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	q, _ := newPlay(questions(), c).question("tp1.q15")
	look := wireLooks(t)["tp1.q15"]
	look["gateway"], look["taken"] = "10.0.1.6", []any{}
	if reason, failed := verdictOf(t, c, q, look); !failed || !strings.Contains(reason.What.EN, "does not go through the gateway 10.0.1.6") {
		t.Errorf("failed %t, %+v", failed, reason)
	}
	look["earlier"] = "10.0.1.1"
	if reason, failed := verdictOf(t, c, q, look); failed {
		t.Errorf("%+v", reason)
	}
}

// Where the wire does not show a default route, nobody is told that there is none; a wrong
// mask is told all the same.
func TestARouteThatDidNotShow(t *testing.T) {
	c := stageForJudging(t)
	for name, test := range map[string]struct {
		routing *wire.Routing
		unseen  bool
	}{
		"not looked at":    {nil, false},
		"a gateway":        {&wire.Routing{Answers: true, Shortest: 29, Longest: 29, Default: wire.Gateway}, false},
		"no default route": {&wire.Routing{Answers: true, Shortest: 29, Longest: 29, Default: wire.Nowhere}, false},
		"nothing":          {&wire.Routing{Answers: true, Shortest: 29, Longest: 29, Default: wire.Unseen}, true},
		"no answer at all": {&wire.Routing{Longest: 32, Default: wire.Unseen}, false},
		"a wrong mask too": {&wire.Routing{Answers: true, Longest: 24, Default: wire.Unseen}, false},
	} {
		err := (&wireVM{VMID: 102, Routing: test.routing}).unseenRoute(c.groups[0])
		if (err != nil) != test.unseen || err != nil && blameLook(err) != reports.NotObservable {
			t.Errorf("%s: %v", name, err)
		}
	}
}
