package matrix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labproof/labproof/fixtures/faults"
	"github.com/labproof/labproof/reports"
)

// batches divides faults into those that are made side by side, at most one a place, and
// of those that change what all groups share at most one. Their order stays as far as it can.
func batches(all []faults.Fault, places int) [][]faults.Fault {
	var divided [][]faults.Fault
	for left := slices.Clone(all); len(left) > 0; {
		var batch, later []faults.Fault
		shared := false
		for _, f := range left {
			if len(batch) == places || f.Shared && shared {
				later = append(later, f)
				continue
			}
			batch = append(batch, f)
			shared = shared || f.Shared
		}
		divided, left = append(divided, batch), later
	}
	return divided
}

// batch makes mistakes side by side, has them graded together, and takes them back,
// whatever happened. A trial that an interruption cut short is none, unless it left something.
func (r *runner) batch(ctx context.Context, chosen []faults.Fault, round int) []Trial {
	trials := make([]Trial, len(chosen))
	broken, after := make([]error, len(chosen)), make([]error, len(chosen))
	out := filepath.Join(r.Folder, nameOfBatch(chosen))
	sideBySide(len(chosen), func(i int) {
		f := chosen[i]
		trials[i] = Trial{Fault: f.ID, Title: reports.Text{FR: f.FR, EN: f.EN}, Round: round, Own: Cells(f.Own, r.Places[i].Pair)}
		broken[i] = cutShort(ctx, took(&trials[i].Apply, func() error { return r.Places[i].Lab.Make(ctx, f) }))
	})
	if slices.Contains(broken, nil) {
		r.grade(ctx, out, trials, broken)
	}
	// What was begun is taken back even when the run was interrupted.
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Limit)
	defer cancel()
	sideBySide(len(chosen), func(i int) {
		after[i] = took(&trials[i].Undo, func() error { return r.Places[i].Lab.Undo(undo) })
	})
	// What all groups share is compared once everything is taken back.
	sideBySide(len(chosen), func(i int) {
		after[i] = errors.Join(after[i], took(&trials[i].Look, func() error { return r.look(undo, i, &trials[i]) }))
	})
	var whole []Trial
	for i, t := range keep(out, trials, broken, after) {
		if !errors.Is(broken[i], errCut) || after[i] != nil || len(t.Left) > 0 {
			whole = append(whole, t)
		}
	}
	return whole
}

var errCut = errors.New("interrupted")

// cutShort marks what failed because the run was interrupted, so that what had failed
// before is told all the same.
func cutShort(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", errCut, err)
}

// grade has the lab graded and holds what was seen against what each mistake had to turn red.
func (r *runner) grade(ctx context.Context, out string, trials []Trial, broken []error) {
	started := time.Now()
	run, err := r.Grade(ctx, out)
	for i := range trials {
		trials[i].Grade = time.Since(started)
		switch {
		case broken[i] != nil: // a mistake that is made by half proves nothing
		case err != nil:
			broken[i] = cutShort(ctx, err)
		default:
			trials[i].Finding = Compare(trials[i].Own, r.seenFrom(i, len(trials), r.before), r.seenFrom(i, len(trials), run.Verdicts), r.Above)
		}
	}
}

// seenFrom are the verdicts that one place answers for: all but those about the other
// places where a mistake is made at the same time.
func (r *runner) seenFrom(place, places int, all []reports.Verdict) []reports.Verdict {
	about := func(p Place, v reports.Verdict) bool {
		return reports.Pair(p.Pair.X.Number, p.Pair.Y.Number).Concerns(v.Subject)
	}
	return slices.DeleteFunc(slices.Clone(all), func(v reports.Verdict) bool {
		others := slices.ContainsFunc(r.Places[:places], func(p Place) bool { return about(p, v) })
		return others && !about(r.Places[place], v)
	})
}

// look compares a place with what it was before the mistake.
func (r *runner) look(ctx context.Context, place int, t *Trial) error {
	now, err := r.Places[place].Lab.State(ctx, false)
	if err != nil {
		return fmt.Errorf("look whether the lab is as it was: %w", err)
	}
	if t.Left = r.states[place].Diff(now); len(t.Left) > 0 {
		r.states[place] = r.states[place].Updated(now) // the next mistake is not to blame for it
	}
	return nil
}

// keep ends the trials, and keeps the grading's evidence where one is not as it should be.
func keep(out string, trials []Trial, broken, after []error) []Trial {
	right := true
	for i := range trials {
		if err := errors.Join(broken[i], after[i]); err != nil {
			trials[i].Broken = err.Error()
		}
		right = right && trials[i].Right()
	}
	var err error
	if right {
		err = os.RemoveAll(out)
	}
	for i := range trials {
		if !trials[i].Right() {
			trials[i].Folder = out
		}
		if err != nil {
			trials[i].Broken = err.Error()
		}
	}
	return trials
}

func nameOfBatch(chosen []faults.Fault) string {
	var ids []string
	for _, f := range chosen {
		ids = append(ids, f.ID)
	}
	return strings.Join(ids, "+")
}

// sideBySide does something n times at once; what one of them meets stops no other.
func sideBySide(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func took(d *time.Duration, do func() error) error {
	started := time.Now()
	err := do()
	*d = time.Since(started)
	return err
}
