package wire

import (
	"context"
	"fmt"
	"net/netip"
)

// TakenError says that somebody answers for every address that could have been borrowed.
type TakenError struct {
	Port  string
	Addrs []netip.Addr
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("on the wire at %s: none of %d addresses is free", e.Port, len(e.Addrs))
}

// Borrow takes the first candidate that nobody answers for, or that is borrowed already.
// The port announces it, as RFC 5227 has it, to those who remember somebody else, and
// answers for it until it is closed.
func (p *Port) Borrow(ctx context.Context, candidates ...netip.Addr) (netip.Addr, error) {
	got, err := p.borrowEach(ctx, [][]netip.Addr{candidates})
	if err != nil {
		return netip.Addr{}, err
	}
	if !got[0].IsValid() {
		return netip.Addr{}, &TakenError{Port: p.Name(), Addrs: candidates}
	}
	return got[0], nil
}

// borrowEach takes one address of each list, the zero Addr where none is free. All that
// must be asked for is asked for at once.
func (p *Port) borrowEach(ctx context.Context, lists [][]netip.Addr) ([]netip.Addr, error) {
	got := make([]netip.Addr, len(lists))
	var unknown []netip.Addr
	for i, list := range lists {
		for _, a := range list {
			if _, ok := p.owned(a); ok && !got[i].IsValid() {
				got[i] = a
			}
		}
		if !got[i].IsValid() {
			unknown = append(unknown, list...)
		}
	}
	free, err := p.free(ctx, unknown)
	if err != nil {
		return nil, err
	}
	for i, list := range lists {
		for _, a := range list {
			if !got[i].IsValid() && free[a] {
				got[i] = a
			}
		}
		if got[i].IsValid() {
			if err := p.take(got[i]); err != nil {
				return nil, err
			}
		}
	}
	return got, nil
}

func (p *Port) free(ctx context.Context, addrs []netip.Addr) (map[netip.Addr]bool, error) {
	free := map[netip.Addr]bool{}
	if len(addrs) == 0 {
		return free, nil
	}
	found, err := p.Resolve(ctx, addrs...)
	if err != nil {
		return nil, fmt.Errorf("looking for free addresses: %w", err)
	}
	for _, r := range found {
		free[r.Addr] = r.Free()
	}
	return free, nil
}

func (p *Port) take(addr netip.Addr) error {
	mac := macOf(addr)
	p.mu.Lock()
	_, had := p.own[addr]
	if !had {
		p.own[addr] = mac
	}
	p.mu.Unlock()
	if had {
		return nil
	}
	return p.send(arpAnnouncement(mac, addr))
}
