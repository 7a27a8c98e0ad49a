package config

import (
	"errors"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

// parse makes a tree of one YAML document; nil stands for an empty file.
func parse(file string, data []byte) (ast.Node, *Error) {
	node, err := yamlfile.Parse(data)
	if err == nil {
		return node, nil
	}
	problem := Problem{File: file, Text: err.Error()}
	var at *yamlfile.SyntaxError
	if errors.As(err, &at) {
		problem = Problem{file, at.Line, at.Column, at.Text}
	}
	return nil, &Error{Problems: []Problem{problem}, cause: err}
}
