package html

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds a test in the browser: one of 20 s on an idle machine may take 10 times as
// long on a busy one, and then some.
const patience = 10 * time.Minute

// browse opens a report in Debian's Chromium, from disk as a reader does. Whatever the
// page's console says fails the test: a style, script or request that its own policy
// forbids says so there.
func browse(t testing.TB, page string) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatalf("%v: make setup-test installs it", err) // without it the wait for its console would not end
	}
	dir := t.TempDir()
	file := filepath.Join(dir, File)
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	// The test's own context ends before its clean-up, in which the browser closes well.
	allocated, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.WindowSize(1200, 900))
	t.Cleanup(stop)
	tab, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	messages := chromedp.Console(tab)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		for m, err := range messages {
			if err != nil {
				return // the browser is gone: the test is over
			}
			t.Errorf("the console says %s", m)
		}
	}()
	t.Cleanup(func() {
		if err := chromedp.Cancel(tab); err != nil {
			t.Errorf("end the browser: %v", err)
		}
		<-listening
	})
	ctx, limit := context.WithTimeout(tab, patience)
	t.Cleanup(limit)
	to := url.URL{Scheme: "file", Path: file}
	if err := chromedp.Do(ctx, chromedp.Navigate(to.String())); err != nil {
		t.Fatalf("open the report: %v", err)
	}
	return ctx
}

// ask evaluates an expression in the page.
func ask[T any](t testing.TB, ctx context.Context, expression string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return got
}

func expect[T comparable](t testing.TB, ctx context.Context, expression string, want T) {
	t.Helper()
	if got := ask[T](t, ctx, expression); got != want {
		t.Errorf("%s: %v, want %v", expression, got, want)
	}
}

func do(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

const (
	signsShown    = `Array.from(document.querySelectorAll(".grid tbody td a")).filter(a => a.checkVisibility() && getComputedStyle(a).opacity === "1").length`
	verdictsShown = `Array.from(document.querySelectorAll("details.verdict")).filter(d => d.checkVisibility()).length`
	rowsShown     = `Array.from(document.querySelectorAll(".grid tbody tr")).filter(r => r.checkVisibility()).length`
)

func TestInABrowser(t *testing.T) {
	ctx := browse(t, real(t, "red"))

	t.Run("the grid filters", func(t *testing.T) {
		expect(t, ctx, signsShown, 40)
		click(t, ctx, `button[data-filter="failed"]`)
		expect(t, ctx, signsShown, 1)
		expect(t, ctx, verdictsShown, 1)
		expect(t, ctx, rowsShown, 1)
		expect(t, ctx, `document.querySelector("#shown b").textContent`, "1")
		click(t, ctx, "#reset")
		expect(t, ctx, verdictsShown, 40)
		do(t, ctx, chromedp.SendKeys(chromedp.CSS("#search"), "ip_forward"))
		expect(t, ctx, `document.querySelector("details.verdict:not(.hidden)").id`, "tp1.q21/pair-1-2")
		click(t, ctx, "#reset")
		do(t, ctx, chromedp.Evaluate[chromedp.Void](
			`(() => { const whom = document.querySelector("#whom"); whom.value = "group-2"; whom.dispatchEvent(new Event("change")) })()`))
		expect(t, ctx, rowsShown, 2) // the group, and the pair that it is part of
		click(t, ctx, "#reset")
	})

	t.Run("a link opens the right question, even one that is filtered out", func(t *testing.T) {
		click(t, ctx, `button[data-filter="failed"]`)
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (location.hash = "#tp1.q13/group-2")`))
		if open := await[string](t, ctx, `document.querySelector("details.target[open]")?.id`); open != "tp1.q13/group-2" {
			t.Errorf("opened %q", open)
		}
		expect(t, ctx, `document.activeElement.parentNode.id`, "tp1.q13/group-2")
		expect(t, ctx, `(b => b.top >= 0 && b.top < innerHeight)(document.activeElement.getBoundingClientRect())`, true)
		click(t, ctx, `.grid a[href="#tp1.q21/pair-1-2"]`)
		if open := await[string](t, ctx, `(id => id !== "tp1.q13/group-2" && id)(document.querySelector("details.target[open]")?.id)`); open != "tp1.q21/pair-1-2" {
			t.Errorf("opened %q", open)
		}
	})

	t.Run("both languages", func(t *testing.T) {
		const said = `document.body.innerText`
		french := ask[string](t, ctx, said)
		click(t, ctx, "#language")
		english := ask[string](t, ctx, said)
		for _, each := range []struct{ has, lacks, word string }{
			{french, english, "Le routage n'est pas actif sur gw-1-2."},
			{french, english, "non observable"},
			{english, french, "gw-1-2 does not forward."},
			{english, french, "not observable"},
		} {
			if !strings.Contains(each.has, each.word) || strings.Contains(each.lacks, each.word) {
				t.Errorf("%q is in the wrong language", each.word)
			}
		}
		expect(t, ctx, `document.documentElement.lang`, "en")
		expect(t, ctx, `document.querySelector("#whom").selectedOptions[0].text`, "all")
	})

	t.Run("light and dark", func(t *testing.T) {
		const paper = `getComputedStyle(document.body).backgroundColor`
		before := ask[string](t, ctx, paper)
		click(t, ctx, "#theme")
		if after := ask[string](t, ctx, paper); after == before {
			t.Errorf("still %s", after)
		}
	})

	t.Run("everything has a name for those who do not see it", func(t *testing.T) {
		expect(t, ctx, `Array.from(document.querySelectorAll("a, button, select, input, summary")).filter(n => n.checkVisibility()
			&& !n.textContent.trim() && !n.labels?.length && !n.ariaLabel).length`, 0)
		expect(t, ctx, `document.querySelectorAll("table.grid th:not([scope])").length`, 0)
	})

	t.Run("nothing was asked of anybody", func(t *testing.T) {
		expect(t, ctx, `performance.getEntriesByType("resource").length`, 0)
	})
}

func TestAClassInABrowser(t *testing.T) {
	run, o := gradedClass(t, 4)
	ctx := browse(t, encode(t, run, o))

	t.Run("a group's name leads to its mark", func(t *testing.T) {
		click(t, ctx, `.grid th a[href="#group-3"]`)
		if open := await[string](t, ctx, `document.querySelector("details.target[open]")?.id`); open != "group-3" {
			t.Errorf("opened %q", open)
		}
	})

	t.Run("the arrows go from sign to sign, and Tab stops once", func(t *testing.T) {
		const at = `document.activeElement.getAttribute("href")`
		press := func(key string) {
			do(t, ctx, chromedp.Evaluate[chromedp.Void](`void document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "`+key+`", bubbles: true}))`))
		}
		expect(t, ctx, `document.querySelectorAll('.grid td a[tabindex="0"]').length`, 1)
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`void document.querySelector('.grid a[href="#tp1.q09/group-2"]').focus()`))
		for _, step := range []struct{ key, to string }{
			{"ArrowRight", "#tp1.q12/group-2"}, // q10 and q11 are asked of the node alone
			{"ArrowDown", "#tp1.q12/group-3"}, {"ArrowLeft", "#tp1.q09/group-3"}, {"ArrowUp", "#tp1.q09/group-2"},
			{"Home", "#tp1.q03/group-2"}, {"End", "#tp1.q18/group-2"},
		} {
			press(step.key)
			expect(t, ctx, at, step.to)
		}
		expect(t, ctx, `document.querySelectorAll('.grid td a[tabindex="0"]').length`, 1)
	})

	t.Run("the signs have a name in the reader's language", func(t *testing.T) {
		const name = `document.querySelector('.grid a[href="#tp1.q03/group-1"]').ariaLabel`
		french := ask[string](t, ctx, name)
		click(t, ctx, "#language")
		if english := ask[string](t, ctx, name); !strings.HasPrefix(french, "q03 groupe 1: ") || !strings.HasPrefix(english, "q03 group 1: ") {
			t.Errorf("%q and %q", french, english)
		}
	})

	t.Run("nothing moves by itself", func(t *testing.T) {
		expect(t, ctx, `Array.from(document.querySelectorAll("*")).filter(n => { const s = getComputedStyle(n);
			return s.animationName !== "none" || parseFloat(s.transitionDuration) > 0 || s.scrollBehavior === "smooth" }).length`, 0)
	})
}

func TestHostileEvidenceInABrowser(t *testing.T) {
	run := load(t, "red")
	for i := range run.Verdicts {
		v := &run.Verdicts[i]
		if len(v.Reasons) > 0 {
			v.Reasons[0].Output = hostile
			v.Reasons[0].What.FR = hostile
		}
	}
	ctx := browse(t, encode(t, run, Options{})) // an alert would stop the browser here
	expect(t, ctx, `document.images.length`, 0)
	expect(t, ctx, `document.scripts.length`, 1)
}

func TestALargeClassInABrowser(t *testing.T) {
	ctx := browse(t, encode(t, class(t, 100), Options{}))
	click(t, ctx, `button[data-filter="failed"]`)
	expect(t, ctx, signsShown, 50)
}

// BenchmarkFilter is how long a reader of a class of 100 groups waits for the filter.
func BenchmarkFilter(b *testing.B) {
	run, o := gradedClass(b, 100)
	ctx := browse(b, encode(b, run, o))
	milliseconds := 0.0
	for b.Loop() {
		milliseconds += ask[float64](b, ctx, `(() => {
			const start = performance.now(), search = document.querySelector("#search");
			search.value = search.value ? "" : "interfaces group-7";
			search.dispatchEvent(new Event("input"));
			document.body.getBoundingClientRect(); // laid out again
			return performance.now() - start;
		})()`)
	}
	b.ReportMetric(milliseconds/float64(b.N), "ms/filter")
}
