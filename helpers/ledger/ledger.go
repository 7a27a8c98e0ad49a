// Package ledger remembers on disk what labproof makes, before it makes it, so that
// teardown finds everything after any end: a crash, a kill, a power cut.
//
// A ledger is a file of JSON lines that only grows. A line is on the disk (fsync)
// before the call that it announces is sent.
package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// FileName is what a run calls its ledger.
const FileName = "ledger.jsonl"

// ErrClosed is what a closed ledger answers: nothing may be made any more.
var ErrClosed = errors.New("the ledger is closed")

// Ledger is one run's ledger. It may be used by many goroutines at once, and by
// several processes: every line is appended whole.
type Ledger struct {
	mu       sync.Mutex
	file     *os.File // nil once closed
	path     string
	broken   bool // the last write failed and may have left half a line
	book     *book
	warnings []string
}

// Open opens or makes the ledger at path and reads what is in it. A last line that a
// power cut left unfinished is told by Warnings and sealed off; what came before counts.
func Open(path string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("opening ledger: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening ledger: %w", err)
	}
	l := &Ledger{file: file, path: path, book: newBook()}
	if err := l.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening ledger %s: %w", path, err), file.Close())
	}
	return l, nil
}

// start reads what is there and makes sure that the next line begins a line of its own
// and that the file itself survives a power cut.
func (l *Ledger) start() error {
	return l.locked(func() error {
		cut, warnings, err := read(l.file, l.path, l.book)
		if err != nil {
			return err
		}
		l.warnings = warnings
		if cut {
			if _, err := l.file.WriteString("\n"); err != nil {
				return err
			}
		}
		return l.sync()
	})
}

func (l *Ledger) sync() error {
	if err := l.file.Sync(); err != nil {
		return err
	}
	directory, err := os.Open(filepath.Dir(l.path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// locked keeps other processes out while a line is written.
func (l *Ledger) locked(work func() error) error {
	for {
		err := unix.Flock(int(l.file.Fd()), unix.LOCK_EX)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("locking: %w", err)
		}
	}
	err := work()
	return errors.Join(err, unix.Flock(int(l.file.Fd()), unix.LOCK_UN))
}

// Intend says that e is about to be made. When it returns nil, the line is on the disk
// and the call may be sent; when it returns an error, it must not be.
func (l *Ledger) Intend(e Entry) error { return l.write(e, Intended) }

// Done says that e was made. Only the names of e matter; its mark and details, where
// given, replace the intended ones.
func (l *Ledger) Done(e Entry) error { return l.write(e, Made) }

// Gone says that e is no longer there.
func (l *Ledger) Gone(e Entry) error { return l.write(e, Removed) }

func (l *Ledger) write(e Entry, state State) error {
	e.State = state
	e.Time = time.Now().UTC()
	if err := e.check(); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("ledger: %s %s: %w", e.Kind, e.ID, err)
	}
	if len(line) >= maxLine {
		return fmt.Errorf("ledger: %s %s: an entry of %d bytes; the limit is %d", e.Kind, e.ID, len(line), maxLine)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return fmt.Errorf("ledger: %s %s: %w", e.Kind, e.ID, ErrClosed)
	}
	err = l.locked(func() error {
		if l.broken {
			line = append([]byte{'\n'}, line...)
		}
		if _, err := l.file.Write(append(line, '\n')); err != nil {
			return err
		}
		return l.file.Sync()
	})
	l.broken = err != nil
	if err != nil {
		return fmt.Errorf("writing %s %s into ledger %s: %w", e.Kind, e.ID, l.path, err)
	}
	l.book.apply(e)
	return nil
}

// Entries are the things that may still be there, in the order of teardown.
func (l *Ledger) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.book.remaining()
}

// All are all things this ledger ever named, in the order they were intended.
func (l *Ledger) All() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.book.all()
}

// Warnings tell what could not be read, such as a last line cut by a power failure.
func (l *Ledger) Warnings() []string { return append([]string(nil), l.warnings...) }

// Path is where the ledger is.
func (l *Ledger) Path() string { return l.path }

// Close closes the file; the ledger stays on disk.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// Read reads a ledger without changing it, e.g. one of a run that is still going.
func Read(r io.Reader, name string) (entries []Entry, warnings []string, err error) {
	b := newBook()
	_, warnings, err = read(r, name, b)
	return b.all(), warnings, err
}
