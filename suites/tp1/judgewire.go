package tp1

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/wire"
)

// judgeOnWire says what must be true of a VM with an address in the group's network, as
// its neighbours on the bridge see it.
func judgeOnWire(j *judge, g *Group, vm lab.VM, look addressLook) {
	seen := look.Wire
	judgeWireAddress(j, g, vm, seen, look.Taken)
	judgeWireMask(j, g, vm, seen)
	judgeWireGateway(j, g, vm, seen, look.ways())
}

// judgeWireMask asserts that a VM answers those of its network, and by its answers has the
// network's mask. Of a gateway, too, the bridge shows one network only: what lies in its
// other one is answered by its other NIC.
func judgeWireMask(j *judge, g *Group, vm lab.VM, seen *wireVM) {
	routing := seen.Routing
	j.Expect(routing).NotTo(BeNil(), j.because("Personne n'a regardé les routes de %s.", "Nobody looked at %s's routes.", vm.Name).say)
	j.Expect(routing.Answers).To(BeTrue(), j.because(
		"%s a l'adresse %s et ne répond à aucun ping.", "%s has the address %s and answers no ping.", vm.Name, routing.VM.Addr).
		seen(onBridge(g), seen.text()).
		next("Un pare-feu dans la VM ? L'adresse est-elle celle de cette carte, et pas d'une autre ?",
			"A firewall in the VM? Is the address this card's, and not another one's?").say)
	j.Expect(g.accepts(*routing)).To(BeTrue(), j.because(
		"Le masque de %s n'est pas celui du réseau %s : d'après ses réponses, il va de /%d à /%d.",
		"%s's mask is not that of the network %s: by its answers it is between /%d and /%d.", vm.Name, g.Network, routing.Shortest, routing.Longest).
		seen(onBridge(g), seen.text()).
		next("ip a dans la VM : le masque, et la carte qui porte l'adresse.", "ip a in the VM: the mask, and the card that has the address.").say)
}

// judgeWireAddress asserts that a VM answers for an address of its own.
func judgeWireAddress(j *judge, g *Group, vm lab.VM, seen *wireVM, taken []tenant) {
	j.Expect(seen.VLAN).To(BeZero(), tagged(j, vm, seen.VLAN).seen(onBridge(g), seen.text()).say)
	j.Expect(seen.Addrs).NotTo(BeEmpty(), j.because(
		"Sur %s, %s ne répond pour aucune adresse du réseau %s.", "On %s, %s answers for no address of the network %s.", g.Bridge, vm.Name, g.Network).
		seen(onBridge(g), seen.text()).
		next("ip a dans la VM ; est-elle démarrée, sa carte est-elle sur %s ?", "ip a in the VM; is it running, is its card on %s?", g.Bridge).say)
	j.Expect(seen.Shared).To(BeEmpty(), j.because(
		"Une adresse de %s est aussi celle d'une autre machine (%s).", "An address of %s is another machine's as well (%s).", vm.Name, strings.Join(seen.Shared, ", ")).
		seen(onBridge(g), seen.text()).say)
	for _, other := range taken {
		j.Expect(seen.Addrs).NotTo(ContainElement(other.Addr), j.because(
			"%s répond pour %s, qui est l'adresse de %s.", "%s answers for %s, which is the address of %s.", vm.Name, other.Addr, other.Who).
			seen(onBridge(g), seen.text()).say)
	}
}

// judgeWireGateway asserts that a VM sends what leaves its network to the gateway.
func judgeWireGateway(j *judge, g *Group, vm lab.VM, seen *wireVM, ways []netip.Addr) {
	j.Expect(seen.Routing.Default).To(Equal(wire.Gateway), j.because(
		"%s n'a pas de route par défaut : elle ne répond pas à une adresse d'un autre réseau.",
		"%s has no default route: it does not answer an address of another network.", vm.Name).
		seen(onBridge(g), seen.text()).next("La ligne gateway de /etc/network/interfaces.", "The gateway line of /etc/network/interfaces.").say)
	j.Expect(routers(*seen.Routing)).To(ContainElement(g.leaves(ways, tenant{vm.Name, seen.Routing.VM.Addr})), j.because(
		"La route par défaut de %s ne passe pas par la passerelle %s.", "%s's default route does not go through the gateway %s.", vm.Name, named(ways)).
		seen(onBridge(g), seen.text()).next("ip route", "ip route").say)
}

// accepts tells whether a VM's answers fit one of the masks that count as right.
func (g *Group) accepts(r wire.Routing) bool {
	return slices.ContainsFunc(g.networks(), func(n netip.Prefix) bool { return r.Shortest <= n.Bits() && n.Bits() <= r.Longest })
}

func routers(r wire.Routing) []netip.Addr {
	var all []netip.Addr
	for _, s := range r.Gateways {
		all = append(all, s.Addr)
	}
	return all
}

func onBridge(g *Group) string { return fmt.Sprintf("ARP, ICMP (%s)", g.Bridge) }

// text is what the wire showed of a VM, to read.
func (v *wireVM) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v\n", v.MAC, v.Addrs)
	if r := v.Routing; r != nil {
		fmt.Fprintf(&b, "/%d…/%d, default: %s %v\n", r.Shortest, r.Longest, r.Default, r.Gateways)
	}
	return b.String()
}

// judgeWireCrossing asserts that a ping crosses the gateway in both directions. One side's
// part is that its own VM finds the way back.
func judgeWireCrossing(j *judge, p *Pair, seen *wireCrossing) {
	for _, way := range []struct {
		near, far *Group
		trial     wire.Trial
	}{{p.X, p.Y, seen.There}, {p.Y, p.X, seen.Back}} {
		if !j.asksOf(way.far) {
			continue
		}
		j.Expect(way.trial.Outcome()).To(Equal(wire.Answered), j.because(
			"Un ping envoyé de %s par la passerelle vers %s n'a pas de réponse (%s).",
			"A ping that is sent from %s by way of the gateway to %s is not answered (%s).", way.near.Bridge, way.far.First.Name, way.trial.Outcome()).
			seen(onBridge(way.near), fmt.Sprintf("%s → %s, via %s: %s", way.trial.From, way.trial.To, way.trial.Via, way.trial.Outcome())).
			next("sysctl net.ipv4.ip_forward sur %[1]s ; ip route sur %[2]s.", "sysctl net.ipv4.ip_forward on %[1]s; ip route on %[2]s.", p.Gateway.Name, way.far.First.Name).say)
	}
}

// onWire is the gateway as its two bridges show it, X's first.
func (p *Pair) onWire(ctx context.Context) ([]wireVM, error) {
	var all []wireVM
	for _, g := range p.groups() {
		seen, err := g.onWire(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, *seen.vm(p.Gateway.ID))
	}
	return all, nil
}

// judgeAnswering asserts that one NIC of the gateway answers on a bridge: what the NIC is
// called inside the VM does not show there.
func judgeAnswering(j *judge, p *Pair, g *Group, look wiring) {
	for _, nic := range look.NICs {
		if nic.Bridge == g.Bridge {
			j.Expect(nic.VLAN).To(BeZero(), tagged(j, p.Gateway, nic.VLAN).seen("qm config", look.configured()).say)
		}
	}
	j.Expect(look.answersOn(g.Bridge)).To(HaveLen(1), j.because(
		"Sur %s, aucune carte de %s ne répond pour une adresse du réseau.", "On %s no card of %s answers for an address of the network.", g.Bridge, p.Gateway.Name).
		seen("qm config / ARP", look.configured()).
		next("Comparez les adresses MAC de l'onglet Hardware à celles de « ip a ».",
			"Compare the MAC addresses of the Hardware tab with those of \"ip a\".").say)
}

// answersOn are the NICs of the gateway whose MAC answers on a bridge.
func (w wiring) answersOn(bridge string) []string {
	var macs []string
	for _, nic := range w.NICs {
		if nic.Bridge == bridge && nic.VLAN == 0 && slices.ContainsFunc(w.Wire, func(v wireVM) bool { return linuxnet.SameMAC(v.MAC, nic.MAC) && len(v.Addrs) > 0 }) {
			macs = append(macs, nic.MAC)
		}
	}
	return macs
}
