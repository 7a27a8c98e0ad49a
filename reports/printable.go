package reports

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes what a guest printed harmless to show: whatever is not a visible
// character, a space, a line end or a tab is written out as an escape. That covers
// terminal sequences, right-to-left overrides and every character that XML forbids.
// Evidence files keep the bytes as they came.
func Printable(s string) string {
	if isPrintable(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		writePrintable(&b, s[:size], r)
		s = s[size:]
	}
	return b.String()
}

// Line is Printable on one line: line ends and tabs are written out as well.
func Line(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(Printable(s))
}

// Cut shortens a text to at most limit bytes, at a whole character, and says so.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := max(limit, 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s… [+%d bytes]", s[:end], len(s)-end)
}

func isPrintable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !shown(r) {
			return false
		}
	}
	return true
}

func shown(r rune) bool { return r == '\n' || r == '\t' || unicode.IsGraphic(r) }

func writePrintable(b *strings.Builder, raw string, r rune) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case shown(r):
		b.WriteString(raw)
	case r < 0x80:
		fmt.Fprintf(b, `\x%02x`, r)
	case r <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}
