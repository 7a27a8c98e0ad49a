package reports

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/labproof/labproof/helpers/output"
)

// Printable makes what a guest printed harmless to show: terminal sequences, invisible
// direction marks and every character that XML forbids are written out as escapes.
// Evidence files keep the bytes as they came.
func Printable(s string) string { return output.Visible(s) }

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
