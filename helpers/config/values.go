package config

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

func (d *decoder) duration(path string, node ast.Node, v reflect.Value) {
	if n, ok := integerOf(node); ok && n == 0 {
		v.SetInt(0)
		return
	}
	text, ok := yamlfile.Text(node)
	if !ok {
		d.mismatch(path, node, v.Type())
		return
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		d.fail(node, "%s: %q is no duration; expected %s", path, text, expected(v.Type()))
		return
	}
	v.SetInt(int64(value))
}

func (d *decoder) size(path string, node ast.Node, v reflect.Value) {
	text, ok := yamlfile.Text(node)
	if n, isInteger := integerOf(node); isInteger {
		text, ok = fmt.Sprint(n), true
	}
	if !ok {
		d.mismatch(path, node, v.Type())
		return
	}
	size, err := ParseSize(text)
	if err != nil {
		d.fail(node, "%s: %v", path, err)
		return
	}
	v.SetInt(size.Bytes())
}

// groups reads "1,2-4", a number, or a list of numbers.
func (d *decoder) groups(path string, node ast.Node, v reflect.Value) {
	var groups Groups
	var err error
	switch n := node.(type) {
	case *ast.SequenceNode:
		for _, value := range n.Values {
			number, ok := integerOf(value)
			if !ok || number < 0 || number > maxGroupNumber {
				d.fail(value, "%s: expected a group number from 0 to %d, found %s", path, maxGroupNumber, found(value))
				continue
			}
			if slices.Contains(groups, int(number)) {
				d.fail(value, "%s: group %d is named twice", path, number)
				continue
			}
			groups = append(groups, int(number))
		}
		slices.Sort(groups)
		if len(n.Values) == 0 || len(n.Values) > maxGroups {
			d.fail(node, "%s: expected 1 to %d groups, found %d", path, maxGroups, len(n.Values))
		}
	case *ast.IntegerNode, *ast.StringNode:
		groups, err = ParseGroups(n.GetToken().Value)
	default:
		d.mismatch(path, node, v.Type())
	}
	if err != nil {
		d.fail(node, "%s: %v", path, err)
		return
	}
	v.Set(reflect.ValueOf(groups))
}

// pairs reads a list of "1-2".
func (d *decoder) pairs(path string, node ast.Node, v reflect.Value) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.mismatch(path, node, v.Type())
		return
	}
	var pairs Pairs
	for _, value := range list.Values {
		text, isText := yamlfile.Text(value)
		if !isText {
			d.fail(value, "%s: expected a pair such as 1-2, found %s", path, found(value))
			continue
		}
		pair, err := ParsePair(text)
		if err == nil && slices.Contains(pairs, pair) {
			err = fmt.Errorf("pair %q is named twice", text)
		}
		if err != nil {
			d.fail(value, "%s: %v", path, err)
			continue
		}
		pairs = append(pairs, pair)
	}
	v.Set(reflect.ValueOf(pairs))
}

// expected says what a type looks like in YAML.
func expected(t reflect.Type) string {
	switch t {
	case durationType:
		return "a duration such as 30s, 2m or 1h30m"
	case sizeType:
		return "a size such as 2GiB"
	case groupsType:
		return "groups such as 1,2-4 or [1, 2]"
	case pairsType:
		return "a list of pairs such as [1-2, 3-4]"
	case secretType:
		return `text, ${NAME} or file:path`
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a section (key: value)"
	case reflect.Pointer:
		return expected(t.Elem())
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// found says what a node is, without repeating its value: it may be a secret.
func found(node ast.Node) string {
	switch n := node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a section"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return n.GetToken().Value + ", which YAML reads as yes or no; text needs quotes"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number; text needs quotes"
	case *ast.NullNode:
		return "nothing"
	}
	return "something else"
}
