package wire

import (
	"slices"
	"testing"
)

// TestRouting has one VM, 10.0.1.2, and what else stands on its bridge. The expected
// values follow from the VM's configuration, never from a run.
func TestRouting(t *testing.T) {
	type want struct {
		answers           bool
		shortest, longest int
		def               Way
		gateways          []Station // a MAC "router" stands for that of 10.0.1.1
	}
	router := Station{Addr: addr("10.0.1.1"), MAC: "router"}
	for name, c := range map[string]struct {
		mask, gateway string
		prepare       func(n *node, vm *host)
		tap           bool
		want          want
	}{
		"right":                    {mask: "29", gateway: "10.0.1.1", want: want{true, 29, 29, Gateway, []Station{{Addr: addr("10.0.1.1")}}}},
		"right, seen on its tap":   {mask: "29", gateway: "10.0.1.1", tap: true, want: want{true, 29, 29, Gateway, []Station{router}}},
		"mask of /24":              {mask: "24", gateway: "10.0.1.1", tap: true, want: want{true, 24, 24, Gateway, []Station{router}}},
		"mask of /28":              {mask: "28", gateway: "10.0.1.1", want: want{true, 28, 28, Gateway, []Station{{Addr: addr("10.0.1.1")}}}},
		"mask of /30":              {mask: "30", gateway: "10.0.1.1", tap: true, want: want{true, 30, 30, Gateway, []Station{router}}},
		"mask of /16":              {mask: "16", gateway: "10.0.1.1", tap: true, want: want{true, 0, 23, Gateway, []Station{router}}},
		"no gateway":               {mask: "29", want: want{true, 29, 29, Unseen, nil}},
		"no gateway, on its tap":   {mask: "29", tap: true, want: want{true, 29, 29, Nowhere, nil}},
		"gateway that nobody is":   {mask: "29", gateway: "10.0.1.4", want: want{true, 29, 29, Gateway, []Station{{Addr: addr("10.0.1.4")}}}},
		"default without gateway":  {mask: "29", prepare: func(_ *node, vm *host) { vm.linkDefault() }, want: want{true, 0, 23, OnLink, nil}},
		"pings are filtered":       {mask: "29", gateway: "10.0.1.1", tap: true, prepare: func(_ *node, vm *host) { vm.sysctl("icmp_echo_ignore_all", "1") }, want: want{false, 0, 32, Nowhere, nil}},
		"loose filter, no gateway": {mask: "29", tap: true, prepare: func(_ *node, vm *host) { vm.sysctl("conf/all/rp_filter", "2") }, want: want{true, 29, 29, Nowhere, nil}},
		"loose filter":             {mask: "29", gateway: "10.0.1.1", tap: true, prepare: func(_ *node, vm *host) { vm.sysctl("conf/all/rp_filter", "2") }, want: want{true, 29, 29, Gateway, []Station{router}}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.bridge("vmbr11", "10.0.1.1/29")
			n.host().card("vmbr11", "10.0.1.3/29")
			vm := n.host()
			station, tap := vm.card("vmbr11", "10.0.1.2/"+c.mask)
			if c.gateway != "" {
				vm.gateway(c.gateway)
			}
			if c.prepare != nil {
				c.prepare(n, vm)
			}
			p := n.open("vmbr11")
			var ears []Ear
			if c.tap {
				ears = append(ears, n.listen(tap))
			}
			for i, s := range c.want.gateways {
				if s.MAC == "router" {
					c.want.gateways[i].MAC = p.BridgeMAC()
				}
			}
			got, err := p.Routing(t.Context(), station, ears...)
			must(t, err)
			if got.Answers != c.want.answers || got.Shortest != c.want.shortest || got.Longest != c.want.longest || got.Default != c.want.def || !slices.Equal(got.Gateways, c.want.gateways) {
				t.Errorf("got %v /%d…/%d, default %s by %v", got.Answers, got.Shortest, got.Longest, got.Default, got.Gateways)
				for _, trial := range got.Trials {
					t.Logf("%+v", trial)
				}
			}
		})
	}
}

// The gateway that a VM has may be an address that we have borrowed.
func TestRoutingWithABorrowedGateway(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	vm := n.host()
	station, _ := vm.card("vmbr11", "10.0.1.2/29")
	vm.gateway("10.0.1.6")
	p := n.open("vmbr11")
	got, err := p.Routing(t.Context(), station)
	must(t, err)
	mac, borrowed := p.owned(addr("10.0.1.6"))
	if !borrowed {
		t.Fatal("the test needs 10.0.1.6 to be borrowed")
	}
	if got.Shortest != 29 || got.Longest != 29 || got.Default != Gateway || !slices.Equal(got.Gateways, []Station{{addr("10.0.1.6"), mac.String()}}) {
		t.Errorf("got /%d…/%d, default %s by %v", got.Shortest, got.Longest, got.Default, got.Gateways)
	}
}

// Without its tap, nothing shows what a VM sends to a router that it knows already.
func TestRoutingWithAKnownGateway(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11", "10.0.1.1/29")
	vm := n.host()
	station, name := vm.card("vmbr11", "10.0.1.2/29")
	vm.gateway("10.0.1.1")
	p, tap := n.open("vmbr11"), n.listen(name)
	first, err := p.Routing(t.Context(), station)
	must(t, err)
	if first.Default != Gateway {
		t.Fatalf("at first: %s", first.Default)
	}
	second, err := p.Routing(t.Context(), station)
	must(t, err)
	if second.Shortest != 29 || second.Longest != 29 || second.Default != Unseen || len(second.Gateways) != 0 {
		t.Errorf("then: /%d…/%d, %s by %v", second.Shortest, second.Longest, second.Default, second.Gateways)
	}
	third, err := p.Routing(t.Context(), station, tap)
	must(t, err)
	if third.Default != Gateway || !slices.Equal(third.Gateways, []Station{{addr("10.0.1.1"), p.BridgeMAC()}}) {
		t.Errorf("with its tap: %s by %v", third.Default, third.Gateways)
	}
}

// A kernel before 5.14 takes the lowest address of its network for a broadcast address: that it
// does not answer there says nothing of its mask.
func TestAnOldKernelDoesNotAnswerTheLowestAddress(t *testing.T) {
	for name, c := range map[string]struct {
		from              string
		way               Way
		shortest, longest int
	}{
		"the lowest, not answered": {"10.0.1.0", Unseen, 0, 29},
		"the lowest, on-link":      {"10.0.1.0", OnLink, 0, 29},
		"another, not answered":    {"10.0.1.1", Gateway, 31, 29},
	} {
		r := Routing{Longest: 32, Trials: []RouteTrial{{Way: OnLink, Prefix: 29}, {Way: c.way, Prefix: 30}}}
		r.Trials[1].From = addr(c.from)
		if r.bracket(); r.Shortest != c.shortest || r.Longest != c.longest {
			t.Errorf("%s: between /%d and /%d", name, r.Shortest, r.Longest)
		}
	}
}
