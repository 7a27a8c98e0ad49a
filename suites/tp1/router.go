package tp1

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// withoutHostLook is the group's bridge after the host has left it.
type withoutHostLook struct {
	API        proxmox.Interface `json:"api"`
	Kernel     *kernelLink       `json:"kernel"`
	Pending    bool              `json:"pending"`           // the node's configuration of it waits to be applied
	Neighbours *guest.PingResult `json:"neighbours"`        // VM to VM; nil: no probes
	HostOn     *netip.Addr       `json:"host_on,omitempty"` // an address for which the host answers on the wire
	Story      *lonelyStory      `json:"story"`
	Unanswered []capture.ARP     `json:"unanswered"` // who-has for the host's address, never answered
}

// Q18: take the host's address off the bridge; the ping to it fails: why?
func q18() Question[*Group, withoutHostLook] {
	return Question[*Group, withoutHostLook]{
		ID:    "tp1.q18",
		Title: reports.Text{FR: "Retirer l'hôte du bridge ; le ping vers lui échoue", EN: "Take the host off the bridge; the ping to it fails"},
		Needs: []string{"tp1.q17"},
		Do:    doWithoutHost,
		Look:  lookWithoutHost,
		Moot: func(g *Group, look withoutHostLook) (why reports.Text, moot bool) {
			return nobodyToJoin, look.API.CIDR != "" && g.Node.alone(g)
		},
		Judge: judgeWithoutHost,
	}
}

// doWithoutHost pings the host's address while a capture on the VM's own NIC shows
// what comes back.
func doWithoutHost(ctx context.Context, g *Group) error {
	before, err := g.Student.Ping(ctx, g.First, g.Host)
	if err != nil {
		return err
	}
	if err := g.Student.RemoveHostAddress(ctx); err != nil {
		return err
	}
	vm := g.Student.In(g.First)
	recording, err := guest.Capture(ctx, vm, student.NICName(0), "arp or icmp")
	if err != nil {
		return err
	}
	host, pingErr := g.Student.PingNobody(ctx, g.First, g.Host)
	pcap, err := recording.Stop(ctx)
	if pingErr != nil || err != nil {
		return firstError(pingErr, err)
	}
	keep(ctx, g.First.Name+".pcap", pcap)
	g.saw.withoutHost = &lonelyStory{Before: before, Host: host, Capture: pcap}
	return nil
}

func lookWithoutHost(ctx context.Context, g *Group) (withoutHostLook, error) {
	look := withoutHostLook{Story: g.saw.withoutHost}
	var err error
	if look.API, err = g.Node.API.Interface(ctx, g.Bridge); err != nil {
		return look, err
	}
	state, err := g.Node.API.Networks(ctx)
	if err != nil {
		return look, err
	}
	look.Pending = slices.Contains(state.Changed(), g.Bridge)
	if look.API.CIDR != "" && !g.Node.acting() && g.Node.alone(g) {
		return look, nil // it says nothing, or enough: see Moot and what is asked first
	}
	if look.Kernel, err = g.Node.kernelLink(ctx, g.Bridge); err != nil {
		return look, err
	}
	if look.Neighbours, err = g.Node.probeVM(ctx, g.First, g, g.Second); err != nil {
		return look, err
	}
	if look.Kernel == nil && g.Node.probes() {
		seen, err := g.onWire(ctx)
		if err != nil {
			return look, err
		}
		if addr, has := seen.hostHas(); has {
			look.HostOn = &addr
		}
	}
	if look.Story != nil {
		packets, err := readCapture(look.Story.Capture)
		if err != nil {
			return look, err
		}
		look.Unanswered = packets.ARPUnanswered(g.Host)
	}
	return look, nil
}

// nobodyToJoin is why a host that stays on the bridge of a group without a neighbour says
// nothing: it makes way for the gateway between two groups.
var nobodyToJoin = reports.Text{
	FR: "Ce groupe n'a pas de voisin à rejoindre : l'hôte peut rester sur son bridge.",
	EN: "This group has no neighbour to join: the host may stay on its bridge.",
}

func judgeWithoutHost(j *judge, g *Group, look withoutHostLook) {
	j.Expect(look.API.CIDR).To(BeEmpty(), j.because(
		"%s a encore une adresse de l'hôte dans la configuration du nœud.", "%s still has an address of the host in the node's configuration.", g.Bridge).
		seen("GET /nodes/"+g.Node.Target.Node+"/network/"+g.Bridge, "cidr: "+look.API.CIDR).
		next("Éditez le bridge, videz IPv4/CIDR, puis Apply Configuration.", "Edit the bridge, empty IPv4/CIDR, then Apply Configuration.").say)
	// What the API shows is the configuration to come: the host may still be there.
	j.Expect(look.Pending).To(BeFalse(), j.because(
		"La modification de %s n'a pas été appliquée : l'hôte y est encore.", "The change of %s was not applied: the host is still there.", g.Bridge).
		next("Cliquez sur Apply Configuration.", "Click Apply Configuration.").say)
	if look.Kernel != nil {
		j.Expect(look.Kernel.Found).To(BeTrue(), j.because("Le noyau du nœud ne connaît pas %s.", "The node's kernel does not know %s.", g.Bridge).say)
		j.Expect(look.Kernel.Link.IPv4()).To(BeEmpty(), j.because(
			"Le noyau du nœud a encore une adresse sur %s.", "The node's kernel still has an address on %s.", g.Bridge).
			seen(look.Kernel.Answer.Command, look.Kernel.Answer.Stdout).
			next("La modification a-t-elle été appliquée ?", "Was the change applied?").say)
	}
	j.Expect(look.HostOn).To(BeNil(), j.because(
		"L'hôte répond encore pour une adresse de %s.", "The host still answers for an address of %s.", g.Network).
		next("La modification a-t-elle été appliquée ?", "Was the change applied?").say)
	if look.Neighbours != nil {
		mustReach(j, *look.Neighbours)
	}
	if look.Story == nil {
		return
	}
	j.Expect(look.Story.Before).To(LoseNothing(), j.because(
		"Avant le retrait, le ping vers l'hôte devait passer.", "Before the removal the ping to the host had to work.").
		seen(look.Story.Before.Command, look.Story.Before.Output).say)
	j.Expect(look.Story.Host).To(LoseAll(), j.because(
		"L'hôte répond encore à %s alors que son adresse est retirée.", "The host still answers at %s though its address is gone.", g.Host).
		seen(look.Story.Host.Command, look.Story.Host.Output).say)
	j.Expect(look.Story.Host.Errors).To(ContainElement(ContainSubstring("Destination Host Unreachable")), j.because(
		"Le ping doit dire « Destination Host Unreachable ».", "The ping must say \"Destination Host Unreachable\".").
		seen(look.Story.Host.Command, look.Story.Host.Output).say)
	j.Expect(look.Unanswered).NotTo(BeEmpty(), j.because(
		"La capture doit montrer des requêtes ARP pour %s restées sans réponse.", "The capture must show ARP requests for %s that nobody answered.", g.Host).
		next("Ouvrez le fichier pcap de cette question dans Wireshark.", "Open this question's pcap file in Wireshark.").say)
}

// gatewayLook is the VM between two groups.
type gatewayLook struct {
	Name   string        `json:"name"`
	Status string        `json:"status"`
	NICs   []proxmox.NIC `json:"nics"`
}

// The step that has no number: the gateway VM, a clone with two NICs.
func gateway() Question[*Pair, gatewayLook] {
	return Question[*Pair, gatewayLook]{
		ID:    "tp1.gateway",
		Title: reports.Text{FR: "Créer la VM passerelle entre les deux groupes", EN: "Create the gateway VM between the two groups"},
		Needs: []string{"tp1.q18"},
		Do: func(ctx context.Context, p *Pair) error {
			if err := p.Node.Teacher.PreparePair(ctx, p.Pair); err != nil {
				return err
			}
			if err := p.X.Student.CreateGateway(ctx, p.Pair); err != nil {
				return err
			}
			return p.X.Student.Boot(ctx, p.Gateway)
		},
		Look: func(ctx context.Context, p *Pair) (gatewayLook, error) {
			status, err := p.Node.API.VMStatus(ctx, p.Gateway.ID)
			if err != nil {
				return gatewayLook{}, err
			}
			config, err := p.Node.API.CurrentVMConfig(ctx, p.Gateway.ID)
			return gatewayLook{Name: config.Name(), Status: status.Status, NICs: config.NICs()}, err
		},
		Absent: func(_ *Pair, look gatewayLook) bool { return look.Status != "running" },
		Judge: func(j *judge, p *Pair, look gatewayLook) {
			j.Expect(look.Name).To(BeElementOf(p.gatewayNames()), j.because(
				"La VM %d ne porte pas le nom attendu.", "VM %d does not have the expected name.", p.Gateway.ID).say)
			j.Expect(look.Status).To(Equal("running"), j.because("La VM %d ne tourne pas.", "VM %d is not running.", p.Gateway.ID).
				next("Démarrez-la.", "Start it.").say)
			j.Expect(look.NICs).To(HaveLen(2), j.because(
				"La passerelle doit avoir deux cartes réseau.", "The gateway must have two network cards.").
				next("Hardware → Add → Network Device.", "Hardware → Add → Network Device.").say)
		},
	}
}

// wiring is which NIC of the gateway is on which bridge.
type wiring struct {
	NICs    []proxmox.NIC `json:"nics"`
	Network guestNetwork  `json:"network"`
	Wire    []wireVM      `json:"wire,omitempty"` // the gateway as both bridges show it, where nothing leads into it
}

// Q19: which NIC is on which bridge?
func q19() Question[*Pair, wiring] {
	return Question[*Pair, wiring]{
		ID:    "tp1.q19",
		Title: reports.Text{FR: "Quelle interface de la passerelle est sur quel bridge", EN: "Which interface of the gateway is on which bridge"},
		Needs: []string{"tp1.gateway"},
		Look: func(ctx context.Context, p *Pair) (wiring, error) {
			config, err := p.Node.API.CurrentVMConfig(ctx, p.Gateway.ID)
			if err != nil {
				return wiring{}, err
			}
			look := wiring{NICs: config.NICs()}
			if look.Network, err = p.Node.network(ctx, p.Gateway); p.Node.hidden(err) {
				look.Wire, err = p.onWire(ctx)
			}
			return look, err
		},
		Judge: func(j *judge, p *Pair, look wiring) {
			for _, g := range p.groups() {
				if look.Wire != nil {
					judgeAnswering(j, p, g, look)
					continue
				}
				j.Expect(look.on(g.Bridge)).To(HaveLen(1), j.because(
					"D'après les adresses MAC, %s n'a pas une carte sur %s.", "By the MAC addresses, %s does not have one card on %s.", p.Gateway.Name, g.Bridge).
					seen("qm config / ip -j address", look.configured()+look.Network.Answer.Stdout).
					next("Comparez les adresses MAC de l'onglet Hardware à celles de « ip a ».",
						"Compare the MAC addresses of the Hardware tab with those of \"ip a\".").say)
			}
		},
	}
}

// on are the guest's interfaces whose NIC is on a bridge, found by their MAC addresses:
// the configuration writes them in capitals, the guest in small letters.
func (w wiring) on(bridge string) []string {
	var names []string
	for _, nic := range w.NICs {
		if link := w.Network.card(nic); nic.Bridge == bridge && nic.VLAN == 0 && link.Name != "" {
			names = append(names, link.Name)
		}
	}
	return names
}

// configured is the VM's part of the comparison, as its configuration says it.
func (w wiring) configured() string {
	var text strings.Builder
	for _, nic := range w.NICs {
		fmt.Fprintf(&text, "net%d: %s\n", nic.Index, nic.Raw)
	}
	return text.String()
}

// groups are the pair's two groups, X first.
func (p *Pair) groups() []*Group { return []*Group{p.X, p.Y} }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
