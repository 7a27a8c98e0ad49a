package tp1

import (
	"context"
	"fmt"
	"net/netip"

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

// probe is ping where probes are allowed, else nil.
func (n *Node) probe(ctx context.Context, from guest.Guest, to netip.Addr) (*guest.PingResult, error) {
	if n.Quiet {
		return nil, nil
	}
	result, err := ping(ctx, from, to)
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
			nic, _ := config.Net(0)
			return plugLook{NIC: nic, Before: g.saw.beforeHost}, nil
		},
		Judge: func(j *judge, g *Group, look plugLook) {
			j.Expect(look.NIC.Bridge).To(Equal(g.Bridge), j.because(
				"La carte réseau de %s n'est pas sur %s.", "%s's network card is not on %s.", g.First.Name, g.Bridge).
				seen(fmt.Sprintf("GET /nodes/%s/qemu/%d/config?current=1", g.Node.Target.Node, g.First.ID), "net0: "+look.NIC.Raw).
				next("Hardware → Network Device → Bridge.", "Hardware → Network Device → Bridge.").say)
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

// Q14: what is lo?
func q14() Question[*Group, guestNetwork] {
	return Question[*Group, guestNetwork]{
		ID:    "tp1.q14",
		Title: reports.Text{FR: "À quoi correspond l'interface lo", EN: "What the interface lo is"},
		Needs: []string{"tp1.clone"},
		Look: func(ctx context.Context, g *Group) (guestNetwork, error) {
			return lookNetwork(ctx, g.Node.In(g.First))
		},
		Judge: func(j *judge, g *Group, look guestNetwork) {
			lo := look.link("lo")
			j.Expect(lo.Type).To(Equal("loopback"), j.because(
				"%s n'a pas d'interface de bouclage lo.", "%s has no loopback interface lo.", g.First.Name).said(look.Answer).say)
			j.Expect(prefixes(lo.IPv4())).To(ContainElement("127.0.0.1/8"), j.because(
				"lo n'a pas l'adresse 127.0.0.1/8.", "lo does not have the address 127.0.0.1/8.").said(look.Answer).
				next("ifup lo ; /etc/network/interfaces contient-il encore « iface lo inet loopback » ?",
					"ifup lo; does /etc/network/interfaces still have \"iface lo inet loopback\"?").say)
		},
	}
}

// addressLook is a VM's network configuration, as it is written and as it works.
type addressLook struct {
	Files   linuxnet.Files    `json:"files"` // /etc/network/interfaces and what it includes
	Network guestNetwork      `json:"network"`
	Host    *guest.PingResult `json:"host"` // the ping to the host, while it had its address
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
			look, err := lookAddress(ctx, g.Node.In(g.First))
			look.Host = g.saw.afterHost
			return look, err
		},
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

func lookAddress(ctx context.Context, g guest.Guest) (addressLook, error) {
	files, err := readFiles(ctx, g, interfacesFiles...)
	if err != nil {
		return addressLook{}, err
	}
	network, err := lookNetwork(ctx, g)
	return addressLook{Files: files, Network: network}, err
}

// judgeAddress says what must be true of a VM with an address in the group's network:
// in the file, on the NIC and in the routing table.
func judgeAddress(j *judge, g *Group, vm lab.VM, look addressLook) {
	nic, file := student.NICName(0), look.Files["/etc/network/interfaces"].Content
	interfaces, err := linuxnet.ParseInterfaces(look.Files, "/etc/network/interfaces")
	written := j.because("/etc/network/interfaces de %s ne configure pas %s comme il faut.",
		"/etc/network/interfaces of %s does not configure %s as it should.", vm.Name, nic).
		seen("cat /etc/network/interfaces", file).
		next("auto %[1]s ; iface %[1]s inet static ; address … ; gateway …", "auto %[1]s; iface %[1]s inet static; address …; gateway …", nic)
	j.Expect(err).NotTo(HaveOccurred(), written.say)
	j.Expect(interfaces.IsAuto(nic)).To(BeTrue(), j.because(
		"%s ne démarre pas toute seule : il manque la ligne « auto %s ».", "%s does not come up by itself: the line \"auto %s\" is missing.", nic, nic).
		seen("cat /etc/network/interfaces", file).say)
	stanza, found := interfaces.Stanza(nic)
	j.Expect(found).To(BeTrue(), written.say)
	j.Expect(stanza.Method).To(Equal("static"), written.say)
	address, err := stanza.Address()
	j.Expect(err).NotTo(HaveOccurred(), written.say)
	j.Expect(address.Masked()).To(Equal(g.Network), j.because(
		"L'adresse écrite (%s) n'est pas dans le réseau %s.", "The address that is written (%s) is not in the network %s.", address, g.Network).
		seen("cat /etc/network/interfaces", file).say)
	gateway, err := stanza.Gateway()
	j.Expect(err).NotTo(HaveOccurred(), written.say)
	j.Expect(gateway).To(Equal(g.Gateway), j.because(
		"La passerelle écrite n'est pas %s.", "The gateway that is written is not %s.", g.Gateway).
		seen("cat /etc/network/interfaces", file).say)
	judgeLiveAddress(j, vm, look.Network, address, gateway)
}

// judgeLiveAddress compares the kernel's state with what the file asks for.
func judgeLiveAddress(j *judge, vm lab.VM, network guestNetwork, address netip.Prefix, gateway netip.Addr) {
	nic := student.NICName(0)
	j.Expect(address.Addr()).To(Equal(vm.Addr), j.because(
		"%s doit avoir l'adresse %s.", "%s must have the address %s.", vm.Name, vm.Addr).said(network.Answer).say)
	j.Expect(prefixes(network.link(nic).IPv4())).To(ContainElement(address.String()), j.because(
		"%s n'a pas l'adresse que le fichier lui donne.", "%s does not have the address that the file gives it.", nic).said(network.Answer).
		next("systemctl restart networking, puis journalctl -xe.", "systemctl restart networking, then journalctl -xe.").say)
	j.Expect(linuxnet.DefaultRoutes(network.Routes)).To(ConsistOf(HaveField("Gateway", gateway)), j.because(
		"La route par défaut de %s ne passe pas par %s, ou n'est pas la seule.", "%s's default route does not go through %s, or is not the only one.", vm.Name, gateway).
		said(network.Answer).next("ip route", "ip route").say)
}
