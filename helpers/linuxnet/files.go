package linuxnet

import (
	"fmt"
	"path"
	"strings"
)

// Files is a set of text files by absolute path, as read from a guest.
type Files map[string]File

// File is a regular file, or a symbolic link where Link is set: Content is then what
// reading it gave, nothing where it leads to no file. A link to /dev/null masks.
type File struct {
	Content string
	Link    string
}

const (
	maxText  = 1 << 20 // one file; the real ones have a few hundred bytes
	maxLines = 20000
	maxLinks = 8

	bytesALine = 1 << 10 // of a file that is sourced again and again, comments and all
)

// read follows links within the set; of a link out of it, what reading it gave counts. ok
// is false where the path is not in the set or a link leads to nothing; a link to
// /dev/null is there and empty.
func (f Files) read(name string) (content string, ok bool, err error) {
	for range maxLinks {
		file, found := f[name]
		if !found {
			return bounded(name, content)
		}
		content = file.Content
		if file.Link == "" {
			_, _, err := bounded(name, content)
			return content, true, err
		}
		target := file.Link
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		if target = path.Clean(target); target == "/dev/null" {
			return "", true, nil
		}
		name = target
	}
	return "", false, fmt.Errorf("%s: more than %d links", name, maxLinks)
}

func bounded(name, content string) (string, bool, error) {
	if len(content) > maxText {
		return "", true, fmt.Errorf("%s: %d bytes; the limit is %d", name, len(content), maxText)
	}
	return content, content != "", nil
}

// SyntaxError is one line that is not understood.
type SyntaxError struct {
	File string
	Line int
	Text string
}

func (e SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// SyntaxErrors are all lines that are not understood, in the order they were read.
type SyntaxErrors []SyntaxError

const maxErrors = 50

func (e SyntaxErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

func (e *SyntaxErrors) add(file string, line int, format string, args ...any) {
	if len(*e) < maxErrors {
		*e = append(*e, SyntaxError{file, line, fmt.Sprintf(format, args...)})
	}
}

// err is nil where there is nothing to tell, so that no typed nil escapes.
func (e SyntaxErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// textLine is one logical line and the number of its first physical one.
type textLine struct {
	number int
	text   string
}
