// Package wait is the one place where labproof lets time pass: a condition is
// polled under a named limit, and whoever watches the run is told what is being
// waited for. Nothing sleeps a fixed time and hopes.
package wait

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DefaultEvery is the poll interval of a wait that names none.
const DefaultEvery = 100 * time.Millisecond

// For says what is waited for and how long.
type For struct {
	What    string        // "VM 102's agent": completes the sentence "waiting for …"
	Timeout time.Duration // 0: as long as the context lasts
	Name    string        // the limit's name in ginkgo.yaml, e.g. "boot"; may be empty
	Delay   time.Duration // before the first look, where looking at once is known to be useless
	Every   time.Duration // between two looks; 0: DefaultEvery
	Max     time.Duration // the interval grows by a quarter up to this; 0: it stays Every
	Hint    string        // what to try when the limit is reached

	// The same in French, for what people read; empty: the English serves.
	WhatFR, HintFR string
}

// Condition looks once. seen is what it saw, in a few words, for the progress line
// and for the failure. An error ends the wait at once unless it is wrapped by Again.
// ctx ends with the wait's own limit.
type Condition func(ctx context.Context) (done bool, seen string, err error)

// Until polls cond until it is done. It returns nil, cond's own error, a
// *TimeoutError when the limit is reached, or the context's cause when ctx ends first.
func Until(ctx context.Context, w For, cond Condition) (err error) {
	watch := watcherOf(ctx).WaitBegins(w)
	defer func() { watch.Ended(err) }()

	own, cancel := limit(ctx, w.Timeout)
	defer cancel()

	state := poll{what: w, watch: watch, started: time.Now()}
	every := w.Every
	if every <= 0 {
		every = DefaultEvery
	}
	if err := Pause(own, w.Delay); err != nil {
		return state.ended(ctx)
	}
	for {
		done, err := state.look(own, cond)
		if err != nil && (own.Err() == nil || !causedBy(err, own)) {
			return err
		}
		if done {
			return nil
		}
		if err := Pause(own, every); err != nil {
			return state.ended(ctx)
		}
		every = grow(every, w.Max)
	}
}

// Pause lets d pass, or returns ctx's cause if that comes first.
func Pause(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// poll is one wait under way.
type poll struct {
	what    For
	watch   Watch
	started time.Time
	seen    string
	last    error // the last error wrapped by Again
}

// look asks the condition once; an error wrapped by Again counts as "not yet".
func (p *poll) look(ctx context.Context, cond Condition) (bool, error) {
	done, seen, err := cond(ctx)
	var again *againError
	if errors.As(err, &again) {
		p.last = again.err
		if seen == "" {
			seen = again.err.Error()
		}
		done, err = false, nil
	} else if err == nil {
		p.last = nil
	}
	if seen != "" && seen != p.seen {
		p.seen = seen
		p.watch.Saw(seen)
	}
	return done, err
}

// ended tells why the wait's own context is over: its limit, or the caller's.
func (p *poll) ended(caller context.Context) error {
	if caller.Err() == nil {
		return &TimeoutError{
			What: p.what.What, Name: p.what.Name, Timeout: p.what.Timeout,
			LastSeen: p.seen, Hint: p.what.Hint, HintFR: p.what.HintFR, Last: p.last,
		}
	}
	return &InterruptedError{
		What: p.what.What, LastSeen: p.seen,
		After: time.Since(p.started), Cause: context.Cause(caller),
	}
}

// errLimit marks the end of a wait's own limit, to tell it from the caller's deadline.
var errLimit = errors.New("the limit of the wait is reached")

func limit(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, errLimit)
}

// causedBy tells whether err is only the echo of the ended context.
func causedBy(err error, ctx context.Context) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Cause(ctx))
}

func grow(every, limit time.Duration) time.Duration {
	if limit <= every {
		return every
	}
	return min(every+every/4, limit)
}

// Again marks an error of a condition as "not yet": the wait goes on, and the
// error is told if the limit is reached. Again(nil) is nil.
func Again(err error) error {
	if err == nil {
		return nil
	}
	return &againError{err}
}

type againError struct{ err error }

func (e *againError) Error() string { return fmt.Sprintf("not yet: %v", e.err) }
func (e *againError) Unwrap() error { return e.err }
