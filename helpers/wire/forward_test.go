package wire

import (
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// pair is a lab of two groups: a VM on each bridge, and a gateway between them.
type pair struct {
	*node
	gw         *host
	near, far  Station // the gateway's sides
	taps       [2]string
	one, two   Station // the VMs
	vm1, vm2   *host
	here, over *Port
}

func newPair(t *testing.T, forwarding string) *pair {
	p := &pair{node: newNode(t)}
	p.bridge("vmbr11")
	p.bridge("vmbr12")
	p.gw, p.vm1, p.vm2 = p.host(), p.host(), p.host()
	p.near, p.taps[0] = p.gw.card("vmbr11", "10.0.1.1/29")
	p.far, p.taps[1] = p.gw.card("vmbr12", "10.0.2.1/29")
	p.one, _ = p.vm1.card("vmbr11", "10.0.1.2/29")
	p.two, _ = p.vm2.card("vmbr12", "10.0.2.2/29")
	p.vm1.gateway("10.0.1.1")
	p.vm2.gateway("10.0.2.1")
	p.gw.sysctl("ip_forward", forwarding)
	p.here, p.over = p.open("vmbr11"), p.open("vmbr12")
	return p
}

// cross pings from one bridge to the other by way of the gateway.
func (p *pair) cross(to string, ears ...Ear) Trial {
	p.t.Helper()
	from, err := p.here.Borrow(p.t.Context(), addr("10.0.1.6"))
	must(p.t, err)
	trial, err := p.here.Echo(p.t.Context(), Request{From: from, To: addr(to), Via: p.near.MAC}, append(ears, p.over)...)
	must(p.t, err)
	return trial
}

func TestForwarding(t *testing.T) {
	p := newPair(t, "1")
	_, err := p.over.Borrow(t.Context(), addr("10.0.2.6"))
	must(t, err)
	toPort := p.cross("10.0.2.6")
	arrived, replies := toPort.Arrived(p.over.Name()), toPort.Replies()
	if toPort.Outcome() != Answered || len(arrived) != 1 || len(replies) != 1 {
		t.Fatalf("got %+v", toPort)
	}
	if arrived[0].TTL != 63 || arrived[0].SrcMAC != p.far.MAC || replies[0].TTL != 63 || replies[0].SrcMAC != p.near.MAC {
		t.Errorf("got %+v", toPort)
	}
	in, out := p.listen(p.taps[0]), p.listen(p.taps[1])
	toVM := p.cross("10.0.2.2", in, out)
	if toVM.Outcome() != Answered || toVM.Replies()[0].TTL != 63 {
		t.Fatalf("got %+v", toVM)
	}
	for tap, ttl := range map[*Tap][2]uint8{in: {64, 63}, out: {63, 64}} {
		for _, s := range toVM.Seen {
			if want := map[bool]uint8{false: ttl[0], true: ttl[1]}[s.Reply]; s.On == tap.Name() && s.TTL != want {
				t.Errorf("on %s: %+v, want TTL %d", tap.Name(), s, want)
			}
		}
	}
	seen := map[[2]any]int{}
	for _, s := range toVM.Seen {
		seen[[2]any{s.On, s.Reply}]++
	}
	if seen[[2]any{in.Name(), false}] != 1 || seen[[2]any{in.Name(), true}] != 1 || seen[[2]any{out.Name(), false}] != 1 || seen[[2]any{out.Name(), true}] != 1 {
		t.Errorf("seen %+v", toVM.Seen)
	}
}

func TestNoForwarding(t *testing.T) {
	p := newPair(t, "0")
	_, err := p.over.Borrow(t.Context(), addr("10.0.2.6"))
	must(t, err)
	in := p.listen(p.taps[0])
	got := p.cross("10.0.2.6", in)
	if got.Outcome() != Silence || len(got.Arrived(p.over.Name())) != 0 || len(got.Errors) != 0 || len(got.Seen) == 0 {
		t.Errorf("got %+v", got)
	}
	for _, s := range got.Seen { // the proof that the requests went in
		if s.On != in.Name() || s.Reply || s.DstMAC != p.near.MAC {
			t.Errorf("got %+v", s)
		}
	}
}

// The VM behind a gateway that forwards knows no way back.
func TestForwardingWithoutAWayBack(t *testing.T) {
	p := newPair(t, "1")
	must(t, p.vm2.net.RouteDel(&netlink.Route{Gw: []byte{10, 0, 2, 1}}))
	out := p.listen(p.taps[1])
	got := p.cross("10.0.2.2", out)
	if got.Outcome() != Arrived || len(got.Arrived(out.Name())) != quick.Tries {
		t.Errorf("with the gateway's tap: %+v", got)
	}
}

// Without the gateway's tap its question is all there is.
func TestForwardingIsSeenByItsQuestion(t *testing.T) {
	p := newPair(t, "1")
	got := p.cross("10.0.2.5") // nobody's
	if got.Outcome() != Asked {
		t.Errorf("got %s: %+v", got.Outcome(), got)
	}
}

func TestRefusals(t *testing.T) {
	p := newPair(t, "1")
	p.gw.sysctl("icmp_ratelimit", "0") // else one error a second to each
	must(t, p.gw.net.RouteAdd(&netlink.Route{Dst: network(t, "10.9.1.0/24"), Type: unix.RTN_UNREACHABLE}))
	must(t, p.gw.net.RouteAdd(&netlink.Route{Dst: network(t, "10.9.2.0/24"), Type: unix.RTN_PROHIBIT}))
	if got := p.cross("10.9.3.1"); got.Outcome() != Refused || got.Errors[0].What != "DestinationUnreachable(Net)" || got.Errors[0].From != p.near.Addr || got.Errors[0].MAC != p.near.MAC {
		t.Errorf("no route: %s, %+v", got.Outcome(), got.Errors)
	}
	for to, want := range map[string]string{"10.9.1.1": "DestinationUnreachable(Host)", "10.9.2.1": "DestinationUnreachable(CommAdminProhibited)"} {
		if got := p.cross(to); got.Outcome() != Refused || got.Errors[0].What != want {
			t.Errorf("%s: %s, %+v", to, got.Outcome(), got.Errors)
		}
	}
}

// The node itself may route between its bridges: it is tested like any gateway.
func TestTheHostForwards(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11", "10.0.1.1/29")
	n.bridge("vmbr12", "10.0.2.1/29")
	forwardOnTheNode(t)
	here, over := n.open("vmbr11"), n.open("vmbr12")
	from, err := here.Borrow(t.Context(), addr("10.0.1.6"))
	must(t, err)
	to, err := over.Borrow(t.Context(), addr("10.0.2.6"))
	must(t, err)
	got, err := here.Echo(t.Context(), Request{From: from, To: to, Via: here.BridgeMAC()}, over)
	must(t, err)
	if got.Outcome() != Answered || got.Arrived(over.Name())[0].SrcMAC != over.BridgeMAC() {
		t.Errorf("got %+v", got)
	}
}
