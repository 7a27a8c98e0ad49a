package wire

import (
	"context"
	"net/netip"
	"strings"
)

// Holding is who has an address, as far as that is known by MAC.
type Holding struct {
	Addr    netip.Addr `json:"addr"`
	Holders []Holder   `json:"holders"`
}

// Holder is one who answers for an address.
type Holder struct {
	MAC  string `json:"mac"`
	Host bool   `json:"host"` // the node itself: the bridge's own MAC
	Name string `json:"name"` // the VM's, as the caller knows it; empty: a stranger
}

// Host says that the node itself has the address.
func (h Holding) Host() bool {
	for _, one := range h.Holders {
		if one.Host {
			return true
		}
	}
	return false
}

// Holders asks who has an address: the node itself, one of the VMs whose MACs names
// knows (in either case of letters), a stranger, or nobody.
func (p *Port) Holders(ctx context.Context, addr netip.Addr, names map[string]string) (Holding, error) {
	found, err := p.Resolve(ctx, addr)
	if err != nil {
		return Holding{}, err
	}
	byMAC := map[string]string{}
	for mac, name := range names {
		byMAC[strings.ToLower(mac)] = name
	}
	h := Holding{Addr: addr}
	for _, mac := range found[0].MACs {
		h.Holders = append(h.Holders, Holder{MAC: mac, Host: mac == p.bridgeMAC, Name: byMAC[mac]})
	}
	return h, nil
}
