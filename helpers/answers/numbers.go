package answers

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

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
