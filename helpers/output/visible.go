package output

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible writes s so that a terminal, an editor and XML show it as text: bytes
// that are no UTF-8 become \xNN, control characters (terminal escapes among them)
// and invisible direction marks become \xNN or \uNNNN. Newlines and tabs stay; a
// carriage return before a newline is dropped.
func Visible(s string) string {
	if harmless(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
		case shown(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// Line is Visible on one line, with at most max bytes of s: for error messages.
func Line(s string, max int) string {
	cut, more := Cut(strings.TrimSpace(s), max)
	line := strings.ReplaceAll(Visible(cut), "\n", `\n`)
	if more {
		line += " […]"
	}
	return line
}

func harmless(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !shown(r) {
			return false
		}
	}
	return true
}

// shown tells whether a rune may stand for itself. U+FFFE and U+FFFF are no XML.
func shown(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return true
	case r == 0xFFFE || r == 0xFFFF:
		return false
	}
	return !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r)
}
