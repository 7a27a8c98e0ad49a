package reports

import "time"

// Observer is told what a run is doing while it does it. Groups are worked on side
// by side, so every method may be called from several goroutines at once; none may
// block for long. Done comes last, once.
type Observer interface {
	// Started: a question begins for a subject. It may be told twice of one question.
	Started(id string, subject Subject, title Text)
	// Waiting: the question now waits for something, since a moment.
	Waiting(id string, subject Subject, what Text, since time.Time)
	// WaitDone: that wait is over, however it ended.
	WaitDone(id string, subject Subject, what Text)
	// Finished: the question has its verdict.
	Finished(v Verdict)
	// Done: the run is over and torn down.
	Done(run *Run)
}

// Silent is the Observer that tells nobody.
type Silent struct{}

var _ Observer = Silent{}

// Started does nothing.
func (Silent) Started(string, Subject, Text) {}

// Waiting does nothing.
func (Silent) Waiting(string, Subject, Text, time.Time) {}

// WaitDone does nothing.
func (Silent) WaitDone(string, Subject, Text) {}

// Finished does nothing.
func (Silent) Finished(Verdict) {}

// Done does nothing.
func (Silent) Done(*Run) {}
