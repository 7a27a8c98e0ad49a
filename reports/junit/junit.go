// Package junit writes a run as JUnit XML, the form that every CI shows.
//
// Names are for machines and never change with a language, a title or a label: the
// class name is the suite and the subject ("tp1.group-1"), the name is the question's
// id ("tp1.q07"). Jenkins shows that as package tp1, class group-1, test tp1.q07;
// GitLab, which drops duplicates, finds none, since a run has one verdict per question
// and subject. Titles and explanations stand in the messages, in the run's language.
//
// A failed question is a <failure>, an error of labproof or the node an <error>; what
// was not attempted or cannot be observed is <skipped>, and its message begins with
// which of the two it is.
package junit

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/labproof/labproof/reports"
)

// File is the name of the report in a run's folder.
const File = "junit.xml"

// Options say how to write a run.
type Options struct {
	// Lang of the messages: "fr" or "en"; empty means the run's own.
	Lang string
	// Evidence is put in front of the evidence's path in attachment lines: the path of
	// the run's folder, relative to the CI's checkout or absolute. Jenkins and GitLab
	// take both. Empty means no attachment lines.
	Evidence string
}

// WriteFile writes a run to a file, replacing it in one step.
func WriteFile(path string, run *reports.Run, o Options) error {
	data, err := Encode(run, o)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := renameio.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Encode gives the XML of a run, header included.
func Encode(run *reports.Run, o Options) ([]byte, error) {
	if o.Lang == "" {
		o.Lang = run.Lang
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(document(run, o)); err != nil {
		return nil, fmt.Errorf("junit of run %s: %w", run.ID, err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func document(run *reports.Run, o Options) testsuites {
	doc := testsuites{Name: "labproof " + text(run.ID), Time: seconds(run.Duration())}
	for _, subject := range subjects(run.Verdicts) {
		doc.add(suiteOf(run, subject, o))
	}
	if s, ok := problems(run, o); ok {
		doc.add(s)
	}
	return doc
}

// subjects lists the subjects of the verdicts: the node, the groups, then the pairs.
func subjects(verdicts []reports.Verdict) []reports.Subject {
	var list []reports.Subject
	for _, v := range verdicts {
		if !slices.Contains(list, v.Subject) {
			list = append(list, v.Subject)
		}
	}
	slices.SortFunc(list, func(a, b reports.Subject) int {
		ga, gb := a.Groups(), b.Groups()
		return cmp.Or(cmp.Compare(len(ga), len(gb)), slices.Compare(ga, gb))
	})
	return list
}

func suiteOf(run *reports.Run, subject reports.Subject, o Options) testsuite {
	s := testsuite{Timestamp: run.Started.UTC().Format("2006-01-02T15:04:05"), Properties: properties(run)}
	for _, v := range run.Verdicts {
		if v.Subject == subject {
			c := caseOf(v, o)
			s.Name = c.Class
			s.add(c, v.Duration)
		}
	}
	return s
}

func properties(run *reports.Run) []property {
	return []property{
		{"run", text(run.ID)},
		{"command", text(run.Command)},
		{"tool", text(run.Tool)},
		{"target.url", text(run.Target.URL)},
		{"target.node", text(run.Target.Node)},
		{"target.version", text(run.Target.Version)},
	}
}

// Names gives the class name and the name of a question's test case.
func Names(id string, subject reports.Subject) (class, name string) {
	suite, _, _ := strings.Cut(id, ".")
	return suite + "." + string(subject), id
}

func caseOf(v reports.Verdict, o Options) testcase {
	class, name := Names(v.ID, v.Subject)
	c := testcase{Class: text(class), Name: text(name), Time: seconds(v.Duration), Out: &output{systemOut(v, o)}}
	message := text(v.Headline(o.Lang))
	detail := &detail{Message: message, Type: string(v.Outcome), Text: text(strings.Join(v.Explain(o.Lang), "\n"))}
	switch v.Outcome {
	case reports.Passed:
	case reports.Failed:
		c.Failure = detail
	case reports.NotAttempted, reports.NotObservable:
		c.Skipped = &skipped{Message: text(v.Outcome.Text().In(o.Lang)) + ": " + message}
	default:
		c.Error = detail
	}
	return c
}

// systemOut holds what is labproof's own to say: the title, for a skipped question its
// explanation (a <skipped> has no text), and a line per file of evidence. What a guest
// printed cannot pass for an attachment line: text breaks their opening up.
func systemOut(v reports.Verdict, o Options) string {
	lines := []string{text(reports.Line(v.ID + " " + v.Subject.Text().In(o.Lang) + " — " + v.Title.In(o.Lang)))}
	if v.Outcome == reports.NotAttempted || v.Outcome == reports.NotObservable {
		lines = append(lines, text(strings.Join(v.Explain(o.Lang), "\n")))
	}
	if o.Evidence != "" {
		for _, path := range v.Evidence {
			lines = append(lines, attachmentOpen+attachable(strings.TrimRight(o.Evidence, "/")+"/"+path)+"]]")
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// problems is the test case that stands for what went wrong outside of any question,
// so that a run that broke is never shown as green.
func problems(run *reports.Run, o Options) (testsuite, bool) {
	if !run.Interrupted && len(run.Problems) == 0 {
		return testsuite{}, false
	}
	var lines []string
	if run.Interrupted {
		lines = append(lines, reports.Text{FR: "le passage a été interrompu", EN: "the run was interrupted"}.In(o.Lang))
	}
	for _, p := range run.Problems {
		lines = append(lines, p.Explain(o.Lang)...)
	}
	s := testsuite{Name: "labproof.run", Timestamp: run.Started.UTC().Format("2006-01-02T15:04:05"), Properties: properties(run)}
	s.add(testcase{
		Class: "labproof.run", Name: "run", Time: seconds(0),
		Error: &detail{Message: text(lines[0]), Type: "error", Text: text(strings.Join(lines, "\n"))},
	}, 0)
	return s, true
}
