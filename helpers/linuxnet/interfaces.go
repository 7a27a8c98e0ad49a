package linuxnet

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Interfaces is /etc/network/interfaces with everything it sources.
type Interfaces struct {
	Auto    []Selection // auto, allow-auto, allow-hotplug and other allow- classes
	Stanzas []Stanza    // iface stanzas, in the order they are read
	Files   []string    // the files that were read, in order
}

// Selection is one interface named by an auto or allow- line.
type Selection struct {
	Class string // "auto" (also for allow-auto), "hotplug", …
	Name  string
	File  string
	Line  int
}

// Stanza is one iface stanza.
type Stanza struct {
	Name     string
	Family   string // inet, inet6, …; "" where the file leaves it out
	Method   string // static, dhcp, manual, loopback; "" where the file leaves it out
	Inherits string
	Options  []Option
	File     string
	Line     int
}

// Option is one line of a stanza.
type Option struct {
	Name, Value string
	File        string
	Line        int
}

// HotplugClass is the class of allow-hotplug: up as soon as the card is there, which at
// boot it is.
const HotplugClass = "hotplug"

// IsAuto says that the interface comes up at boot: auto, or hotplug for a card that is there.
func (i *Interfaces) IsAuto(name string) bool {
	return slices.ContainsFunc(i.Auto, func(s Selection) bool {
		return s.Name == name && (s.Class == "auto" || s.Class == HotplugClass)
	})
}

// Stanza is the first inet stanza of that name. A stanza without family counts: Proxmox
// and ifupdown2 write it so.
func (i *Interfaces) Stanza(name string) (Stanza, bool) {
	for _, s := range i.Stanzas {
		if s.Name == name && s.isInet() {
			return s, true
		}
	}
	return Stanza{}, false
}

func (s Stanza) isInet() bool { return s.Family == "inet" || s.Family == "" }

// Duplicates are the inet stanzas that repeat an earlier one of the same name. ifupdown
// applies them all: two addresses where one was meant.
func (i *Interfaces) Duplicates() []Stanza {
	var repeated []Stanza
	seen := map[string]bool{}
	for _, s := range i.Stanzas {
		if !s.isInet() {
			continue
		}
		if seen[s.Name] {
			repeated = append(repeated, s)
		}
		seen[s.Name] = true
	}
	return repeated
}

// Gateways are the inet stanzas that set a default gateway; more than one fight over it.
func (i *Interfaces) Gateways() []Stanza {
	var found []Stanza
	for _, s := range i.Stanzas {
		if s.isInet() && s.Option("gateway") != "" {
			found = append(found, s)
		}
	}
	return found
}

// Option is the value of an option, "" where it is not set. Of an option that stands
// there twice the values are joined by a line end, as ifupdown joins them: what takes one
// value then fails.
func (s Stanza) Option(name string) string { return strings.Join(s.Values(name), "\n") }

// Values are the values of an option that may stand in several lines, such as up.
func (s Stanza) Values(name string) []string {
	var values []string
	for _, o := range s.Options {
		if o.Name == name {
			values = append(values, o.Value)
		}
	}
	return values
}

// Address is the static address with its length: from address/length or address/mask, or
// from address and netmask; a netmask line wins over the length. Without either the
// length is that of the address's class: 10.0.1.2 alone is a /8.
//
// A comment behind address/length does no harm in ifupdown, so it does none here; behind
// an address or a netmask it does.
func (s Stanza) Address() (netip.Prefix, error) {
	text := s.Option("address")
	if text == "" {
		return netip.Prefix{}, fmt.Errorf("%s:%d: iface %s has no address", s.File, s.Line, s.Name)
	}
	host, length, hasLength := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || strings.Contains(text, "\n") {
		return netip.Prefix{}, fmt.Errorf("%s:%d: %s is no address; expected e.g. 10.0.1.2/29", s.File, s.lineOf("address"), quote(text))
	}
	bits, line := classBits(addr), s.lineOf("address")
	switch mask := s.Option("netmask"); {
	case mask != "":
		bits, err = maskBits(mask, addr)
		line = s.lineOf("netmask")
	case hasLength:
		bits, err = maskBits(withoutComment(length), addr)
	}
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s:%d: %w", s.File, line, err)
	}
	return netip.PrefixFrom(addr, bits), nil
}

// Gateway is the default gateway, the zero Addr where there is no gateway line. A comment
// behind it does no harm: the shell that ifupdown starts takes it as one.
func (s Stanza) Gateway() (netip.Addr, error) {
	text := s.Option("gateway")
	if text == "" {
		return netip.Addr{}, nil
	}
	addr, err := netip.ParseAddr(withoutComment(text))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s:%d: %s is no gateway; expected one address", s.File, s.lineOf("gateway"), quote(text))
	}
	return addr, nil
}

// withoutComment cuts " # …" off.
func withoutComment(text string) string {
	value, rest := splitWord(text)
	if strings.HasPrefix(rest, "#") && !strings.Contains(text, "\n") {
		return value
	}
	return text
}

func (s Stanza) lineOf(option string) int {
	for _, o := range s.Options {
		if o.Name == option {
			return o.Line
		}
	}
	return s.Line
}

func maskBits(mask string, addr netip.Addr) (int, error) {
	if bits, err := strconv.Atoi(mask); err == nil {
		if bits < 0 || bits > addr.BitLen() {
			return 0, fmt.Errorf("netmask %d is impossible; expected 0 to %d", bits, addr.BitLen())
		}
		return bits, nil
	}
	dotted, err := netip.ParseAddr(mask)
	if err != nil || !dotted.Is4() || !addr.Is4() {
		return 0, fmt.Errorf("%s is no netmask; expected e.g. 255.255.255.248 or 29", quote(mask))
	}
	b := dotted.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	for bits := 0; bits <= 32; bits++ {
		if n == ^uint32(0)<<(32-bits) {
			return bits, nil
		}
	}
	return 0, fmt.Errorf("%s is no netmask: its ones are not all in front", quote(mask))
}

// classBits is the length that an address without one gets from ifupdown's ip call: the
// whole address for IPv6, its historical class for IPv4.
func classBits(addr netip.Addr) int {
	if !addr.Is4() {
		return addr.BitLen()
	}
	switch first := addr.As4()[0]; {
	case first < 128:
		return 8
	case first < 192:
		return 16
	case first < 224:
		return 24
	}
	return 32
}
