package html

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	nethtml "golang.org/x/net/html"

	"github.com/labproof/labproof/reports"
)

// testdata are two real runs, cut down: green passed every question, in red somebody
// switched forwarding off on the gateway of a lab that had been kept.

func load(t testing.TB, name string) *reports.Run {
	t.Helper()
	run, err := reports.Read(filepath.Join("testdata", name, reports.RunFile))
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func encode(t testing.TB, run *reports.Run, o Options) string {
	t.Helper()
	data, err := Encode(run, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > MaxBytes {
		t.Fatalf("%d bytes, more than %d", len(data), MaxBytes)
	}
	return string(data)
}

func real(t testing.TB, name string) string {
	t.Helper()
	return encode(t, load(t, name), Options{Evidence: os.DirFS(filepath.Join("testdata", name))})
}

// tree parses the page as a browser does.
func tree(t testing.TB, page string) *nethtml.Node {
	t.Helper()
	root, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func attr(n *nethtml.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func elements(root *nethtml.Node, fits func(*nethtml.Node) bool) []*nethtml.Node {
	var found []*nethtml.Node
	for n := range root.Descendants() {
		if n.Type == nethtml.ElementNode && fits(n) {
			found = append(found, n)
		}
	}
	return found
}

func classed(class string) func(*nethtml.Node) bool {
	return func(n *nethtml.Node) bool { return slices.Contains(strings.Fields(attr(n, "class")), class) }
}

// spoken are the texts of an element in one language.
func spoken(n *nethtml.Node, lang string) string {
	var b strings.Builder
	var walk func(*nethtml.Node)
	walk = func(n *nethtml.Node) {
		if l := attr(n, "lang"); n.Type == nethtml.ElementNode && l != "" && l != lang {
			return
		}
		if n.Type == nethtml.TextNode {
			b.WriteString(n.Data)
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func byID(root *nethtml.Node, id string) *nethtml.Node {
	found := elements(root, func(n *nethtml.Node) bool { return attr(n, "id") == id })
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// signsOf are the signs of the grid.
func signsOf(root *nethtml.Node) []*nethtml.Node {
	return elements(root, func(n *nethtml.Node) bool {
		return n.Data == "a" && n.Parent.Data == "td" && attr(n, "aria-label") != ""
	})
}

func TestEveryVerdictIsTold(t *testing.T) {
	run := load(t, "red")
	root := tree(t, real(t, "red"))
	for _, v := range run.Verdicts {
		node := byID(root, anchor(v.ID, v.Subject))
		if node == nil {
			t.Errorf("%s %s is not told", v.ID, v.Subject)
			continue
		}
		for _, lang := range []string{reports.French, reports.English} {
			said := spoken(node, lang)
			for _, want := range []string{v.Subject.Text().In(lang), v.Outcome.Text().In(lang)} {
				if !strings.Contains(said, want) {
					t.Errorf("%s %s in %s: no %q in %q", v.ID, v.Subject, lang, want, said)
				}
			}
			for _, r := range v.Reasons {
				for _, want := range []string{r.What.In(lang), r.Command, r.Output, r.Next.In(lang)} {
					if !strings.Contains(said, want) {
						t.Errorf("%s %s in %s: no %q", v.ID, v.Subject, lang, want)
					}
				}
			}
		}
	}
	if signs := signsOf(root); len(signs) != len(run.Verdicts) {
		t.Errorf("%d signs in the grid for %d verdicts", len(signs), len(run.Verdicts))
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, name := range []string{"green", "red"} {
		root := tree(t, real(t, name))
		ids := map[string]int{}
		for _, n := range elements(root, func(n *nethtml.Node) bool { return attr(n, "id") != "" }) {
			ids[attr(n, "id")]++
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: the id %q is there %d times", name, id, n)
			}
		}
		for _, n := range elements(root, func(n *nethtml.Node) bool { return attr(n, "href") != "" }) {
			to := attr(n, "href")
			if place, within := strings.CutPrefix(to, "#"); within {
				if ids[place] == 0 {
					t.Errorf("%s: a link to %q leads nowhere", name, to)
				}
				continue
			}
			if _, err := os.Stat(filepath.Join("testdata", name, filepath.FromSlash(to))); err != nil {
				t.Errorf("%s: evidence %q: %v", name, to, err)
			}
		}
	}
}

func TestNothingIsAskedOfAnybody(t *testing.T) {
	page := real(t, "red")
	root := tree(t, page)
	for _, n := range elements(root, func(*nethtml.Node) bool { return true }) {
		for _, a := range n.Attr {
			switch a.Key {
			case "src", "srcset", "data", "action", "poster", "style":
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			case "href":
				if !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "./") {
					t.Errorf("<%s href=%q>", n.Data, a.Val)
				}
			}
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	if regexp.MustCompile(`url\((?:[^#]|$)|@import`).MatchString(css) || strings.Contains(script, "fetch(") {
		t.Error("the style or the script asks for something")
	}
}

func TestFrenchAndEnglishAreBothThere(t *testing.T) {
	for name, w := range words {
		if w.FR == "" || w.EN == "" {
			t.Errorf("the word %q lacks a language", name)
		}
	}
	page := encode(t, load(t, "red"), Options{Lang: reports.English})
	if !strings.Contains(page, `<html lang="en" data-lang="en">`) {
		t.Error("the language asked for is not shown first")
	}
}

func TestWhatOthersChangedMeanwhile(t *testing.T) {
	run := load(t, "green")
	if byID(tree(t, encode(t, run, Options{})), "changes") != nil {
		t.Error("nobody changed anything, and the page speaks of it")
	}
	for i := range maxChanges + 2 {
		run.Changes = append(run.Changes, fmt.Sprintf("VMs: + %d theirs", 1000+i))
	}
	section := byID(tree(t, encode(t, run, Options{})), "changes")
	if section == nil {
		t.Fatal("the page does not tell them")
	}
	if n := len(elements(section, func(n *nethtml.Node) bool { return n.Data == "li" })); n != maxChanges {
		t.Errorf("%d changes are listed", n)
	}
	for _, lang := range []string{reports.French, reports.English} {
		if said := spoken(section, lang); !strings.Contains(said, word("changes help").In(lang)) || !strings.Contains(said, "VMs: + 1000 theirs") || !strings.Contains(said, "+ 2 ") {
			t.Errorf("%s: %q", lang, said)
		}
	}
}

// hostile is what a guest could print.
const hostile = "</pre></details></script><script>alert(1)</script><img src=x onerror=alert(2)>\x00\x1b[31m\xff\u202e{{.}}<!-- ]]> \" ' ` javascript:alert(3) &lt;"

func TestHostileEvidenceStaysText(t *testing.T) {
	run := load(t, "red")
	evil := reports.Same(hostile)
	run.ID, run.Tool, run.Target.Node = hostile, hostile, hostile
	run.Plan.Groups[0].Name, run.Plan.Groups[0].Bridge = hostile, hostile
	run.Plan.Groups[0].VMs[1].Name = hostile
	for i := range run.Verdicts {
		v := &run.Verdicts[i]
		v.Title = evil
		v.Reasons = []reports.Reason{{What: evil, Expected: evil, Seen: evil, Command: hostile, Output: strings.Repeat(hostile, 5000), Next: evil}}
		v.Waits = []reports.Wait{{What: evil, LastSeen: hostile, Duration: time.Second, TimedOut: true}}
	}
	run.Problems, run.Changes = []reports.Reason{{What: evil}}, []string{hostile}
	page := encode(t, run, Options{Evidence: os.DirFS("testdata/red")})
	root := tree(t, page)
	for _, n := range elements(root, func(n *nethtml.Node) bool { return n.Data == "script" || n.Data == "img" }) {
		if n.Data == "img" || n.FirstChild == nil || n.FirstChild.Data != script {
			t.Errorf("a guest wrote <%s>", n.Data)
		}
	}
	if len(elements(root, func(n *nethtml.Node) bool { return n.Data == "details" && classed("verdict")(n) })) != len(run.Verdicts) {
		t.Error("a guest closed somebody's details")
	}
	for _, c := range []string{"\x00", "\x1b", "\xff", "\u202e"} {
		if strings.Contains(page, c) {
			t.Errorf("%q reached the page", c)
		}
	}
}

// The page is well-formed enough for a strict reader of tags to get through its pictures.
func TestPicturesAreWellFormed(t *testing.T) {
	page := real(t, "green")
	pictures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
	if len(pictures) < 9 {
		t.Fatalf("%d pictures", len(pictures))
	}
	for _, p := range pictures {
		d := xml.NewDecoder(strings.NewReader(p))
		d.Entity = xml.HTMLEntity
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, p)
			}
		}
	}
}

func TestARunThatBrokeSaysSo(t *testing.T) {
	run := &reports.Run{ID: "x", Command: "validate", Lang: reports.English, Problems: []reports.Reason{{What: reports.Same("the node died")}}}
	run.Close(time.Time{})
	root := tree(t, encode(t, run, Options{}))
	if said := spoken(root, "en"); !strings.Contains(said, "the node died") || !strings.Contains(said, "no group is to blame") {
		t.Errorf("got %q", said)
	}
	if _, err := Encode(&reports.Run{}, Options{}); err == nil {
		t.Error("a run of the wrong form was drawn")
	}
}

// class is a class of groups, built of the real runs.
func class(t testing.TB, groups int) *reports.Run {
	t.Helper()
	pattern := load(t, "red")
	run := *pattern
	run.Plan, run.Verdicts = reports.Plan{}, nil
	for n := 1; n <= groups; n++ {
		g := pattern.Plan.Groups[0]
		g.Number, g.Name = n, fmt.Sprintf("Groupe_%d", n)
		run.Plan.Groups = append(run.Plan.Groups, g)
		if n%2 == 0 {
			run.Plan.Pairs = append(run.Plan.Pairs, reports.PlanPair{X: n - 1, Y: n, Gateway: pattern.Plan.Pairs[0].Gateway})
		}
	}
	for _, v := range pattern.Verdicts {
		switch v.Subject {
		case reports.Node:
			run.Verdicts = append(run.Verdicts, v)
		case reports.Group(1):
			for n := 1; n <= groups; n++ {
				v.Subject = reports.Group(n)
				run.Verdicts = append(run.Verdicts, v)
			}
		case reports.Pair(1, 2):
			for n := 2; n <= groups; n += 2 {
				v.Subject = reports.Pair(n-1, n)
				run.Verdicts = append(run.Verdicts, v)
			}
		}
	}
	run.Totals = reports.Count(run.Verdicts)
	return &run
}

func TestALargeClassFits(t *testing.T) {
	run := class(t, 100)
	for i := range run.Verdicts {
		if i%3 == 0 {
			continue
		}
		v := &run.Verdicts[i]
		v.Outcome = reports.Failed
		v.Reasons = []reports.Reason{{What: reports.Same(strings.Repeat("wrong ", 100)), Output: strings.Repeat("output\n", 2000)}}
	}
	run.Totals = reports.Count(run.Verdicts)
	root := tree(t, encode(t, run, Options{}))
	if signs := signsOf(root); len(signs) != len(run.Verdicts) {
		t.Errorf("%d signs for %d verdicts", len(signs), len(run.Verdicts))
	}
}

func TestWriteFileReadsTheRunsOwnEvidence(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/green")); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("outside of the run"), 0o600); err != nil {
		t.Fatal(err)
	}
	stolen := filepath.Join(dir, "tp1.q13", "group-1", "commands.txt")
	if err := errors.Join(os.Remove(stolen), os.Symlink(outside, stolen)); err != nil {
		t.Fatal(err)
	}
	folder, err := reports.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(folder, load(t, "green"), Options{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(`class="ladder"`)) {
		t.Error("no ladder was drawn")
	}
	if bytes.Contains(data, []byte("outside of the run")) {
		t.Error("a link in the evidence was followed out of the run's folder")
	}
}

// BenchmarkClass writes what a graded class of 100 groups gets: its page, and each group's own.
func BenchmarkClass(b *testing.B) {
	run, o := gradedClass(b, 100)
	folder, err := reports.NewFolder(b.TempDir(), run.Started)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.CopyFS(folder.Path, os.DirFS("testdata/red")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := errors.Join(WriteFile(folder, run, o), WriteGroups(folder, run, o)); err != nil {
			b.Fatal(err)
		}
	}
}
