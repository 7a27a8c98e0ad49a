package html

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/labproof/labproof/reports"
)

// maxLine bounds names, paths and other short texts, in bytes.
const maxLine = 300

// verdict is one question of one subject, told in full.
type verdict struct {
	Anchor, ID, Subject string
	About               reports.Text
	Title               reports.Text
	Headline, Next      reports.Text
	Outcome             string
	Says                reports.Text
	Took                string
	Open                bool
	Reasons             []reason
	Rungs               []reports.Text // by which ways the guests were seen
	Sides               []side
	Answers             []answer
	MoreAnswers         int
	Ladder              *ladder
	Commands            string
	Evidence            []link
	Waits               []wait
	MoreWaits           int
}

type reason struct {
	What, Expected, Seen, Next reports.Text
	Command, Output            string
	Told                       bool // What is the headline, and stands there already
}

type link struct{ Path, Name string }

type wait struct {
	What     reports.Text
	Took     string
	LastSeen string
	TimedOut bool
}

// slow is one of the longest waits of the run.
type slow struct {
	wait
	Anchor string
}

func (l level) verdict(v reports.Verdict, seen sights, how view) *verdict {
	told := &verdict{
		Anchor: anchor(v.ID, v.Subject), ID: v.ID, Subject: string(v.Subject), About: v.Subject.Text(),
		Title: l.say(v.Title), Headline: l.say(v.Title), Outcome: string(v.Outcome), Says: v.Outcome.Text(), Took: short(v.Duration),
		Open: v.Outcome == reports.Failed || v.Outcome == reports.Error,
	}
	for i, r := range v.Reasons {
		if i == l.reasons {
			break
		}
		told.Reasons = append(told.Reasons, l.reason(r))
	}
	if len(told.Reasons) > 0 {
		told.Reasons[0].Told = true
		told.Headline, told.Next = told.Reasons[0].What, told.Reasons[0].Next
	}
	if l.ladders == allLadders || l.ladders == laddersOfRed && told.Open {
		told.Ladder = seen.ladders[told.Anchor]
	}
	for _, r := range v.Rungs {
		told.Rungs = append(told.Rungs, r.Text())
	}
	told.Sides = l.sides(v)
	told.Answers = l.answersTo(v, how)
	told.MoreAnswers = len(v.Answers) - len(told.Answers)
	if l.commands > 0 && (!how.own || len(v.Subject.Groups()) == 1) { // a pair's are its neighbour's too
		told.Commands = reports.Cut(reports.Printable(seen.commands[told.Anchor]), l.commands)
	}
	told.Evidence = l.links(v)
	told.Waits = l.waitsOf(v)
	told.MoreWaits = max(0, len(v.Waits)-len(told.Waits))
	return told
}

func (l level) reason(r reports.Reason) reason {
	return reason{
		What: l.say(r.What), Expected: l.say(r.Expected), Seen: l.say(r.Seen), Next: l.say(r.Next),
		Command: block(r.Command, l.text), Output: block(r.Output, l.output),
	}
}

func (l level) links(v reports.Verdict) []link {
	var links []link
	for i, p := range v.Evidence {
		if i == l.files {
			break
		}
		links = append(links, link{Path: "./" + p, Name: line(path.Base(p))})
	}
	return links
}

// waitsOf are the longest waits of a verdict, longest first.
func (l level) waitsOf(v reports.Verdict) []wait {
	longest := slices.SortedStableFunc(slices.Values(v.Waits), func(a, b reports.Wait) int { return cmp.Compare(b.Duration, a.Duration) })
	var waits []wait
	for i, w := range longest {
		if i == l.waits {
			break
		}
		waits = append(waits, l.wait(w))
	}
	return waits
}

func (l level) wait(w reports.Wait) wait {
	return wait{What: l.say(w.What), Took: short(w.Duration), LastSeen: line(w.LastSeen), TimedOut: w.TimedOut}
}

// maxSlow is how many of the longest waits of a run are listed.
const maxSlow = 10

func slowest(run *reports.Run, l level) []slow {
	type place struct {
		wait   reports.Wait
		anchor string
	}
	var all []place
	for _, v := range run.Verdicts {
		for _, w := range v.Waits {
			all = append(all, place{w, anchor(v.ID, v.Subject)})
		}
	}
	slices.SortStableFunc(all, func(a, b place) int { return cmp.Compare(b.wait.Duration, a.wait.Duration) })
	var list []slow
	for _, p := range all[:min(maxSlow, len(all))] {
		list = append(list, slow{l.wait(p.wait), p.anchor})
	}
	return list
}

// say makes a text safe to show and fills in a language that is missing.
func (l level) say(t reports.Text) reports.Text {
	return reports.Text{FR: block(t.In(reports.French), l.text), EN: block(t.In(reports.English), l.text)}
}

func block(s string, limit int) string {
	s = strings.TrimRight(s, " \t\r\n")
	if limit == 0 || s == "" {
		return ""
	}
	if len(s) > 4*limit { // what comes of it is at most longer
		s = reports.Cut(s, 4*limit)
	}
	return reports.Cut(reports.Printable(s), limit)
}

func line(s string) string { return reports.Cut(reports.Line(s), maxLine) }
