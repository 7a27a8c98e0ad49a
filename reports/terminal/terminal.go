// Package terminal shows a run to the person who started it: what is going on while it
// goes on, one line per finished question, and at the end what went wrong first, then a
// table of subjects × questions.
//
// On a terminal the questions under way are a few lines that are redrawn in place; in a
// pipe or a CI log there are plain lines only. Whatever a guest printed is escaped.
package terminal

import (
	"io"
	"sync"
	"time"

	"github.com/labproof/labproof/reports"
)

// Options say how and where to show a run.
type Options struct {
	Out     io.Writer
	Live    bool             // Out is a terminal that can be redrawn
	Color   bool             // Out shows colours, and NO_COLOR does not forbid them
	Width   func() int       // columns of the terminal, asked anew at every drawing; nil or 0: unknown
	Lang    string           // "fr" or "en"
	Fold    Fold             // Out is the log of a CI that folds lines
	Verbose bool             // beginnings and waits get lines of their own in plain mode
	Total   int              // how many verdicts are to come; 0: unknown
	Now     func() time.Time // nil: time.Now
}

// Every is how often the live lines are redrawn.
const every = 250 * time.Millisecond

// patience is after how long a wait gets a line in plain mode, so that a log that
// stands still tells what it is waiting for.
const patience = 30 * time.Second

// Terminal is a reports.Observer. Call Close when the run is over, however it ended.
type Terminal struct {
	o Options

	mu       sync.Mutex
	began    time.Time
	active   []*activity // what is under way, in order of beginning
	finished int
	drawn    int // live lines that are on the screen now
	closed   bool
	folded   bool

	stop chan struct{}
	done chan struct{}
}

var _ reports.Observer = (*Terminal)(nil)

// activity is one question, or one step outside of the questions, that is under way.
type activity struct {
	id      string
	subject reports.Subject
	title   string
	since   time.Time
	waits   []waiting
	doing   string // what a step is at, "" if it has not said
}

type waiting struct {
	what  string
	since time.Time
	told  bool // it got its line in plain mode
}

// New starts showing. Nothing is printed before something happens.
func New(o Options) *Terminal {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 0 }
	}
	t := &Terminal{o: o, began: o.Now(), stop: make(chan struct{}), done: make(chan struct{})}
	go t.tick()
	return t
}

func (t *Terminal) tick() {
	defer close(t.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-ticker.C:
			t.refresh()
		}
	}
}

// Close takes the live lines away and stops redrawing. It may be called twice.
func (t *Terminal) Close() {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.closed = true
	t.erase()
	t.unfold()
	t.mu.Unlock()
	close(t.stop)
	<-t.done
}

// Step is something outside of any question: building the image, starting the node.
type Step struct {
	terminal *Terminal
	activity *activity
}

// Step shows that something outside of any question begins. Call End when it is over.
func (t *Terminal) Step(what reports.Text) *Step {
	a := &activity{title: reports.Line(what.In(t.o.Lang)), since: t.o.Now()}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.active = append(t.active, a)
	if !t.o.Live {
		t.print(t.paint(dim, "… "+a.title))
	}
	t.draw()
	return &Step{t, a}
}

// Doing shows what the step is at now.
func (s *Step) Doing(what reports.Text) {
	t := s.terminal
	t.mu.Lock()
	defer t.mu.Unlock()
	s.activity.doing = reports.Line(what.In(t.o.Lang))
	if t.o.Verbose && !t.o.Live {
		t.print(t.paint(dim, "… "+s.activity.doing))
	}
	t.draw()
}

// End prints the line of a finished step; why it failed is told by whoever reports the
// error.
func (s *Step) End(ok bool) {
	t := s.terminal
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.drop(s.activity) {
		return
	}
	outcome := reports.Passed
	if !ok {
		outcome = reports.Error
	}
	t.print(t.mark(outcome) + " " + s.activity.title + t.paint(dim, " ("+short(t.o.Now().Sub(s.activity.since))+")"))
	t.draw()
}

// Note prints one line that stays.
func (t *Terminal) Note(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.print(reports.Line(line))
	t.draw()
}

// Write lets a logger write between the live lines without tearing them; every call is
// taken for whole lines.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	n, err := io.WriteString(t.o.Out, t.harmlessLines(reports.Printable(string(p))))
	t.draw()
	if err != nil {
		return min(n, len(p)), err
	}
	return len(p), nil
}
