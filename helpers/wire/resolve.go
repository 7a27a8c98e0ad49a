package wire

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// Resolution is who answers ARP for an address.
type Resolution struct {
	Addr netip.Addr `json:"addr"`
	MACs []string   `json:"macs"` // in the order of their answers; lower case with colons
}

// Free says that nobody answered.
func (r Resolution) Free() bool { return len(r.MACs) == 0 }

// Duplicate says that more than one answered.
func (r Resolution) Duplicate() bool { return len(r.MACs) > 1 }

// Resolve asks who has the addresses, all at once, by ARP probes. An address that is
// answered for is asked for once more, to hear a second one who has it. Nobody's is an
// address that stayed unanswered in every round.
func (p *Port) Resolve(ctx context.Context, addrs ...netip.Addr) ([]Resolution, error) {
	if err := resolvable(addrs); err != nil {
		return nil, err
	}
	mark := p.log.mark()
	answers := func() map[netip.Addr][]string { return holders(p.log.since(mark)) }
	for range p.limits.Tries {
		missing := without(addrs, answers())
		if len(missing) == 0 {
			break
		}
		if err := p.probe(missing); err != nil {
			return nil, fmt.Errorf("asking by ARP: %w", err)
		}
		everybody := func() bool { return len(without(missing, answers())) == 0 }
		if err := await(ctx, p.limits.Answer, everybody, p.log); err != nil {
			return nil, fmt.Errorf("asking by ARP: %w", err)
		}
	}
	if err := p.hearSecond(ctx, addrs, answers()); err != nil {
		return nil, fmt.Errorf("asking by ARP once more: %w", err)
	}
	found := answers()
	list := make([]Resolution, len(addrs))
	for i, a := range addrs {
		list[i] = Resolution{Addr: a, MACs: found[a]}
	}
	return list, nil
}

func resolvable(addrs []netip.Addr) error {
	if len(addrs) > maxResolved {
		return fmt.Errorf("asking by ARP: %d addresses are more than %d", len(addrs), maxResolved)
	}
	for _, a := range addrs {
		if !a.Is4() {
			return fmt.Errorf("asking by ARP: %s is no IPv4 address", a)
		}
	}
	return nil
}

func (p *Port) probe(addrs []netip.Addr) error {
	for _, a := range addrs {
		if err := p.send(arpProbe(p.mac(), a)); err != nil {
			return err
		}
	}
	return nil
}

// hearSecond asks again for what is answered for: a duplicate's answer may come later.
func (p *Port) hearSecond(ctx context.Context, addrs []netip.Addr, answered map[netip.Addr][]string) error {
	again := slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool { return len(answered[a]) == 0 })
	if len(again) == 0 {
		return caughtUp(ctx, []*ear{p.ear})
	}
	if err := p.probe(again); err != nil {
		return err
	}
	if err := await(ctx, p.limits.Settle, never, p.log); err != nil {
		return err
	}
	return caughtUp(ctx, []*ear{p.ear})
}

// without are the addresses that nobody has answered for.
func without(addrs []netip.Addr, answers map[netip.Addr][]string) []netip.Addr {
	var missing []netip.Addr
	for _, a := range addrs {
		if len(answers[a]) == 0 {
			missing = append(missing, a)
		}
	}
	return missing
}

// holders are the MACs that claim addresses, by answers and by announcements.
func holders(packets []seen) map[netip.Addr][]string {
	found := map[netip.Addr][]string{}
	for _, s := range packets {
		if s.sent || s.ARP == nil || s.ARP.Request && !s.ARP.Gratuitous {
			continue
		}
		macs := found[s.ARP.SenderIP]
		if len(macs) < maxList && !slices.Contains(macs, s.ARP.SenderMAC) {
			found[s.ARP.SenderIP] = append(macs, s.ARP.SenderMAC)
		}
	}
	return found
}

// Heard are the stations that said by ARP, in answers and in questions, that they have an
// address: also those whose network is another one.
func (p *Port) Heard() []Station {
	var list []Station
	known := map[Station]bool{}
	for _, s := range p.log.since(0) {
		if s.sent || s.ARP == nil || s.ARP.SenderIP.IsUnspecified() {
			continue
		}
		station := Station{Addr: s.ARP.SenderIP, MAC: s.ARP.SenderMAC}
		if len(list) < maxResolved && !known[station] {
			known[station] = true
			list = append(list, station)
		}
	}
	return list
}
