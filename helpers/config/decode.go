package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/yamlfile"
)

// decoder puts a tree of YAML into our structures and notes every place where the two
// do not fit, and where each value stands, for the checks that follow.
type decoder struct {
	file     string
	problems []Problem
	at       map[string]ast.Node // "timeouts.boot" -> where it is written
	// lookUp replaces references by what they stand for. Without it they stay as
	// they are written, so that an unused target needs no secret.
	lookUp bool
	// inline are the secrets written into the file itself.
	inline []ast.Node
	// start is what a new element of a map and a new optional section start from.
	start map[reflect.Type]reflect.Value
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, at: map[string]ast.Node{}, start: map[reflect.Type]reflect.Value{
		reflect.TypeFor[Profile]():  reflect.ValueOf(defaultProfiles()["validate"]),
		reflect.TypeFor[Embedded](): reflect.ValueOf(*defaultEmbedded().Embedded),
	}}
}

func (d *decoder) fail(node ast.Node, format string, args ...any) {
	line, column := yamlfile.Position(node)
	d.problems = append(d.problems, Problem{d.file, line, column, fmt.Sprintf(format, args...)})
}

// failAt reports a problem with the value at path, or with the nearest section around
// it that is written in the file; a default that is wrong has no line.
func (d *decoder) failAt(path, format string, args ...any) {
	text := path + ": " + fmt.Sprintf(format, args...)
	for p := path; ; {
		if node, ok := d.at[p]; ok {
			d.fail(node, "%s", text)
			return
		}
		cut := strings.LastIndexByte(p, '.')
		if cut < 0 {
			d.fail(nil, "%s", text)
			return
		}
		p = p[:cut]
	}
}

func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	e := &Error{Problems: d.problems}
	e.sort()
	return e
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
	secretType   = reflect.TypeFor[Secret]()
	groupsType   = reflect.TypeFor[Groups]()
	pairsType    = reflect.TypeFor[Pairs]()
)

// decode puts node into v. A section without content leaves the defaults.
func (d *decoder) decode(path string, node ast.Node, v reflect.Value) {
	if path != "" {
		d.at[path] = node
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fail(node, "anchors, aliases and tags are not read here; write the value itself")
		return
	case *ast.NullNode:
		if v.Kind() != reflect.Struct && v.Kind() != reflect.Map && v.Kind() != reflect.Pointer {
			d.fail(node, "%s: nothing is written here, expected %s", path, expected(v.Type()))
			return
		}
	}
	switch v.Type() {
	case durationType:
		d.duration(path, node, v)
	case sizeType:
		d.size(path, node, v)
	case secretType:
		d.secret(path, node, v)
	case groupsType:
		d.groups(path, node, v)
	case pairsType:
		d.pairs(path, node, v)
	default:
		d.decodeKind(path, node, v)
	}
}

func (d *decoder) decodeKind(path string, node ast.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
			if start, ok := d.start[v.Type().Elem()]; ok {
				v.Elem().Set(start)
			}
		}
		d.decode(path, node, v.Elem())
	case reflect.Struct:
		d.structure(path, node, v)
	case reflect.Map:
		d.mapping(path, node, v)
	case reflect.Slice:
		d.slice(path, node, v)
	default:
		d.scalar(path, node, v)
	}
}

// entries are the keys and values of a mapping; nil where node is none.
func (d *decoder) entries(path string, node ast.Node, t reflect.Type) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return nil
	}
	d.mismatch(path, node, t)
	return nil
}

func (d *decoder) structure(path string, node ast.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	for _, entry := range d.entries(path, node, v.Type()) {
		key := entry.Key.GetToken().Value
		index, known := fields[key]
		if !known {
			d.unknown(entry.Key, key, names(fields))
			continue
		}
		d.decode(join(path, key), entry.Value, v.Field(index))
	}
}

func (d *decoder) unknown(node ast.Node, key string, known []string) {
	if near := yamlfile.Nearest(key, known); near != "" {
		d.fail(node, "unknown key %q, did you mean %q?", key, near)
		return
	}
	d.fail(node, "unknown key %q; expected one of %s", key, strings.Join(known, ", "))
}

func (d *decoder) mapping(path string, node ast.Node, v reflect.Value) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, entry := range d.entries(path, node, v.Type()) {
		key := reflect.ValueOf(entry.Key.GetToken().Value)
		element := reflect.New(v.Type().Elem()).Elem()
		if start, ok := d.start[v.Type().Elem()]; ok {
			element.Set(start)
		}
		if present := v.MapIndex(key); present.IsValid() {
			element.Set(present)
		}
		d.decode(join(path, key.String()), entry.Value, element)
		v.SetMapIndex(key, element)
	}
}

func (d *decoder) slice(path string, node ast.Node, v reflect.Value) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.mismatch(path, node, v.Type())
		return
	}
	if len(sequence.Values) == 0 {
		v.SetZero() // [] is the empty list, however it was written
		return
	}
	out := reflect.MakeSlice(v.Type(), len(sequence.Values), len(sequence.Values))
	for i, value := range sequence.Values {
		d.decode(fmt.Sprintf("%s[%d]", path, i), value, out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) scalar(path string, node ast.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if text, ok := yamlfile.Text(node); ok {
			v.SetString(d.resolve(path, node, text))
			return
		}
	case reflect.Bool:
		if b, ok := node.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
			return
		}
	case reflect.Int, reflect.Int64:
		if n, ok := integerOf(node); ok {
			v.SetInt(n)
			return
		}
	case reflect.Float64:
		if f, ok := floatOf(node); ok {
			v.SetFloat(f)
			return
		}
	}
	d.mismatch(path, node, v.Type())
}

func (d *decoder) mismatch(path string, node ast.Node, t reflect.Type) {
	where := ""
	if path != "" {
		where = path + ": "
	}
	d.fail(node, "%sexpected %s, found %s", where, expected(t), found(node))
}

func integerOf(node ast.Node) (int64, bool) {
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		return 0, false
	}
	switch value := n.Value.(type) {
	case int64:
		return value, true
	case uint64:
		return int64(value), value <= math.MaxInt64
	}
	return 0, false
}

func floatOf(node ast.Node) (float64, bool) {
	if n, ok := integerOf(node); ok {
		return float64(n), true
	}
	if f, ok := node.(*ast.FloatNode); ok {
		return f.Value, true
	}
	return 0, false
}

func fieldsOf(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
		}
	}
	return fields
}

func names[V any](m map[string]V) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return slices.Clip(list)
}
