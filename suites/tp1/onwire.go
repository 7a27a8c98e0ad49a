package tp1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wire"
	"github.com/labproof/labproof/reports"
)

// The last rung: a port of our own on a group's bridge, which needs no password of any
// guest. It is used only where the teacher allows packets (--probe), the target gives a
// shell on the node, and no better rung leads into a VM.

// wireGroup is what a group's bridge shows to a port on it.
type wireGroup struct {
	Bridge    string            `json:"bridge"`
	BridgeMAC string            `json:"bridge_mac"` // with which the host itself would answer
	Addresses []wire.Resolution `json:"addresses"`  // of the group's network that somebody answers for
	VMs       []wireVM          `json:"vms"`
}

// wireVM is one VM on the bridge.
type wireVM struct {
	VMID    int           `json:"vmid"`
	MAC     string        `json:"mac"`
	VLAN    int           `json:"vlan,omitempty"`   // its card's tag, by which no untagged port hears it
	Addrs   []netip.Addr  `json:"addrs"`            // that it answers for
	Shared  []string      `json:"shared,omitempty"` // MACs of others that answer for one of them, too
	Routing *wire.Routing `json:"routing"`          // nil: it has no address, or routes are not asked for
}

// vm finds a VM; one that was not looked at answers for nothing.
func (w *wireGroup) vm(vmid int) *wireVM {
	for i := range w.VMs {
		if w.VMs[i].VMID == vmid {
			return &w.VMs[i]
		}
	}
	return &wireVM{VMID: vmid}
}

// hostHas tells whether the node itself answers for an address of the network.
func (w *wireGroup) hostHas() (netip.Addr, bool) {
	for _, a := range w.Addresses {
		if slices.ContainsFunc(a.MACs, func(mac string) bool { return linuxnet.SameMAC(mac, w.BridgeMAC) }) {
			return a.Addr, true
		}
	}
	return netip.Addr{}, false
}

// wires remembers what was seen on each group's bridge, by its number.
type wires struct {
	turns chan struct{} // bridges that are looked at side by side
	memory[int, *wireGroup]
}

// maxWires keeps the sessions on one SSH connection far below OpenSSH's MaxSessions of 10:
// a look takes two.
const maxWires = 2

func newWires() *wires { return &wires{turns: make(chan struct{}, maxWires)} }

// turn waits until one more bridge may be looked at.
func (w *wires) turn(ctx context.Context) (release func(), err error) {
	select {
	case w.turns <- struct{}{}:
		return func() { <-w.turns }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// probes tells whether there can be a port on a bridge.
func (n *Node) probes() bool { return !n.acting() && !n.Quiet && n.Shell != nil }

// wireLimits bound the waits on a bridge.
func (n *Node) wireLimits() wire.Limits {
	t := n.Config.Timeouts
	return wire.Limits{Open: t.Wire, Answer: t.Answer, Settle: n.Config.Poll.Wire}
}

// onWire looks at a group's bridge, once.
func (g *Group) onWire(ctx context.Context) (*wireGroup, error) {
	seen, err := g.Node.wires.of(ctx, g.Number, func() (*wireGroup, error) { return g.lookOnWire(ctx) })
	if err == nil {
		reached(ctx, reports.ByWire)
	}
	return seen, err
}

func (g *Group) lookOnWire(ctx context.Context) (seen *wireGroup, err error) {
	release, err := g.Node.wires.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	port, err := wire.Open(ctx, g.Node.Shell, g.Bridge, g.Node.wireLimits())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, port.Close()) }()
	defer keepPackets(ctx, g.Bridge, port)
	all, err := port.Resolve(ctx, g.hosts()...)
	if err != nil {
		return nil, err
	}
	seen = &wireGroup{Bridge: g.Bridge, BridgeMAC: port.BridgeMAC()}
	seen.Addresses = slices.DeleteFunc(all, wire.Resolution.Free)
	for _, vm := range g.onBridge() {
		one, err := g.vmOnWire(ctx, port, seen, vm)
		if err != nil {
			return nil, err
		}
		if one != nil {
			seen.VMs = append(seen.VMs, *one)
		}
	}
	return seen, nil
}

// onBridge are the VMs that have a NIC on the group's bridge.
func (g *Group) onBridge() []lab.VM {
	all := g.Instances()
	if p := g.Node.pairOf(g); p != nil {
		all = append(all, p.Gateway)
	}
	return all
}

// vmOnWire finds a VM by the MAC of its NIC on the bridge, and asks one with an address
// where it sends its answers; nil: it has no NIC there.
func (g *Group) vmOnWire(ctx context.Context, port *wire.Port, seen *wireGroup, vm lab.VM) (*wireVM, error) {
	config, err := g.Node.API.CurrentVMConfig(ctx, vm.ID)
	if err != nil {
		return nil, nil // whoever asks about this VM meets the same error
	}
	at := slices.IndexFunc(config.NICs(), func(n proxmox.NIC) bool { return n.Bridge == g.Bridge })
	if at < 0 {
		return nil, nil
	}
	nic := config.NICs()[at]
	one := &wireVM{VMID: vm.ID, MAC: nic.MAC, VLAN: nic.VLAN}
	for _, a := range seen.Addresses {
		if slices.ContainsFunc(a.MACs, func(mac string) bool { return linuxnet.SameMAC(mac, nic.MAC) }) {
			one.Addrs = append(one.Addrs, a.Addr)
			one.Shared = append(one.Shared, slices.DeleteFunc(slices.Clone(a.MACs), func(mac string) bool { return linuxnet.SameMAC(mac, nic.MAC) })...)
		}
	}
	if len(one.Addrs) == 0 {
		return one, nil
	}
	tap, err := wire.Listen(ctx, g.Node.Shell, tapName(vm, nic), g.Node.wireLimits())
	if err != nil {
		return nil, err
	}
	defer tap.Close()
	mac, err := linuxnet.ParseMAC(nic.MAC)
	if err != nil {
		return nil, fmt.Errorf("VM %d: %w", vm.ID, err)
	}
	routing, err := port.Routing(ctx, wire.Station{Addr: one.Addrs[0], MAC: mac.String()}, tap)
	one.Routing = &routing
	return one, err
}

// unseenRoute is an error where all else that the wire shows of a VM is right, and where it
// sends what leaves its network did not show: no answer is no wrong one.
func (v *wireVM) unseenRoute(g *Group) error {
	if r := v.Routing; r == nil || !r.Answers || r.Default != wire.Unseen || !g.accepts(*r) {
		return nil
	}
	return &notObservable{Why: reports.Textf(
		"Sur %[1]s, la VM %[2]d répond, mais rien n'a montré où elle envoie ce qui sort de son réseau.",
		"On %[1]s VM %[2]d answers, and nothing showed where it sends what leaves its network.", g.Bridge, v.VMID)}
}

// tapName is the node's own end of a NIC (PVE::Network, tap_create).
func tapName(vm lab.VM, nic proxmox.NIC) string { return fmt.Sprintf("tap%di%d", vm.ID, nic.Index) }

// hosts are the addresses that a machine of the group's network can have; of a network
// that is larger than a /24 only the plan's.
func (g *Group) hosts() []netip.Addr {
	widest := g.Network
	for _, network := range g.networks() {
		if network.Bits() < widest.Bits() && network.Bits() >= 24 {
			widest = network
		}
	}
	var all []netip.Addr
	for addr := widest.Addr().Next(); addr.IsValid() && addr != lab.Broadcast(widest); addr = addr.Next() {
		all = append(all, addr)
	}
	return all
}

// keepPackets keeps what passed an interface, for Wireshark.
func keepPackets(ctx context.Context, name string, ear wire.Ear) {
	var pcap bytes.Buffer
	if ear.WritePcap(&pcap) == nil {
		keep(ctx, name+".pcap", pcap.Bytes())
	}
}

// hidden tells whether an error says that a VM cannot be looked into, as far as the wire
// may still show something of it.
func (n *Node) hidden(err error) bool {
	var unreachable *guest.Unreachable
	var unseen *notObservable
	return n.probes() && !errors.Is(err, guest.ErrNotRunning) && (errors.As(err, &unreachable) || errors.As(err, &unseen))
}

// wireCrossing is a ping from a port on one group's bridge to a VM of the other, through
// the gateway, and one in the other direction.
type wireCrossing struct {
	There wire.Trial `json:"there"` // from X's bridge to Y's first VM
	Back  wire.Trial `json:"back"`  // from Y's bridge to X's first VM
}

// crossOnWire pings across in both directions.
func crossOnWire(ctx context.Context, p *Pair) (seen *wireCrossing, err error) {
	seen = &wireCrossing{}
	if seen.There, err = crossFrom(ctx, p, p.X, p.Y); err != nil {
		return nil, err
	}
	seen.Back, err = crossFrom(ctx, p, p.Y, p.X)
	return seen, err
}

// crossFrom pings the first VM of the far group from a port on the near group's bridge, by
// way of the gateway's MAC there.
func crossFrom(ctx context.Context, p *Pair, near, far *Group) (trial wire.Trial, err error) {
	here, err := near.onWire(ctx)
	if err != nil {
		return trial, err
	}
	there, err := far.onWire(ctx)
	if err != nil {
		return trial, err
	}
	gateway, target := here.vm(p.Gateway.ID), there.vm(far.First.ID)
	if len(gateway.Addrs) == 0 || len(target.Addrs) == 0 {
		return trial, nil // what is not on the wire was told already
	}
	release, err := p.Node.wires.turn(ctx)
	if err != nil {
		return trial, err
	}
	defer release()
	port, err := wire.Open(ctx, p.Node.Shell, near.Bridge, p.Node.wireLimits())
	if err != nil {
		return trial, err
	}
	defer func() { err = errors.Join(err, port.Close()) }()
	defer keepPackets(ctx, near.Bridge+"-crossing", port)
	from, err := port.Borrow(ctx, near.hosts()...)
	if err != nil {
		return trial, err
	}
	mac, err := linuxnet.ParseMAC(gateway.MAC)
	if err != nil {
		return trial, err
	}
	return port.Echo(ctx, wire.Request{From: from, To: target.Addrs[0], Via: mac.String()})
}
