package terminal

import (
	"slices"
	"time"

	"github.com/labproof/labproof/reports"
)

// Started shows that a question begins. A question may begin twice, to be done and
// then to be looked at: it is shown as one. A question that is left without a verdict,
// because only a later one was asked for, ends where the next one begins.
func (t *Terminal) Started(id string, subject reports.Subject, title reports.Text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.find(id, subject) != nil {
		return
	}
	t.active = slices.DeleteFunc(t.active, func(a *activity) bool {
		return a.id != "" && a.id != id && a.subject.Concerns(subject)
	})
	a := &activity{id: id, subject: subject, title: reports.Line(title.In(t.o.Lang)), since: t.o.Now()}
	t.active = append(t.active, a)
	if t.o.Verbose && !t.o.Live {
		t.print(t.paint(dim, "… "+t.name(a)+": "+a.title))
	}
	t.draw()
}

// Waiting shows what a question waits for.
func (t *Terminal) Waiting(id string, subject reports.Subject, what reports.Text, since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.find(id, subject)
	if a == nil {
		return
	}
	w := waiting{what: reports.Line(what.In(t.o.Lang)), since: since}
	if t.o.Verbose && !t.o.Live {
		w.told = true
		t.print(t.paint(dim, "… "+t.name(a)+": "+t.waitsFor(w.what)))
	}
	a.waits = append(a.waits, w)
	t.draw()
}

// WaitDone takes that wait away again.
func (t *Terminal) WaitDone(id string, subject reports.Subject, what reports.Text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.find(id, subject)
	if a == nil {
		return
	}
	line := reports.Line(what.In(t.o.Lang))
	for i := len(a.waits) - 1; i >= 0; i-- {
		if a.waits[i].what == line {
			a.waits = slices.Delete(a.waits, i, i+1)
			break
		}
	}
	t.draw()
}

// Finished prints the line of a finished question.
func (t *Terminal) Finished(v reports.Verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(t.find(v.ID, v.Subject))
	t.finished++
	t.print(t.finishedLine(v))
	t.draw()
}

// Done prints the summary and ends the live lines.
func (t *Terminal) Done(run *reports.Run) {
	t.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.summary(run)
}

func (t *Terminal) find(id string, subject reports.Subject) *activity {
	for _, a := range t.active {
		if a.id == id && a.subject == subject && id != "" {
			return a
		}
	}
	return nil
}

func (t *Terminal) drop(a *activity) bool {
	i := slices.Index(t.active, a)
	if i < 0 {
		return false
	}
	t.active = slices.Delete(t.active, i, i+1)
	return true
}
