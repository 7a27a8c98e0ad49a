package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// MaxEvidence bounds one file of evidence, in bytes. A longer one is cut (a capture
// stays readable up to the cut) and a note beside it tells how long it was.
const MaxEvidence = 16 << 20

// maxEvidenceName bounds the name of a file, well below what file systems take.
const maxEvidenceName = 100

// Evidence is the folder of one question and subject. It may be used from several
// goroutines: two files of the same name never overwrite each other.
type Evidence struct {
	root string
	dir  string
}

// Path is the folder on disk.
func (e *Evidence) Path() string { return filepath.Join(e.root, e.dir) }

// Save keeps bytes as they came, control characters and all, under a name made safe
// for any file system. A name that is taken gets a number: ping.txt, ping-2.txt. What
// it returns goes into Verdict.Evidence.
func (e *Evidence) Save(name string, data []byte) (string, error) {
	full := len(data)
	if full > MaxEvidence {
		data = data[:MaxEvidence]
	}
	f, err := e.create(SafeName(name))
	if err != nil {
		return "", fmt.Errorf("save evidence %q: %w", name, err)
	}
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Close()); err != nil {
		return "", fmt.Errorf("save evidence %q: %w", name, err)
	}
	base := filepath.Base(f.Name())
	if full > MaxEvidence {
		note := fmt.Sprintf("%s: cut after %d of %d bytes\n", base, MaxEvidence, full)
		if err := os.WriteFile(f.Name()+".cut.txt", []byte(note), 0o644); err != nil {
			return "", fmt.Errorf("save evidence %q: %w", name, err)
		}
	}
	return filepath.ToSlash(filepath.Join(e.dir, base)), nil
}

// Replace keeps bytes under a name as Save does, in place of what was kept under it before,
// and whole, whatever their length.
func (e *Evidence) Replace(name string, data []byte) (string, error) {
	base := SafeName(name)
	if err := renameio.WriteFile(filepath.Join(e.Path(), base), data, 0o644); err != nil {
		return "", fmt.Errorf("save evidence %q: %w", name, err)
	}
	return filepath.ToSlash(filepath.Join(e.dir, base)), nil
}

func (e *Evidence) create(name string) (*os.File, error) {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for i := 1; ; i++ {
		candidate := name
		if i > 1 {
			candidate = fmt.Sprintf("%s-%d%s", stem, i, ext)
		}
		f, err := os.OpenFile(filepath.Join(e.Path(), candidate), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// SafeName makes a file name of letters, digits, '.', '_' and '-' out of anything: no
// folder, no hidden file, nothing that a shell or a report would have to quote.
func SafeName(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		default:
			return '_'
		}
	}, name)
	safe = strings.TrimLeft(safe, ".-")
	if len(safe) > maxEvidenceName {
		ext := filepath.Ext(safe)
		if len(ext) > 16 {
			ext = ""
		}
		safe = safe[:maxEvidenceName-len(ext)] + ext
	}
	if safe == "" {
		return "evidence"
	}
	return safe
}
