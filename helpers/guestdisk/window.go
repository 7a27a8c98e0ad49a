package guestdisk

import (
	"container/list"
	"errors"
	"io"
)

const (
	pageSize = 64 << 10
	maxPages = 128 // 8 MiB in memory
)

// What one question to a disk may cost, however the disk is made: the reads of a real
// Debian stay below a hundredth of it.
const (
	maxReads = 50_000 // looks at a block, each at most 4 KiB
	maxBytes = 96 << 20
	maxTotal = 1 << 30 // fetched in all questions together
)

// errBudget ends a walk that a disk made for it would never end.
var errBudget = errors.New("it leads to more reads than any real one")

// window is a disk seen through a small cache and a budget.
type window struct {
	disk io.ReaderAt
	size int64

	pages map[int64]*list.Element
	order *list.List // of *page, the latest first

	reads int   // left
	bytes int64 // left to fetch
	total int64 // left to fetch in all questions
}

type page struct {
	number int64
	data   []byte
}

func newWindow(disk io.ReaderAt, size int64) *window {
	w := &window{disk: disk, size: size, pages: map[int64]*list.Element{}, order: list.New(), total: maxTotal}
	w.refill()
	return w
}

// refill starts a new question.
func (w *window) refill() { w.reads, w.bytes = maxReads, maxBytes }

// forget drops the cache: a running VM writes.
func (w *window) forget() {
	clear(w.pages)
	w.order.Init()
}

// spend counts one step of a walk.
func (w *window) spend() error {
	if w.reads--; w.reads < 0 {
		return damaged("%w", errBudget)
	}
	return nil
}

// read fills b from offset at.
func (w *window) read(b []byte, at int64) error {
	if err := w.spend(); err != nil {
		return err
	}
	if at < 0 || at > w.size || int64(len(b)) > w.size-at {
		return damaged("it points to %d, beyond the disk's end", at)
	}
	for len(b) > 0 {
		data, err := w.page(at / pageSize)
		if err != nil {
			return err
		}
		within := at % pageSize
		if within >= int64(len(data)) {
			return io.ErrUnexpectedEOF
		}
		n := copy(b, data[within:])
		b, at = b[n:], at+int64(n)
	}
	return nil
}

func (w *window) page(number int64) ([]byte, error) {
	if e, ok := w.pages[number]; ok {
		w.order.MoveToFront(e)
		return e.Value.(*page).data, nil
	}
	data := make([]byte, min(pageSize, w.size-number*pageSize))
	w.bytes -= int64(len(data))
	if w.total -= int64(len(data)); w.bytes < 0 || w.total < 0 {
		return nil, damaged("%w", errBudget)
	}
	if n, err := w.disk.ReadAt(data, number*pageSize); n < len(data) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	w.pages[number] = w.order.PushFront(&page{number, data})
	if w.order.Len() > maxPages {
		last := w.order.Back()
		delete(w.pages, w.order.Remove(last).(*page).number)
	}
	return data, nil
}
