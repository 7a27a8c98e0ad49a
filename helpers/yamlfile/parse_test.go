package yamlfile

import (
	"errors"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
)

func TestParse(t *testing.T) {
	body, err := Parse([]byte("# a comment\n---\na: 1\n"))
	entry, ok := body.(*ast.MappingNode)
	if err != nil || !ok || len(entry.Values) != 1 {
		t.Fatalf("%T, %v", body, err)
	}
	if line, column := Position(entry.Values[0].Value); line != 3 || column != 4 {
		t.Errorf("the value is at %d:%d", line, column)
	}
	for _, empty := range []string{"", "\n\n", "# nothing\n", "---\n"} {
		if body, err := Parse([]byte(empty)); body != nil || err != nil {
			t.Errorf("%q: %v, %v", empty, body, err)
		}
	}
	separator := "a: |\n  " + strings.Repeat("-", 500) + "\n  - - -\n"
	if _, err := Parse([]byte(separator)); err != nil {
		t.Errorf("a line of dashes: %v", err)
	}
}

func TestWhatIsNoDocument(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		want string
	}{
		"too large":         {strings.Repeat("#", MaxSize+1), 0, "larger than 64 KiB"},
		"deep brackets":     {strings.Repeat("[", 200), 0, "nested deeper than 100"},
		"deep braces":       {"a: " + strings.Repeat("{\n", 200), 0, "nested deeper than 100"},
		"deep lists":        {"a:\n  " + strings.Repeat("-  ", 200) + "x", 0, "nested deeper than 100"},
		"two documents":     {"a: 1\n---\nb: 2\n", 3, "a second document"},
		"an open quote":     {"a: 1\nb: \"x\n", 2, ""},
		"a repeated key":    {"a: 1\nb: 2\na: 3\n", 3, "already defined"},
		"a tab as indent":   {"a:\n\tb: 1\n", 2, ""},
		"a value in a text": {"a: b: c\n", 1, ""},
	} {
		_, err := Parse([]byte(c.text))
		var at *SyntaxError
		if !errors.As(err, &at) || at.Line != c.line || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, line %d wanted", name, err, c.line)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: 1", "- - -\n", "a: |\n  b\n", "&a [*a]", "{", "\xff", "a: >-\n\n  b", "? a\n: b", "<<: *x", "!!binary x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := Parse(data)
		if err != nil && (body != nil || err.Error() == "") {
			t.Errorf("%v, %v", body, err)
		}
	})
}
