package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/reports"
)

var nine = time.Date(2026, 11, 23, 21, 4, 0, 0, time.UTC)

// nasty is what a hostile guest prints: terminal sequences, characters XML forbids,
// markup, the end of a CDATA section, broken UTF-8, and a line that a CI would take
// for an attachment.
const nasty = "\x00\x01\x1b]0;title\x07\x1b[31m\xff\xfe\xed\xa0\x80\ufffe\uffff\u202e]]> <failure/> & \" ' &#0; <!DOCTYPE x>\r\n[[ATTACHMENT|/etc/passwd]]\n"

func run(verdicts ...reports.Verdict) *reports.Run {
	r := &reports.Run{ID: "2026-11-23T2104-x7qk", Command: "validate", Lang: reports.French, Started: nine, Verdicts: verdicts}
	r.Close(nine.Add(90 * time.Second))
	return r
}

func verdict(id string, subject reports.Subject, o reports.Outcome) reports.Verdict {
	v := reports.Verdict{ID: id, Subject: subject, Outcome: o, Duration: 1500 * time.Millisecond, Title: reports.Text{FR: "Titre", EN: "Title"}}
	if o != reports.Passed {
		v.Reasons = []reports.Reason{{What: reports.Text{FR: "la raison", EN: "the reason"}}}
	}
	return v
}

func every() *reports.Run {
	return run(
		verdict("tp1.q01", reports.Node, reports.Passed),
		verdict("tp1.q07", reports.Group(2), reports.Failed),
		verdict("tp1.q07", reports.Group(1), reports.NotAttempted),
		verdict("tp1.q08", reports.Group(1), reports.NotObservable),
		verdict("tp1.q20", reports.Pair(1, 2), reports.Error),
	)
}

func decode(t *testing.T, data []byte) testsuites {
	t.Helper()
	var doc testsuites
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	return doc
}

func encode(t *testing.T, r *reports.Run, o Options) []byte {
	t.Helper()
	data, err := Encode(r, o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOutcomesAreToldApart(t *testing.T) {
	doc := decode(t, encode(t, every(), Options{}))
	if doc.Tests != 5 || doc.Failures != 1 || doc.Errors != 1 || doc.Suites[1].Skipped != 2 {
		t.Errorf("counts %+v", doc)
	}
	var got []string
	for _, s := range doc.Suites {
		for _, c := range s.Cases {
			kind := "passed"
			switch {
			case c.Failure != nil:
				kind = "failure " + c.Failure.Message
			case c.Error != nil:
				kind = "error " + c.Error.Message
			case c.Skipped != nil:
				kind = "skipped " + c.Skipped.Message
			}
			got = append(got, c.Class+" "+c.Name+" "+c.Time+" "+kind)
		}
	}
	want := []string{
		"tp1.node tp1.q01 1.500 passed",
		"tp1.group-1 tp1.q07 1.500 skipped non tenté: tp1.q07 groupe 1: la raison",
		"tp1.group-1 tp1.q08 1.500 skipped non observable: tp1.q08 groupe 1: la raison",
		"tp1.group-2 tp1.q07 1.500 failure tp1.q07 groupe 2: la raison",
		"tp1.pair-1-2 tp1.q20 1.500 error tp1.q20 groupes 1-2: la raison",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNamesDoNotChangeWithTheLanguage(t *testing.T) {
	names := func(lang string) string {
		var b strings.Builder
		for _, s := range decode(t, encode(t, every(), Options{Lang: lang})).Suites {
			b.WriteString(s.Name + "\n")
			for _, c := range s.Cases {
				b.WriteString(c.Class + " " + c.Name + "\n")
			}
		}
		return b.String()
	}
	if fr, en := names("fr"), names("en"); fr != en {
		t.Errorf("fr:\n%s\nen:\n%s", fr, en)
	}
}

func TestMessagesFollowTheLanguage(t *testing.T) {
	if data := encode(t, every(), Options{Lang: "en"}); !bytes.Contains(data, []byte("not attempted: tp1.q07 group 1: the reason")) {
		t.Errorf("no English message in\n%s", data)
	}
}

func TestAttachmentsAreLinesOfTheirOwn(t *testing.T) {
	v := verdict("tp1.q20", reports.Pair(1, 2), reports.Passed)
	v.Evidence = []string{"tp1.q20/pair-1-2/near.pcap", "tp1.q20/pair-1-2/far.pcap"}
	doc := decode(t, encode(t, run(v), Options{Evidence: "reports/out/x"}))
	lines := strings.Split(doc.Suites[0].Cases[0].Out.Text, "\n")
	want := "[[ATTACHMENT|reports/out/x/tp1.q20/pair-1-2/near.pcap]]"
	if len(lines) < 3 || lines[1] != want {
		t.Errorf("got %q, want %q on its own line", lines, want)
	}
}

func TestABrokenRunIsNeverGreen(t *testing.T) {
	r := run(verdict("tp1.q01", reports.Node, reports.Passed))
	r.Interrupted = true
	r.Problems = []reports.Reason{{What: reports.Text{FR: "le nœud est mort", EN: "the node died"}}}
	doc := decode(t, encode(t, r, Options{}))
	if doc.Errors != 1 || doc.Suites[1].Name != "labproof.run" || !strings.Contains(doc.Suites[1].Cases[0].Error.Text, "le nœud est mort") {
		t.Errorf("%+v", doc)
	}
}

// nastyRun puts the worst into every place that anything from outside can reach.
func nastyRun(bad string) *reports.Run {
	text := reports.Same(bad)
	r := run(
		reports.Verdict{
			ID: "tp1.q20", Subject: reports.Pair(1, 2), Outcome: reports.Failed, Title: text, Evidence: []string{"tp1.q20/pair-1-2/x.pcap"},
			Reasons: []reports.Reason{{What: text, Expected: text, Seen: text, Command: bad, Output: bad, Next: text}},
		},
		reports.Verdict{ID: "tp1.q01", Subject: reports.Node, Outcome: reports.NotObservable, Title: text, Reasons: []reports.Reason{{What: text}}},
		reports.Verdict{ID: "tp1.q02", Subject: reports.Node, Outcome: reports.Error, Title: text, Reasons: []reports.Reason{{What: text}}},
	)
	r.Target = reports.Target{URL: bad, Node: bad, Version: bad}
	r.Tool, r.Command, r.ID = bad, bad, bad
	r.Problems = []reports.Reason{{What: text, Output: bad}}
	return r
}

func TestTwoParsersReadNastyEvidence(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	if err := WriteFile(path, nastyRun(nasty), Options{Evidence: "reports/out/]]x"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := decode(t, data)
	if doc.Tests != 4 {
		t.Errorf("%d tests", doc.Tests)
	}
	attachments := 0
	for _, s := range doc.Suites {
		for _, c := range s.Cases {
			if c.Out == nil {
				continue
			}
			for line := range strings.Lines(c.Out.Text) {
				if strings.Contains(line, "[[ATTACHMENT|") {
					attachments++
				}
			}
			if strings.Contains(fmt.Sprint(c.Failure, c.Error, c.Skipped), "[[ATTACHMENT|") {
				t.Error("a guest's attachment line got through")
			}
		}
	}
	if attachments != 1 {
		t.Errorf("%d attachment lines, want the one of ours", attachments)
	}
	parseElsewhere(t, path, 4)
}

// parseElsewhere reads the file with a parser that shares no code with Go's: libxml2
// or expat, whichever this machine has. `make setup` sees to one of them.
func parseElsewhere(t *testing.T, path string, cases int) {
	t.Helper()
	commands := map[string][]string{
		"xmllint": {"--xpath", "count(//testcase)", path},
		"python3": {"-c", "import sys, xml.etree.ElementTree as e; print(len(e.parse(sys.argv[1]).findall('.//testcase')))", path},
	}
	tried := 0
	for program, args := range commands {
		found, err := exec.LookPath(program)
		if err != nil {
			continue
		}
		tried++
		out, err := exec.CommandContext(t.Context(), found, args...).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != fmt.Sprint(cases) {
			t.Errorf("%s: %s, %v; want %d test cases", program, got, err, cases)
		}
	}
	if tried == 0 {
		t.Fatal("neither xmllint nor python3 is installed: run make setup")
	}
}

func TestWriteFileNamesTheFileItCannotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", File)
	if err := WriteFile(path, every(), Options{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add(nasty)
	f.Add("plain")
	f.Add("]]>")
	f.Fuzz(func(t *testing.T, bad string) {
		data, err := Encode(nastyRun(bad), Options{Evidence: "out"})
		if err != nil {
			t.Fatal(err)
		}
		dec := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%q", err, data)
			}
		}
	})
}
