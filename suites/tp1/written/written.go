// Package written lays what a group wrote beside what is true: the facts of an answer are
// compared with the node, with the tolerance of each; its words stand beside a reference
// answer, and only a teacher judges them.
//
// There is a function for each question that asks for facts, from the answers file and
// plain truths to a reports.Answer. All are pure. What the group wrote is shown bounded
// and escaped in facts; words are as they came.
package written

import (
	"fmt"
	"strconv"

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/reports"
)

const (
	maxShown = 200 // bytes of what a fact shows
	nothing  = "—" // in a fact: there is none
)

// Words is an answer without facts: of the questions that ask for none, and of the others
// where what is true could not be seen. The id is one of answers.IDs.
func Words(f *answers.File, id string) reports.Answer {
	return reports.Answer{Group: f.Group, Words: f.Words(id), Reference: Reference(id)}
}

// answer is Words with facts.
func answer(f *answers.File, id string, facts ...reports.Fact) reports.Answer {
	a := Words(f, id)
	a.Facts = facts
	return a
}

// fact compares one field. What was left empty is never right.
func fact(name reports.Text, said, truth string, ok bool) reports.Fact {
	return reports.Fact{Name: name, Said: show(said), True: show(truth), OK: ok && said != ""}
}

func show(text string) string { return output.Line(text, maxShown) }

// yesOrNo compares a field with what the practical itself makes true.
func yesOrNo(name reports.Text, said answers.YesNo, truth bool) reports.Fact {
	text := "non / no"
	if truth {
		text = "oui / yes"
	}
	return fact(name, said.Written(), text, said.OK && said.Yes == truth)
}

// Judge says what the facts of an answer are worth: passed where all are right, whatever
// else of the answer cannot be read, not attempted where nothing was written, else failed
// with a reason for each that is wrong, was left empty or cannot be read. A reason names
// what the group wrote, not what is right. ok is false where there is no fact to judge.
func Judge(f *answers.File, id string, a reports.Answer) (outcome reports.Outcome, reasons []reports.Reason, ok bool) {
	if len(a.Facts) == 0 {
		return "", nil, false
	}
	if f.State(id) == answers.Missing {
		return reports.NotAttempted, []reports.Reason{{What: reports.Text{
			FR: "Le groupe n'a rien écrit à cette question.", EN: "The group wrote nothing to this question.",
		}}}, true
	}
	for _, fact := range a.Facts {
		switch {
		case fact.OK:
		case fact.Said == "":
			reasons = append(reasons, reports.Reason{What: about(fact, "Pas répondu : %s.", "Not answered: %s.")})
		default:
			reasons = append(reasons, reports.Reason{
				What: about(fact, "La réponse ne correspond pas à ce qui est vrai : %s.", "The answer is not what is true: %s."),
				Seen: reports.Same(fact.Said),
			})
		}
	}
	if len(reasons) == 0 {
		return reports.Passed, nil, true
	}
	return reports.Failed, append(unreadable(f, id), reasons...), true
}

// unreadable is a reason for everything of a question that cannot be read.
func unreadable(f *answers.File, id string) []reports.Reason {
	var reasons []reports.Reason
	for _, p := range f.Problems {
		if p.Question == id {
			reasons = append(reasons, reports.Reason{
				What: reports.Text{FR: "La réponse ne peut pas être lue.", EN: "The answer cannot be read."},
				Seen: reports.Text{FR: p.In(reports.French), EN: p.In(reports.English)},
				Next: reports.Text{FR: "labproof answers check", EN: "labproof answers check"},
			})
		}
	}
	return reasons
}

// about names a fact in a sentence.
func about(f reports.Fact, fr, en string) reports.Text {
	return reports.Text{FR: fmt.Sprintf(fr, f.Name.FR), EN: fmt.Sprintf(en, f.Name.EN)}
}

func number(n int) string { return strconv.Itoa(n) }
