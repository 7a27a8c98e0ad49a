package tp1

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/labproof/labproof/reports"
)

// play goes through the practical in its order. A question is put to all its
// subjects at once, and done exactly once; asking for a later question first does
// whatever comes before it. Ginkgo runs one spec at a time, so only the subjects
// of one question are ever at work side by side, but for the questions of a pair
// that stands still.
type play struct {
	questions []entry
	asked     func(entry) bool // which of them the run is for
	cast      *cast
	acts      map[actKey]*act
	writings  map[int]writing // what the groups handed in, by their numbers; nil: nothing was asked for
}

type actKey struct {
	id      string
	subject reports.Subject
}

// act is what happened when one question met one subject.
type act struct {
	missing string // the needed question that is missing, if one is
	err     error  // why the student could not do it
	look    any
	lookErr error // why it could not be looked at
	looked  bool
	notes   *notes
	started time.Time
	took    time.Duration
}

// stands tells whether later questions can stand on this one.
func (a *act) stands() bool { return a.missing == "" && a.err == nil }

func newPlay(questions []entry, c *cast) *play {
	return &play{questions: questions, asked: c.chosen(""), cast: c, acts: map[actKey]*act{}}
}

// reach brings all subjects as far as question number i, looks at it, and returns
// what happened to one of them. Only what the question stands on is done before it.
func (p *play) reach(ctx context.Context, i int, of subject) *act {
	before, together := p.order(i)
	for _, q := range before {
		p.stage(ctx, !p.cast.acting(), q) // who looks must know what is there
	}
	p.stage(ctx, true, together...)
	return p.acts[actKey{p.questions[i].ID, of.Subject()}]
}

// order is what question number i stands on, one after the other, and what is looked at
// together with it, itself among them: one that waits for lost pings costs the others no time.
func (p *play) order(i int) (before, together []entry) {
	foundations := p.foundations(i)
	for n, q := range p.questions {
		still := p.still(q) && p.still(p.questions[i])
		switch {
		case n == i, still && (foundations[q.ID] || n > i && p.asked(q)):
			together = append(together, q)
		case foundations[q.ID]:
			before = append(before, q)
		}
	}
	return before, together
}

// still tells whether a question's looks change nothing for each other: those at a pair on which
// nobody acts, and which nobody changes for a moment.
func (p *play) still(q entry) bool {
	return q.Scope == PerPair && !p.cast.acting() && !p.cast.node.Intrusive
}

// foundations are the questions that question number i stands on, however far down.
func (p *play) foundations(i int) map[string]bool {
	needed := map[string]bool{p.questions[i].ID: true}
	for _, q := range slices.Backward(p.questions[:i+1]) {
		if needed[q.ID] {
			for _, need := range slices.Concat(q.Needs, q.After) {
				needed[need] = true
			}
		}
	}
	return needed
}

// stage puts questions to all their subjects side by side.
func (p *play) stage(ctx context.Context, look bool, questions ...entry) {
	var all sync.WaitGroup
	for _, q := range questions {
		for _, s := range p.cast.subjects(q.Scope) {
			key := actKey{q.ID, s.Subject()}
			a := p.acts[key]
			if a == nil {
				a = &act{missing: p.missing(q, s), notes: p.cast.notes(q, s), started: time.Now()}
				p.acts[key] = a
				all.Go(func() { p.perform(ctx, q, s, a, look) })
			} else if look && !a.looked {
				all.Go(func() { p.observe(ctx, q, s, a) })
			}
		}
	}
	all.Wait()
}

// again looks once more, for a spec that Ginkgo tries again.
func (p *play) again(ctx context.Context, q entry, s subject) *act {
	a := p.acts[actKey{q.ID, s.Subject()}]
	p.cast.node.pings = &pings{} // what was lost then may be answered now
	p.observe(ctx, q, s, a)
	return a
}

func (p *play) perform(ctx context.Context, q entry, s subject, a *act, look bool) {
	defer func() { a.took = time.Since(a.started) }()
	if a.missing != "" {
		return
	}
	if p.cast.acting() && q.do != nil {
		p.cast.observer.Started(q.ID, s.Subject(), q.Title)
		a.err = q.do(a.notes.within(ctx), s)
	}
	if look {
		p.observe(ctx, q, s, a)
	}
}

func (p *play) observe(ctx context.Context, q entry, s subject, a *act) {
	if !a.stands() {
		return
	}
	a.looked = true
	p.cast.observer.Started(q.ID, s.Subject(), q.Title)
	a.look, a.lookErr = safely(func() (any, error) { return q.look(a.notes.within(ctx), s) })
	if a.lookErr == nil {
		a.lookErr = a.notes.keepLook(a.look)
	} else {
		a.notes.dropLook() // of an earlier attempt
	}
}

// safely makes a mistake of ours, which what a guest says may bring to light, that one look's
// error: it must not cost a class its marks.
func safely(look func() (any, error)) (seen any, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			at := debug.Stack()
			seen, err = nil, fmt.Errorf("labproof stumbled over what it saw: %v\n%s", broken, at[:min(len(at), 4<<10)])
		}
	}()
	return look()
}

// missing names the first question that q needs and that has not come about for
// this subject, for one of the groups of a pair, or for the node.
func (p *play) missing(q entry, s subject) string {
	for _, need := range q.Needs {
		for key, a := range p.acts {
			if key.id == need && !a.stands() && concerns(key.subject, s.Subject()) {
				return need
			}
		}
	}
	return ""
}

// concerns tells whether what happened to one subject matters to another.
func concerns(happened, to reports.Subject) bool {
	if happened == reports.Node || happened == to {
		return true
	}
	return slices.ContainsFunc(happened.Groups(), func(n int) bool { return slices.Contains(to.Groups(), n) })
}
