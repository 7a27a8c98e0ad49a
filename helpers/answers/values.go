package answers

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/yamlfile"
)

const (
	maxWords = 16 << 10 // a text, in bytes
	maxWord  = 256      // everything else
	maxNames = 16
	maxShown = 60 // of a text that a problem repeats
	// illegible stands for something written that is no text.
	illegible = "?"
)

// value is one field of an answer.
type value interface {
	// Written is what the group wrote, without the blanks around; "" : not answered.
	Written() string
	// take reads a node; what is written stays known where it cannot be read.
	take(node ast.Node) *complaint
}

type written struct{ text string }

// Written is what the group wrote, without the blanks around; "": not answered.
func (w written) Written() string { return w.text }

// scalar keeps the text of a node that is one value, of whatever YAML type.
func (w *written) scalar(node ast.Node, limit int) *complaint {
	text, ok := textOf(node)
	if !ok {
		w.text = illegible
		return kindOf(node).in("on attend une seule valeur, pas %s", "expected one value, not %s")
	}
	return w.keep(text, limit)
}

func (w *written) keep(text string, limit int) *complaint {
	text = strings.TrimSpace(text)
	cut, more := output.Cut(text, limit)
	w.text = cut
	if more {
		return complain("plus long que %d octets", "longer than %d bytes", limit)
	}
	return nil
}

// textOf is the value of a node as it was written: 64, oui and 1.10 alike are text here.
func textOf(node ast.Node) (string, bool) {
	if text, ok := yamlfile.Text(node); ok {
		return text, true
	}
	switch node.(type) {
	case *ast.NullNode, *ast.LiteralNode:
		return "", true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

func kindOf(node ast.Node) *complaint {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return complain("des clés (clé: valeur)", "keys (key: value)")
	case *ast.SequenceNode:
		return complain("une liste", "a list")
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return complain("une ancre, un alias ou une étiquette YAML", "an anchor, alias or tag of YAML")
	}
	return complain("autre chose", "something else")
}

// shown is a part of what was written, harmless and short.
func (w written) shown() string { return output.Line(w.text, maxShown) }

// Words are a text for a teacher, or a file that was pasted.
type Words struct{ written }

func (w *Words) take(node ast.Node) *complaint { return w.scalar(node, maxWords) }

// Word is a single line.
type Word struct{ written }

func (w *Word) take(node ast.Node) *complaint {
	if c := w.scalar(node, maxWord); c != nil {
		return c
	}
	if strings.ContainsAny(w.text, "\r\n") {
		return complain("on attend une seule ligne", "expected a single line")
	}
	return nil
}

// Count is a whole number; words around it do no harm.
type Count struct {
	Word
	N  int
	OK bool // N is what was written
}

var number = regexp.MustCompile(`-?[0-9]+(?:[.,_'\x{a0}\x{202f}]*[0-9]+)*`)

func (c *Count) take(node ast.Node) *complaint {
	if why := c.Word.take(node); why != nil || c.text == "" {
		return why
	}
	found := number.FindAllString(c.text, 2)
	if len(found) == 1 {
		if n, err := strconv.ParseUint(found[0], 10, 31); err == nil {
			c.N, c.OK = int(n), true
			return nil
		}
	}
	return complain("on attend un nombre entier, comme 14 ; lu : %s", "expected a whole number such as 14; read: %s", c.shown())
}

// Size is an amount of memory: 64 Go, 62,8 Gio, 65536 MiB.
type Size struct {
	Word
	Number float64
	// Units are the bytes of what its unit may stand for: of Go and GB people mean either
	// 2^30 or 10^9. Empty: nothing was read.
	Units []float64
}

var (
	size = regexp.MustCompile(`^[^0-9-]{0,20}([0-9]{1,3}(?:[ \x{a0}\x{202f}][0-9]{3})+|[0-9]{1,15})(?:[.,]([0-9]{1,6}))?[ \x{a0}\x{202f}]*([A-Za-z]*)[^0-9]*$`)
	unit = regexp.MustCompile(`^([kmgt]?)(i?)(?:o|b|octets?|bytes?)?$`)
)

func (s *Size) take(node ast.Node) *complaint {
	if why := s.Word.take(node); why != nil || s.text == "" {
		return why
	}
	if s.Number, s.Units = readSize(s.text); s.Units == nil {
		return complain("on attend une taille, comme 64 Go, 62,8 Gio ou 65536 Mio ; lu : %s",
			"expected a size such as 64 GB, 62.8 GiB or 65536 MiB; read: %s", s.shown())
	}
	return nil
}

func readSize(text string) (number float64, units []float64) {
	parts := size.FindStringSubmatch(text)
	if parts == nil {
		return 0, nil
	}
	prefix := unit.FindStringSubmatch(strings.ToLower(parts[3]))
	if prefix == nil {
		return 0, nil
	}
	whole := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(parts[1])
	number, err := strconv.ParseFloat(whole+"."+parts[2]+"0", 64)
	if err != nil {
		return 0, nil
	}
	if parts[3] == "" {
		prefix[1] = "g" // nobody counts a node's RAM in bytes: a bare 64 means gigabytes
	}
	binary, decimal := 1.0, 1.0
	for range strings.Index("-kmgt", prefix[1]) {
		binary, decimal = binary*1024, decimal*1000
	}
	if prefix[2] == "i" || binary == decimal {
		return number, []float64{binary}
	}
	return number, []float64{binary, decimal}
}

// YesNo is oui or non, yes or no.
type YesNo struct {
	Word
	Yes bool
	OK  bool // Yes is what was written
}

var yesNo = map[string]bool{
	"oui": true, "o": true, "yes": true, "y": true, "true": true, "vrai": true,
	"non": false, "n": false, "no": false, "false": false, "faux": false,
}

func (y *YesNo) take(node ast.Node) *complaint {
	if why := y.Word.take(node); why != nil || y.text == "" {
		return why
	}
	if y.Yes, y.OK = yesNo[firstWord(y.text)]; !y.OK {
		return complain("on attend oui ou non ; lu : %s", "expected yes (oui) or no (non); read: %s", y.shown())
	}
	return nil
}

// firstWord is the first word in small letters, where nothing or punctuation follows:
// "Non, aucune route" says no, "non applicable" says neither.
func firstWord(text string) string {
	end := strings.IndexAny(text, " \t,.;:!(")
	if end < 0 {
		return strings.ToLower(text)
	}
	if rest := strings.TrimSpace(text[end:]); rest != "" && !strings.ContainsRune(",.;:!(", rune(rest[0])) {
		return ""
	}
	return strings.ToLower(text[:end])
}

// none are the words for nothing at all.
func none(text string) bool {
	word, _, _ := strings.Cut(strings.ToLower(text), " ")
	switch strings.TrimRight(word, ",.;:!") {
	case "aucun", "aucune", "none", "rien", "nothing", "vide", "empty", "-", "—", "–":
		return true
	}
	return false
}

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
