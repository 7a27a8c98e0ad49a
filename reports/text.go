// Package reports holds what a run found out: verdicts, their reasons, the evidence
// they stand on, and the folder that keeps all of it. It is data and storage only;
// the packages below it turn a Run into what people and machines read. Nothing here
// looks at a lab, and nothing that looks at a lab knows how a report is drawn.
package reports

import "fmt"

// Text is one sentence in the two languages of the reports.
type Text struct {
	FR string `json:"fr"`
	EN string `json:"en"`
}

// The languages of a report.
const (
	French  = "fr"
	English = "en"
)

// Same is a Text that reads the same in both languages: a command, a value, a name.
func Same(s string) Text { return Text{FR: s, EN: s} }

// Textf formats both languages with the same arguments.
func Textf(fr, en string, args ...any) Text {
	return Text{FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}
}

// In returns the text in the language wanted ("fr" or "en"). A language that is
// missing falls back on the other, so that a reader never gets an empty sentence.
func (t Text) In(lang string) string {
	if lang == English {
		return firstOf(t.EN, t.FR)
	}
	return firstOf(t.FR, t.EN)
}

// IsZero tells whether there is nothing to read in either language.
func (t Text) IsZero() bool { return t.FR == "" && t.EN == "" }

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
