package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const (
	// MaxSize is how much text Parse takes, in bytes: ten times a fully documented ginkgo.yaml.
	MaxSize    = 64 << 10
	maxNesting = 100 // the parser's time grows with the square of it
)

// SyntaxError is why a text is not one YAML document. Line and Column count from 1; 0
// means the text as a whole.
type SyntaxError struct {
	Line, Column int
	Text         string
	cause        error
}

// Error is the text, with its line where there is one.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Text)
}

// Unwrap is the parser's own error.
func (e *SyntaxError) Unwrap() error { return e.cause }

// Parse makes a tree of one YAML document; nil stands for an empty text. Its errors are
// of the type *SyntaxError.
func Parse(data []byte) (ast.Node, error) {
	if len(data) > MaxSize {
		return nil, &SyntaxError{Text: fmt.Sprintf("larger than %d KiB", MaxSize>>10)}
	}
	if nesting(data) > maxNesting {
		return nil, &SyntaxError{Text: fmt.Sprintf("brackets or lists are nested deeper than %d", maxNesting)}
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	var body ast.Node
	for _, document := range tree.Docs {
		if document == nil || document.Body == nil {
			continue
		}
		if body != nil {
			line, column := Position(document.Body)
			return nil, &SyntaxError{Line: line, Column: column, Text: "a second document; expected one"}
		}
		body = document.Body
	}
	return body, nil
}

// nesting is how deep brackets are nested, or lists that begin on one line: - - - x.
func nesting(data []byte) int {
	depth, deepest := 0, 0
	for line := range bytes.Lines(data) {
		deepest = max(deepest, items(line))
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
				deepest = max(deepest, depth)
			case ']', '}':
				depth = max(depth-1, 0)
			}
		}
	}
	return deepest
}

// items counts the list items that a line begins with.
func items(line []byte) int {
	for n := 0; ; n++ {
		line = bytes.TrimLeft(line, " \t")
		if len(line) < 2 || line[0] != '-' || !bytes.ContainsAny(line[1:2], " \t\r\n") {
			return n
		}
		line = line[1:]
	}
}

func syntaxError(err error) *SyntaxError {
	var located yaml.Error
	if !errors.As(err, &located) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return &SyntaxError{Text: text, cause: err}
	}
	e := &SyntaxError{Text: located.GetMessage(), cause: err}
	if t := located.GetToken(); t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// Position is where a node begins, counted from 1; 0, 0 where that is not known.
func Position(node ast.Node) (line, column int) {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0, 0
	}
	at := node.GetToken().Position
	return at.Line, at.Column
}

// Text is the value of a node that YAML reads as text.
func Text(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value != nil {
			return n.Value.Value, true
		}
	}
	return "", false
}
