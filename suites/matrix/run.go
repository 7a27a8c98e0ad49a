package matrix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/labproof/labproof/fixtures/faults"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/reports"
)

// Lab is a lab in which mistakes are made.
type Lab interface {
	Make(ctx context.Context, f faults.Fault) error
	Undo(ctx context.Context) error
	// State reads the lab as it is, or what the last mistake may have changed of it.
	State(ctx context.Context, all bool) (faults.State, error)
}

// Options says which mistakes are made, where, and how they are graded.
type Options struct {
	Lab    Lab
	Pair   lab.Pair // the lab's two groups
	Faults []faults.Fault
	Times  int    // rounds; each makes every mistake once
	Folder string // where the gradings are kept that were not as they should be

	// Grade grades the lab as it stands and keeps its reports below out.
	Grade func(ctx context.Context, out string) (*reports.Run, error)
	Above Above
	Limit time.Duration // of taking a mistake back after an interruption

	Began func(f faults.Fault, round int)
	Ended func(t Trial)
}

// ErrNotGreen is an untouched lab in which something is red: nothing could be proven in it.
var ErrNotGreen = errors.New("the untouched lab is not all green")

// Run makes the mistakes, one after the other. What was found out before an error is in the
// matrix all the same.
func Run(ctx context.Context, o Options) (*Matrix, error) {
	m := &Matrix{Started: time.Now(), Trials: []Trial{}}
	r := &runner{Options: o, matrix: m}
	err := r.rounds(ctx)
	if err != nil {
		m.Problems = append(m.Problems, err.Error())
	}
	m.Ended = time.Now()
	return m, err
}

type runner struct {
	Options
	matrix *Matrix
	before []reports.Verdict // of the untouched lab
	state  faults.State      // of the untouched lab
}

func (r *runner) rounds(ctx context.Context) error {
	var err error
	if r.state, err = r.Lab.State(ctx, true); err != nil {
		return err
	}
	for round := 1; round <= max(r.Times, 1); round++ {
		if err := r.untouched(ctx); err != nil {
			return err
		}
		for _, f := range r.Faults {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			r.Began(f, round)
			trial := r.trial(ctx, f, round)
			r.matrix.Trials = append(r.matrix.Trials, trial)
			r.Ended(trial)
		}
	}
	return r.untouched(ctx)
}

// untouched grades the lab as it is between two mistakes.
func (r *runner) untouched(ctx context.Context) error {
	out := filepath.Join(r.Folder, "untouched")
	run, err := r.Grade(ctx, out)
	if err != nil {
		return fmt.Errorf("grade the untouched lab: %w", err)
	}
	red := Red(run)
	r.matrix.Untouched = append(r.matrix.Untouched, red)
	r.matrix.Questions = asked(run)
	if len(red) > 0 {
		return fmt.Errorf("%w: %s %s: %s", ErrNotGreen, red[0].ID, red[0].Subject, red[0].Why.EN)
	}
	r.before = run.Verdicts
	return os.RemoveAll(out)
}

// asked are the questions of a run that have a verdict.
func asked(run *reports.Run) []reports.Listed {
	return slices.DeleteFunc(slices.Clone(run.Questions), func(q reports.Listed) bool {
		return !slices.ContainsFunc(run.Verdicts, func(v reports.Verdict) bool { return v.ID == q.ID })
	})
}

// trial makes one mistake, has it graded, and takes it back, whatever happened.
func (r *runner) trial(ctx context.Context, f faults.Fault, round int) Trial {
	t := Trial{Fault: f.ID, Title: reports.Text{FR: f.FR, EN: f.EN}, Round: round, Own: Cells(f.Own, r.Pair)}
	out := filepath.Join(r.Folder, f.ID)
	err := took(&t.Apply, func() error { return r.Lab.Make(ctx, f) })
	if err == nil {
		err = took(&t.Grade, func() error {
			run, err := r.Grade(ctx, out)
			if err == nil {
				t.Finding = Compare(t.Own, r.before, run.Verdicts, r.Above)
			}
			return err
		})
	}
	// What was begun is taken back even when the run was interrupted.
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Limit)
	defer cancel()
	err = errors.Join(err, took(&t.Undo, func() error { return r.undo(undo, &t) }))
	if err != nil {
		t.Broken = err.Error()
	}
	if !t.Right() {
		t.Folder = out
	} else if err := os.RemoveAll(out); err != nil {
		t.Broken = err.Error()
	}
	return t
}

// undo takes the mistake back and compares the lab with what it was.
func (r *runner) undo(ctx context.Context, t *Trial) error {
	if err := r.Lab.Undo(ctx); err != nil {
		return err
	}
	now, err := r.Lab.State(ctx, false)
	if err != nil {
		return fmt.Errorf("look whether the lab is as it was: %w", err)
	}
	if t.Left = r.state.Diff(now); len(t.Left) > 0 {
		r.state = r.state.Updated(now) // the next mistake is not to blame for it
	}
	return nil
}

func took(d *time.Duration, do func() error) error {
	started := time.Now()
	err := do()
	*d = time.Since(started)
	return err
}
