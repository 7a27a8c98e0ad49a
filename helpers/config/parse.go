package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const (
	maxFileSize = 64 << 10 // ten times a fully documented ginkgo.yaml
	maxNesting  = 100      // the parser's time grows with the square of it
)

// readFile reads a small file whole.
func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("larger than %d KiB", limit>>10)
	}
	return data, nil
}

// parse makes a tree of one YAML document; nil stands for an empty file.
func parse(file string, data []byte) (ast.Node, *Error) {
	if len(data) > maxFileSize {
		return nil, wrong(file, nil, "larger than %d KiB", maxFileSize>>10)
	}
	if nesting(data) > maxNesting {
		return nil, wrong(file, nil, "brackets are nested deeper than %d", maxNesting)
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntaxError(file, err)
	}
	var body ast.Node
	for _, document := range tree.Docs {
		if document == nil || document.Body == nil {
			continue
		}
		if body != nil {
			line, column := position(document.Body)
			return nil, &Error{Problems: []Problem{{file, line, column, "a second document; expected one"}}}
		}
		body = document.Body
	}
	return body, nil
}

func nesting(data []byte) int {
	depth, deepest := 0, 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return deepest
}

func syntaxError(file string, err error) *Error {
	var located yaml.Error
	if !errors.As(err, &located) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return wrong(file, err, "%s", text)
	}
	problem := Problem{File: file, Text: located.GetMessage()}
	if t := located.GetToken(); t != nil && t.Position != nil {
		problem.Line, problem.Column = t.Position.Line, t.Position.Column
	}
	return &Error{Problems: []Problem{problem}, cause: err}
}

func position(node ast.Node) (line, column int) {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0, 0
	}
	at := node.GetToken().Position
	return at.Line, at.Column
}
