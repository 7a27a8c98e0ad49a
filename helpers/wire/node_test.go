package wire

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/internal/sshtest"
)

// quick are limits for hosts that are network namespaces: they answer within milliseconds.
var quick = Limits{Answer: 300 * time.Millisecond, Settle: 100 * time.Millisecond, Tries: 2}

// node is this process's own network, with a shell, bridges, and hosts on them.
type node struct {
	t      *testing.T
	shell  *hypervisor.Shell
	server *sshtest.Server
	cards  int
}

func newNode(t *testing.T) *node {
	t.Helper()
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	must(t, netlink.LinkSetUp(lo))
	n := &node{t: t, server: sshtest.New(t)}
	n.shell, err = hypervisor.Dial(t.Context(), config.SSH{Addr: n.server.Addr, User: "root", Key: config.Secret(n.server.Key), HostKey: n.server.HostKeyLine()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.shell.Close() })
	return n
}

// bridge makes a bridge as Proxmox does, with the host's address if there is one.
func (n *node) bridge(name string, addrs ...string) {
	n.t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	br := &netlink.Bridge{LinkAttrs: attrs}
	must(n.t, netlink.LinkAdd(br))
	n.t.Cleanup(func() { must(n.t, netlink.LinkDel(br)) })
	for _, a := range addrs {
		addr, err := netlink.ParseAddr(a)
		must(n.t, err)
		must(n.t, netlink.AddrAdd(br, addr))
	}
	must(n.t, netlink.LinkSetUp(br))
}

// host is a machine on a bridge, in a network namespace of its own.
type host struct {
	n   *node
	ns  netns.NsHandle
	net *netlink.Handle
	in  func(func())
}

func (n *node) host() *host {
	n.t.Helper()
	h := &host{n: n}
	work := make(chan func())
	ready := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			ready <- err
			return
		}
		var err error
		h.ns, err = netns.GetFromPath(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		ready <- err
		for do := range work {
			do()
		}
	}()
	must(n.t, <-ready)
	h.in = func(do func()) {
		done := make(chan struct{})
		work <- func() { defer close(done); do() }
		<-done
	}
	var err error
	h.net, err = netlink.NewHandleAt(h.ns)
	must(n.t, err)
	n.t.Cleanup(func() {
		close(work)
		h.net.Close()
		must(n.t, h.ns.Close())
	})
	return h
}

// card gives the host a network card on a bridge and returns its MAC and the name of its
// end on the node.
func (h *host) card(bridge string, addrs ...string) (station Station, tap string) {
	t := h.n.t
	t.Helper()
	h.n.cards++
	inside := fmt.Sprintf("ens%d", 17+h.n.cards)
	tap = fmt.Sprintf("tap10%di0", h.n.cards)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = tap
	mac := net.HardwareAddr{0xbc, 0x24, 0x11, 0, 0, byte(h.n.cards)}
	must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: inside, PeerHardwareAddr: mac, PeerNamespace: netlink.NsFd(int(h.ns))}))
	end, err := netlink.LinkByName(tap)
	must(t, err)
	t.Cleanup(func() { must(t, netlink.LinkDel(end)) })
	br, err := netlink.LinkByName(bridge)
	must(t, err)
	must(t, netlink.LinkSetMaster(end, br))
	must(t, netlink.LinkSetUp(end))
	card, err := h.net.LinkByName(inside)
	must(t, err)
	station.MAC = mac.String()
	for _, a := range addrs {
		addr, err := netlink.ParseAddr(a)
		must(t, err)
		must(t, h.net.AddrAdd(card, addr))
		station.Addr = netip.MustParseAddr(addr.IP.String())
	}
	must(t, h.net.LinkSetUp(card))
	return station, tap
}

// gateway is the host's default route.
func (h *host) gateway(via string) {
	h.n.t.Helper()
	must(h.n.t, h.net.RouteAdd(&netlink.Route{Gw: net.ParseIP(via)}))
}

// sysctl sets a file below /proc/sys/net/ipv4.
func (h *host) sysctl(name, value string) {
	h.n.t.Helper()
	h.in(func() { must(h.n.t, os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o644)) })
}

// linkDefault is a default route to the card itself, without a gateway.
func (h *host) linkDefault() {
	h.n.t.Helper()
	links, err := h.net.LinkList()
	must(h.n.t, err)
	for _, l := range links {
		if l.Type() == "veth" {
			must(h.n.t, h.net.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: network(h.n.t, "0.0.0.0/0")}))
		}
	}
}

// neighbours are the entries of the host's ARP table.
func (h *host) neighbours() []string {
	h.n.t.Helper()
	list, err := h.net.NeighList(0, netlink.FAMILY_V4)
	must(h.n.t, err)
	var found []string
	for _, one := range list {
		found = append(found, one.String())
	}
	return found
}

// remember puts a fresh entry into the host's ARP table.
func (h *host) remember(ip, mac string) {
	h.n.t.Helper()
	links, err := h.net.LinkList()
	must(h.n.t, err)
	address, err := net.ParseMAC(mac)
	must(h.n.t, err)
	for _, l := range links {
		if l.Type() == "veth" {
			must(h.n.t, h.net.NeighAdd(&netlink.Neigh{LinkIndex: l.Attrs().Index, State: netlink.NUD_REACHABLE, IP: net.ParseIP(ip), HardwareAddr: address}))
		}
	}
}

// open makes a port that ends with the test. The cleanups run while t.Context is over
// already, so the port has a context of its own.
func (n *node) open(bridge string) *Port {
	n.t.Helper()
	p, err := Open(context.Background(), n.shell, bridge, quick)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			n.t.Error(err)
		}
	})
	return p
}

func (n *node) listen(name string) *Tap {
	n.t.Helper()
	tap, err := Listen(context.Background(), n.shell, name, quick)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := tap.Close(); err != nil {
			n.t.Error(err)
		}
	})
	return tap
}

func (n *node) ports() []string {
	n.t.Helper()
	names, err := Ports(n.t.Context(), n.shell)
	if err != nil {
		n.t.Fatal(err)
	}
	return names
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func network(t *testing.T, text string) *net.IPNet {
	t.Helper()
	_, n, err := net.ParseCIDR(text)
	must(t, err)
	return n
}

// sendDatagram makes the host it runs in ask for a neighbour.
func sendDatagram(t *testing.T, to string) {
	conn, err := net.Dial("udp", to)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("x"))
}

// forwardOnTheNode lets the network that the tests run in forward, until the test ends.
func forwardOnTheNode(t *testing.T) {
	t.Helper()
	const file = "/proc/sys/net/ipv4/ip_forward"
	must(t, os.WriteFile(file, []byte("1"), 0o644))
	t.Cleanup(func() { must(t, os.WriteFile(file, []byte("0"), 0o644)) })
}
