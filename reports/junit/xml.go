package junit

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"github.com/labproof/labproof/reports"
)

// The elements and attributes that both Jenkins and GitLab document, and no others: Jenkins'
// schema has no skipped on the outermost element. testdata keeps what they document.

type testsuites struct {
	XMLName  xml.Name    `xml:"testsuites"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Suites   []testsuite `xml:"testsuite"`
}

type testsuite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Time       string     `xml:"time,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testcase `xml:"testcase"`

	took time.Duration
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Skipped *skipped `xml:"skipped,omitempty"`
	Error   *detail  `xml:"error,omitempty"`
	Failure *detail  `xml:"failure,omitempty"`
	Out     *output  `xml:"system-out,omitempty"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

type detail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// output is in CDATA so that its lines are lines in the file as well.
type output struct {
	Text string `xml:",cdata"`
}

func (d *testsuites) add(s testsuite) {
	d.Suites = append(d.Suites, s)
	d.Tests += s.Tests
	d.Failures += s.Failures
	d.Errors += s.Errors
}

func (s *testsuite) add(c testcase, took time.Duration) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.took += took
	s.Time = seconds(s.took)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

const attachmentOpen = "[[ATTACHMENT|"

// text makes a string fit for the report: no character that XML 1.0 forbids (Printable
// writes them out) and nothing that a CI would take for an attachment of ours.
func text(s string) string {
	return strings.ReplaceAll(reports.Printable(s), "[[", "[ [")
}

// attachable makes a path fit for an attachment line, which ends at the first "]]".
// Evidence has safe names; the folder that the user chose for the reports may not.
func attachable(path string) string {
	return strings.ReplaceAll(reports.Line(path), "]]", "] ]")
}
