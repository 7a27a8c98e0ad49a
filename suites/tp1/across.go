package tp1

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

func forwarding(ctx context.Context, g guest.Guest) (string, error) {
	result, err := guest.Must(ctx, g, guest.Cmd("cat", forwardFile))
	return strings.TrimSpace(result.Stdout), err
}

// silentLook is the gateway between the networks. That nothing crosses it shows only
// before forwarding is switched on: whoever looks later sees that it is reached from both
// sides.
type silentLook struct {
	Sides       []sideLook         `json:"sides"`        // the gateway in the network of X, then of Y; none while a student acts
	ToGateway   []guest.PingResult `json:"to_gateway"`   // from every VM of the pair
	FromGateway []guest.PingResult `json:"from_gateway"` // to every VM of the pair
	Crossing    *crossing          `json:"crossing"`     // nil: the moment has passed
}

// sideLook is what the gateway has in one group's network.
type sideLook struct {
	Group   int            `json:"group"`
	Card    string         `json:"card"`
	Files   linuxnet.Files `json:"files"`
	Network guestNetwork   `json:"network"`
	Wire    *wireVM        `json:"wire,omitempty"` // what the bridge shows, where nothing leads into the gateway
	Taken   []tenant       `json:"taken"`
}

// Q20: without forwarding, what reaches the gateway, and what leaves it?
func q20() Question[*Pair, silentLook] {
	return Question[*Pair, silentLook]{
		ID:    "tp1.q20",
		Title: reports.Text{FR: "Sans routage : ce qui arrive à la passerelle et ce qui en sort", EN: "Without forwarding: what reaches the gateway and what leaves it"},
		Needs: []string{"tp1.q19"},
		Do:    func(ctx context.Context, p *Pair) error { return p.X.Student.ConfigureGateway(ctx, p.Pair) },
		Look:  lookSilence,
		Judge: func(j *judge, p *Pair, look silentLook) {
			for _, side := range look.Sides {
				judgeSide(j, p, side)
			}
			for _, each := range append(look.FromGateway, look.ToGateway...) {
				if j.asksOf(p.groupOf(each.From), p.groupOf(each.To)) {
					mustReach(j, each)
				}
			}
			if look.Crossing != nil || len(look.Sides) == 0 {
				judgeSilence(j, p, look.Crossing)
			}
		},
	}
}

// judgeSide says what must be true of the gateway's NIC in one group's network.
func judgeSide(j *judge, p *Pair, side sideLook) {
	g := p.group(side.Group)
	if side.Wire != nil {
		judgeWireAddress(j, g, p.Gateway, side.Wire, side.Taken)
		judgeWireMask(j, g, p.Gateway, side.Wire)
		return
	}
	interfaces, err := linuxnet.ParseInterfaces(side.Files, interfacesFile)
	live := side.Network.link(side.Card)
	if elsewhere(g, live, interfaces, side.Card) {
		judgeManagedCard(j, g, p.Gateway, live, addressLook{Files: side.Files, Network: side.Network, Taken: side.Taken})
		return
	}
	card := writtenName(live, side.Card, interfaces)
	stanza := judgeWritten(j, p.Gateway, card, side.Files, interfaces, err)
	address := judgeWrittenAddress(j, g, p.Gateway, stanza, addressLook{Files: side.Files, Taken: side.Taken})
	j.Expect(prefixes(live.IPv4())).To(ContainElement(address.String()), j.because(
		"%s n'a pas l'adresse que le fichier lui donne.", "%s does not have the address that the file gives it.", side.Card).said(side.Network.Answer).
		next("systemctl restart networking, puis journalctl -xe.", "systemctl restart networking, then journalctl -xe.").say)
}

// judgeSilence says what must be true of a ping across while forwarding is off.
func judgeSilence(j *judge, p *Pair, seen *crossing) {
	j.Expect(seen).NotTo(BeNil(), j.because("Personne n'a regardé ce qui traverse %s.", "Nobody looked at what crosses %s.", p.Gateway.Name).say)
	j.Expect(seen.Forward).To(Equal("0"), j.because(
		"Le routage est déjà actif sur %s.", "Forwarding is on already on %s.", p.Gateway.Name).
		seen("cat "+forwardFile, seen.Forward).say)
	j.Expect(seen.Far).To(CarryNothingOf(seen.Ping), j.because(
		"Rien ne doit sortir sur %s.", "Nothing must leave on %s.", seen.Cards[1]).say)
	if !j.asksOf(p.X) {
		return // what X's VM sends and says is not its neighbour's
	}
	j.Expect(seen.Ping).To(LoseAll(), j.because(
		"Le ping de %s vers %s passe déjà (%d/%d) alors que le routage n'est pas activé.",
		"The ping from %s to %s works already (%d/%d) though forwarding is off.",
		p.X.First.Name, p.Y.First.Name, seen.Ping.Received, seen.Ping.Sent).seen(seen.Ping.Command, seen.Ping.Output).
		next("sysctl net.ipv4.ip_forward sur %[1]s, ou l'hôte qui route entre %[2]s et %[3]s.",
			"sysctl net.ipv4.ip_forward on %[1]s, or the host routing between %[2]s and %[3]s.", p.Gateway.Name, p.X.Bridge, p.Y.Bridge).say)
	j.Expect(seen.Near).To(CarryRequestsOf(seen.Ping), j.because(
		"Les requêtes doivent arriver sur %s : la capture prouve ainsi qu'elle écoutait.",
		"The requests must arrive on %s: that is how the capture proves that it was listening.", seen.Cards[0]).say)
	j.Expect(sequences(seen.Near, seen.Ping, false)).To(BeEmpty(), j.because(
		"Aucune réponse ne doit passer.", "No reply must pass.").say)
}

func lookSilence(ctx context.Context, p *Pair) (silentLook, error) {
	var look silentLook
	var err error
	if !p.Node.acting() {
		if look.Sides, err = lookSides(ctx, p); err != nil || p.Node.Quiet {
			return look, err
		}
	}
	if look.FromGateway, look.ToGateway, err = pingGateway(ctx, p); err != nil {
		return look, err
	}
	if !p.Node.acting() && !(p.Node.Intrusive && p.entered(ctx)) {
		return look, nil
	}
	err = p.closed(ctx, func() error {
		crossing, err := cross(ctx, p, ping)
		look.Crossing = &crossing
		return err
	})
	return look, err
}

// pingGateway pings between the gateway and every VM of the pair, in both directions. All ping
// side by side: each ping that is lost takes its time.
func pingGateway(ctx context.Context, p *Pair) (from, to []guest.PingResult, err error) {
	type both struct{ from, to *guest.PingResult }
	pings := make([]both, 0, len(p.X.Instances())+len(p.Y.Instances()))
	all, each := errgroup.WithContext(ctx)
	for _, g := range p.groups() {
		for _, vm := range g.Instances() {
			pings = append(pings, both{})
			ping := &pings[len(pings)-1]
			from := func() (err error) {
				ping.from, err = p.Node.probeVM(each, p.Gateway, g, vm)
				return err
			}
			to := func() (err error) {
				ping.to, err = p.Node.probe(each, vm, known(g.gatewayAddr(each)))
				return err
			}
			if !p.Node.acting() {
				all.Go(from)
				all.Go(to)
				continue
			}
			all.Go(func() error {
				// The gateway goes first: its ARP request tells a VM that still has the
				// host's MAC for this address whose it is now.
				if err := from(); err != nil {
					return err
				}
				return to()
			})
		}
	}
	if err := all.Wait(); err != nil {
		return nil, nil, err
	}
	for _, ping := range pings {
		from, to = appendPing(from, ping.from), appendPing(to, ping.to)
	}
	return from, to, nil
}

// entered tells whether commands can be run where a crossing needs them.
func (p *Pair) entered(ctx context.Context) bool {
	return p.Node.into(ctx, p.X.First) != nil && p.Node.into(ctx, p.Gateway) != nil
}

func appendPing(all []guest.PingResult, one *guest.PingResult) []guest.PingResult {
	if one == nil {
		return all
	}
	return append(all, *one)
}

// lookSides reads how the gateway is configured in both networks.
func lookSides(ctx context.Context, p *Pair) ([]sideLook, error) {
	cards, _, err := p.cards(ctx)
	if p.Node.hidden(err) {
		return sidesOnWire(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	network, err := p.Node.network(ctx, p.Gateway)
	if err != nil {
		return nil, err
	}
	files, err := p.Node.files(ctx, p.Gateway, interfacesFiles...)
	if err != nil {
		return nil, err
	}
	var sides []sideLook
	for i, g := range p.groups() {
		sides = append(sides, sideLook{Group: g.Number, Card: cards[i], Files: files, Network: network, Taken: g.tenants(ctx)})
	}
	return sides, nil
}

// sidesOnWire is the gateway as its two bridges show it.
func sidesOnWire(ctx context.Context, p *Pair) ([]sideLook, error) {
	seen, err := p.onWire(ctx)
	if err != nil {
		return nil, err
	}
	var sides []sideLook
	for i, g := range p.groups() {
		sides = append(sides, sideLook{Group: g.Number, Wire: &seen[i], Taken: g.tenants(ctx)})
	}
	return sides, nil
}

// tenants are the group's VMs with their addresses, as far as those are known.
func (g *Group) tenants(ctx context.Context) []tenant {
	var all []tenant
	for _, vm := range g.Instances() {
		if addr := known(g.addrOf(ctx, vm)); addr.IsValid() {
			all = append(all, tenant{vm.Name, addr})
		}
	}
	return all
}

// group is the pair's group of that number.
func (p *Pair) group(number int) *Group {
	if p.Y.Number == number {
		return p.Y
	}
	return p.X
}

// groupOf is the group whose VM has that name, or whose network holds that address; nil:
// neither, such as the gateway.
func (p *Pair) groupOf(name string) *Group {
	addr, err := netip.ParseAddr(name)
	for _, g := range p.groups() {
		for _, vm := range g.Instances() {
			if vm.Name == name {
				return g
			}
		}
		if err == nil && slices.ContainsFunc(g.networks(), func(n netip.Prefix) bool { return n.Contains(addr) }) {
			return g
		}
	}
	return nil
}

// routingLook is the gateway with forwarding on.
type routingLook struct {
	Crossing crossing            `json:"crossing"`
	Files    linuxnet.Files      `json:"files"`            // what sets sysctls at boot
	Boot     *linuxnet.BootValue `json:"boot"`             // the line that decides; nil: none does
	Unread   bool                `json:"unread,omitempty"` // no file of the gateway could be read
	Routes   []routesLook        `json:"routes"`
	Wire     *wireCrossing       `json:"wire,omitempty"` // where no ping could be sent from a VM
	Story    *student.Forwarding `json:"story"`
}

type routesLook struct {
	Group   int          `json:"group"`
	VM      string       `json:"vm"`
	Network guestNetwork `json:"network"`
	Wire    *wireVM      `json:"wire,omitempty"` // where nothing leads into the VM
	Gateway netip.Addr   `json:"gateway"`        // by which the network can be left; none: not known
}

// Q21: with forwarding, the same request on both NICs, one TTL less, and the replies.
func q21() Question[*Pair, routingLook] {
	return Question[*Pair, routingLook]{
		ID:    "tp1.q21",
		Title: reports.Text{FR: "Avec routage : le ping traverse la passerelle", EN: "With forwarding: the ping crosses the gateway"},
		Needs: []string{"tp1.q20"},
		Do: func(ctx context.Context, p *Pair) error {
			seen, err := p.X.Student.EnableForwarding(ctx, p.Pair)
			p.saw.forwarding = &seen
			return err
		},
		Look:  lookRouting,
		Judge: judgeRouting,
	}
}

func lookRouting(ctx context.Context, p *Pair) (routingLook, error) {
	look := routingLook{Story: p.saw.forwarding}
	if err := look.cross(ctx, p); err != nil {
		return look, err
	}
	if err := look.readBoot(ctx, p); err != nil {
		return look, err
	}
	for _, g := range p.groups() {
		routes, err := lookRoutes(ctx, g)
		if err != nil {
			return look, err
		}
		look.Routes = append(look.Routes, routes)
	}
	return look, nil
}

// cross pings across, from a VM or else from the bridges; without probes it reads only
// whether forwarding is on.
func (l *routingLook) cross(ctx context.Context, p *Pair) (err error) {
	switch {
	case p.Node.Quiet:
		l.Crossing.Forward, err = p.Node.forwarding(ctx, p.Gateway)
	case p.entered(ctx):
		l.Crossing, err = cross(ctx, p, reach)
	case p.Node.probes():
		l.Wire, err = crossOnWire(ctx, p)
	default:
		_, err = p.Node.forwarding(ctx, p.Gateway) // which says why nothing can be seen
	}
	return err
}

func lookRoutes(ctx context.Context, g *Group) (routesLook, error) {
	look := routesLook{Group: g.Number, VM: g.First.Name, Gateway: known(g.gatewayAddr(ctx))}
	var err error
	if look.Network, err = g.Node.network(ctx, g.First); !g.Node.hidden(err) {
		return look, err
	}
	if err := g.Node.runs(ctx, g.First); err != nil {
		return look, err
	}
	seen, err := g.onWire(ctx)
	if err != nil {
		return look, err
	}
	look.Wire = seen.vm(g.First.ID)
	return look, look.Wire.unseenRoute(g)
}

func judgeRouting(j *judge, p *Pair, look routingLook) {
	for _, each := range look.Routes {
		if j.asksOf(p.group(each.Group)) {
			judgeRoutes(j, p.group(each.Group), each)
		}
	}
	if look.Wire != nil {
		judgeWireCrossing(j, p, look.Wire)
	} else {
		j.Expect(look.Crossing.Forward).To(Equal("1"), j.because(
			"Le routage n'est pas actif sur %s.", "%s does not forward.", p.Gateway.Name).
			seen("cat "+forwardFile, look.Crossing.Forward).
			next("net.ipv4.ip_forward=1 dans /etc/sysctl.d/*.conf, puis sysctl --system.", "net.ipv4.ip_forward=1 in /etc/sysctl.d/*.conf, then sysctl --system.").say)
	}
	if !look.Unread {
		j.Expect(look.Boot != nil && look.Boot.On()).To(BeTrue(), j.because(
			"Le routage ne survivrait pas à un redémarrage de %s : aucun fichier lu au démarrage ne l'active.",
			"Forwarding would not survive a reboot of %s: no file that is read at boot switches it on.", p.Gateway.Name).
			next("Écrivez net.ipv4.ip_forward=1 dans un fichier de /etc/sysctl.d/ (Debian 13 ne lit plus /etc/sysctl.conf).",
				"Write net.ipv4.ip_forward=1 to a file in /etc/sysctl.d/ (Debian 13 no longer reads /etc/sysctl.conf).").say)
	}
	switch {
	case look.Crossing.Ping.Command == "":
	case j.side != 0:
		judgeOwnCrossing(j, p, look.Crossing)
	default:
		judgeCrossing(j, p, look.Crossing)
	}
	if look.Story != nil {
		j.Expect(look.Story.BootAfter).NotTo(Equal(look.Story.BootBefore), j.because(
			"%s n'a pas redémarré : rien ne prouve que le réglage survit.", "%s did not reboot: nothing proves that the setting survives.", p.Gateway.Name).say)
		j.Expect(look.Story.After).To(Equal("1"), j.because(
			"sysctl --system n'a pas activé le routage.", "sysctl --system did not switch forwarding on.").say)
	}
}

// judgeRoutes asserts that a VM sends what leaves its network to the gateway.
func judgeRoutes(j *judge, g *Group, look routesLook) {
	if look.Wire != nil {
		judgeWireAddress(j, g, g.First, look.Wire, nil)
		judgeWireGateway(j, g, g.First, look.Wire, ways(look.Gateway))
		return
	}
	j.Expect(linuxnet.DefaultRoutes(look.Network.Routes)).To(ConsistOf(HaveField("Gateway", g.leaves(ways(look.Gateway)))), j.because(
		"La route par défaut de %s ne passe pas par la passerelle %s.", "%s's default route does not go through the gateway %s.", look.VM, named(ways(look.Gateway))).
		said(look.Network.Answer).next("ip route", "ip route").say)
}
