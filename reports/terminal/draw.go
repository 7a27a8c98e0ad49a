package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/labproof/labproof/reports"
)

// maxLive is how many questions under way are shown at once.
const maxLive = 4

// refresh redraws the live lines, or in plain mode tells of waits that last.
func (t *Terminal) refresh() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.o.Live {
		t.draw()
		return
	}
	for _, a := range t.active {
		for i := range a.waits {
			w := &a.waits[i]
			took := t.o.Now().Sub(w.since)
			if !w.told && took >= patience {
				w.told = true
				t.print(t.paint(dim, fmt.Sprintf("… %s: %s (%s)", t.name(a), t.waitsFor(w.what), short(took))))
			}
		}
	}
}

// print writes a line that stays, above the live lines. The lock is held.
func (t *Terminal) print(line string) {
	t.erase()
	t.fold()
	t.write(t.harmless(line))
}

// draw puts the live lines on the screen again. The lock is held.
func (t *Terminal) draw() {
	if !t.o.Live || t.closed {
		return
	}
	lines := t.liveLines()
	var b strings.Builder
	b.WriteString(t.eraser())
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	t.drawn = len(lines)
	_, _ = io.WriteString(t.o.Out, b.String())
}

// erase takes the live lines off the screen. The lock is held.
func (t *Terminal) erase() {
	if t.drawn > 0 {
		_, _ = io.WriteString(t.o.Out, t.eraser())
		t.drawn = 0
	}
}

// eraser goes up over the live lines, each of which is one row since it was cut to the
// width, and clears to the end of the screen.
func (t *Terminal) eraser() string {
	if t.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", t.drawn)
}

func (t *Terminal) liveLines() []string {
	if len(t.active) == 0 {
		return nil
	}
	width := t.width()
	var lines []string
	for i, a := range t.active {
		if i == maxLive {
			lines = append(lines, t.paint(dim, fit(fmt.Sprintf("  + %d", len(t.active)-maxLive), width)))
			break
		}
		lines = append(lines, t.paint(cyan, fit(t.liveLine(a), width)))
	}
	return append(lines, t.paint(dim, fit(t.progress(), width)))
}

func (t *Terminal) liveLine(a *activity) string {
	now := t.o.Now()
	took := short(now.Sub(a.since))
	if n := len(a.waits); n > 0 {
		w := a.waits[n-1]
		return fmt.Sprintf("▸ %s %s · %s (%s)", t.name(a), took, t.waitsFor(w.what), short(now.Sub(w.since)))
	}
	what := a.title
	if a.doing != "" {
		what += ": " + a.doing
	}
	return fmt.Sprintf("▸ %s %s · %s", t.name(a), took, what)
}

func (t *Terminal) progress() string {
	took := short(t.o.Now().Sub(t.began))
	if t.o.Total > 0 {
		return fmt.Sprintf("  %d/%d · %s", t.finished, t.o.Total, took)
	}
	return "  " + took
}

// width is what a live line may take: one column less than the terminal has, so that
// no terminal wraps it.
func (t *Terminal) width() int {
	if w := t.o.Width(); w > 1 {
		return w - 1
	}
	return 79
}

func (t *Terminal) name(a *activity) string {
	if a.id == "" {
		return "labproof"
	}
	return a.id + " " + a.subject.Text().In(t.o.Lang)
}

func (t *Terminal) waitsFor(what string) string {
	return reports.Text{FR: "attend ", EN: "waiting for "}.In(t.o.Lang) + what
}

func (t *Terminal) finishedLine(v reports.Verdict) string {
	line := t.mark(v.Outcome) + " " + v.ID + " " + v.Subject.Text().In(t.o.Lang) + " · " + reports.Line(v.Title.In(t.o.Lang))
	if v.Outcome != reports.Passed {
		line += " · " + t.paint(colorOf(v.Outcome), v.Outcome.Text().In(t.o.Lang))
	}
	return line + t.paint(dim, " ("+short(v.Duration)+")")
}

// short writes a duration for people: 0.4 s, 12 s, 2 min 05.
func short(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	default:
		return fmt.Sprintf("%d min %02d", int(d.Minutes()), int(d.Seconds())%60)
	}
}
