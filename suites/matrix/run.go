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

// Place is one pair of groups, in whose part of the lab one mistake at a time is made.
type Place struct {
	Lab  Lab
	Pair lab.Pair
}

// Options says which mistakes are made, where, and how they are graded.
type Options struct {
	// Places share no group. With more than one, mistakes are made side by side, one in each,
	// and graded together: each must turn its own pair's questions red, and nobody else's.
	Places []Place
	Faults []faults.Fault
	Times  int    // rounds; each makes every mistake once
	Folder string // where the gradings are kept that were not as they should be

	// Grade grades the lab as it stands and keeps its reports below out.
	Grade func(ctx context.Context, out string) (*reports.Run, error)
	Above Above
	Limit time.Duration // of taking mistakes back after an interruption

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
	states []faults.State    // of the untouched lab, by place
}

func (r *runner) rounds(ctx context.Context) error {
	r.states = make([]faults.State, len(r.Places))
	unread := make([]error, len(r.Places))
	sideBySide(len(r.Places), func(i int) { r.states[i], unread[i] = r.Places[i].Lab.State(ctx, true) })
	if err := errors.Join(unread...); err != nil {
		return err
	}
	for round := 1; round <= max(r.Times, 1); round++ {
		if err := r.untouched(ctx); err != nil {
			return err
		}
		for _, chosen := range batches(r.Faults, len(r.Places)) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			for _, f := range chosen {
				r.Began(f, round)
			}
			for _, t := range r.batch(ctx, chosen, round) {
				r.matrix.Trials = append(r.matrix.Trials, t)
				r.Ended(t)
			}
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
