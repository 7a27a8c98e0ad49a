package tp1

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// macLook is every MAC address of the group's VMs.
type macLook struct {
	MACs  map[string]string  `json:"macs"` // by VM name and NIC
	Name  string             `json:"name"` // of the second VM
	NIC   proxmox.NIC        `json:"nic"`  // of the second VM
	Story *student.EqualMACs `json:"story"`
}

// Q16: a second VM with another MAC; what if the MACs were equal?
func q16() Question[*Group, macLook] {
	return Question[*Group, macLook]{
		ID:    "tp1.q16",
		Title: reports.Text{FR: "Deuxième VM : des adresses MAC différentes, et ce que feraient deux MAC égales", EN: "Second VM: different MAC addresses, and what two equal ones would do"},
		Needs: []string{"tp1.q15"},
		Do: func(ctx context.Context, g *Group) error {
			if err := secondVM(ctx, g); err != nil {
				return err
			}
			seen, err := g.Student.TryEqualMACs(ctx)
			g.saw.equalMACs = &seen
			return err
		},
		Look:  lookMACs,
		Judge: judgeMACs,
	}
}

// secondVM makes x03 the way x02 was made: clone, plug, boot, configure.
func secondVM(ctx context.Context, g *Group) error {
	if err := g.Student.CloneLinked(ctx, g.Second); err != nil {
		return err
	}
	if err := g.Student.Plug(ctx, g.Second); err != nil {
		return err
	}
	if err := g.Student.Boot(ctx, g.Second); err != nil {
		return err
	}
	return g.Student.Connect(ctx, g.Second)
}

func lookMACs(ctx context.Context, g *Group) (macLook, error) {
	look := macLook{MACs: map[string]string{}, Story: g.saw.equalMACs}
	for _, vm := range g.VMs() {
		config, err := g.Node.API.CurrentVMConfig(ctx, vm.ID)
		if err != nil {
			return look, err
		}
		if vm.ID == g.Second.ID {
			look.Name = config.Name()
			look.NIC = firstNIC(config)
		}
		for _, nic := range config.NICs() {
			look.MACs[fmt.Sprintf("%s net%d", vm.Name, nic.Index)] = nic.MAC
		}
	}
	return look, nil
}

func judgeMACs(j *judge, g *Group, look macLook) {
	j.Expect(look.Name).To(BeElementOf(g.secondNames()), j.because(
		"La VM %d ne porte pas le nom attendu.", "VM %d does not have the expected name.", g.Second.ID).say)
	judgePlug(j, g, g.Second, look.NIC)
	owners := map[string]string{}
	for owner, mac := range look.MACs {
		parsed, err := linuxnet.ParseMAC(mac)
		j.Expect(err).NotTo(HaveOccurred(), j.because("%s n'a pas d'adresse MAC lisible.", "%s has no MAC address that can be read.", owner).say)
		j.Expect(owners).NotTo(HaveKey(parsed.String()), j.because(
			"%s et %s ont la même adresse MAC, %s.", "%s and %s have the same MAC address, %s.", owner, owners[parsed.String()], parsed).
			next("Hardware → Network Device → MAC address : effacez-la, Proxmox en tire une nouvelle.",
				"Hardware → Network Device → MAC address: clear it, Proxmox makes a new one.").say)
		owners[parsed.String()] = owner
	}
	// The template may have lost its card: it needs none.
	j.Expect(len(look.MACs)).To(BeNumerically(">=", len(g.Instances())), j.because(
		"Une des VM n'a pas de carte réseau.", "One of the VMs has no network card.").say)
	if look.Story == nil {
		return
	}
	j.Expect(look.Story.Equal).To(LoseAll(), j.because(
		"Avec deux MAC égales, le bridge ne sait plus à qui remettre les trames : le ping doit se perdre.",
		"With two equal MACs the bridge no longer knows whom to give the frames to: the ping must be lost.").
		seen(look.Story.Equal.Command, look.Story.Equal.Output).say)
	j.Expect(look.Story.Restored).To(LoseNothing(), j.because(
		"Une fois sa propre MAC rendue à %s, le ping doit passer.", "Once %s has its own MAC again, the ping must work.", g.Second.Name).
		seen(look.Story.Restored.Command, look.Story.Restored.Output).say)
}

// neighboursLook is the two VMs of a group, talking.
type neighboursLook struct {
	Second addressLook       `json:"second"`
	There  *guest.PingResult `json:"there"` // first to second; nil: no probes
	Back   *guest.PingResult `json:"back"`  // second to first
	Story  *neighbourStory   `json:"story"`
}

// Q17: the VMs reach each other and the host; what is the host's address good for?
func q17() Question[*Group, neighboursLook] {
	return Question[*Group, neighboursLook]{
		ID:    "tp1.q17",
		Title: reports.Text{FR: "Les deux VM communiquent entre elles et avec l'hôte", EN: "The two VMs reach each other and the host"},
		Needs: []string{"tp1.q16"},
		Do: func(ctx context.Context, g *Group) error {
			host, err := g.Student.Ping(ctx, g.First, g.Host)
			if err != nil {
				return err
			}
			second, err := g.Student.Ping(ctx, g.Second, g.Host)
			g.saw.neighbours = &neighbourStory{Host: host, Second: second}
			return err
		},
		Look: lookNeighbours,
		Moot: func(g *Group, look neighboursLook) (why reports.Text, moot bool) { return mootAddress(g, look.Second) },
		Judge: func(j *judge, g *Group, look neighboursLook) {
			judgeAddress(j, g, g.Second, look.Second)
			for _, each := range []*guest.PingResult{look.There, look.Back} {
				if each != nil {
					mustReach(j, *each)
				}
			}
			if look.Story != nil {
				mustReach(j, look.Story.Host)
				mustReach(j, look.Story.Second)
			}
		},
	}
}

func lookNeighbours(ctx context.Context, g *Group) (neighboursLook, error) {
	look := neighboursLook{Story: g.saw.neighbours}
	var err error
	if look.Second, err = lookAddress(ctx, g, g.Second); err != nil {
		return look, err
	}
	if !g.Node.acting() && !g.Node.Quiet {
		for _, vm := range g.Instances() {
			if err := g.Node.runs(ctx, vm); err != nil {
				return look, err
			}
		}
	}
	both, each := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		look.There, err = g.Node.probe(each, g.First, known(g.addrOf(each, g.Second)))
		return err
	})
	both.Go(func() (err error) {
		look.Back, err = g.Node.probe(each, g.Second, known(g.addrOf(each, g.First)))
		return err
	})
	err = both.Wait()
	return look, err
}

// mustReach asserts that every request was answered.
func mustReach(j *judge, p guest.PingResult) {
	j.Expect(p).To(LoseNothing(), j.because(
		"Le ping de %s vers %s doit passer (%d/%d réponses).", "The ping from %s to %s must work (%d/%d answers).", p.From, p.To, p.Received, p.Sent).
		seen(p.Command, strings.TrimSpace(p.Output)).
		next("ip a, ip route et le bridge de chaque carte.", "ip a, ip route and the bridge of each card.").say)
}
