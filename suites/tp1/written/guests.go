package written

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

var works = reports.Text{FR: "le ping passe", EN: "the ping works"}

// Q06 compares the path with the files that are in /root, by their whole paths. A path
// that does not begin with / starts from there.
func Q06(f *answers.File, files []string) reports.Answer {
	said := f.Q06.Path.Written()
	return answer(f, "tp1.q06", fact(reports.Text{FR: "fichier dans /root", EN: "file in /root"}, said, list(files),
		slices.Contains(files, inRoot(said))))
}

func inRoot(file string) string {
	file = strings.TrimPrefix(strings.Trim(file, `"'`), "~/")
	if path.IsAbs(file) {
		return path.Clean(file)
	}
	return path.Join("/root", file)
}

// Q13: a VM without an address reaches nobody.
func Q13(f *answers.File) reports.Answer {
	return answer(f, "tp1.q13", yesOrNo(works, f.Q13.Works, false))
}

// Q14 compares lo's address, with or without its length; the one of IPv6 is right as well.
func Q14(f *answers.File) reports.Answer {
	said := f.Q14.Address
	ok := said.OK && !said.None && slices.ContainsFunc([]string{"127.0.0.1/8", "::1/128"}, func(lo string) bool {
		prefix := netip.MustParsePrefix(lo)
		return said.Prefix == prefix || !said.Masked && said.Prefix.Addr() == prefix.Addr()
	})
	return answer(f, "tp1.q14", fact(reports.Text{FR: "adresse de lo", EN: "lo's address"}, said.Written(), "127.0.0.1/8", ok))
}

// interfacesPath is where ifupdown looks.
const interfacesPath = "/etc/network/interfaces"

// Q15 compares the file that was pasted with the VM's own, by what they configure for the
// network card nic: whatever else differs in them does no harm.
func Q15(f *answers.File, files linuxnet.Files, nic string) reports.Answer {
	pasted := f.Q15.File.Written()
	truth, _ := configured(files, nic)
	name := reports.Text{FR: "interface configurée", EN: "configured interface"}
	if pasted == "" {
		return answer(f, "tp1.q15", fact(name, "", truth.name, false))
	}
	said, found := configured(linuxnet.Files{interfacesPath: {Content: pasted}}, nic)
	if !found {
		return answer(f, "tp1.q15", fact(name, nothing, truth.name, false))
	}
	same := func(name reports.Text, said, truth string) reports.Fact {
		return fact(name, said, truth, said == truth)
	}
	return answer(f, "tp1.q15", same(name, said.name, truth.name),
		same(reports.Text{FR: "démarrage automatique", EN: "brought up automatically"}, said.auto, truth.auto),
		same(reports.Text{FR: "méthode", EN: "method"}, said.method, truth.method),
		same(reports.Text{FR: "adresse", EN: "address"}, said.address, truth.address),
		same(reports.Text{FR: "passerelle", EN: "gateway"}, said.gateway, truth.gateway))
}

// card is what an interfaces file says of a network card.
type card struct{ name, auto, method, address, gateway string }

// configured reads the stanza of a card; where there is none, the only one of another card.
func configured(files linuxnet.Files, nic string) (c card, found bool) {
	// What the file says beside its mistakes is compared all the same.
	all, _ := linuxnet.ParseInterfaces(files, interfacesPath)
	stanza, found := all.Stanza(nic)
	if !found {
		stanza, found = onlyCard(all)
	}
	if !found {
		return card{nothing, nothing, nothing, nothing, nothing}, false
	}
	c = card{name: stanza.Name, auto: nothing, method: orNothing(stanza.Method), address: orNothing(stanza.Option("address")), gateway: orNothing(stanza.Option("gateway"))}
	if all.IsAuto(stanza.Name) {
		c.auto = "auto"
	}
	if address, err := stanza.Address(); err == nil {
		c.address = address.String()
	}
	if gateway, err := stanza.Gateway(); err == nil && gateway.IsValid() {
		c.gateway = gateway.String()
	}
	return c, true
}

func onlyCard(all *linuxnet.Interfaces) (linuxnet.Stanza, bool) {
	cards := slices.DeleteFunc(slices.Clone(all.Stanzas), func(s linuxnet.Stanza) bool { return s.Name == "lo" })
	if len(cards) != 1 {
		return linuxnet.Stanza{}, false
	}
	return cards[0], true
}

func orNothing(text string) string {
	if text == "" {
		return nothing
	}
	return text
}

// Q18: nobody has the host's address any more.
func Q18(f *answers.File) reports.Answer {
	return answer(f, "tp1.q18", yesOrNo(works, f.Q18.Works, false))
}

// Q19 compares, for each interface of the gateway, the bridge that it is on.
func Q19(f *answers.File, truth []answers.Wire) reports.Answer {
	said := f.Q19.Interfaces
	if len(said.Wires) == 0 && said.Written() != "" {
		return answer(f, "tp1.q19", fact(reports.Text{FR: "bridge de chaque interface", EN: "bridge of each interface"}, said.Written(), wiring(truth), false))
	}
	var facts []reports.Fact
	for _, wire := range truth {
		bridge := bridgeOf(said.Wires, wire.NIC)
		facts = append(facts, fact(reports.Textf("bridge de %s", "bridge of %s", show(wire.NIC)), bridge, wire.Bridge, strings.EqualFold(bridge, wire.Bridge)))
	}
	for _, wire := range said.Wires {
		if !slices.ContainsFunc(truth, func(t answers.Wire) bool { return bridgeOf([]answers.Wire{wire}, t.NIC) != "" }) {
			facts = append(facts, fact(reports.Textf("bridge de %s", "bridge of %s", show(wire.NIC)), wire.Bridge, nothing, false))
		}
	}
	return answer(f, "tp1.q19", facts...)
}

func wiring(wires []answers.Wire) string {
	var lines []string
	for _, wire := range wires {
		lines = append(lines, wire.NIC+": "+wire.Bridge)
	}
	return list(lines)
}

// bridgeOf finds the bridge that was written for an interface, on whichever side of the
// colon the interface stands.
func bridgeOf(wires []answers.Wire, nic string) string {
	for _, wire := range wires {
		switch {
		case strings.EqualFold(wire.NIC, nic):
			return wire.Bridge
		case strings.EqualFold(wire.Bridge, nic):
			return wire.NIC
		}
	}
	return ""
}

var crosses = reports.Text{FR: "le ping traverse la passerelle", EN: "the ping crosses the gateway"}

// Q20: without forwarding nothing crosses the gateway.
func Q20(f *answers.File) reports.Answer {
	return answer(f, "tp1.q20", yesOrNo(crosses, f.Q20.Crosses, false))
}

// Q21: with forwarding the ping crosses; each router takes one from the TTL. The TTLs are
// compared where they were written.
func Q21(f *answers.File) reports.Answer {
	facts := []reports.Fact{yesOrNo(crosses, f.Q21.Crosses, true)}
	before, behind := f.Q21.TTLIn, f.Q21.TTLOut
	if before.Written()+behind.Written() != "" {
		facts = append(facts, fact(reports.Text{FR: "TTL avant et après la passerelle", EN: "TTL before and behind the gateway"},
			fmt.Sprintf("%s → %s", orNothing(before.Written()), orNothing(behind.Written())), "n → n−1 (64 → 63)",
			before.OK && behind.OK && before.N <= 255 && behind.N == before.N-1))
	}
	return answer(f, "tp1.q21", facts...)
}
