package tp1

import (
	"context"
	"sync"
)

// memory keeps what was seen of a lab that stands still, so that each thing is looked at once. The
// zero value is empty.
type memory[K comparable, V any] struct {
	mu  sync.Mutex
	all map[K]*once[V]
}

// once is a look at one thing: whoever comes second waits for the first.
type once[V any] struct {
	mu   sync.Mutex
	done bool
	seen V
	err  error
}

func (m *memory[K, V]) at(key K) *once[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[K]*once[V]{}
	}
	if m.all[key] == nil {
		m.all[key] = &once[V]{}
	}
	return m.all[key]
}

// of is what look sees, at once or earlier. What an interruption cut off is not remembered.
func (m *memory[K, V]) of(ctx context.Context, key K, look func() (V, error)) (V, error) {
	o := m.at(key)
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done {
		o.seen, o.err = look()
		o.done = ctx.Err() == nil
	}
	return o.seen, o.err
}

// forget drops what was seen of a thing.
func (m *memory[K, V]) forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, key)
}
