package html

import (
	"fmt"
	"time"

	"github.com/labproof/labproof/reports"
)

// The measures of the time line, in units of its own picture.
const (
	laneLeft   = 110
	laneWidth  = 880
	laneHeight = 22
)

// timeline is where the time of a run went: a lane per subject, a bar per question.
type timeline struct {
	Width, Height int
	Lanes         []lane
	Ticks         []tick
}

type lane struct {
	Y    int
	Text reports.Text
	Bars []bar
}

type bar struct {
	X, W            float64
	Y               int
	Anchor, Outcome string
	Label           string
	Title           string
}

type tick struct {
	X    float64
	Text string
}

// newTimeline is nil where nothing took any time.
func newTimeline(run *reports.Run) *timeline {
	start, end := span(run)
	whole := end.Sub(start)
	if whole <= 0 {
		return nil
	}
	t := &timeline{Width: laneLeft + laneWidth + 10}
	scale := func(d time.Duration) float64 { return rounded(float64(d) / float64(whole) * laneWidth) }
	last := reports.Subject("")
	for _, v := range bySubject(run.Verdicts) {
		if v.Started.IsZero() {
			continue
		}
		if v.Subject != last {
			last = v.Subject
			t.Lanes = append(t.Lanes, lane{Y: len(t.Lanes) * laneHeight, Text: v.Subject.Text()})
		}
		l := &t.Lanes[len(t.Lanes)-1]
		b := bar{X: laneLeft + scale(v.Started.Sub(start)), W: max(2, scale(v.Duration)), Y: l.Y, Anchor: anchor(v.ID, v.Subject), Outcome: string(v.Outcome)}
		name := shortID(v.ID)
		b.Title = name + " · " + short(v.Duration)
		if b.W > float64(8*len(name)) {
			b.Label = name
		}
		l.Bars = append(l.Bars, b)
	}
	t.Height = len(t.Lanes)*laneHeight + 24
	step := tickStep(whole)
	for d := time.Duration(0); d <= whole; d += step {
		t.Ticks = append(t.Ticks, tick{laneLeft + scale(d), clock(d)})
	}
	return t
}

// span is from the first start to the last end of a verdict: the node's own start and
// the teardown of a broken run are not what a bar could show.
func span(run *reports.Run) (start, end time.Time) {
	for _, v := range run.Verdicts {
		if v.Started.IsZero() {
			continue
		}
		if start.IsZero() || v.Started.Before(start) {
			start = v.Started
		}
		if e := v.Started.Add(v.Duration); e.After(end) {
			end = e
		}
	}
	return start, end
}

// tickStep gives six to twelve ticks.
func tickStep(whole time.Duration) time.Duration {
	for _, step := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour} {
		if whole/step <= 12 {
			return step
		}
	}
	return whole / 10
}

func clock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func rounded(f float64) float64 { return float64(int(f*10+0.5)) / 10 }
