package tp1

import (
	"context"
	"errors"
	"testing"
)

func TestWhatStandsStillIsLookedAtOnce(t *testing.T) {
	var m memory[int, string]
	looks := 0
	look := func() (string, error) { looks++; return "seen", nil }

	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ctx := range []context.Context{over, t.Context(), t.Context()} {
		if seen, err := m.of(ctx, 1, look); seen != "seen" || err != nil {
			t.Fatalf("%q, %v", seen, err)
		}
	}
	if looks != 2 {
		t.Errorf("%d looks, want one that was interrupted and one that is remembered", looks)
	}

	broken := errors.New("it does not answer")
	for range 2 {
		if _, err := m.of(t.Context(), 2, func() (string, error) { looks++; return "", broken }); !errors.Is(err, broken) {
			t.Errorf("what went wrong is not remembered: %v", err)
		}
	}
	if looks != 3 {
		t.Errorf("%d looks, want no more at what went wrong", looks)
	}
	m.forget(2)
	if seen, err := m.of(t.Context(), 2, look); seen != "seen" || err != nil {
		t.Errorf("what was forgotten is remembered: %q, %v", seen, err)
	}
}

// put says what is seen of a thing.
func (m *memory[K, V]) put(key K, seen V) {
	o := m.at(key)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done, o.seen = true, seen
}
