package tp1

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// outside stands for the Internet: an address that is documentation's (RFC 5737), so
// that a guest with a route would still bother nobody.
var outside = netip.MustParseAddr("192.0.2.1")

// configuredLater is why the state of a fresh clone cannot be seen any more.
var configuredLater = reports.Text{
	FR: "La suite du TP configure le réseau de la VM : cet état n'a existé qu'un moment.",
	EN: "The practical goes on to configure the VM's network: this state was there for a moment only.",
}

// offlineLook is the fresh clone's attempt to reach the Internet; later, what is left of
// that moment: the template, which the clone was a copy of.
type offlineLook struct {
	Ping     guest.PingResult `json:"ping"`
	Network  guestNetwork     `json:"network"`
	Template linuxnet.Files   `json:"template,omitempty"` // the template's /etc/network/interfaces
	Later    bool             `json:"later,omitempty"`    // only the template is left to look at
}

// Q8: no Internet: how do you test?
func q08() Question[*Group, offlineLook] {
	return Question[*Group, offlineLook]{
		ID:    "tp1.q08",
		Title: reports.Text{FR: "Constater que la VM n'a pas accès à Internet", EN: "See that the VM has no access to the Internet"},
		Needs: []string{"tp1.clone"},
		Look: func(ctx context.Context, g *Group) (offlineLook, error) {
			if !g.Node.acting() {
				files, err := g.copied(ctx)
				return offlineLook{Template: files, Later: true}, err
			}
			ping, err := ping(ctx, g.Node.In(g.First), outside)
			if err != nil {
				return offlineLook{}, err
			}
			network, err := lookNetwork(ctx, g.Node.In(g.First))
			return offlineLook{Ping: ping, Network: network}, err
		},
		Judge: func(j *judge, g *Group, look offlineLook) {
			if look.Later || look.Template != nil {
				judgeTemplateNetwork(j, g, look.Template)
				return
			}
			j.Expect(look.Ping.Parsed.Failure).To(ContainSubstring("Network is unreachable"), j.because(
				"Sans réseau configuré, ping doit dire « Network is unreachable ».",
				"With no network configured, ping must say \"Network is unreachable\".").seen(look.Ping.Command, look.Ping.Output).
				next("ip route : une route par défaut existe-t-elle déjà ?", "ip route: is there a default route already?").say)
			j.Expect(linuxnet.DefaultRoutes(look.Network.Routes)).To(BeEmpty(), j.because(
				"La VM a déjà une route par défaut.", "The VM has a default route already.").said(look.Network.Answer).say)
		},
	}
}

// Q9: no configured interface: show it.
func q09() Question[*Group, unconfiguredLook] {
	return Question[*Group, unconfiguredLook]{
		ID:    "tp1.q09",
		Title: reports.Text{FR: "Montrer qu'aucune interface n'est configurée", EN: "Show that no interface is configured"},
		Needs: []string{"tp1.clone"},
		Look:  lookUnconfigured,
		Judge: func(j *judge, g *Group, look unconfiguredLook) {
			if look.Later || look.Template != nil {
				judgeTemplateNetwork(j, g, look.Template)
				return
			}
			nic := look.link(student.NICName(0))
			j.Expect(nic.Name).To(Equal(student.NICName(0)), j.because(
				"%s n'a pas d'interface %s.", "%s has no interface %s.", g.First.Name, student.NICName(0)).said(look.Answer).say)
			j.Expect(nic.Up()).To(BeFalse(), j.because(
				"%s est déjà active.", "%s is up already.", nic.Name).said(look.Answer).say)
			for _, link := range look.Links {
				if link.Name != "lo" {
					j.Expect(link.IPv4()).To(BeEmpty(), j.because(
						"%s a déjà une adresse IPv4.", "%s has an IPv4 address already.", link.Name).said(look.Answer).say)
				}
			}
			j.Expect(look.Routes).To(BeEmpty(), j.because(
				"La VM a déjà des routes.", "The VM has routes already.").said(look.Answer).say)
		},
	}
}

// unconfiguredLook is a fresh clone's network; later, what is left of that moment: the
// template, which the clone was a copy of.
type unconfiguredLook struct {
	guestNetwork
	Template linuxnet.Files `json:"template,omitempty"` // the template's /etc/network/interfaces
	Later    bool           `json:"later,omitempty"`    // only the template is left to look at
}

func lookUnconfigured(ctx context.Context, g *Group) (unconfiguredLook, error) {
	if g.Node.acting() {
		network, err := lookNetwork(ctx, g.Node.In(g.First))
		return unconfiguredLook{guestNetwork: network}, err
	}
	files, err := g.copied(ctx)
	return unconfiguredLook{Template: files, Later: true}, err
}

// copied is the network's configuration that the clone was a copy of, where there is a clone.
func (g *Group) copied(ctx context.Context) (linuxnet.Files, error) {
	files, err := g.Node.templateFiles(ctx, g.Template)
	if err == nil {
		_, err = g.Node.API.VMConfig(ctx, g.First.ID)
	}
	return files, err
}

// templateFiles reads the network's configuration on a template's disk.
func (n *Node) templateFiles(ctx context.Context, template lab.VM) (linuxnet.Files, error) {
	if !n.offers(reports.ByDisk) {
		return nil, &notObservable{Why: configuredLater}
	}
	seen, err := n.sight(ctx, template)
	var unreachable *guest.Unreachable
	if errors.As(err, &unreachable) {
		// A template never runs: that nothing leads into it is no failure that goes away.
		return nil, &notObservable{Why: configuredLater}
	}
	if err != nil {
		return nil, err
	}
	return matching(seen.Files, interfacesFiles), nil
}

// judgeTemplateNetwork asserts that the template's network was left unconfigured.
func judgeTemplateNetwork(j *judge, g *Group, files linuxnet.Files) {
	if _, found := files[interfacesFile]; !found {
		return // no ifupdown: it configures nothing
	}
	file := files[interfacesFile].Content
	interfaces, err := linuxnet.ParseInterfaces(files, interfacesFile)
	j.Expect(err).NotTo(HaveOccurred(), j.because(
		"/etc/network/interfaces du template %d n'est pas lisible.", "/etc/network/interfaces of template %d cannot be read.", g.Template.ID).
		seen("cat /etc/network/interfaces", file).say)
	for _, stanza := range interfaces.Stanzas {
		j.Expect(stanza.Name).To(Equal("lo"), j.because(
			"Le template %d configure déjà %s : ses clones ont un réseau dès leur démarrage.",
			"Template %d configures %s already: its clones have a network as soon as they boot.", g.Template.ID, stanza.Name).
			seen("cat /etc/network/interfaces", file).
			next("À l'installation, choisissez de ne pas configurer le réseau maintenant.", "During the installation choose not to configure the network now.").say)
	}
}

// physicalLook is what the node says of its network cards.
type physicalLook struct {
	Cards []proxmox.Interface `json:"cards"`
	Ports []string            `json:"ports"` // of the default bridge
	Names []linuxnet.NICName  `json:"names"` // what each port's name says
}

// Q10: which is the host's physical interface, and what does its name say?
func q10() Question[*Node, physicalLook] {
	return Question[*Node, physicalLook]{
		ID:    "tp1.q10",
		Title: reports.Text{FR: "L'interface physique de l'hôte et le sens de son nom", EN: "The host's physical interface and what its name says"},
		Look:  lookPhysical,
		Judge: func(j *judge, n *Node, look physicalLook) {
			j.Expect(look.Cards).NotTo(BeEmpty(), j.because(
				"Le nœud ne montre aucune interface physique.", "The node shows no physical interface.").
				next("Il faut Sys.Audit sur le nœud pour voir l'onglet Network.", "Seeing the Network tab takes Sys.Audit on the node.").say)
			j.Expect(look.Ports).NotTo(BeEmpty(), j.because(
				"%s n'a aucun port : les VM n'y touchent aucun réseau.", "%s has no port: VMs reach no network through it.", n.Target.Bridge).say)
			for i, port := range look.Ports {
				j.Expect(look.Cards).To(ContainElement(HaveField("Name", port)), j.because(
					"Le port %s de %s n'est pas une interface du nœud.", "Port %s of %s is no interface of the node.", port, n.Target.Bridge).say)
				j.Expect(look.Names[i].Parts).NotTo(BeEmpty(), j.because(
					"Le nom %s ne suit aucune règle connue de nommage.", "The name %s follows no known naming rule.", port).
					next("man systemd.net-naming-scheme", "man systemd.net-naming-scheme").say)
			}
		},
	}
}

func lookPhysical(ctx context.Context, n *Node) (physicalLook, error) {
	var look physicalLook
	state, err := n.API.Networks(ctx)
	if err != nil {
		return look, err
	}
	for _, each := range state.Interfaces {
		if each.Type == "eth" {
			look.Cards = append(look.Cards, each)
		}
	}
	bridge, _ := state.Interface(n.Target.Bridge)
	look.Ports = bridge.BridgePorts
	for _, port := range look.Ports {
		name, err := linuxnet.DecodeNIC(port)
		if err != nil {
			return look, err
		}
		look.Names = append(look.Names, name)
	}
	return look, nil
}

// defaultBridgeLook is the node's default bridge, told by two witnesses.
type defaultBridgeLook struct {
	API    proxmox.Interface `json:"api"`
	Kernel *kernelLink       `json:"kernel"` // nil: the target gives no shell
	Class  string            `json:"class"`  // static, dhcp or manual
	Text   reports.Text      `json:"text"`   // the reference description
}

// kernelLink is an interface as the node's own kernel has it.
type kernelLink struct {
	Answer hypervisor.Result `json:"answer"`
	Link   linuxnet.Link     `json:"link"`
	Found  bool              `json:"found"`
}

// Q11: describe vmbr0.
func q11() Question[*Node, defaultBridgeLook] {
	return Question[*Node, defaultBridgeLook]{
		ID:    "tp1.q11",
		Title: reports.Text{FR: "Décrire la configuration de vmbr0", EN: "Describe the configuration of vmbr0"},
		Look: func(ctx context.Context, n *Node) (defaultBridgeLook, error) {
			bridge, err := n.API.Interface(ctx, n.Target.Bridge)
			if err != nil {
				return defaultBridgeLook{}, err
			}
			look := defaultBridgeLook{API: bridge, Class: bridge.Method, Text: describe(bridge)}
			look.Kernel, err = n.kernelLink(ctx, n.Target.Bridge)
			return look, err
		},
		Judge: func(j *judge, n *Node, look defaultBridgeLook) {
			j.Expect(look.API.Type).To(Equal("bridge"), j.because("%s n'est pas un bridge.", "%s is no bridge.", n.Target.Bridge).say)
			j.Expect(look.API.Active).To(BeTrue(), j.because("%s n'est pas actif.", "%s is not active.", n.Target.Bridge).say)
			j.Expect(look.Class).To(BeElementOf("static", "dhcp", "manual"), j.because(
				"L'adressage de %s n'est ni statique, ni DHCP, ni manuel.", "%s is addressed neither statically, nor by DHCP, nor manually.", n.Target.Bridge).say)
			if look.Kernel == nil {
				return
			}
			j.Expect(look.Kernel.Found).To(BeTrue(), j.because(
				"Le noyau du nœud ne connaît pas %s.", "The node's kernel does not know %s.", n.Target.Bridge).
				seen(look.Kernel.Answer.Command, look.Kernel.Answer.Stdout).say)
			if look.Class == "static" {
				j.Expect(prefixes(look.Kernel.Link.IPv4())).To(ContainElement(look.API.CIDR), j.because(
					"L'adresse de %s dans l'API n'est pas celle du noyau.", "%s's address in the API is not the kernel's.", n.Target.Bridge).
					seen(look.Kernel.Answer.Command, look.Kernel.Answer.Stdout).say)
			}
		},
	}
}

// describe is the reference answer to Q11.
func describe(b proxmox.Interface) reports.Text {
	ports := strings.Join(b.BridgePorts, ", ")
	return reports.Textf(
		"%s : bridge Linux, ports %s, adresse %s (%s), passerelle %s, STP %s",
		"%s: Linux bridge, ports %s, address %s (%s), gateway %s, STP %s",
		b.Name, ports, b.CIDR, b.Method, b.Gateway, b.Raw("bridge_stp"))
}

// kernelLink reads an interface on the node itself; nil where there is no shell.
func (n *Node) kernelLink(ctx context.Context, name string) (*kernelLink, error) {
	if n.Shell == nil {
		return nil, nil
	}
	answer, err := n.Shell.Run(ctx, "ip -j -d address show dev "+hypervisor.Quote(name))
	if err != nil {
		return nil, err
	}
	look := &kernelLink{Answer: answer}
	if answer.Exit != 0 {
		return look, nil
	}
	links, err := linuxnet.ParseAddrs([]byte(answer.Stdout))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", answer.Command, err)
	}
	look.Link, look.Found = linuxnet.FindLink(links, name)
	return look, nil
}

func prefixes(all []netip.Prefix) []string {
	var texts []string
	for _, p := range all {
		texts = append(texts, p.String())
	}
	return texts
}

// bridgeLook is the group's bridge, told by two witnesses.
type bridgeLook struct {
	Listed  bool              `json:"listed"`
	API     proxmox.Interface `json:"api"`
	Kernel  *kernelLink       `json:"kernel"`
	Changes string            `json:"changes"`
	Story   *student.Bridging `json:"story"`
}

// Q12: the bridge vmbr1x, with the smallest mask that holds the lab.
func q12() Question[*Group, bridgeLook] {
	return Question[*Group, bridgeLook]{
		ID:    "tp1.q12",
		Title: reports.Text{FR: "Créer le bridge du groupe et trouver son masque", EN: "Create the group's bridge and find its mask"},
		Needs: []string{"tp1.q05"},
		Do: func(ctx context.Context, g *Group) error {
			port, err := g.Node.physicalPort(ctx)
			if err != nil {
				return err
			}
			seen, err := g.Student.CreateBridge(ctx, port)
			g.saw.bridging = &seen
			return err
		},
		Look:   lookBridge,
		Absent: func(_ *Group, look bridgeLook) bool { return !look.Listed },
		Judge:  judgeBridge,
	}
}

// physicalPort is a port that belongs to the default bridge already.
func (n *Node) physicalPort(ctx context.Context) (string, error) {
	bridge, err := n.API.Interface(ctx, n.Target.Bridge)
	if err != nil {
		return "", err
	}
	if len(bridge.BridgePorts) == 0 {
		return "", fmt.Errorf("%s of node %s has no port", n.Target.Bridge, n.Target.Node)
	}
	return bridge.BridgePorts[0], nil
}

func lookBridge(ctx context.Context, g *Group) (bridgeLook, error) {
	state, err := g.Node.API.Networks(ctx)
	if err != nil {
		return bridgeLook{}, err
	}
	look := bridgeLook{Story: g.saw.bridging, Changes: state.Changes}
	if look.API, look.Listed = state.Interface(g.Bridge); !look.Listed {
		// Bridges that the account has no right to are left out of the list; whether there is
		// one the node says in its own words (PVE::API2::Network, index).
		if look.API, err = g.Node.API.Interface(ctx, g.Bridge); err != nil && !isNoInterface(err) {
			return look, err
		}
		look.Listed = err == nil
	}
	look.Kernel, err = g.Node.kernelLink(ctx, g.Bridge)
	return look, err
}

func judgeBridge(j *judge, g *Group, look bridgeLook) {
	create := j.because("Le bridge %s n'existe pas sur le nœud.", "Bridge %s does not exist on the node.", g.Bridge).
		next("Nœud → Network → Create → Linux Bridge, puis Apply Configuration, case Autostart cochée.",
			"Node → Network → Create → Linux Bridge, then Apply Configuration, with Autostart ticked.")
	j.Expect(look.Listed).To(BeTrue(), create.say)
	j.Expect(look.API.Type).To(Equal("bridge"), j.because("%s n'est pas un bridge Linux.", "%s is no Linux bridge.", g.Bridge).say)
	j.Expect(look.API.Active || look.API.Autostart).To(BeTrue(), j.because(
		"%s n'a pas la case Autostart cochée : Apply Configuration ne le met pas en service.", "%s does not have Autostart ticked: Apply Configuration does not bring it up.", g.Bridge).
		next("Éditez le bridge, cochez Autostart, puis Apply Configuration.", "Edit the bridge, tick Autostart, then Apply Configuration.").say)
	j.Expect(look.API.Active).To(BeTrue(), j.because(
		"%s est configuré mais pas appliqué.", "%s is configured but not applied.", g.Bridge).
		seen("GET /nodes/"+g.Node.Target.Node+"/network", look.Changes).
		next("Cliquez sur Apply Configuration.", "Click Apply Configuration.").say)
	if look.Kernel != nil {
		j.Expect(look.Kernel.Found).To(BeTrue(), create.seen(look.Kernel.Answer.Command, look.Kernel.Answer.Stderr).say)
		j.Expect(look.Kernel.Link.Kind).To(Equal("bridge"), j.because(
			"Pour le noyau du nœud, %s n'est pas un bridge.", "To the node's kernel %s is no bridge.", g.Bridge).
			seen(look.Kernel.Answer.Command, look.Kernel.Answer.Stdout).say)
	}
	if look.Story != nil {
		judgeBridging(j, g, *look.Story)
		return
	}
	if look.API.CIDR != "" {
		judgeHost(j, g, look.API.CIDR)
		j.Expect(look.hostApplied()).To(BeTrue(), j.because(
			"L'adresse de l'hôte sur %s, %s, est configurée mais pas appliquée.", "The host's address on %s, %s, is configured but not applied.", g.Bridge, look.API.CIDR).
			seen("GET /nodes/"+g.Node.Target.Node+"/network", look.Changes).
			next("Cliquez sur Apply Configuration.", "Click Apply Configuration.").say)
	}
}

// hostApplied tells whether the host's address is more than a pending change: what the API
// shows is the configuration to come.
func (l bridgeLook) hostApplied() bool {
	if l.Kernel != nil {
		return slices.Contains(prefixes(l.Kernel.Link.IPv4()), l.API.CIDR)
	}
	return !slices.ContainsFunc(strings.Split(l.Changes, "\n"), func(line string) bool {
		added, isNew := strings.CutPrefix(line, "+")
		return isNew && slices.Equal(strings.Fields(added), []string{"address", l.API.CIDR})
	})
}

// judgeHost says what must be true of the host's address on the bridge while it has one.
func judgeHost(j *judge, g *Group, cidr string) {
	prefix, err := netip.ParsePrefix(cidr)
	j.Expect(err).NotTo(HaveOccurred(), j.because("%s n'a pas d'adresse IPv4 lisible.", "%s has no IPv4 address that can be read.", g.Bridge).say)
	j.Expect(g.holds(prefix)).To(BeTrue(), j.because(
		"L'adresse de l'hôte sur %s, %s, n'est pas celle d'une machine du réseau %s.",
		"The host's address on %s, %s, is not one that a machine of the network %s can have.", g.Bridge, prefix, g.Network).
		seen("cidr", cidr).
		next("Il faut %d adresses utilisables : combien le masque en offre-t-il ?", "%d usable addresses are needed: how many does the mask offer?", tenants).say)
}

// tenants is how many addresses a group's network must hold: the host, later the
// gateway, and two VMs.
const tenants = 3

func judgeBridging(j *judge, g *Group, story student.Bridging) {
	j.Expect(story.WrongName.Fields).To(HaveKeyWithValue("iface", ContainSubstring("invalid network interface name '1%s'", g.Bridge)), j.because(
		"Un nom qui commence par un chiffre doit être refusé, avec les mots du nœud.",
		"A name that begins with a digit must be refused, in the node's own words.").refused(story.WrongName).say)
	j.Expect(story.TakenPort.Fields).To(HaveKeyWithValue("bridge_ports",
		ContainSubstring("is already used on interface '%s'.", g.Node.Target.Bridge)), j.because(
		"Un port qui appartient déjà à %s doit être refusé, avec les mots du nœud.",
		"A port that belongs to %s already must be refused, in the node's own words.", g.Node.Target.Bridge).refused(story.TakenPort).say)
	j.Expect(story.Changes).To(ContainSubstring("+iface %s inet static", g.Bridge), j.because(
		"Avant Apply, le bridge doit être en attente.", "Before Apply the bridge must be pending.").
		seen("GET /nodes/"+g.Node.Target.Node+"/network (changes)", story.Changes).say)
	j.Expect(story.Pending.Active).To(BeFalse(), j.because(
		"Avant Apply, le bridge ne doit pas être actif.", "Before Apply the bridge must not be active.").say)
	j.Expect(story.Applied.Active).To(BeTrue(), j.because(
		"Après Apply, le bridge doit être actif.", "After Apply the bridge must be active.").say)
	judgeMask(j, g, story.Applied.CIDR)
}

func judgeMask(j *judge, g *Group, cidr string) {
	prefix, err := netip.ParsePrefix(cidr)
	j.Expect(err).NotTo(HaveOccurred(), j.because("%s n'a pas d'adresse IPv4 lisible.", "%s has no IPv4 address that can be read.", g.Bridge).say)
	j.Expect(prefix.Addr()).To(Equal(g.Host), j.because(
		"L'hôte doit avoir l'adresse %s sur %s.", "The host must have the address %s on %s.", g.Host, g.Bridge).
		seen("cidr", cidr).say)
	bits, err := lab.SmallestMask(tenants)
	j.Expect(err).NotTo(HaveOccurred())
	j.Expect(prefix.Bits()).To(Equal(bits), j.because(
		"Il faut %d adresses utilisables (hôte puis passerelle, et deux VM) : le plus petit masque qui convient est /%d ; un /30 n'en offre que deux.",
		"%d usable addresses are needed (the host, later the gateway, and two VMs): the smallest mask that fits is /%d; a /30 offers only two.",
		tenants, bits).seen("cidr", cidr).say)
}
