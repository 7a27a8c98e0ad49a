package html

import (
	"net/netip"

	"github.com/labproof/labproof/reports"
)

// anyAddr is what helpers/capture takes for any address.
var anyAddr netip.Addr

// group is a group of the plan, asked for its VMs by their role.
type group struct{ reports.PlanGroup }

func (g group) vm(role string) reports.PlanVM {
	for _, vm := range g.VMs {
		if vm.Role == role {
			return vm
		}
	}
	return reports.PlanVM{}
}

// mask is the length of the network's prefix; 0 where the plan has none.
func (g group) mask() int {
	p, err := netip.ParsePrefix(g.Network)
	if err != nil {
		return 0
	}
	return p.Bits()
}

func groupNumbered(run *reports.Run, number int) (group, bool) {
	for _, g := range run.Plan.Groups {
		if g.Number == number {
			return group{g}, true
		}
	}
	return group{}, false
}

func planGroup(run *reports.Run, s reports.Subject) (group, bool) {
	numbers := s.Groups()
	if len(numbers) != 1 {
		return group{}, false
	}
	return groupNumbered(run, numbers[0])
}

func planPair(run *reports.Run, s reports.Subject) (p reports.PlanPair, x, y group, ok bool) {
	for _, p := range run.Plan.Pairs {
		if reports.Pair(p.X, p.Y) != s {
			continue
		}
		x, okX := groupNumbered(run, p.X)
		y, okY := groupNumbered(run, p.Y)
		return p, x, y, okX && okY
	}
	return p, x, y, false
}
