// Package output holds what a program of somebody else's printed: never more of
// it than asked for, and in a form that a terminal or a report can show safely.
package output

import "sync"

// Limit is how much of one stream is kept: 1 MiB.
const Limit = 1 << 20

// Buffer keeps the first bytes written to it and remembers that there were more.
// The zero value keeps Limit bytes. It is safe for concurrent use.
type Buffer struct {
	Max int // bytes kept; 0: Limit

	mu        sync.Mutex
	data      []byte
	truncated bool
}

// Write keeps what fits and never fails: the writer's program must not notice.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	room := b.limit() - len(b.data)
	if len(p) > room {
		b.truncated = true
		b.data = append(b.data, p[:room]...)
	} else {
		b.data = append(b.data, p...)
	}
	return len(p), nil
}

func (b *Buffer) limit() int {
	if b.Max > 0 {
		return b.Max
	}
	return Limit
}

// String is what was kept.
func (b *Buffer) String() string { return string(b.Bytes()) }

// Bytes is a copy of what was kept.
func (b *Buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]byte(nil), b.data...)
}

// Truncated tells whether something was not kept.
func (b *Buffer) Truncated() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.truncated
}

// Cut returns the first max bytes of s and whether that is less than all of it.
func Cut(s string, max int) (string, bool) {
	if len(s) <= max {
		return s, false
	}
	return s[:max], true
}
