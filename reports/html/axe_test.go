package html

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/labproof/labproof/reports"
)

// axe brings axe-core into a page. `make setup-test` keeps it, pinned, in the user's cache.
func axe(t *testing.T, ctx context.Context) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(cache, "labproof", "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("run make setup-test: %v", err)
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](string(source)+"; void 0"))
}

// noViolations runs every rule of WCAG 2.2 A and AA and axe's best practices.
func noViolations(t *testing.T, ctx context.Context, state string) {
	t.Helper()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v =>
		v.impact + " " + v.id + ": " + v.help + " (" + v.nodes.length + ") " + v.nodes.slice(0, 3).map(n => n.target + " " + n.failureSummary.slice(0, 200)).join(" | ")))`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", state, err)
	}
	for _, violation := range found {
		t.Errorf("%s: %s", state, violation)
	}
}

// states are what a reader can make of a page, one after the other.
var states = []struct{ name, does string }{
	{"as it opens", ``},
	{"in the other theme", `document.querySelector("#theme").click()`},
	{"in the other language", `document.querySelector("#language").click()`},
	{"filtered", `document.querySelector("button[data-filter]:not(:disabled)").click()`},
	{"searched", `(s => { s.value = "group-1"; s.dispatchEvent(new Event("input")) })(document.querySelector("#search"))`},
	{"with everything unfolded", `document.querySelector("#reset").click(); document.querySelectorAll("details").forEach(d => d.open = true)`},
	{"in the first theme again", `document.querySelector("#theme").click()`},
}

// broke is a run that ended before its first verdict.
func broke() *reports.Run {
	run := &reports.Run{ID: "x", Command: "validate", Lang: reports.English, Interrupted: true, Problems: []reports.Reason{{
		What: reports.Text{FR: "le nœud est mort", EN: "the node died"}, Output: "killed", Next: reports.Same("node.log"),
	}}}
	run.Close(run.Started)
	return run
}

func TestAxeFindsNothing(t *testing.T) {
	run, o := gradedClass(t, 2)
	own, err := encodeGroup(run, gather(run, o.Evidence), o.Grades[1], "en")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		page   string
		states int // of those above; a page of the same parts needs no more
	}{
		"a graded class": {encode(t, run, o), len(states)}, "a group's own page": {string(own), 1}, "a run that broke": {encode(t, broke(), Options{}), 2},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := browse(t, c.page)
			axe(t, ctx)
			for _, s := range states[:c.states] {
				if s.does != "" {
					do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("void (() => { %s })()", s.does)))
				}
				noViolations(t, ctx, s.name)
			}
		})
	}
}

// A page that has something wrong is told: else nothing found would prove nothing.
func TestAxeFindsWhatIsWrong(t *testing.T) {
	ctx := browse(t, encode(t, broke(), Options{}))
	axe(t, ctx)
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`void document.documentElement.removeAttribute("lang")`))
	expect(t, ctx, `document.documentElement.lang`, "")
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations.map(v => v.id))`, chromedp.EvalAwaitPromise))
	if err != nil || !strings.Contains(strings.Join(found, " "), "html-has-lang") {
		t.Errorf("found %v, %v", found, err)
	}
}
