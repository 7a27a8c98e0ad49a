package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/labproof/labproof/reports"
)

type style string

const (
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	purple style = "35"
	cyan   style = "36"
	bold   style = "1"
	dim    style = "2"
)

// paint colours a text that was escaped before.
func (t *Terminal) paint(s style, text string) string {
	if !t.o.Color || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// The five outcomes differ by shape as well as by colour.
func symbol(o reports.Outcome) string {
	switch o {
	case reports.Passed:
		return "✓"
	case reports.Failed:
		return "✗"
	case reports.NotAttempted:
		return "–"
	case reports.NotObservable:
		return "?"
	default:
		return "!"
	}
}

func colorOf(o reports.Outcome) style {
	switch o {
	case reports.Passed:
		return green
	case reports.Failed:
		return red
	case reports.NotAttempted:
		return yellow
	case reports.NotObservable:
		return cyan
	default:
		return purple
	}
}

func (t *Terminal) mark(o reports.Outcome) string { return t.paint(colorOf(o), symbol(o)) }

// fit cuts a text to a number of columns, with an ellipsis when something is lost.
func fit(s string, columns int) string {
	if columnsOf(s) <= columns {
		return s
	}
	var b strings.Builder
	used := 0
	for _, r := range s {
		w := runeColumns(r)
		if used+w > columns-1 {
			break
		}
		b.WriteRune(r)
		used += w
	}
	if columns > 0 {
		b.WriteString("…")
	}
	return b.String()
}

// pad fills a text up to a number of columns.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-columnsOf(s)))
}

func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}
