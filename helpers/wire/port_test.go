package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/labproof/labproof/helpers/capture"
)

func TestAPortLeavesTheNodeAsItWas(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11", "10.0.1.1/29")
	n.host().card("vmbr11", "10.0.1.2/29")
	before := describeNode(t)
	p, err := Open(t.Context(), n.shell, "vmbr11", quick)
	if err != nil {
		t.Fatal(err)
	}
	if got := n.ports(); !slices.Equal(got, []string{p.Name()}) || len(p.Name()) > 15 {
		t.Errorf("the node has %v, the port is %s", got, p.Name())
	}
	if got := describeBridge(t, "vmbr11"); got != before["vmbr11"] {
		t.Errorf("the bridge is %+v, was %+v", got, before["vmbr11"])
	}
	link, err := netlink.LinkByName(p.Name())
	must(t, err)
	addrs, err := netlink.AddrList(link, netlink.FAMILY_ALL)
	must(t, err)
	if len(addrs) != 0 {
		t.Errorf("the port has the addresses %v", addrs)
	}
	if _, err := p.Resolve(t.Context(), addr("10.0.1.2")); err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if after := describeNode(t); len(after) != len(before) || len(n.ports()) != 0 {
		t.Errorf("after it %v, before it %v", after, before)
	}
}

// bridgeState is what a port could change.
type bridgeState struct {
	mac string
	mtu int
}

func describeBridge(t *testing.T, name string) bridgeState {
	t.Helper()
	link, err := netlink.LinkByName(name)
	must(t, err)
	return bridgeState{link.Attrs().HardwareAddr.String(), link.Attrs().MTU}
}

func describeNode(t *testing.T) map[string]bridgeState {
	t.Helper()
	links, err := netlink.LinkList()
	must(t, err)
	list := map[string]bridgeState{}
	for _, l := range links {
		list[l.Attrs().Name] = bridgeState{l.Attrs().HardwareAddr.String(), l.Attrs().MTU}
	}
	return list
}

func TestAPortKeepsALargeMTU(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	_, tap := n.host().card("vmbr11", "10.0.1.2/29")
	end, err := netlink.LinkByName(tap)
	must(t, err)
	must(t, netlink.LinkSetMTU(end, 9000))
	if got := describeBridge(t, "vmbr11").mtu; got != 9000 {
		t.Fatalf("the bridge's MTU is %d before", got)
	}
	n.open("vmbr11")
	if got := describeBridge(t, "vmbr11").mtu; got != 9000 {
		t.Errorf("the bridge's MTU is %d", got)
	}
}

// However a look ends, its port goes.
func TestThePortGoesWithItsConnection(t *testing.T) {
	for name, end := range map[string]func(n *node, cancel context.CancelFunc){
		"context": func(_ *node, cancel context.CancelFunc) { cancel() },
		"cut off": func(n *node, _ context.CancelFunc) { n.server.Drop() },
		"removed": func(n *node, _ context.CancelFunc) {
			if _, err := RemovePorts(n.t.Context(), n.shell); err != nil {
				n.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.bridge("vmbr11")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, err := Open(ctx, n.shell, "vmbr11", quick)
			if err != nil {
				t.Fatal(err)
			}
			end(n, cancel)
			<-p.done // nothing is received any more
			waitFor(t, func() bool { return len(n.ports()) == 0 })
			var broken *LinkError
			if _, err := p.Resolve(t.Context(), addr("10.0.1.2")); !errors.As(err, &broken) {
				t.Errorf("a dead port says %v", err)
			}
			_ = p.Close()
		})
	}
}

// A VM asks while its port is being closed: the answer to it is under way, or comes too late.
func TestAPortIsClosedWhileItAnswers(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	p := n.open("vmbr11")
	ended := make(chan error, 1)
	go func() {
		for {
			if err := p.link.Send([]byte(payload)); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("sending on a closed port says %v", err)
	}
}

// A frame that hangs on its way keeps nobody: the port goes all the same.
func TestAPortIsClosedWhileAFrameHangs(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	p, err := Open(t.Context(), n.shell, "vmbr11", quick)
	if err != nil {
		t.Fatal(err)
	}
	p.link.(*remote).sending <- struct{}{}
	if err := p.Close(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it says %v", err)
	}
	waitFor(t, func() bool { return len(n.ports()) == 0 })
}

// waitFor polls until the node's processes have ended; a test that waits in vain is ended
// by go test's own limit.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for !done() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("in vain")
		}
	}
}

func TestALifeIsBounded(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	limits := quick
	limits.Life = time.Second
	p, err := Open(t.Context(), n.shell, "vmbr11", limits)
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	if got := n.ports(); len(got) != 0 {
		t.Errorf("%v outlived its life", got)
	}
	_ = p.Close()
}

func TestWhatCannotBeOpenedIsExplained(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	_, tap := n.host().card("vmbr11")
	for name, want := range map[string]string{
		"vmbr99": "vmbr99", tap: "no Linux bridge", "vm br": "no bridge's name", "-x": "no bridge's name", "a;reboot": "no bridge's name",
	} {
		if p, err := Open(t.Context(), n.shell, name, quick); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	for name, want := range map[string]string{"tap999i0": "finding the interface tap999i0", "$(reboot)": "no interface's name"} {
		if tap, err := Listen(t.Context(), n.shell, name, quick); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", name, tap, err)
		}
	}
	if got := n.ports(); len(got) != 0 {
		t.Errorf("left %v", got)
	}
}

// A port that somebody took off its bridge must not report that nobody is there.
func TestAPortOffItsBridgeIsAnError(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	p := n.open("vmbr11")
	link, err := netlink.LinkByName(p.Name())
	must(t, err)
	must(t, netlink.LinkSetNoMaster(link))
	if r, err := p.Resolve(t.Context(), addr("10.0.1.2")); err == nil || !strings.Contains(err.Error(), "no longer a forwarding port of vmbr11") {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestATapOnlyListens(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	_, name := n.host().card("vmbr11", "10.0.1.2/29")
	tap := n.listen(name)
	frame, err := arpProbe([]byte{2, 0, 0, 0, 0, 1}, addr("10.0.1.2"))
	must(t, err)
	_ = tap.link.Send(frame)
	<-tap.done
	if err := tap.log.trouble(); err == nil || !strings.Contains(err.Error(), "only listened to") {
		t.Errorf("got %v", err)
	}
	if packets := tap.log.since(0); len(packets) != 0 {
		t.Errorf("passed %+v", packets)
	}
}

func TestThePcapHoldsBothDirections(t *testing.T) {
	n := newNode(t)
	n.bridge("vmbr11")
	vm, name := n.host().card("vmbr11", "10.0.1.2/29")
	p, tap := n.open("vmbr11"), n.listen(name)
	from, err := p.Borrow(t.Context(), addr("10.0.1.6"))
	must(t, err)
	trial, err := p.Echo(t.Context(), Request{From: from, To: vm.Addr, Via: vm.MAC}, tap)
	must(t, err)
	if trial.Outcome() != Answered {
		t.Fatalf("got %+v", trial)
	}
	for _, e := range []Ear{p, tap} {
		var file bytes.Buffer
		must(t, e.WritePcap(&file))
		c, err := capture.Read(&file)
		must(t, err)
		requests, replies := c.Requests(from, vm.Addr), c.Replies(vm.Addr, from)
		if len(requests) != 1 || len(replies) != 1 || len(c.ARPRequests(from)) == 0 || len(c.ARPReplies(from)) == 0 {
			t.Errorf("%s: %+v", e.Name(), c)
			continue
		}
		number := slices.IndexFunc(trial.Seen, func(s Sighting) bool { return s.On == e.Name() && s.Reply })
		if trial.Seen[number].Packet != replies[0].Packet {
			t.Errorf("%s: the reply is packet %d, told is %d", e.Name(), replies[0].Packet, trial.Seen[number].Packet)
		}
	}
}
