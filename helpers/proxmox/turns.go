package proxmox

import (
	"context"
	"sync"
)

// turns lets one caller at a time work on a key; waiting ends with the context.
type turns struct {
	mu    sync.Mutex
	slots map[string]chan struct{}
}

func newTurns() *turns { return &turns{slots: map[string]chan struct{}{}} }

// take waits for the turn and returns how to end it.
func (t *turns) take(ctx context.Context, key string) (release func(), err error) {
	slot := t.slot(key)
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (t *turns) slot(key string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	slot, ok := t.slots[key]
	if !ok {
		slot = make(chan struct{}, 1)
		t.slots[key] = slot
	}
	return slot
}
