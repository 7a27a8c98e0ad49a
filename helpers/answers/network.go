package answers

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/output"
)

// Address is an IP address with or without its length, or none.
type Address struct {
	Word
	None   bool
	Prefix netip.Prefix // bits of a single address: those of the whole address
	Masked bool         // a length was written
	OK     bool         // None or Prefix is what was written
}

func (a *Address) take(node ast.Node) *complaint {
	if why := a.Word.take(node); why != nil || a.text == "" {
		return why
	}
	if a.None = none(a.text); a.None {
		a.OK = true
		return nil
	}
	host, mask, masked := strings.Cut(a.text, "/")
	if !masked {
		host, mask, masked = strings.Cut(a.text, " ")
	}
	addr, err := netip.ParseAddr(strings.TrimSpace(host))
	if err != nil || addr.Zone() != "" {
		return complain("on attend une adresse, comme 192.168.1.10/24, ou « aucune » ; lu : %s",
			"expected an address such as 192.168.1.10/24, or none (aucune); read: %s", a.shown())
	}
	bits := addr.BitLen()
	if masked {
		var ok bool
		if bits, ok = maskBits(strings.TrimSpace(mask), addr); !ok {
			return complain("%s n'est pas un masque ; on attend par exemple /24 ou 255.255.255.0",
				"%s is no mask; expected e.g. /24 or 255.255.255.0", output.Line(mask, maxShown))
		}
	}
	a.Prefix, a.Masked, a.OK = netip.PrefixFrom(addr, bits), masked, true
	return nil
}

// maskBits reads 24 or 255.255.255.0.
func maskBits(text string, addr netip.Addr) (bits int, ok bool) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(text, "/"), 10, 8); err == nil {
		return int(n), int(n) <= addr.BitLen()
	}
	dotted := net.ParseIP(text).To4()
	if dotted == nil || !addr.Is4() {
		return 0, false
	}
	ones, size := net.IPMask(dotted).Size()
	return ones, size == 32
}

// Names are names of interfaces, or none.
type Names struct {
	Word
	None bool
	List []string // as they were written
}

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$`)

func (n *Names) take(node ast.Node) *complaint {
	if why := n.read(node); why != nil || n.text == "" {
		return why
	}
	if n.None = none(n.text); n.None {
		return nil
	}
	list := strings.FieldsFunc(n.text, func(r rune) bool { return strings.ContainsRune(" \t,;/&+()", r) })
	for _, each := range list {
		if word := strings.ToLower(each); word == "et" || word == "and" {
			continue
		}
		if !name.MatchString(each) || len(n.List) == maxNames {
			n.List = nil
			return complain("on attend des noms d'interface, comme eno1, ou « aucune » ; lu : %s",
				"expected names of interfaces such as eno1, or none (aucune); read: %s", n.shown())
		}
		n.List = append(n.List, each)
	}
	return nil
}

// read takes a list as well as a line.
func (n *Names) read(node ast.Node) *complaint {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return n.Word.take(node)
	}
	var all []string
	for _, each := range list.Values {
		text, ok := textOf(each)
		if !ok {
			n.text = illegible
			return kindOf(each).in("on attend des noms, pas %s", "expected names, not %s")
		}
		all = append(all, text)
	}
	return n.keep(strings.Join(all, ", "), maxWord)
}

// Method is how an interface gets its address.
type Method struct {
	Word
	Value string // static, dhcp or manual, as interfaces(5) calls them; "": nothing was read
}

var methods = map[string]string{
	"static": "static", "statique": "static", "fixe": "static",
	"dhcp":   "dhcp",
	"manual": "manual", "manuel": "manual", "manuelle": "manual", "aucune": "manual", "none": "manual",
}

func (m *Method) take(node ast.Node) *complaint {
	if why := m.Word.take(node); why != nil || m.text == "" {
		return why
	}
	if m.Value = methods[firstWord(m.text)]; m.Value == "" {
		return complain("on attend static, dhcp ou manual ; lu : %s", "expected static, dhcp or manual; read: %s", m.shown())
	}
	return nil
}

// Wiring tells which interface is on which bridge.
type Wiring struct {
	Word
	Wires []Wire // in the order of the file
}

// Wire is one of them, as it was written.
type Wire struct{ NIC, Bridge string }

func (w *Wiring) take(node ast.Node) *complaint {
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.NullNode:
		return nil
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		_ = w.Word.take(node)
		return complain("on attend une ligne par interface, comme ens18: vmbr11", "expected a line for each interface, such as ens18: vmbr11")
	}
	w.text = illegible
	if len(entries) > maxNames {
		return complain("plus de %d interfaces", "more than %d interfaces", maxNames)
	}
	var lines []string
	for _, entry := range entries {
		nic := entry.Key.GetToken().Value
		bridge, ok := textOf(entry.Value)
		bridge = strings.TrimSpace(bridge)
		switch {
		case ok && bridge == "":
			continue // the template's empty line
		case !ok || !name.MatchString(nic) || !name.MatchString(bridge):
			w.Wires = nil
			return complain("on attend un nom d'interface et un nom de bridge, comme ens18: vmbr11",
				"expected the name of an interface and of a bridge, such as ens18: vmbr11")
		}
		w.Wires = append(w.Wires, Wire{nic, bridge})
		lines = append(lines, nic+": "+bridge)
	}
	w.text = strings.Join(lines, ", ")
	return nil
}
