package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
)

const (
	maxLine     = 64 << 10
	maxLines    = 1 << 20
	maxWarnings = 20
)

// check refuses what teardown could not act on.
func (e Entry) check() error {
	switch {
	case e.Kind == "":
		return errors.New("an entry without a kind")
	case e.ID == "":
		return fmt.Errorf("%s: an entry without an id", e.Kind)
	case e.State != Intended && e.State != Made && e.State != Removed:
		return fmt.Errorf("%s %s: unknown state %q", e.Kind, e.ID, e.State)
	}
	return nil
}

// read takes every line it understands into b. Damaged lines are told and skipped: the
// rest of the ledger is still the only memory there is. cut says that the last line has
// no end.
func read(r io.Reader, name string, b *book) (cut bool, warnings []string, err error) {
	warn := func(format string, args ...any) {
		if len(warnings) < maxWarnings {
			warnings = append(warnings, fmt.Sprintf("%s: %s", name, fmt.Sprintf(format, args...)))
		}
	}
	lines := bufio.NewReaderSize(r, maxLine)
	for number := 1; ; number++ {
		if number > maxLines {
			return cut, warnings, fmt.Errorf("%s: more than %d lines", name, maxLines)
		}
		line, tooLong, err := nextLine(lines)
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return cut, warnings, fmt.Errorf("reading ledger %s: %w", name, err)
		}
		cut = ended && (len(line) > 0 || tooLong)
		if problem := take(b, line, tooLong); problem != nil {
			if cut {
				warn("line %d was cut short, probably by a power failure; what it announced may or may not be there", number)
			} else {
				warn("line %d is skipped: %v", number, problem)
			}
		}
		if ended {
			return cut, warnings, nil
		}
	}
}

// nextLine reads one line without its end. A line longer than the buffer is read to its
// end and dropped.
func nextLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	line, err = r.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		line, err = r.ReadSlice('\n')
	}
	return bytes.TrimRight(line, "\r\n"), tooLong, err
}

func take(b *book, line []byte, tooLong bool) error {
	if tooLong {
		return fmt.Errorf("longer than %d bytes", maxLine)
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil {
		return errors.New("not an entry in JSON")
	}
	if err := e.check(); err != nil {
		return err
	}
	b.apply(e)
	return nil
}

// Remaining reads the ledgers of many runs and returns what may still be there, in the
// order of teardown. A path is a ledger, or a directory whose runs hold one each
// (DIR/*/ledger.jsonl). What one run made and a later one removed is gone: of several
// ledgers that name a thing, the latest line counts.
func Remaining(paths ...string) (entries []Entry, warnings []string, err error) {
	files, err := ledgers(paths)
	if err != nil {
		return nil, nil, err
	}
	var every []Entry
	var failures []error
	for _, path := range files {
		b := newBook()
		told, err := readFile(path, b)
		warnings = append(warnings, told...)
		failures = append(failures, err)
		every = append(every, b.all()...)
	}
	sort.SliceStable(every, func(i, j int) bool { return every[i].Time.Before(every[j].Time) })
	merged := newBook()
	for _, e := range every {
		merged.apply(e)
	}
	return merged.remaining(), warnings, errors.Join(failures...)
}

func readFile(path string, b *book) (warnings []string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening ledger: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, warnings, err = read(file, path, b)
	return warnings, err
}

// ledgers are the ledger files of paths. Each file is there once, even where a link
// (latest) points to its run.
func ledgers(paths []string) ([]string, error) {
	var found []string
	var infos []os.FileInfo
	for _, path := range paths {
		candidates := []string{path}
		if info, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("looking for ledgers: %w", err)
		} else if info.IsDir() {
			candidates, _ = filepath.Glob(filepath.Join(escapeGlob(path), "*", FileName))
			candidates = append(candidates, filepath.Join(path, FileName))
		}
		for _, candidate := range candidates {
			info, err := os.Stat(candidate)
			if err == nil && !info.IsDir() && !contains(infos, info) {
				found, infos = append(found, candidate), append(infos, info)
			}
		}
	}
	return found, nil
}

func contains(infos []os.FileInfo, info os.FileInfo) bool {
	for _, known := range infos {
		if os.SameFile(known, info) {
			return true
		}
	}
	return false
}

func escapeGlob(path string) string {
	var b bytes.Buffer
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
