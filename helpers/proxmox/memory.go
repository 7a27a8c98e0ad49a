package proxmox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"
)

// WithMemory makes a session ask the node for each thing once: whoever reads it again is
// given the first answer, so that all questions of a class judge the node at one moment,
// and a large class costs the node few calls. The guest agent is always asked itself, and
// so is everything under a context of Fresh. Only reads are remembered, and refusals of
// reads; a call that brought no answer is sent again.
func WithMemory() Option {
	return func(s *settings) { s.memory = &memory{answers: map[string]remembered{}} }
}

type memory struct {
	mu      sync.Mutex
	answers map[string]remembered
	flights singleflight.Group // the same read, asked for twice at once, is sent once
}

// remembered is what the node answered to a read, with the exchange as evidence for
// whoever asks again.
type remembered struct {
	envelope  envelope
	refusal   *Error
	exchanges []Exchange
}

type freshKey struct{}

// Fresh returns a context whose reads are sent, whatever the session remembers.
func Fresh(ctx context.Context) context.Context { return context.WithValue(ctx, freshKey{}, true) }

// holds tells whether the answer to a call may be remembered.
func (m *memory) holds(ctx context.Context, method, path string) bool {
	return m != nil && method == http.MethodGet && ctx.Value(freshKey{}) == nil && !strings.Contains(path, "/agent/")
}

// answer gives what is remembered of a read, or asks for it and remembers.
func (m *memory) answer(ctx context.Context, key string, ask func(context.Context) (envelope, error)) (envelope, error) {
	m.mu.Lock()
	known, ok := m.answers[key]
	m.mu.Unlock()
	if ok {
		known.retell(ctx)
		return known.result()
	}
	asked := false
	got, err, _ := m.flights.Do(key, func() (any, error) {
		asked = true
		return m.ask(ctx, key, ask)
	})
	if err != nil {
		return envelope{}, err
	}
	first := got.(remembered)
	if !asked {
		first.retell(ctx)
	}
	return first.result()
}

func (m *memory) ask(ctx context.Context, key string, ask func(context.Context) (envelope, error)) (remembered, error) {
	var r remembered
	var mu sync.Mutex
	outer := recorderOf(ctx)
	e, err := ask(Recording(ctx, func(exchange Exchange) {
		mu.Lock()
		r.exchanges = append(r.exchanges, exchange)
		mu.Unlock()
		outer(exchange)
	}))
	if err != nil && !errors.As(err, &r.refusal) {
		return r, err
	}
	if r.refusal != nil && !isFinal(r.refusal) {
		return r, err
	}
	r.envelope = e
	m.mu.Lock()
	m.answers[key] = r
	m.mu.Unlock()
	return r, nil
}

// isFinal tells a refusal that will be the same a moment later from one of a daemon that
// is down, of a login that ended, or of a node that ran out of time: it says 500 to that, as it
// does to what does not exist.
func isFinal(e *Error) bool {
	switch e.Status {
	case 400, 403, 404:
		return true
	case 500:
		return errors.Is(e, ErrNotFound) || errors.Is(e, ErrExists)
	}
	return false
}

func (r remembered) result() (envelope, error) {
	if r.refusal != nil {
		return envelope{}, r.refusal
	}
	return r.envelope, nil
}

// retell hands the exchange to another question's evidence.
func (r remembered) retell(ctx context.Context) {
	record := recorderOf(ctx)
	for _, e := range r.exchanges {
		record(e)
	}
}

// recorderOf is who a context's exchanges are handed to; it is never nil.
func recorderOf(ctx context.Context) func(Exchange) {
	if record, ok := ctx.Value(recordingKey{}).(func(Exchange)); ok {
		return record
	}
	return func(Exchange) {}
}
