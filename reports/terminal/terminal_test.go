package terminal

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labproof/labproof/reports"
)

var nine = time.Date(2026, 11, 23, 21, 4, 0, 0, time.UTC)

// screen is where the terminal writes, safe to read while its ticker may write.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// clock is a time that only moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newTerminal(t *testing.T, o Options) (*Terminal, *screen, *clock) {
	t.Helper()
	s, c := &screen{}, &clock{now: nine}
	o.Out, o.Now = s, c.Now
	if o.Lang == "" {
		o.Lang = reports.English
	}
	term := New(o)
	t.Cleanup(term.Close)
	return term, s, c
}

var title = reports.Text{FR: "Les VM se parlent", EN: "The VMs talk"}

func verdict(id string, s reports.Subject, o reports.Outcome) reports.Verdict {
	v := reports.Verdict{ID: id, Subject: s, Title: title, Outcome: o, Duration: 12 * time.Second}
	if o != reports.Passed {
		v.Reasons = []reports.Reason{{
			What: reports.Text{FR: "aucune réponse", EN: "no answer"}, Seen: reports.Same("0/3\x1b[2J"), Expected: reports.Same("3/3"),
		}}
	}
	return v
}

func sample() *reports.Run {
	r := &reports.Run{
		ID: "run", Lang: "fr", Started: nine,
		Questions: []reports.Listed{{ID: "tp1.q01"}, {ID: "tp1.clone"}, {ID: "tp1.q12"}, {ID: "tp1.q20"}},
		Verdicts: []reports.Verdict{
			verdict("tp1.q20", reports.Pair(1, 2), reports.Error),
			verdict("tp1.q01", reports.Node, reports.Passed),
			verdict("tp1.clone", reports.Group(10), reports.Failed),
			verdict("tp1.clone", reports.Group(2), reports.Passed),
			verdict("tp1.q12", reports.Group(10), reports.NotAttempted),
			verdict("tp1.q12", reports.Group(2), reports.NotObservable),
		},
	}
	r.Close(nine.Add(125 * time.Second))
	return r
}

func TestPlainLines(t *testing.T) {
	term, out, clock := newTerminal(t, Options{})
	step := term.Step(reports.Text{FR: "prépare l'image", EN: "building the image"})
	step.Doing(reports.Same("packages"))
	clock.move(3 * time.Second)
	step.End(true)
	term.Started("tp1.q16", reports.Group(1), title)
	term.Finished(verdict("tp1.q16", reports.Group(1), reports.Passed))
	term.Finished(verdict("tp1.q17", reports.Group(1), reports.Failed))
	want := `… building the image
✓ building the image (3.0 s)
✓ tp1.q16 group 1 · The VMs talk (12 s)
✗ tp1.q17 group 1 · The VMs talk · failed (12 s)
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

func TestAPipeIsToldOfWaitsThatLast(t *testing.T) {
	term, out, clock := newTerminal(t, Options{})
	term.Started("tp1.q16", reports.Group(1), title)
	term.Waiting("tp1.q16", reports.Group(1), reports.Same("instance-1-1 to boot"), nine)
	term.refresh()
	if out.String() != "" {
		t.Errorf("told at once: %q", out)
	}
	clock.move(patience)
	term.refresh()
	term.refresh()
	want := "… tp1.q16 group 1: waiting for instance-1-1 to boot (30 s)\n"
	if out.String() != want {
		t.Errorf("got %q, want %q once", out, want)
	}
}

func TestVerboseTellsOfEveryBeginning(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Verbose: true})
	term.Started("tp1.q16", reports.Group(1), title)
	term.Started("tp1.q16", reports.Group(1), title)
	term.Waiting("tp1.q16", reports.Group(1), reports.Same("a boot"), nine)
	term.WaitDone("tp1.q16", reports.Group(1), reports.Same("a boot"))
	want := "… tp1.q16 group 1: The VMs talk\n… tp1.q16 group 1: waiting for a boot\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestLiveLinesShowTheWaitAndFitTheWidth(t *testing.T) {
	const columns = 40
	term, out, clock := newTerminal(t, Options{Live: true, Width: func() int { return columns }, Total: 48})
	term.Started("tp1.q16", reports.Group(1), title)
	term.Waiting("tp1.q16", reports.Group(1), reports.Same("instance-1-1 to boot and to answer \x1b[2J to the agent"), nine)
	clock.move(12 * time.Second)
	term.refresh()
	text := out.String()
	if strings.Contains(text, "\x1b[2J") {
		t.Errorf("a guest's sequence got through: %q", text)
	}
	if !strings.Contains(text, "▸ tp1.q16 group 1 12 s · waiting for") || !strings.Contains(text, "0/48 · 12 s") {
		t.Errorf("got %q", text)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if _, rest, ok := strings.Cut(line, "\x1b[J"); ok {
			line = rest
		}
		if n := columnsOf(line); n >= columns {
			t.Errorf("%d columns of %d: %q", n, columns, line)
		}
	}
}

func TestALiveStepShowsWhatItIsAt(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Live: true})
	term.Step(reports.Same("the image")).Doing(reports.Same("packages"))
	if !strings.Contains(out.String(), "▸ labproof 0.0 s · the image: packages\n") {
		t.Errorf("got %q", out)
	}
}

func TestLiveLinesAreBoundedAndTakenAway(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Live: true})
	for n := 1; n <= 10; n++ {
		term.Started("tp1.q06", reports.Group(n), title)
	}
	if !strings.Contains(out.String(), "  + 6") {
		t.Errorf("got %q", out)
	}
	term.Close()
	if !strings.HasSuffix(out.String(), "\x1b[6A\r\x1b[J") {
		t.Errorf("the live lines stay: %q", out)
	}
}

func TestANextQuestionEndsTheOneThatHasNoVerdict(t *testing.T) {
	term, _, _ := newTerminal(t, Options{})
	term.Started("tp1.q05", reports.Group(1), title)
	term.Started("tp1.q05", reports.Group(2), title)
	term.Started("tp1.q06", reports.Group(1), title)
	if len(term.active) != 2 || term.find("tp1.q05", reports.Group(1)) != nil {
		t.Errorf("under way: %+v", term.active)
	}
	term.Started("tp1.q20", reports.Pair(1, 2), title)
	if len(term.active) != 1 {
		t.Errorf("under way: %+v", term.active)
	}
}

func TestSummaryPutsFailuresFirstThenTheTable(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Lang: reports.French})
	term.Done(sample())
	term.Reports("/tmp/out/run/junit.xml", "/tmp/out/run/run.json")
	want := `
! tp1.q20 groupes 1-2: aucune réponse
    vu:        0/3\x1b[2J
    attendu:   3/3

✗ tp1.clone groupe 10: aucune réponse
    vu:        0/3\x1b[2J
    attendu:   3/3

– tp1.q12 groupe 10: aucune réponse

? tp1.q12 groupe 2: aucune réponse

            q01 clone q12 q20
nœud        ✓
groupe 2        ✓     ?
groupe 10       ✗     –
groupes 1-2               !

✓ 2 réussis · ✗ 1 échoué · – 1 non tenté · ? 1 non observable · ! 1 erreur (2 min 05)
rapports : /tmp/out/run/junit.xml
           /tmp/out/run/run.json
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

func TestInterruptionsAndProblemsComeFirst(t *testing.T) {
	r := sample()
	r.Interrupted = true
	r.Problems = []reports.Reason{{What: reports.Text{FR: "bridge resté", EN: "a bridge was left"}, Command: "ip link"}}
	term, out, _ := newTerminal(t, Options{})
	term.Done(r)
	text := out.String()
	if !strings.HasPrefix(text, "\n! interrupted") || !strings.Contains(text, "\n! a bridge was left\n    command:   ip link\n") {
		t.Errorf("got\n%s", text)
	}
}

func TestOneReasonIsToldOnce(t *testing.T) {
	r := &reports.Run{Lang: "en", Interrupted: true}
	for n := 1; n <= 6; n++ {
		r.Verdicts = append(r.Verdicts, verdict("tp1.q16", reports.Group(n), reports.Error), verdict("tp1.q17", reports.Group(n), reports.NotAttempted))
	}
	term, out, _ := newTerminal(t, Options{})
	term.Done(r)
	for _, want := range []string{
		"\n! tp1.q16 group 1, tp1.q16 group 2, tp1.q16 group 3, tp1.q16 group 4, + 2: no answer\n    seen:",
		"\n– tp1.q17 group 1, tp1.q17 group 2, tp1.q17 group 3, tp1.q17 group 4, + 2: no answer\n",
	} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("want once %q in\n%s", want, out)
		}
	}
}

func TestANarrowTerminalGetsTheTableInBands(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Width: func() int { return 22 }})
	term.Done(sample())
	want := `
           q01 clone
node       ✓
group 2        ✓
group 10       ✗

           q12 q20
group 2    ?
group 10   –
groups 1-2     !
`
	if !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant in it\n%s", out, want)
	}
}

func TestColoursOnlyWhereTheyAreWanted(t *testing.T) {
	for _, color := range []bool{false, true} {
		term, out, _ := newTerminal(t, Options{Color: color})
		term.Finished(verdict("tp1.q17", reports.Group(1), reports.Failed))
		if strings.Contains(out.String(), "\x1b[31m") != color {
			t.Errorf("color %t: %q", color, out)
		}
	}
}

func TestWriteGoesBetweenTheLiveLines(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Live: true})
	term.Started("tp1.q16", reports.Group(1), title)
	if n, err := term.Write([]byte("level=WARN msg=\x1b[2J\n")); err != nil || n != 20 {
		t.Errorf("%d, %v", n, err)
	}
	if !strings.Contains(out.String(), "\x1b[Jlevel=WARN msg=\\x1b[2J\n▸") {
		t.Errorf("got %q", out)
	}
}

func TestManyMayTellAtOnce(t *testing.T) {
	term, out, _ := newTerminal(t, Options{Live: true})
	var all sync.WaitGroup
	for n := 1; n <= 20; n++ {
		all.Go(func() {
			s := reports.Group(n)
			term.Started("tp1.q06", s, title)
			term.Waiting("tp1.q06", s, reports.Same("x"), nine)
			term.WaitDone("tp1.q06", s, reports.Same("x"))
			term.Finished(verdict("tp1.q06", s, reports.Passed))
		})
	}
	all.Wait()
	term.Close()
	if n := strings.Count(out.String(), "✓"); n != 20 {
		t.Errorf("%d lines of 20", n)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		in      string
		columns int
		want    string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"世界人", 5, "世界…"}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"}, {"ab", 0, ""},
	} {
		if got := fit(c.in, c.columns); got != c.want {
			t.Errorf("fit(%q, %d) = %q, want %q", c.in, c.columns, got, c.want)
		}
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0.0 s", 400 * time.Millisecond: "0.4 s", 12 * time.Second: "12 s", 125 * time.Second: "2 min 05",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
