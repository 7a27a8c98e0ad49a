package answers

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/yamlfile"
)

// section is a top-level key with everything below it. Sections are parsed one by one, so
// that broken YAML in one of them is no harm to the others.
type section struct {
	key   string
	line  int
	lines []string // after as many empty ones as stand before them, so that lines count right
}

func find(sections []section, key string) (section, bool) {
	i := slices.IndexFunc(sections, func(s section) bool { return s.key == key })
	if i < 0 {
		return section{}, false
	}
	return sections[i], true
}

// fault is what is wrong with a section, and its line.
type fault struct {
	line int
	why  *complaint
}

// parse gives what stands behind a section's key.
func (s section) parse() (ast.Node, *fault) {
	if wrong := s.unprintable(); wrong != nil {
		return nil, wrong
	}
	body, err := yamlfile.Parse([]byte(strings.Join(s.lines, "\n") + "\n"))
	if err != nil {
		return nil, s.syntax(err)
	}
	entries, ok := entriesOf(body)
	if !ok || len(entries) != 1 {
		return nil, &fault{s.line, complain("on attend une seule clé, %s:", "expected one key, %s:", s.key)}
	}
	return entries[0].Value, nil
}

// unprintable finds what no YAML may contain.
func (s section) unprintable() *fault {
	for i, line := range s.lines {
		if !utf8.ValidString(line) {
			return &fault{i + 1, complain("ce texte n'est pas en UTF-8 ; enregistrez le fichier en UTF-8", "this text is not UTF-8; save the file as UTF-8")}
		}
		if at := strings.IndexFunc(line, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }); at >= 0 {
			return &fault{i + 1, complain("caractère de contrôle %q", "control character %q", line[at:at+1])}
		}
	}
	return nil
}

func (s section) syntax(err error) *fault {
	line, text := s.line, err.Error()
	var at *yamlfile.SyntaxError
	if errors.As(err, &at) {
		line, text = max(at.Line, s.line), at.Text
	}
	return &fault{line, complain("YAML illisible (%s) ; un texte se met sous « clé: | », décalé de quatre espaces",
		"YAML that cannot be read (%s); a text goes below \"key: |\", indented by four spaces", output.Line(text, 3*maxShown))}
}

// pieces cuts a section at its fields, which the template indents by two spaces.
func (s section) pieces(keys []string) []section {
	var all []section
	for i, line := range s.lines {
		if inner, ok := strings.CutPrefix(line, "  "); ok && slices.Contains(keys, topKey(inner)) {
			all = append(all, section{topKey(inner), i + 1, make([]string, i)})
		}
		if len(all) > 0 {
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		}
		if len(all) > maxNames {
			return nil
		}
	}
	return all
}

func entriesOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}
