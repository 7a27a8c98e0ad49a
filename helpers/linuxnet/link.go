package linuxnet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"
)

// Link is one network interface, from ip -j link or ip -j addr.
type Link struct {
	Index     int
	Name      string
	AltNames  []string
	Flags     []string // UP, LOWER_UP, NO-CARRIER, BROADCAST, …
	MTU       int
	State     string // operstate: UP, DOWN, UNKNOWN, …
	Type      string // ether, loopback, …
	MAC       MAC    // zero where there is none
	Master    string // the bridge it is a port of
	Kind      string // with -d: bridge, veth, tun, vlan, …
	Addresses []Address
}

// Address is one address of a link.
type Address struct {
	Prefix  netip.Prefix // the address itself with the network's length
	Scope   string       // global, link, host
	Dynamic bool         // from DHCP or router advertisements
	Label   string
}

const (
	maxJSON    = 4 << 20
	maxEntries = 4096 // links or routes; a node of 30 groups has a few hundred
)

type linkJSON struct {
	Index    int       `json:"ifindex"`
	Name     string    `json:"ifname"`
	AltNames []string  `json:"altnames"`
	Flags    []string  `json:"flags"`
	MTU      int       `json:"mtu"`
	State    string    `json:"operstate"`
	Type     string    `json:"link_type"`
	Address  string    `json:"address"`
	Master   string    `json:"master"`
	Info     *infoJSON `json:"linkinfo"`
	Addrs    []addrJSON
}

type infoJSON struct {
	Kind string `json:"info_kind"`
}

type addrJSON struct {
	Local   string `json:"local"`
	Bits    int    `json:"prefixlen"`
	Scope   string `json:"scope"`
	Dynamic bool   `json:"dynamic"`
	Label   string `json:"label"`
}

// ParseLinks reads the output of ip -j link (with or without -d).
func ParseLinks(data []byte) ([]Link, error) { return parseLinks(data, "ip -j link") }

// ParseAddrs reads the output of ip -j addr.
func ParseAddrs(data []byte) ([]Link, error) { return parseLinks(data, "ip -j addr") }

func parseLinks(data []byte, what string) ([]Link, error) {
	var raw []struct {
		linkJSON
		Addrs []addrJSON `json:"addr_info"`
	}
	if err := decodeJSON(data, &raw); err != nil {
		return nil, fmt.Errorf("reading the output of %s: %w", what, err)
	}
	if len(raw) > maxEntries {
		return nil, fmt.Errorf("reading the output of %s: %d links; the limit is %d", what, len(raw), maxEntries)
	}
	var links []Link
	for i, r := range raw {
		if r.Name == "" {
			continue // ip leaves {} where a filter matches nothing
		}
		r.linkJSON.Addrs = r.Addrs
		link, err := r.link()
		if err != nil {
			return nil, fmt.Errorf("reading the output of %s: link %d, %s: %w", what, i+1, quote(r.Name), err)
		}
		links = append(links, link)
	}
	return links, nil
}

func (r linkJSON) link() (Link, error) {
	l := Link{
		Index: r.Index, Name: r.Name, AltNames: r.AltNames, Flags: r.Flags, MTU: r.MTU,
		State: r.State, Type: r.Type, Master: r.Master,
	}
	if r.Info != nil {
		l.Kind = r.Info.Kind
	}
	if mac, err := ParseMAC(r.Address); err == nil {
		l.MAC = mac // tunnels have addresses of other kinds: no MAC
	}
	for _, a := range r.Addrs {
		if a.Local == "" {
			continue
		}
		prefix, err := prefixOf(a.Local, a.Bits)
		if err != nil {
			return Link{}, err
		}
		l.Addresses = append(l.Addresses, Address{Prefix: prefix, Scope: a.Scope, Dynamic: a.Dynamic, Label: a.Label})
	}
	return l, nil
}

func prefixOf(address string, bits int) (netip.Prefix, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no address", quote(address))
	}
	prefix := netip.PrefixFrom(addr.WithZone(""), bits)
	if !prefix.IsValid() {
		return netip.Prefix{}, fmt.Errorf("%s/%d has an impossible length", addr, bits)
	}
	return prefix, nil
}

// decodeJSON reads one JSON list; nothing at all is an empty one, as older ip prints it.
func decodeJSON(data []byte, into any) error {
	if len(data) > maxJSON {
		return fmt.Errorf("%d bytes; the limit is %d", len(data), maxJSON)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	err := json.Unmarshal(data, into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: no JSON (is ip older than -j?): %s", lineAt(data, syntax.Offset), quote(string(data)))
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s is no %s", lineAt(data, kind.Offset), quote(kind.Field[strings.LastIndexByte(kind.Field, '.')+1:]), kind.Type)
	}
	return err
}

func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte{'\n'})
}

// Up says that the link is switched on (it may still have no carrier).
func (l Link) Up() bool { return slices.Contains(l.Flags, "UP") }

// Carrier says that the other end is there.
func (l Link) Carrier() bool { return slices.Contains(l.Flags, "LOWER_UP") }

// Loopback says that the link is lo.
func (l Link) Loopback() bool { return slices.Contains(l.Flags, "LOOPBACK") || l.Type == "loopback" }

// IPv4 are the link's IPv4 addresses.
func (l Link) IPv4() []netip.Prefix {
	var prefixes []netip.Prefix
	for _, a := range l.Addresses {
		if a.Prefix.Addr().Is4() {
			prefixes = append(prefixes, a.Prefix)
		}
	}
	return prefixes
}

// HasIPv4 says that the link has that address, with whatever length.
func (l Link) HasIPv4(addr netip.Addr) bool {
	return slices.ContainsFunc(l.IPv4(), func(p netip.Prefix) bool { return p.Addr() == addr })
}

// FindLink is the link of that name or alternative name.
func FindLink(links []Link, name string) (Link, bool) {
	for _, l := range links {
		if l.Name == name || slices.Contains(l.AltNames, name) {
			return l, true
		}
	}
	return Link{}, false
}

// FindMAC are the links with that MAC. A bridge shares the MAC of one of its ports.
func FindMAC(links []Link, mac MAC) []Link {
	var found []Link
	for _, l := range links {
		if l.MAC == mac && !mac.IsZero() {
			found = append(found, l)
		}
	}
	return found
}

// Cards are the links a guest sees as network cards: Ethernet, and neither a bridge nor
// anything else made by software that says so.
func Cards(links []Link) []Link {
	var cards []Link
	for _, l := range links {
		if l.Type == "ether" && l.Kind == "" && !l.Loopback() {
			cards = append(cards, l)
		}
	}
	sort.SliceStable(cards, func(i, j int) bool { return cards[i].Index < cards[j].Index })
	return cards
}
