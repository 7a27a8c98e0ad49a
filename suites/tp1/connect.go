package tp1

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// ping sends a few echo requests from a guest, to look.
func ping(ctx context.Context, from guest.Guest, to netip.Addr) (guest.PingResult, error) {
	return guest.Ping(ctx, from, to.String(), student.PingCount)
}

// reachTries is how often a ping that should be answered is sent. A machine that knows an old MAC
// of its neighbour sends there for 5 s more and asks that MAC for 3 s (arp(7)): the first ping
// after a card or a gateway was changed is lost, and the third is not.
const reachTries = 3

// reach pings where every request should be answered, and again where some were lost and nobody
// said why.
func reach(ctx context.Context, from guest.Guest, to netip.Addr) (result guest.PingResult, err error) {
	for range reachTries {
		result, err = ping(ctx, from, to)
		if err != nil || result.LostNone() || len(result.Errors) > 0 {
			break
		}
	}
	return result, err
}

// known is an address as far as it is known, else none.
func known(addr netip.Addr, known bool) netip.Addr {
	if !known {
		return netip.Addr{}
	}
	return addr
}

// pings remembers what became of the pings that should be answered, of a lab that stands still:
// two questions ask whether the VMs of a group reach each other, and a lost ping takes its time.
type pings struct {
	memory[errand, guest.PingResult]
}

// errand is a ping from a VM to an address.
type errand struct {
	from int // VMID
	to   netip.Addr
}

// probe is reach where probes are allowed, the address is known and the VM lets us in, else
// nil.
func (n *Node) probe(ctx context.Context, from lab.VM, to netip.Addr) (*guest.PingResult, error) {
	if n.Quiet || !to.IsValid() {
		return nil, nil
	}
	in := n.into(ctx, from)
	if in == nil {
		return nil, nil
	}
	if n.acting() {
		result, err := reach(ctx, in, to)
		return &result, err
	}
	this := errand{from.ID, to}
	result, err := n.pings.of(ctx, this, func() (guest.PingResult, error) { return reach(ctx, in, to) })
	if err != nil {
		n.pings.forget(this) // it says nothing of the lab
	}
	return &result, err
}

// plugLook is the first VM on the group's bridge.
type plugLook struct {
	NIC    proxmox.NIC       `json:"nic"`
	Before *guest.PingResult `json:"before"` // the ping to the host without an address
}

// Q13: put the VM on the bridge while it runs; the ping to the host fails: why?
func q13() Question[*Group, plugLook] {
	return Question[*Group, plugLook]{
		ID:    "tp1.q13",
		Title: reports.Text{FR: "Raccorder la VM au bridge ; le ping vers l'hôte échoue encore", EN: "Put the VM on the bridge; the ping to the host still fails"},
		Needs: []string{"tp1.clone", "tp1.q12"},
		Do: func(ctx context.Context, g *Group) error {
			if err := g.Student.Plug(ctx, g.First); err != nil {
				return err
			}
			before, err := g.Student.Ping(ctx, g.First, g.Host)
			g.saw.beforeHost = &before
			return err
		},
		Look: func(ctx context.Context, g *Group) (plugLook, error) {
			config, err := g.Node.API.CurrentVMConfig(ctx, g.First.ID)
			if err != nil {
				return plugLook{}, err
			}
			return plugLook{NIC: firstNIC(config), Before: g.saw.beforeHost}, nil
		},
		Judge: func(j *judge, g *Group, look plugLook) {
			judgePlug(j, g, g.First, look.NIC)
			if look.Before == nil {
				return
			}
			j.Expect(look.Before.Parsed.Failure).To(ContainSubstring("Network is unreachable"), j.because(
				"Sans adresse dans la VM, le ping vers l'hôte doit échouer parce qu'aucune route n'y mène.",
				"With no address in the VM the ping to the host must fail because no route leads there.").
				seen(look.Before.Command, look.Before.Output).say)
		},
	}
}

// judgePlug says what must be true of the NIC of a VM on the group's bridge.
func judgePlug(j *judge, g *Group, vm lab.VM, nic proxmox.NIC) {
	config := fmt.Sprintf("GET /nodes/%s/qemu/%d/config?current=1", g.Node.Target.Node, vm.ID)
	j.Expect(nic.Bridge).To(Equal(g.Bridge), j.because(
		"La carte réseau de %s n'est pas sur %s.", "%s's network card is not on %s.", vm.Name, g.Bridge).
		seen(config, "net0: "+nic.Raw).
		next("Hardware → Network Device → Bridge.", "Hardware → Network Device → Bridge.").say)
	j.Expect(nic.VLAN).To(BeZero(), tagged(j, vm, nic.VLAN).seen(config, "net0: "+nic.Raw).say)
	j.Expect(nic.LinkDown).To(BeFalse(), j.because(
		"La carte réseau de %s est débranchée.", "%s's network card is disconnected.", vm.Name).
		seen(config, "net0: "+nic.Raw).
		next("Hardware → Network Device : décochez Disconnect.", "Hardware → Network Device: untick Disconnect.").say)
}

// tagged starts the reason for a card with a VLAN tag.
func tagged(j *judge, vm lab.VM, vlan int) reason {
	return j.because(
		"La carte réseau de %s porte l'étiquette VLAN %d : elle n'atteint que les machines du même VLAN.",
		"%s's network card has the VLAN tag %d: it reaches only machines of the same VLAN.", vm.Name, vlan).
		next("Hardware → Network Device → VLAN Tag : videz le champ.", "Hardware → Network Device → VLAN Tag: empty the field.")
}

// Q14: what is lo?
func q14() Question[*Group, guestNetwork] {
	return Question[*Group, guestNetwork]{
		ID:    "tp1.q14",
		Title: reports.Text{FR: "À quoi correspond l'interface lo", EN: "What the interface lo is"},
		Needs: []string{"tp1.clone"},
		Look: func(ctx context.Context, g *Group) (guestNetwork, error) {
			return g.Node.network(ctx, g.First)
		},
		Judge: func(j *judge, g *Group, look guestNetwork) {
			lo := look.link("lo")
			j.Expect(lo.Type).To(Equal("loopback"), j.because(
				"%s n'a pas d'interface de bouclage lo.", "%s has no loopback interface lo.", g.First.Name).said(look.Answer).say)
			j.Expect(lo.Up()).To(BeTrue(), j.because("lo est éteinte.", "lo is down.").said(look.Answer).
				next("ifup lo ; /etc/network/interfaces contient-il encore « auto lo » ?",
					"ifup lo; does /etc/network/interfaces still have \"auto lo\"?").say)
			j.Expect(prefixes(lo.IPv4())).To(ContainElement("127.0.0.1/8"), j.because(
				"lo n'a pas l'adresse 127.0.0.1/8.", "lo does not have the address 127.0.0.1/8.").said(look.Answer).
				next("ifup lo ; /etc/network/interfaces contient-il encore « iface lo inet loopback » ?",
					"ifup lo; does /etc/network/interfaces still have \"iface lo inet loopback\"?").say)
		},
	}
}

// addressLook is a VM's network configuration, as it is written and as it works.
type addressLook struct {
	NIC     proxmox.NIC       `json:"nic"`
	Files   linuxnet.Files    `json:"files"` // /etc/network/interfaces and what it includes
	Network guestNetwork      `json:"network"`
	Unread  bool              `json:"unread,omitempty"`  // no file could be read: Files is empty
	Offline bool              `json:"offline,omitempty"` // no command could be run: Network is empty
	Wire    *wireVM           `json:"wire,omitempty"`    // what the bridge shows, where it was looked at
	Gateway netip.Addr        `json:"gateway"`           // by which the network can be left; none: not known
	Earlier netip.Addr        `json:"earlier"`           // the host's, which was the gateway before there was a VM for it
	Taken   []tenant          `json:"taken"`             // addresses that are somebody else's
	Host    *guest.PingResult `json:"host"`              // the ping to the host, while it had its address
}

// ways are the addresses that count as the VM's gateway.
func (l addressLook) ways() []netip.Addr { return ways(l.Gateway, l.Earlier) }

// tenant is somebody who has an address of the group's network.
type tenant struct {
	Who  string     `json:"who"`
	Addr netip.Addr `json:"addr"`
}

// Q15: auto, a static address, a gateway; restart networking; show the file.
func q15() Question[*Group, addressLook] {
	return Question[*Group, addressLook]{
		ID:    "tp1.q15",
		Title: reports.Text{FR: "Configurer l'adresse statique de la VM ; le ping vers l'hôte passe", EN: "Configure the VM's static address; the ping to the host works"},
		Needs: []string{"tp1.q13"},
		Do: func(ctx context.Context, g *Group) error {
			if err := g.Student.Connect(ctx, g.First); err != nil {
				return err
			}
			after, err := g.Student.Ping(ctx, g.First, g.Host)
			g.saw.afterHost = &after
			return err
		},
		Look: func(ctx context.Context, g *Group) (addressLook, error) {
			look, err := lookAddress(ctx, g, g.First)
			look.Host = g.saw.afterHost
			return look, err
		},
		Moot: mootAddress,
		Judge: func(j *judge, g *Group, look addressLook) {
			judgeAddress(j, g, g.First, look)
			if look.Host == nil {
				return
			}
			j.Expect(*look.Host).To(LoseNothing(), j.because(
				"Le ping de %s vers l'hôte (%s) doit passer.", "The ping from %s to the host (%s) must work.", g.First.Name, g.Host).
				seen(look.Host.Command, look.Host.Output).
				next("ip a et ip route dans la VM, puis l'adresse de l'hôte sur %s.", "ip a and ip route in the VM, then the host's address on %s.", g.Bridge).say)
		},
	}
}

// lookAddress reads how a VM's address is written and what became of it, and what the
// group's network leaves to choose from.
func lookAddress(ctx context.Context, g *Group, vm lab.VM) (addressLook, error) {
	config, err := g.Node.API.CurrentVMConfig(ctx, vm.ID)
	if err != nil {
		return addressLook{}, err
	}
	look := addressLook{Gateway: known(g.gatewayAddr(ctx)), NIC: firstNIC(config)}
	if look.Gateway.IsValid() {
		look.Taken = append(look.Taken, tenant{"gateway", look.Gateway})
	}
	if first := known(g.addrOf(ctx, g.First)); vm.ID == g.Second.ID && first.IsValid() {
		look.Taken = append(look.Taken, tenant{g.First.Name, first})
	}
	look.Earlier = known(g.hostBefore(ctx, look.Gateway))
	if look.Files, err = g.Node.files(ctx, vm, interfacesFiles...); g.Node.hidden(err) {
		look.Unread, err = true, nil
	}
	if err != nil {
		return look, err
	}
	var unseen *notObservable
	if look.Network, err = g.Node.network(ctx, vm); errors.As(err, &unseen) || g.Node.hidden(err) {
		look.Offline, err = true, nil
	}
	if err != nil || !look.Offline || !g.Node.probes() {
		return look, err
	}
	if err := g.Node.runs(ctx, vm); err != nil {
		if (errors.Is(err, guest.ErrNotRunning) || errors.Is(err, guest.ErrHalted)) && !look.Unread {
			return look, nil // its disk was read, and is all that such a VM can show
		}
		return look, err
	}
	seen, err := g.onWire(ctx)
	if err != nil {
		return look, err
	}
	look.Wire = seen.vm(vm.ID)
	return look, look.Wire.unseenRoute(g)
}

// runs is an error of a VM that is stopped (ErrNotRunning), or that QEMU has halted or somebody
// paused (ErrHalted): that nothing of it is on the wire is nobody's mistake.
func (n *Node) runs(ctx context.Context, vm lab.VM) error {
	status, err := n.API.VMStatus(ctx, vm.ID)
	still := &guest.Unreachable{Name: vm.Name, Rung: string(reports.ByWire), Reason: guest.ErrNotRunning}
	switch {
	case err != nil:
		return err
	case status.Status != "running":
		return still
	case status.QMP != "" && status.QMP != "running":
		still.Reason, still.Err = guest.ErrHalted, fmt.Errorf("its state is %s", status.QMP)
		return still
	}
	return nil
}

// toPing is a VM's address for a ping; none where it is not known, or where the VM does not run
// and its silence is nobody's mistake.
func (g *Group) toPing(ctx context.Context, vm lab.VM) (netip.Addr, error) {
	addr := known(g.addrOf(ctx, vm))
	if g.Node.acting() || g.Node.Quiet || !addr.IsValid() {
		return addr, nil
	}
	err := g.Node.runs(ctx, vm)
	if errors.Is(err, guest.ErrNotRunning) || errors.Is(err, guest.ErrHalted) {
		return netip.Addr{}, nil
	}
	return addr, err
}

// probeVM pings one of a group's VMs, as probe does, if it runs.
func (n *Node) probeVM(ctx context.Context, from lab.VM, of *Group, vm lab.VM) (*guest.PingResult, error) {
	addr, err := of.toPing(ctx, vm)
	if err != nil {
		return nil, err
	}
	return n.probe(ctx, from, addr)
}

// card is the name that the VM's system gives to the NIC, or another one of its names by
// which the files call it.
func (l addressLook) card(written *linuxnet.Interfaces) string {
	name, usual := l.Network.cardName(l.NIC), student.NICName(l.NIC.Index)
	if written == nil {
		return name
	}
	if !l.Offline {
		return writtenName(l.Network.card(l.NIC), name, written)
	}
	if _, found := written.Stanza(usual); found {
		return usual
	}
	for _, stanza := range written.Stanzas {
		// Nothing shows the system's own name for it; those that name a slot name Proxmox's
		// (ens18, enp6s18: systemd.net-naming-scheme(7)).
		slot := strings.TrimPrefix(usual, "en")
		if stanza.Name != "lo" && (!strings.HasPrefix(stanza.Name, "en") || strings.HasSuffix(stanza.Name, slot)) {
			return stanza.Name
		}
	}
	return usual
}

// writtenName is the one of an interface's names by which the files call it.
func writtenName(link linuxnet.Link, name string, written *linuxnet.Interfaces) string {
	if written == nil {
		return name
	}
	for _, other := range link.AltNames {
		if _, found := written.Stanza(other); found {
			return other
		}
	}
	return name
}

// judgeAddress says what must be true of a VM with an address in the group's network:
// in the file, on the NIC and in the routing table.
func judgeAddress(j *judge, g *Group, vm lab.VM, look addressLook) {
	if !look.Unread && !perhapsElsewhere(g, look) {
		judgeConfiguredAddress(j, g, vm, look)
	}
	if look.Wire != nil {
		judgeOnWire(j, g, vm, look)
	}
}

func judgeConfiguredAddress(j *judge, g *Group, vm lab.VM, look addressLook) {
	interfaces, err := linuxnet.ParseInterfaces(look.Files, interfacesFile)
	nic := look.card(interfaces)
	if managedElsewhere(g, look, interfaces, nic) {
		judgeManaged(j, g, vm, look)
		return
	}
	stanza := judgeWritten(j, vm, nic, look.Files, interfaces, err)
	address := judgeWrittenAddress(j, g, vm, stanza, look)
	gateway, err := stanza.DefaultGateway()
	j.Expect(err).NotTo(HaveOccurred(), misconfigured(j, vm, nic, look.Files).say)
	j.Expect(gateway).To(g.leaves(look.ways(), append(slices.Clone(look.Taken), tenant{vm.Name, address.Addr()})...), j.because(
		"La passerelle écrite n'est pas %s.", "The gateway that is written is not %s.", named(look.ways())).
		seen(showFiles(look.Files)).say)
	if !look.Offline {
		judgeLiveAddress(j, vm, nic, look.Network, address, gateway)
	}
}

// judgeWritten asserts that a NIC comes up by itself with a static configuration, and
// returns that.
func judgeWritten(j *judge, vm lab.VM, nic string, files linuxnet.Files, interfaces *linuxnet.Interfaces, err error) linuxnet.Stanza {
	wrong := misconfigured(j, vm, nic, files)
	j.Expect(err).NotTo(HaveOccurred(), wrong.say)
	j.Expect(interfaces.IsAuto(nic)).To(BeTrue(), j.because(
		"%s ne démarre pas toute seule : il manque la ligne « auto %s ».", "%s does not come up by itself: the line \"auto %s\" is missing.", nic, nic).
		seen(showFiles(files)).say)
	stanza, found := interfaces.Stanza(nic)
	j.Expect(found).To(BeTrue(), wrong.say)
	j.Expect(stanza.Method).To(Equal("static"), wrong.say)
	return stanza
}

func judgeWrittenAddress(j *judge, g *Group, vm lab.VM, stanza linuxnet.Stanza, look addressLook) netip.Prefix {
	address, err := stanza.Address()
	j.Expect(err).NotTo(HaveOccurred(), misconfigured(j, vm, stanza.Name, look.Files).say)
	j.Expect(g.networks()).To(ContainElement(Satisfy(func(n netip.Prefix) bool { return n.Contains(address.Addr()) })), j.because(
		"L'adresse écrite (%s) n'est pas dans le réseau %s.", "The address that is written (%s) is not in the network %s.", address, g.Network).
		seen(showFiles(look.Files)).say)
	j.Expect(g.holds(address)).To(BeTrue(), j.because(
		"L'adresse écrite (%s) n'est pas celle d'une machine du réseau %s : le masque n'est pas le bon, ou elle est réservée.",
		"The address that is written (%s) is not one that a machine of the network %s can have: the mask is wrong, or it is reserved.", address, g.Network).
		seen(showFiles(look.Files)).
		next("Le masque est celui de la question 12.", "The mask is that of question 12.").say)
	for _, other := range look.Taken {
		j.Expect(address.Addr()).NotTo(Equal(other.Addr), j.because(
			"L'adresse écrite (%s) est déjà celle de %s.", "The address that is written (%s) is that of %s already.", address, other.Who).
			seen(showFiles(look.Files)).say)
	}
	return address
}

// misconfigured starts the reason for a file that does not configure a NIC as it should.
func misconfigured(j *judge, vm lab.VM, nic string, files linuxnet.Files) reason {
	return j.because("/etc/network/interfaces de %s ne configure pas %s comme il faut.",
		"/etc/network/interfaces of %s does not configure %s as it should.", vm.Name, nic).
		seen(showFiles(files)).
		next("auto %[1]s ; iface %[1]s inet static ; address … ; gateway …", "auto %[1]s; iface %[1]s inet static; address …; gateway …", nic)
}

// showFiles is the command that shows the files, and what it prints.
func showFiles(files linuxnet.Files) (command, output string) {
	if len(files) == 1 {
		return "cat " + interfacesFile, files[interfacesFile].Content
	}
	names := slices.Sorted(maps.Keys(files))
	var all strings.Builder
	for _, name := range names {
		fmt.Fprintf(&all, "# %s\n%s\n", name, files[name].Content)
	}
	return "cat " + strings.Join(names, " "), all.String()
}

// judgeLiveAddress compares the kernel's state with what the file asks for.
func judgeLiveAddress(j *judge, vm lab.VM, nic string, network guestNetwork, address netip.Prefix, gateway netip.Addr) {
	j.Expect(prefixes(network.link(nic).IPv4())).To(ContainElement(address.String()), j.because(
		"%s n'a pas l'adresse que le fichier lui donne.", "%s does not have the address that the file gives it.", nic).said(network.Answer).
		next("systemctl restart networking, puis journalctl -xe.", "systemctl restart networking, then journalctl -xe.").say)
	j.Expect(linuxnet.DefaultRoutes(network.Routes)).To(ConsistOf(HaveField("Gateway", gateway)), j.because(
		"La route par défaut de %s ne passe pas par %s, ou n'est pas la seule.", "%s's default route does not go through %s, or is not the only one.", vm.Name, gateway).
		said(network.Answer).next("ip route", "ip route").say)
}
