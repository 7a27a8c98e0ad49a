package tp1

import (
	"context"
	"net/netip"
	"slices"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
)

// A group may choose its addresses: any free one of its network is right. What is asked of
// one VM then depends on what the others have, so whoever looks finds that out first. A
// student who acts has the addresses of the plan.

// addrOf is the address that a VM of the group has in the group's network; where none can
// be seen, which known tells, the plan's.
func (g *Group) addrOf(ctx context.Context, vm lab.VM) (addr netip.Addr, known bool) {
	if g.Node.acting() {
		return vm.Addr, true
	}
	config, err := g.Node.API.CurrentVMConfig(ctx, vm.ID)
	if err != nil {
		return vm.Addr, false
	}
	if addr, ok := g.seenOn(ctx, vm, firstNIC(config)); ok {
		return addr, true
	}
	return vm.Addr, false
}

// gatewayAddr is the address by which the group's network can be left: what the gateway
// VM has on the group's bridge; before there is such a VM, the host's address on the
// bridge. Where neither shows, known is false: whoever chose another one than the plan's
// may be right.
func (g *Group) gatewayAddr(ctx context.Context) (addr netip.Addr, known bool) {
	if g.Node.acting() {
		return g.Gateway, true
	}
	if p := g.Node.pairOf(g); p != nil {
		if addr, ok := p.seenAt(ctx, g); ok {
			return addr, true
		}
	}
	if addr, ok := g.hostAddr(ctx); ok {
		return addr, true
	}
	return g.Gateway, false
}

// hostAddr is the address that the host has on the group's bridge.
func (g *Group) hostAddr(ctx context.Context) (netip.Addr, bool) {
	bridge, err := g.Node.API.Interface(ctx, g.Bridge)
	if err != nil {
		return netip.Addr{}, false
	}
	prefix, err := netip.ParsePrefix(bridge.CIDR)
	return prefix.Addr(), err == nil && g.holds(prefix)
}

// hostBefore is the address by which the network was left before the gateway VM took over
// with another one: the host's, as the bridge still has it, else the plan's. In a VM's file
// it was right, and has to be changed only for the ping that crosses the gateway. An address
// that one of the VMs has is not the host's.
func (g *Group) hostBefore(ctx context.Context, gateway netip.Addr) (addr netip.Addr, known bool) {
	if g.Node.acting() || !gateway.IsValid() {
		return netip.Addr{}, false
	}
	before, seen := g.hostAddr(ctx)
	if !seen {
		before = g.Host
	}
	for _, vm := range g.Instances() {
		if own, seen := g.addrOf(ctx, vm); seen && own == before {
			return netip.Addr{}, false
		}
	}
	return before, before != gateway
}

// firstNIC is a VM's card for the group's network: net0, or the first of those it has left.
func firstNIC(config proxmox.VMConfig) proxmox.NIC {
	nic, found := config.Net(0)
	if all := config.NICs(); !found && len(all) > 0 {
		return all[0]
	}
	return nic
}

// seenAt is the address that the gateway VM has in one of its two networks.
func (p *Pair) seenAt(ctx context.Context, g *Group) (netip.Addr, bool) {
	config, err := p.Node.API.CurrentVMConfig(ctx, p.Gateway.ID)
	if err != nil {
		return netip.Addr{}, false
	}
	for _, nic := range config.NICs() {
		if nic.Bridge == g.Bridge {
			return g.seenOn(ctx, p.Gateway, nic)
		}
	}
	return netip.Addr{}, false
}

// seenOn is the address of a NIC that lies in the group's network: as the VM's system
// shows it, else the bridge, else what is written on its disk. One with a wrong mask is
// its address all the same.
func (g *Group) seenOn(ctx context.Context, vm lab.VM, nic proxmox.NIC) (netip.Addr, bool) {
	seen, err := g.Node.sight(ctx, vm)
	if err == nil && seen.Network != nil {
		return g.chosen(seen.Network.card(nic).IPv4())
	}
	if addr, ok := g.answering(ctx, vm); ok || err != nil {
		return addr, ok
	}
	return g.chosen(writtenAddresses(seen.Files))
}

// chosen is the first of some addresses that is the group's network's, one with the right
// mask before all others.
func (g *Group) chosen(all []netip.Prefix) (netip.Addr, bool) {
	for _, fits := range []func(netip.Prefix) bool{g.holds, g.contains} {
		if i := slices.IndexFunc(all, fits); i >= 0 {
			return all[i].Addr(), true
		}
	}
	return netip.Addr{}, false
}

// contains tells whether an address lies in the group's network, whatever its mask.
func (g *Group) contains(prefix netip.Prefix) bool {
	return slices.ContainsFunc(g.networks(), func(n netip.Prefix) bool { return n.Contains(prefix.Addr()) })
}

// writtenAddresses are the static addresses that a VM's files configure.
func writtenAddresses(files linuxnet.Files) []netip.Prefix {
	interfaces, err := linuxnet.ParseInterfaces(files, interfacesFile)
	if err != nil {
		return nil // ifupdown brings up nothing from a file with an error
	}
	var all []netip.Prefix
	for _, stanza := range interfaces.Stanzas {
		if address, err := stanza.Address(); err == nil && stanza.Method == "static" && address.Addr().Is4() {
			all = append(all, address)
		}
	}
	return all
}

// answering is the address for which a VM answers on the group's bridge.
func (g *Group) answering(ctx context.Context, vm lab.VM) (netip.Addr, bool) {
	if !g.Node.probes() {
		return netip.Addr{}, false
	}
	seen, err := g.onWire(ctx)
	if err != nil || len(seen.vm(vm.ID).Addrs) == 0 {
		return netip.Addr{}, false
	}
	return seen.vm(vm.ID).Addrs[0], true
}

// card is the guest's interface with the MAC of a NIC in the VM's configuration. Its name
// depends on the machine type: ens18 on i440fx, enp6s18 on q35.
func (n guestNetwork) card(nic proxmox.NIC) linuxnet.Link {
	for _, link := range n.Links {
		if linuxnet.SameMAC(nic.MAC, link.MAC.String()) {
			return link
		}
	}
	return linuxnet.Link{}
}

// cardName is the name of that interface; where the guest has none, the usual one.
func (n guestNetwork) cardName(nic proxmox.NIC) string {
	if link := n.card(nic); link.Name != "" {
		return link.Name
	}
	return student.NICName(nic.Index)
}

// networks are the group's network with every mask that counts as right: the plan's, and
// those of accept.masks.
func (g *Group) networks() []netip.Prefix {
	all := []netip.Prefix{g.Network}
	for _, bits := range g.Node.Config.Accept.Masks {
		all = append(all, netip.PrefixFrom(g.Network.Addr(), bits).Masked())
	}
	return all
}

// holds tells whether an address with its mask is one that a host of the group's network
// can have: in the network, with an accepted mask, and neither the network's own address
// nor the broadcast address.
func (g *Group) holds(prefix netip.Prefix) bool {
	if !prefix.IsValid() || !prefix.Addr().Is4() {
		return false
	}
	for _, network := range g.networks() {
		if prefix.Bits() == network.Bits() && network.Contains(prefix.Addr()) {
			return prefix.Addr() != network.Addr() && prefix.Addr() != lab.Broadcast(network)
		}
	}
	return false
}

// alone tells whether a group of the class has no neighbour. A run of one group says
// nothing about that where the configuration does not say who the class is.
func (n *Node) alone(g *Group) bool {
	members := n.Config.Class.Members()
	if len(members) == 0 {
		return len(n.pairs) > 0 && n.pairOf(g) == nil
	}
	pairs := n.Config.PairsOf(members)
	if len(pairs) == 0 {
		pairs = lab.Neighbours(members)
	}
	return !slices.ContainsFunc(pairs, func(p [2]int) bool { return p[0] == g.Number || p[1] == g.Number })
}

// pairOf is the pair that a group belongs to; nil: it has no neighbour.
func (n *Node) pairOf(g *Group) *Pair {
	for _, p := range n.pairs {
		if p.X == g || p.Y == g {
			return p
		}
	}
	return nil
}
