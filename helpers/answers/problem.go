package answers

import (
	"errors"
	"fmt"
	"io/fs"
)

// Problem is one thing that cannot be read, and where. It concerns one group's file only.
type Problem struct {
	File     string
	Line     int    // counted from 1; 0: the file as a whole
	Question string // "tp1.q11"; "": the file as a whole
	FR, EN   string
}

// In is file:line: what is wrong, in the language ("fr" or "en").
func (p Problem) In(lang string) string {
	text := p.FR
	if lang == "en" {
		text = p.EN
	}
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, text)
	}
	return p.File + ": " + text
}

// Error is why nothing of a file can be used.
type Error struct {
	Problem
	cause error
}

// Error is the English line.
func (e *Error) Error() string { return e.In("en") }

// French is the French line.
func (e *Error) French() string { return e.In("fr") }

// Unwrap is the operating system's error, where there is one (fs.ErrNotExist).
func (e *Error) Unwrap() error { return e.cause }

// complaint is what is wrong with a value, in both languages.
type complaint struct{ fr, en string }

func complain(fr, en string, args ...any) *complaint {
	return &complaint{fmt.Sprintf(fr, args...), fmt.Sprintf(en, args...)}
}

// in puts the complaint into a sentence.
func (c *complaint) in(fr, en string) *complaint {
	return &complaint{fmt.Sprintf(fr, c.fr), fmt.Sprintf(en, c.en)}
}

func lost(file string, line int, cause error, why *complaint) *Error {
	return &Error{Problem{File: file, Line: line, FR: why.fr, EN: why.en}, cause}
}

// withoutPath is what the operating system says of a file, whose path stands before it
// already.
func withoutPath(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
