package answers

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/yamlfile"
)

const (
	maxWords = 16 << 10 // a text, in bytes
	maxWord  = 256      // everything else
	maxNames = 16
	maxShown = 60 // of a text that a problem repeats
	// illegible stands for something written that is no text.
	illegible = "?"
)

// value is one field of an answer.
type value interface {
	// Written is what the group wrote, without the blanks around; "" : not answered.
	Written() string
	// take reads a node; what is written stays known where it cannot be read.
	take(node ast.Node) *complaint
}

type written struct{ text string }

// Written is what the group wrote, without the blanks around; "": not answered.
func (w written) Written() string { return w.text }

// scalar keeps the text of a node that is one value, of whatever YAML type.
func (w *written) scalar(node ast.Node, limit int) *complaint {
	text, ok := textOf(node)
	if !ok {
		w.text = illegible
		return kindOf(node).in("on attend une seule valeur, pas %s", "expected one value, not %s")
	}
	return w.keep(text, limit)
}

func (w *written) keep(text string, limit int) *complaint {
	text = strings.TrimSpace(text)
	cut, more := output.Cut(text, limit)
	w.text = cut
	if more {
		return complain("plus long que %d octets", "longer than %d bytes", limit)
	}
	return nil
}

// textOf is the value of a node as it was written: 64, oui and 1.10 alike are text here.
func textOf(node ast.Node) (string, bool) {
	if text, ok := yamlfile.Text(node); ok {
		return text, true
	}
	switch node.(type) {
	case *ast.NullNode, *ast.LiteralNode:
		return "", true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

func kindOf(node ast.Node) *complaint {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return complain("des clés (clé: valeur)", "keys (key: value)")
	case *ast.SequenceNode:
		return complain("une liste", "a list")
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return complain("une ancre, un alias ou une étiquette YAML", "an anchor, alias or tag of YAML")
	}
	return complain("autre chose", "something else")
}

// shown is a part of what was written, harmless and short.
func (w written) shown() string { return output.Line(w.text, maxShown) }

// Words are a text for a teacher, or a file that was pasted.
type Words struct{ written }

func (w *Words) take(node ast.Node) *complaint { return w.scalar(node, maxWords) }

// Word is a single line.
type Word struct{ written }

func (w *Word) take(node ast.Node) *complaint {
	if c := w.scalar(node, maxWord); c != nil {
		return c
	}
	if strings.ContainsAny(w.text, "\r\n") {
		return complain("on attend une seule ligne", "expected a single line")
	}
	return nil
}

// YesNo is oui or non, yes or no.
type YesNo struct {
	Word
	Yes bool
	OK  bool // Yes is what was written
}

var yesNo = map[string]bool{
	"oui": true, "o": true, "yes": true, "y": true, "true": true, "vrai": true,
	"non": false, "n": false, "no": false, "false": false, "faux": false,
}

func (y *YesNo) take(node ast.Node) *complaint {
	if why := y.Word.take(node); why != nil || y.text == "" {
		return why
	}
	if y.Yes, y.OK = yesNo[firstWord(y.text)]; !y.OK {
		return complain("on attend oui ou non ; lu : %s", "expected yes (oui) or no (non); read: %s", y.shown())
	}
	return nil
}

// firstWord is the first word in small letters, where nothing or punctuation follows:
// "Non, aucune route" says no, "non applicable" says neither.
func firstWord(text string) string {
	end := strings.IndexAny(text, " \t,.;:!(")
	if end < 0 {
		return strings.ToLower(text)
	}
	if rest := strings.TrimSpace(text[end:]); rest != "" && !strings.ContainsRune(",.;:!(", rune(rest[0])) {
		return ""
	}
	return strings.ToLower(text[:end])
}

// none are the words for nothing at all.
func none(text string) bool {
	word, _, _ := strings.Cut(strings.ToLower(text), " ")
	switch strings.TrimRight(word, ",.;:!") {
	case "aucun", "aucune", "none", "rien", "nothing", "vide", "empty", "-", "—", "–":
		return true
	}
	return false
}
