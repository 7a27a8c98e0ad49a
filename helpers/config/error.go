package config

import (
	"fmt"
	"sort"
	"strings"
)

// Problem is one thing that is wrong, and where. Line and Column count from 1; 0
// means the file as a whole.
type Problem struct {
	File         string
	Line, Column int
	Text         string
}

// String is the usual file:line:column: text, which editors can jump to.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Error is everything that is wrong with a configuration, in the order of the file.
type Error struct {
	Problems []Problem
	cause    error
}

// Error has one line per problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap is the error of the operating system, where there is one (fs.ErrNotExist).
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) sort() {
	sort.SliceStable(e.Problems, func(i, j int) bool {
		a, b := e.Problems[i], e.Problems[j]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

func wrong(file string, cause error, format string, args ...any) *Error {
	return &Error{Problems: []Problem{{File: file, Text: fmt.Sprintf(format, args...)}}, cause: cause}
}
