package written

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/reports"
)

// Hardware is what the node consists of.
type Hardware struct {
	CPUs   int   // logical
	Cores  int   // physical, over all sockets
	Memory int64 // bytes, as the node counts them
}

const (
	memoryTolerance = 0.03
	// memoryUsable is how little of the installed memory a node may count: firmware and
	// kernel keep the rest.
	memoryUsable = 0.94
)

// Q01 compares cores and RAM. The web page shows logical CPUs, people also count cores;
// both are right. RAM is right within 3 %, rounded to a whole number of its unit, or as
// the memory that must be installed; of Go and GB people mean 2^30 bytes or 10^9.
func Q01(f *answers.File, truth Hardware) reports.Answer {
	cores := f.Q01.Cores
	right := number(truth.CPUs)
	if truth.Cores > 0 && truth.Cores != truth.CPUs {
		right = fmt.Sprintf("%d (CPU) / %d (cores)", truth.CPUs, truth.Cores)
	}
	memory := float64(truth.Memory)
	return answer(f, "tp1.q01",
		fact(reports.Text{FR: "nombre de cœurs", EN: "number of cores"}, cores.Written(), right,
			cores.OK && (cores.N == truth.CPUs || truth.Cores > 0 && cores.N == truth.Cores)),
		fact(reports.Text{FR: "quantité de RAM", EN: "amount of RAM"}, f.Q01.RAM.Written(),
			fmt.Sprintf("%.1f GiB = %.1f GB ± 3 %%", memory/(1<<30), memory/1e9), sameMemory(f.Q01.RAM, memory)))
}

func sameMemory(said answers.Size, truth float64) bool {
	return slices.ContainsFunc(said.Units, func(unit float64) bool {
		exact := truth / unit
		if math.Abs(said.Number-exact) <= memoryTolerance*exact {
			return true
		}
		if said.Number != math.Trunc(said.Number) || said.Number < 1 || exact < 1 {
			return false
		}
		rounded := math.Abs(said.Number-exact) <= 0.5
		installed := said.Number >= exact && exact >= memoryUsable*said.Number
		return rounded || installed
	})
}

// Q02 compares the number of VMs with the range that is accepted; where the answer says
// that every VM has a CPU of its own, also with the number of CPUs.
func Q02(f *answers.File, truth lab.Capacity) reports.Answer {
	vms, own := f.Q02.VMs, f.Q02.NoOvercommit
	return answer(f, "tp1.q02", fact(reports.Text{FR: "nombre de VM", EN: "number of VMs"}, vms.Written(),
		fmt.Sprintf("%d…%d (%d); 1 CPU/VM: %d", truth.Low, truth.High, truth.Reference, truth.NoOvercommit),
		vms.OK && truth.Accepts(vms.N, own.OK && own.Yes)))
}

// Physical is what is known of the node's network cards.
type Physical struct {
	Cards     []string     // the physical ones, by every name they have
	Ports     []string     // of the default bridge
	Explained reports.Text // what the names of the ports say
}

// Q10 compares the name of the physical interface: any card of the node is one.
func Q10(f *answers.File, truth Physical) reports.Answer {
	cards := append(slices.Clone(truth.Ports), truth.Cards...)
	said := f.Q10.Interface
	right := truth.Ports
	if len(right) == 0 {
		right = truth.Cards
	}
	a := answer(f, "tp1.q10", fact(reports.Text{FR: "interface physique", EN: "physical interface"}, said.Written(), list(right),
		len(said.List) > 0 && !slices.ContainsFunc(said.List, func(name string) bool { return !contains(cards, name) })))
	a.Reference = together(a.Reference, truth.Explained)
	return a
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(each string) bool { return strings.EqualFold(each, name) })
}

func list(names []string) string {
	if len(names) == 0 {
		return nothing
	}
	return strings.Join(names, ", ")
}

func together(a, b reports.Text) reports.Text {
	if b.IsZero() {
		return a
	}
	return reports.Text{FR: a.FR + "\n" + b.FR, EN: a.EN + "\n" + b.EN}
}

// Bridge is the configuration of the node's default bridge.
type Bridge struct {
	Method    string // static, dhcp or manual
	CIDR      string // "": none is configured
	Gateway   string // "": none is configured
	Ports     []string
	Live      []string     // the addresses it has, with their length; none where that was not seen
	Described reports.Text // the configuration in a sentence
}

// Q11 compares the configuration of vmbr0, field by field. An address that DHCP gives is
// right where it was seen, and not compared where it was not.
func Q11(f *answers.File, truth Bridge) reports.Answer {
	said := f.Q11
	var facts []reports.Fact
	if !unseen(truth.Method, len(truth.Live) > 0, said.Address) {
		facts = append(facts, fact(reports.Text{FR: "adresse de vmbr0", EN: "vmbr0's address"}, said.Address.Written(),
			list(known(append([]string{truth.CIDR}, truth.Live...))), sameAddress(said.Address, truth)))
	}
	if !unseen(truth.Method, truth.Gateway != "", said.Gateway) {
		facts = append(facts, fact(reports.Text{FR: "passerelle de vmbr0", EN: "vmbr0's gateway"}, said.Gateway.Written(),
			list(known([]string{truth.Gateway})), sameGateway(said.Gateway, truth.Gateway)))
	}
	facts = append(facts,
		fact(reports.Text{FR: "ports de vmbr0", EN: "vmbr0's ports"}, said.Ports.Written(), list(truth.Ports), samePorts(said.Ports, truth.Ports)),
		fact(reports.Text{FR: "attribution de l'adresse", EN: "how the address is given"}, said.Method.Written(), truth.Method,
			said.Method.Value != "" && said.Method.Value == truth.Method))
	a := answer(f, "tp1.q11", facts...)
	a.Reference = together(a.Reference, truth.Described)
	return a
}

// unseen tells of an address that DHCP gives and nobody saw.
func unseen(method string, seen bool, said answers.Address) bool {
	return method == "dhcp" && !seen && said.OK && !said.None
}

// known are the values that are there, each once.
func known(values []string) []string {
	var there []string
	for _, v := range values {
		if v != "" && !slices.Contains(there, v) {
			there = append(there, v)
		}
	}
	return there
}

func sameAddress(said answers.Address, truth Bridge) bool {
	if !said.OK || said.None {
		return said.OK && truth.CIDR == ""
	}
	return said.Masked && slices.ContainsFunc(known(append([]string{truth.CIDR}, truth.Live...)), func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		return err == nil && prefix == said.Prefix
	})
}

// sameGateway takes a gateway with or without a length.
func sameGateway(said answers.Address, truth string) bool {
	if !said.OK || said.None {
		return said.OK && truth == ""
	}
	gateway, err := netip.ParseAddr(truth)
	return err == nil && gateway == said.Prefix.Addr()
}

func samePorts(said answers.Names, truth []string) bool {
	if said.None {
		return len(truth) == 0
	}
	return len(said.List) > 0 && len(said.List) == len(truth) &&
		!slices.ContainsFunc(truth, func(port string) bool { return !contains(said.List, port) })
}
