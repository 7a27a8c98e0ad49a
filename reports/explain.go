package reports

import (
	"strings"
)

// maxOutputLines bounds how much of a command's output stands in an explanation; the
// whole of it is in the evidence.
const maxOutputLines = 20

// maxLineBytes bounds one line of an explanation.
const maxLineBytes = 2000

// Headline is a verdict in one line: id, subject and its first reason, or its title
// when there is nothing to explain.
func (v Verdict) Headline(lang string) string {
	what := v.Title
	if len(v.Reasons) > 0 {
		what = v.Reasons[0].What
	}
	return v.ID + " " + v.Subject.Text().In(lang) + ": " + clip(what.In(lang))
}

// Explain tells why a verdict is what it is, in lines that are safe to print: every
// reason with what was seen, what was expected and what to look at, then the evidence.
func (v Verdict) Explain(lang string) []string {
	lines := []string{v.Headline(lang)}
	for i, r := range v.Reasons {
		if i > 0 {
			lines = append(lines, "  "+clip(r.What.In(lang)))
		}
		lines = append(lines, r.details(lang)...)
	}
	for _, path := range v.Evidence {
		lines = append(lines, field(labelEvidence, lang, path)...)
	}
	return lines
}

// Explain tells of a reason that belongs to no question.
func (r Reason) Explain(lang string) []string {
	return append([]string{clip(r.What.In(lang))}, r.details(lang)...)
}

var (
	labelSeen     = Text{FR: "vu", EN: "seen"}
	labelExpected = Text{FR: "attendu", EN: "expected"}
	labelCommand  = Text{FR: "commande", EN: "command"}
	labelOutput   = Text{FR: "sortie", EN: "output"}
	labelNext     = Text{FR: "à voir", EN: "look at"}
	labelEvidence = Text{FR: "preuve", EN: "evidence"}
)

func (r Reason) details(lang string) []string {
	var lines []string
	lines = append(lines, field(labelSeen, lang, r.Seen.In(lang))...)
	lines = append(lines, field(labelExpected, lang, r.Expected.In(lang))...)
	lines = append(lines, field(labelCommand, lang, r.Command)...)
	lines = append(lines, field(labelOutput, lang, r.Output)...)
	return append(lines, field(labelNext, lang, r.Next.In(lang))...)
}

// field lays "label: value" out, a value of several lines under itself.
func field(label Text, lang, value string) []string {
	value = strings.TrimRight(value, "\r\n\t ")
	if value == "" {
		return nil
	}
	const column = 11
	name := label.In(lang) + ":"
	pad := strings.Repeat(" ", max(1, column-len([]rune(name))))
	rows := strings.Split(value, "\n")
	lines := []string{"    " + name + pad + clip(strings.TrimRight(rows[0], "\r"))}
	for i, row := range rows[1:] {
		if i+1 == maxOutputLines {
			lines = append(lines, strings.Repeat(" ", 4+column)+"…")
			break
		}
		lines = append(lines, strings.Repeat(" ", 4+column)+clip(strings.TrimRight(row, "\r")))
	}
	return lines
}

func clip(s string) string { return Cut(Line(s), maxLineBytes) }
