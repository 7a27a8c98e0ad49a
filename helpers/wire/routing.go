package wire

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/labproof/labproof/helpers/capture"
)

// Way is where a VM sends its answer to a source.
type Way string

// The ways of an answer.
const (
	OnLink  Way = "on-link" // straight to the source: it lies in the VM's network
	Gateway Way = "gateway" // to a router
	Nowhere Way = "nowhere" // the question was seen to reach it, and nothing came out
	Unseen  Way = "unseen"  // nothing was seen: as Nowhere, or to a router that it knows already
)

// Routing is what a VM's answers to several sources tell of its network.
type Routing struct {
	VM     Station      `json:"vm"`
	Trials []RouteTrial `json:"trials"`

	// Answers says that it reacted to at least one source; otherwise nothing of what
	// follows is known.
	Answers bool `json:"answers"`
	// Shortest and Longest bound the prefix length of its network: 29 and 29 where it is
	// known, 0 and 32 where it is not. They contradict each other (Shortest > Longest)
	// where it has more than one network, or routes within it.
	Shortest int `json:"shortest"`
	Longest  int `json:"longest"`
	// Default is where it sends what lies outside: Gateway; Nowhere, which is no default
	// route if Answers is true (rp_filter drops what comes from where no route leads to);
	// OnLink, a default route without a gateway; or Unseen.
	Default Way `json:"default"`
	// Gateways are the routers it uses, as far as they are seen: an address it asked for,
	// a MAC it sent to, or both. An address that it asks for and nobody has, has no MAC.
	Gateways []Station `json:"gateways"`
}

// RouteTrial is a trial with one source.
type RouteTrial struct {
	// Prefix says where the source lies: within the VM's network if that is at most so
	// long. 0: outside any.
	Prefix int `json:"prefix"`
	Way    Way `json:"way"`
	Trial
}

// Routing pings a VM from sources near and far, borrowed for it, and finds out from where
// it sends its answers how long its prefix is and what its default route is. The VM's tap
// should be among the ears: a bridge shows an answer to the router only to the router's
// port, and a VM that knows its router's MAC already does not ask for it.
func (p *Port) Routing(ctx context.Context, vm Station, also ...Ear) (Routing, error) {
	if !vm.Addr.Is4() {
		return Routing{}, fmt.Errorf("routing of %s: it is no IPv4 address", vm.Addr)
	}
	trials, err := p.routeTrials(ctx, vm)
	if err != nil {
		return Routing{}, fmt.Errorf("routing of %s: %w", vm.Addr, err)
	}
	w := openWindow(p.ear, also)
	look := func() Routing { return conclude(vm, gatherAll(trials, vm, w.packets()), p.heardAs) }
	for range p.limits.Tries {
		before := look()
		if err := p.sendTo(trials, before.open()); err != nil {
			return Routing{}, fmt.Errorf("routing of %s: %w", vm.Addr, err)
		}
		if err := await(ctx, p.limits.Answer, func() bool { return len(look().open()) == 0 }, w.logs()...); err != nil {
			return Routing{}, fmt.Errorf("routing of %s: %w", vm.Addr, err)
		}
		// A VM that answers, and has been silent about the rest for a whole round, has answered.
		after := look()
		if left := len(after.open()); left == 0 || after.Answers && left == len(before.open()) {
			break
		}
	}
	if err := caughtUp(ctx, w.ears); err != nil {
		return Routing{}, fmt.Errorf("routing of %s: %w", vm.Addr, err)
	}
	return look(), nil
}

// routeTrials are the trials of the classes of which an address is free.
func (p *Port) routeTrials(ctx context.Context, vm Station) ([]RouteTrial, error) {
	list := classes(vm.Addr)
	candidates := make([][]netip.Addr, len(list))
	for i, c := range list {
		candidates[i] = c.addrs
	}
	sources, err := p.borrowEach(ctx, candidates)
	if err != nil {
		return nil, err
	}
	var trials []RouteTrial
	for i, c := range list {
		if !sources[i].IsValid() {
			continue
		}
		trial, err := p.trial(Request{From: sources[i], To: vm.Addr, Via: vm.MAC})
		if err != nil {
			return nil, err
		}
		trials = append(trials, RouteTrial{Prefix: c.prefix, Trial: trial})
	}
	return trials, nil
}

func (p *Port) sendTo(trials []RouteTrial, which []int) error {
	for _, i := range which {
		if err := p.sendNext(&trials[i].Trial); err != nil {
			return err
		}
	}
	return nil
}

// heardAs are the addresses for which a MAC has answered or asked.
func (p *Port) heardAs(mac string) []netip.Addr {
	var addrs []netip.Addr
	for _, s := range p.Heard() {
		if s.MAC == mac {
			addrs = append(addrs, s.Addr)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for addr, own := range p.own {
		if own.String() == mac {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

func gatherAll(trials []RouteTrial, vm Station, packets []seen) []RouteTrial {
	concerns := func(a capture.ARP) bool { return a.SenderMAC == vm.MAC }
	list := slices.Clone(trials)
	for i := range list {
		list[i].Trial = gather(list[i].Trial, packets, concerns)
	}
	return list
}
