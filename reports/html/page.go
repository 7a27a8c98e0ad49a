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
)

//go:embed report.css
var css string

//go:embed report.js
var script string

//go:embed report.tmpl.html
var markup string

var sheet = template.Must(template.New("report").Funcs(template.FuncMap{"word": word, "symbol": symbol, "to": to}).Parse(markup))

// page is what the template shows, every text bounded and printable already.
type page struct {
	Lang      string
	CSS       template.CSS
	JS        template.JS
	Policy    string
	Run       head
	Totals    []total
	Problems  []reason
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
	Count   int
}

// question is a column of the grid and a section of the page.
type question struct {
	ID, Short string
	Title     reports.Text
	Verdicts  []*verdict // those told in full
}

// subject is a row of the grid.
type subject struct {
	ID    string
	Text  reports.Text
	Cells []cell
}

type cell struct {
	Anchor  string // "" where there is no verdict
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

func newPage(run *reports.Run, seen sights, l level, lang string) page {
	p := page{
		Lang: lang, CSS: template.CSS(css), JS: template.JS(script), Policy: policy(),
		Run: headOf(run), Totals: totals(run), Partly: l.quiet,
	}
	for _, r := range run.Problems {
		p.Problems = append(p.Problems, l.reason(r))
	}
	p.Questions = columns(run, l)
	p.tell(run, seen, l)
	p.Subjects = rows(run, p.Questions)
	p.Pictures = pictures(run, seen, l)
	p.Timeline = newTimeline(run)
	if l.waits > 0 {
		p.Slowest = slowest(run, l)
	}
	return p
}

// tell puts every verdict into the section of its question, and those that somebody has
// to do something about at the top of the page.
func (p *page) tell(run *reports.Run, seen sights, l level) {
	sections := map[string]*question{}
	for _, q := range p.Questions {
		sections[q.ID] = q
	}
	count := 0
	for _, v := range bySubject(run.Verdicts) {
		if l.quiet && v.Outcome == reports.Passed {
			continue
		}
		if count++; count > l.told {
			break
		}
		told := l.verdict(v, seen)
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
	default:
		h.Says = word("broken")
	}
	return h
}

func totals(run *reports.Run) []total {
	counted := reports.Count(run.Verdicts)
	var list []total
	for _, o := range reports.Outcomes() {
		list = append(list, total{string(o), o.Text(), counted.Of(o)})
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

func rows(run *reports.Run, questions []*question) []subject {
	place := map[string]int{}
	for i, q := range questions {
		place[q.ID] = i
	}
	var list []subject
	for _, v := range bySubject(run.Verdicts) {
		if len(list) == 0 || list[len(list)-1].ID != string(v.Subject) {
			list = append(list, subject{ID: string(v.Subject), Text: v.Subject.Text(), Cells: make([]cell, len(questions))})
		}
		list[len(list)-1].Cells[place[v.ID]] = cell{Anchor: anchor(v.ID, v.Subject), Outcome: string(v.Outcome), Text: v.Outcome.Text()}
	}
	return list
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
