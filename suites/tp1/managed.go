package tp1

import (
	"net/netip"
	"slices"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

// leaves matches the addresses by which the group's network can be left. Where none is
// known, any address will do that a machine of the network can have and that is not one
// of these others'.
func (g *Group) leaves(ways []netip.Addr, others ...tenant) types.GomegaMatcher {
	if len(ways) > 0 {
		return BeElementOf(ways)
	}
	return Satisfy(func(addr netip.Addr) bool {
		taken := slices.ContainsFunc(others, func(o tenant) bool { return o.Addr == addr })
		return !taken && slices.ContainsFunc(g.networks(), func(n netip.Prefix) bool {
			return addr.Is4() && g.holds(netip.PrefixFrom(addr, n.Bits()))
		})
	})
}

// ways are those of some addresses that are known.
func ways(addrs ...netip.Addr) []netip.Addr {
	return slices.DeleteFunc(addrs, func(addr netip.Addr) bool { return !addr.IsValid() })
}

// named is the way out of a network, for a reason.
func named(ways []netip.Addr) string {
	if len(ways) == 0 {
		return "(?)"
	}
	return ways[0].String()
}

// managedElsewhere tells whether a card works though /etc/network/interfaces does not
// mention it: NetworkManager, systemd-networkd, netplan, or somebody by hand.
func managedElsewhere(g *Group, look addressLook, interfaces *linuxnet.Interfaces, nic string) bool {
	return !look.Offline && elsewhere(g, look.Network.card(look.NIC), interfaces, nic)
}

// elsewhere tells whether a card has an address of the group's network though the files, by none
// of its names, say anything of it.
func elsewhere(g *Group, card linuxnet.Link, interfaces *linuxnet.Interfaces, nic string) bool {
	if interfaces != nil {
		if _, found := interfaces.Stanza(writtenName(card, nic, interfaces)); found {
			return false
		}
	}
	return slices.ContainsFunc(card.IPv4(), g.contains)
}

// perhapsElsewhere tells of a VM of which only the disk was read, and whose interfaces say nothing
// of any card, where other managers count: theirs are files that nobody reads.
func perhapsElsewhere(g *Group, look addressLook) bool {
	return look.Offline && !look.Unread && perhapsManaged(g.Node, look.Files)
}

// perhapsManaged tells of files that say nothing of any card, where other managers count.
func perhapsManaged(n *Node, files linuxnet.Files) bool {
	if !n.Config.Accept.OtherManagers {
		return false
	}
	if _, found := files[interfacesFile]; !found {
		return true // no ifupdown
	}
	interfaces, err := linuxnet.ParseInterfaces(files, interfacesFile)
	return err == nil && !slices.ContainsFunc(interfaces.Stanzas, func(s linuxnet.Stanza) bool { return s.Name != "lo" })
}

// mootAddress tells that such a VM's address does not show: the wire did not either.
func mootAddress(g *Group, look addressLook) (why reports.Text, moot bool) {
	return onlyDisk, look.Wire == nil && perhapsElsewhere(g, look)
}

// byProgram is the protocol of routes that a program set for good; those of `ip route add`
// and of ifupdown are of none ("boot"), and DHCP's say so (rtnetlink(7)).
const byProgram = "static"

// judgeManaged says what must be true of a card that something else than ifupdown manages.
func judgeManaged(j *judge, g *Group, vm lab.VM, look addressLook) {
	own := judgeManagedCard(j, g, vm, look.Network.card(look.NIC), look)
	j.Expect(linuxnet.DefaultRoutes(look.Network.Routes)).To(ConsistOf(And(
		HaveField("Gateway", g.leaves(look.ways(), append(slices.Clone(look.Taken), own)...)), HaveField("Protocol", byProgram))), j.because(
		"La route par défaut de %s ne passe pas par %s, n'est pas la seule, ou n'a été posée que pour l'instant.",
		"%s's default route does not go through %s, is not the only one, or was set for the moment only.", vm.Name, named(look.ways())).
		said(look.Network.Answer).next("ip route", "ip route").say)
}

// judgeManagedCard says what must be true of such a card itself, and returns who has its address.
func judgeManagedCard(j *judge, g *Group, vm lab.VM, card linuxnet.Link, look addressLook) (own tenant) {
	j.Expect(g.Node.Config.Accept.OtherManagers).To(BeTrue(), j.because(
		"%s de %s a une adresse, mais elle n'est pas écrite dans /etc/network/interfaces : elle a été posée à la main, ou par NetworkManager, systemd-networkd ou netplan.",
		"%s of %s has an address, and it is not written in /etc/network/interfaces: it was set by hand, or by NetworkManager, systemd-networkd or netplan.", card.Name, vm.Name).
		seen(showFiles(look.Files)).
		next("L'énoncé demande /etc/network/interfaces (accept.other_managers dans ginkgo.yaml en décide).",
			"The practical asks for /etc/network/interfaces (accept.other_managers in ginkgo.yaml decides).").say)
	j.Expect(card.IPv4()).To(ContainElement(Satisfy(g.holds)), j.because(
		"L'adresse de %s n'est pas celle d'une machine du réseau %s : le masque n'est pas le bon, ou elle est réservée.",
		"%s's address is not one that a machine of the network %s can have: the mask is wrong, or it is reserved.", vm.Name, g.Network).
		said(look.Network.Answer).say)
	own = tenant{Who: vm.Name}
	for _, prefix := range card.IPv4() {
		for _, other := range look.Taken {
			j.Expect(prefix.Addr()).NotTo(Equal(other.Addr), j.because(
				"L'adresse de %s (%s) est déjà celle de %s.", "%s's address (%s) is that of %s already.", vm.Name, prefix.Addr(), other.Who).
				said(look.Network.Answer).say)
		}
		if g.holds(prefix) {
			own.Addr = prefix.Addr()
		}
	}
	return own
}
