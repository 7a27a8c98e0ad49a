package wire

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
)

func TestResolve(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11", "10.0.1.1/29")
	two, _ := n.host().card("vmbr11", "10.0.1.2/29")
	three, _ := n.host().card("vmbr11", "10.0.1.3/29")
	again, _ := n.host().card("vmbr11", "10.0.1.3/29")
	p := n.open("vmbr11")
	found, err := p.Resolve(t.Context(), addr("10.0.1.1"), two.Addr, three.Addr, addr("10.0.1.4"))
	must(t, err)
	slices.Sort(found[2].MACs)
	for i, want := range [][]string{{p.BridgeMAC()}, {two.MAC}, {three.MAC, again.MAC}, nil} {
		if !slices.Equal(found[i].MACs, want) || found[i].Free() != (len(want) == 0) || found[i].Duplicate() != (len(want) == 2) {
			t.Errorf("%s: got %v, want %v", found[i].Addr, found[i].MACs, want)
		}
	}
	for _, bad := range []netip.Addr{{}, addr("fe80::1")} {
		if _, err := p.Resolve(t.Context(), bad); err == nil {
			t.Errorf("%s can be asked for", bad)
		}
	}
	if _, err := p.Resolve(t.Context(), make([]netip.Addr, maxResolved+1)...); err == nil {
		t.Error("any number can be asked for")
	}
}

// No neighbour table learns anything from being asked.
func TestResolvePoisonsNobody(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	vm := n.host()
	station, _ := vm.card("vmbr11", "10.0.1.2/29")
	p := n.open("vmbr11")
	if found, err := p.Resolve(t.Context(), station.Addr); err != nil || found[0].Free() {
		t.Fatalf("got %v, %v", found, err)
	}
	if got := vm.neighbours(); len(got) != 0 {
		t.Errorf("the VM has learnt %v", got)
	}
}

func TestBorrowTakesOnlyWhatIsFree(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	two, _ := n.host().card("vmbr11", "10.0.1.2/29")
	other, _ := n.host().card("vmbr11", "10.0.1.3/29")
	p, second := n.open("vmbr11"), n.open("vmbr11")
	got, err := p.Borrow(t.Context(), two.Addr, other.Addr, addr("10.0.1.4"), addr("10.0.1.5"))
	must(t, err)
	if got != addr("10.0.1.4") {
		t.Errorf("borrowed %s", got)
	}
	if again, err := p.Borrow(t.Context(), two.Addr, got); err != nil || again != got {
		t.Errorf("borrowed %s, %v", again, err)
	}
	var taken *TakenError
	if _, err := second.Borrow(t.Context(), two.Addr, got); !errors.As(err, &taken) || len(taken.Addrs) != 2 {
		t.Errorf("another port borrowed what this one has: %v", err)
	}
}

func TestHolders(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11", "10.0.1.1/29")
	vm, _ := n.host().card("vmbr11", "10.0.1.2/29")
	stranger, _ := n.host().card("vmbr11", "10.0.1.3/29")
	p := n.open("vmbr11")
	names := map[string]string{"BC:24:11:00:00:01": "instance-1-1"}
	if vm.MAC != "bc:24:11:00:00:01" {
		t.Fatalf("the VM has %s", vm.MAC)
	}
	for a, want := range map[string][]Holder{
		"10.0.1.1": {{MAC: p.BridgeMAC(), Host: true}},
		"10.0.1.2": {{MAC: vm.MAC, Name: "instance-1-1"}},
		"10.0.1.3": {{MAC: stranger.MAC}},
		"10.0.1.4": nil,
	} {
		got, err := p.Holders(t.Context(), addr(a), names)
		must(t, err)
		if !slices.Equal(got.Holders, want) || got.Host() != (a == "10.0.1.1") {
			t.Errorf("%s: got %+v, want %+v", a, got, want)
		}
	}
}

func TestEcho(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	vm, _ := n.host().card("vmbr11", "10.0.1.2/29")
	deaf := n.host()
	mute, _ := deaf.card("vmbr11", "10.0.1.3/29")
	deaf.sysctl("icmp_echo_ignore_all", "1")
	p := n.open("vmbr11")
	from, err := p.Borrow(t.Context(), addr("10.0.1.6"))
	must(t, err)

	got, err := p.Echo(t.Context(), Request{From: from, To: vm.Addr, Via: vm.MAC})
	must(t, err)
	replies := got.Replies()
	if got.Outcome() != Answered || got.Sent != 1 || len(replies) != 1 || replies[0].TTL != 64 || replies[0].SrcMAC != vm.MAC || replies[0].Seq != 1 {
		t.Errorf("got %+v", got)
	}
	if len(got.Questions) == 0 || got.Questions[0].For != from || got.Questions[0].MAC != vm.MAC || got.Questions[0].Addr != vm.Addr {
		t.Errorf("the VM asked %+v", got.Questions)
	}
	got, err = p.Echo(t.Context(), Request{From: from, To: mute.Addr, Via: mute.MAC})
	must(t, err)
	if got.Outcome() != Silence || got.Sent != quick.Tries || len(got.Seen) != 0 {
		t.Errorf("a filtered ping: %+v", got)
	}
	for name, bad := range map[string]Request{
		"not borrowed": {From: addr("10.0.1.5"), To: vm.Addr, Via: vm.MAC},
		"no MAC":       {From: from, To: vm.Addr, Via: "vmbr11"},
		"a long MAC":   {From: from, To: vm.Addr, Via: "02:00:5e:10:00:00:00:01"},
		"IPv6":         {From: from, To: addr("::1"), Via: vm.MAC},
	} {
		if got, err := p.Echo(t.Context(), bad); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What a VM remembers of an address, from an earlier look or from who had it once, does
// not lead its answers astray.
func TestEchoDespiteAnOldNeighbour(t *testing.T) {
	for name, old := range map[string]string{"an earlier port": "02:6c:0a:00:01:06", "somebody who is gone": "bc:24:11:00:00:99"} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.bridge("vmbr11")
			vm := n.host()
			station, _ := vm.card("vmbr11", "10.0.1.2/29")
			vm.remember("10.0.1.6", old)
			p := n.open("vmbr11")
			from, err := p.Borrow(t.Context(), addr("10.0.1.6"))
			must(t, err)
			got, err := p.Echo(t.Context(), Request{From: from, To: station.Addr, Via: station.MAC})
			must(t, err)
			if got.Outcome() != Answered || got.Sent != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestHeard(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	lost := n.host()
	vm, _ := lost.card("vmbr11", "172.16.5.9/24")
	p := n.open("vmbr11")
	lost.in(func() { sendDatagram(t, "172.16.5.1:9") })
	waitFor(t, func() bool { return len(p.Heard()) > 0 })
	if got := p.Heard(); !slices.Equal(got, []Station{vm}) {
		t.Errorf("heard %v, want %v", got, vm)
	}
}
