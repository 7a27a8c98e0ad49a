package guestdisk

import (
	"bytes"
	"errors"
	"testing"
)

// All questions to one disk together cost no more than they may, however many there are.
func TestAllQuestionsTogetherAreBounded(t *testing.T) {
	w := newWindow(bytes.NewReader(make([]byte, 2*pageSize)), 2*pageSize)
	w.total = 3 * pageSize
	for question := range 4 {
		w.refill()
		w.forget()
		err := w.read(make([]byte, 16), 0)
		if last := question == 3; errors.Is(err, errBudget) != last {
			t.Errorf("question %d: %v", question, err)
		}
	}
}

// A journal that takes back more blocks than any real one is damaged, before they fill the
// memory.
func TestAJournalThatTakesBackEverything(t *testing.T) {
	const block, blocks = 4096, 400
	image := make([]byte, block*blocks)
	for n := range blocks {
		b := image[n*block:]
		be.PutUint32(b, journalMagic)
		be.PutUint32(b[4:], kindRevoke)
		be.PutUint32(b[8:], 7)
		be.PutUint32(b[12:], block)
		for at := 16; at < block; at += 4 {
			be.PutUint32(b[at:], uint32(n*block+at))
		}
	}
	fs := &ext4{w: newWindow(bytes.NewReader(image), int64(len(image))), part: part{size: int64(len(image))}, block: block, blocks: blocks}
	j := &journal{fs: fs, extents: []extent{{0, 0, blocks}}, first: 1, at: 1, last: blocks, sequence: 7, revoked: map[uint64]uint32{}}
	if _, err := j.transactions(); !errors.Is(err, ErrNotReadable) || len(j.freed) > maxRevoked+block {
		t.Errorf("%d blocks are taken back: %v", len(j.freed), err)
	}
}
