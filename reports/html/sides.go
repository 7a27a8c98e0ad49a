package html

import (
	"slices"

	"github.com/labproof/labproof/reports"
)

// side is one group's own side of a pair's question.
type side struct {
	About   reports.Text
	Outcome string
	Says    reports.Text
	Reason  *reason
}

// answer is what a group wrote, beside what is true.
type answer struct {
	About     reports.Text
	Words     string
	Reference reports.Text
	Facts     []fact
}

type fact struct {
	Name       reports.Text
	Said, True string // True is "" where the solution is not to be shown
	OK         bool
}

func (l level) sides(v reports.Verdict) []side {
	var list []side
	for _, s := range v.Sides {
		told := side{About: reports.Group(s.Group).Text(), Outcome: string(s.Outcome), Says: s.Outcome.Text()}
		if s.Reason != nil && !slices.Contains(v.Reasons, *s.Reason) { // else it is told above
			r := l.reason(*s.Reason)
			told.Reason = &r
		}
		list = append(list, told)
	}
	return list
}

// answersTo are the answers to a question. A group's own page has hints, not the solution:
// what is right stands in the teacher's alone.
func (l level) answersTo(v reports.Verdict, how view) []answer {
	var list []answer
	for i, a := range v.Answers {
		if i == l.answers {
			break
		}
		told := answer{About: reports.Group(a.Group).Text(), Words: block(a.Words, l.text), Reference: l.say(a.Reference)}
		if how.own {
			told.Reference = reports.Text{}
		}
		for _, f := range a.Facts {
			shown := fact{Name: l.say(f.Name), Said: line(f.Said), True: line(f.True), OK: f.OK}
			if how.own {
				shown.True = ""
			}
			told.Facts = append(told.Facts, shown)
		}
		list = append(list, told)
	}
	return list
}
