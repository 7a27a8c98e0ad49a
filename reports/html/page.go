package html

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/grades"
)

//go:embed report.css
var css string

//go:embed report.js
var script string

//go:embed report.tmpl.html
var markup string

var sheet = template.Must(template.New("report").Funcs(template.FuncMap{"word": word, "to": to}).Parse(markup))

// page is what the template shows, every text bounded and printable already.
type page struct {
	Lang      string
	CSS       template.CSS
	JS        template.JS
	Policy    string
	Run       head
	Totals    []total
	Own       *reports.Text // whose page it is; nil: everybody's
	Class     *standing
	Marks     []marked
	Problems  []reason
	Changes   []string // what others changed on the node meanwhile
	Unlisted  int      // more of them
	Attention []*verdict
	Further   int // more of them
	Questions []*question
	Subjects  []subject
	Pictures  []picture
	Timeline  *timeline
	Slowest   []slow
	Partly    bool // the class is too large for everything
}

type head struct {
	ID, Command, Tool, Node, Version, URL string
	Started, Took                         string
	Judgement                             string
	Says                                  reports.Text
}

type total struct {
	Outcome string
	Text    reports.Text
	Says    reports.Text // as Text, after Count
	Count   int
}

// question is a column of the grid and a section of the page.
type question struct {
	ID, Short string
	Title     reports.Text
	Verdicts  []*verdict // those told in full
	Passed    string     // of those that could be judged, in percent: "83"
}

// subject is a row of the grid.
type subject struct {
	ID       string
	Text     reports.Text
	Mark     string // "" where there is none
	Graded   bool   // it has a place that tells how the mark came about
	Cells    []cell
	Outcomes string // every outcome that is in the row
}

type cell struct {
	Anchor  string // "" where there is no verdict
	Told    bool   // it has its details in the page
	Outcome string
	Text    reports.Text
}

// policy allows this page's own style and script, and nothing else at all.
func policy() string {
	return fmt.Sprintf("default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'", digest(css), digest(script))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func newPage(run *reports.Run, seen sights, l level, how view) page {
	p := page{
		Lang: how.lang, CSS: template.CSS(css), JS: template.JS(script), Policy: policy(),
		Run: headOf(run), Totals: totals(run), Partly: l.quiet,
	}
	for _, r := range run.Problems {
		p.Problems = append(p.Problems, l.reason(r))
	}
	p.Changes, p.Unlisted = changes(run)
	p.Questions = columns(run, l)
	p.tell(run, seen, l, how)
	p.Class, p.Marks = newClass(how.grades), l.marks(how.grades)
	p.Subjects = rows(run, p.Questions, how.grades)
	p.Pictures = pictures(run, seen, l)
	if how.own {
		p.Own = &p.Marks[0].About
		p.Run.URL = ""
		return p
	}
	p.Timeline = newTimeline(run)
	if l.waits > 0 {
		p.Slowest = slowest(run, l)
	}
	return p
}

// maxChanges is how many changes of others are listed.
const maxChanges = 50

// changes are what others changed on the node while it was looked at: names that they chose.
func changes(run *reports.Run) (list []string, more int) {
	for i, change := range run.Changes {
		if i == maxChanges {
			return list, len(run.Changes) - maxChanges
		}
		list = append(list, line(change))
	}
	return list, 0
}

// tell puts every verdict into the section of its question, and those that somebody has
// to do something about at the top of the page.
func (p *page) tell(run *reports.Run, seen sights, l level, how view) {
	sections := map[string]*question{}
	for _, q := range p.Questions {
		sections[q.ID] = q
	}
	count := 0
	for _, v := range p.inOrder(run.Verdicts) {
		if l.quiet && v.Outcome == reports.Passed {
			continue
		}
		if count++; count > l.told {
			break
		}
		told := l.verdict(v, seen, how)
		sections[v.ID].Verdicts = append(sections[v.ID].Verdicts, told)
		if !told.Open {
			continue
		}
		if len(p.Attention) == l.first {
			p.Further++
			continue
		}
		p.Attention = append(p.Attention, told)
	}
}

// inOrder sorts verdicts as the grid has them: row by row, question by question.
func (p *page) inOrder(verdicts []reports.Verdict) []reports.Verdict {
	column := map[string]int{}
	for i, q := range p.Questions {
		column[q.ID] = i
	}
	return slices.SortedStableFunc(slices.Values(verdicts), func(a, b reports.Verdict) int {
		return cmp.Or(compare(a.Subject, b.Subject), cmp.Compare(column[a.ID], column[b.ID]))
	})
}

func headOf(run *reports.Run) head {
	h := head{
		ID: line(run.ID), Command: line(run.Command), Tool: line(run.Tool),
		Node: line(run.Target.Node), Version: line(run.Target.Version), URL: line(run.Target.URL),
		Started: run.Started.UTC().Format("2006-01-02 15:04 UTC"), Judgement: string(run.Judge()),
	}
	if took := run.Duration(); took > 0 {
		h.Took = short(took)
	}
	switch {
	case run.Interrupted:
		h.Says = word("interrupted")
	case run.Judge() == reports.AllPassed:
		h.Says = word("all passed")
	case run.Judge() == reports.SomeFailed:
		h.Says = word("some failed")
	case run.Command == "grade" && len(run.Problems) == 0 && run.Totals.Error < run.Totals.All():
		h.Says = word("some errors")
	default:
		h.Says = word("broken")
	}
	return h
}

func totals(run *reports.Run) []total {
	counted := reports.Count(run.Verdicts)
	var list []total
	for _, o := range reports.Outcomes() {
		list = append(list, total{string(o), o.Text(), o.Counted(counted.Of(o)), counted.Of(o)})
	}
	return list
}

// columns are the questions that were listed and those that have a verdict all the same.
func columns(run *reports.Run, l level) []*question {
	var list []*question
	known := map[string]bool{}
	add := func(id string, title reports.Text) {
		if !known[id] {
			known[id] = true
			_, name, _ := strings.Cut(id, ".")
			list = append(list, &question{ID: id, Short: name, Title: l.say(title)})
		}
	}
	for _, q := range run.Questions {
		if reports.CheckID(q.ID) == nil {
			add(q.ID, q.Title)
		}
	}
	for _, v := range run.Verdicts {
		add(v.ID, v.Title)
	}
	return list
}

// bySubject sorts verdicts as the grid's rows are: the node, the groups, the pairs.
func bySubject(verdicts []reports.Verdict) []reports.Verdict {
	return slices.SortedStableFunc(slices.Values(verdicts), func(a, b reports.Verdict) int {
		return compare(a.Subject, b.Subject)
	})
}

func compare(a, b reports.Subject) int {
	ga, gb := a.Groups(), b.Groups()
	return cmp.Or(cmp.Compare(len(ga), len(gb)), slices.Compare(ga, gb))
}

func rows(run *reports.Run, questions []*question, all []grades.Grade) []subject {
	place := map[string]int{}
	told := map[string]bool{}
	for i, q := range questions {
		place[q.ID] = i
		for _, v := range q.Verdicts {
			told[v.Anchor] = true
		}
	}
	marks := map[string]grades.Grade{}
	for _, g := range all {
		marks[string(reports.Group(g.Group))] = g
	}
	judged, passed := make([]int, len(questions)), make([]int, len(questions))
	var list []subject
	for _, v := range bySubject(run.Verdicts) {
		if len(list) == 0 || list[len(list)-1].ID != string(v.Subject) {
			list = append(list, newSubject(v.Subject, marks, len(questions)))
		}
		row, at := &list[len(list)-1], anchor(v.ID, v.Subject)
		row.Cells[place[v.ID]] = cell{Anchor: at, Told: told[at], Outcome: string(v.Outcome), Text: v.Outcome.Text()}
		if !strings.Contains(row.Outcomes, string(v.Outcome)) {
			row.Outcomes = strings.TrimSpace(row.Outcomes + " " + string(v.Outcome))
		}
		if counts(v.Outcome) {
			judged[place[v.ID]]++
		}
		if v.Outcome == reports.Passed {
			passed[place[v.ID]]++
		}
	}
	for i, q := range questions {
		if judged[i] > 0 {
			q.Passed = fmt.Sprintf("%d", 100*passed[i]/judged[i])
		}
	}
	return list
}

// counts tells whether an outcome says something about what was built.
func counts(o reports.Outcome) bool {
	return o == reports.Passed || o == reports.Failed || o == reports.NotAttempted
}

func newSubject(s reports.Subject, marks map[string]grades.Grade, questions int) subject {
	row := subject{ID: string(s), Text: s.Text(), Cells: make([]cell, questions)}
	g, graded := marks[row.ID]
	row.Graded = graded
	if graded && g.Mark != nil {
		row.Mark = grades.Decimal(*g.Mark)
	}
	return row
}

// anchor names the place of a verdict in the page: tp1.q21/pair-1-2.
func anchor(id string, s reports.Subject) string { return id + "/" + string(s) }

// to links to a place of this page. Anchors are made of checked ids and subjects only.
func to(anchor string) template.URL { return template.URL("#" + anchor) }

// short is a duration as people read it.
func short(d time.Duration) string {
	switch {
	case d < 50*time.Millisecond:
		return "< 0.1 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	default:
		s := int(d.Round(time.Second).Seconds())
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
}
