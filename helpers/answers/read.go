package answers

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/yamlfile"
)

const (
	maxFile     = 256 << 10
	maxProblems = 100
	groupKey    = "groupe"
)

// Read reads the answers file of a group; group 0 takes the number that the file gives.
// An error, of the type *Error, means that nothing of the file can be used: it is not
// there (fs.ErrNotExist), too large, no text, or another group's. Everything else that is
// wrong is in File.Problems.
func Read(path string, group int) (*File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file") // a pipe would be waited for
	}
	var data []byte
	if err == nil {
		data, err = yamlfile.Read(path, maxFile)
	}
	if err != nil {
		said := withoutPath(err)
		return nil, lost(path, 0, err, complain("le fichier ne peut pas être lu : %s", "the file cannot be read: %s", said))
	}
	return Parse(path, group, data)
}

// ReadFolder is Read for a group's file in a folder.
func ReadFolder(folder string, group int) (*File, error) {
	return Read(filepath.Join(folder, FileName(group)), group)
}

// Parse is Read for a file that was read already; path is what problems call it.
func Parse(path string, group int, data []byte) (*File, error) {
	if len(data) > maxFile {
		return nil, lost(path, 0, nil, complain("plus grand que %d Kio", "larger than %d KiB", maxFile>>10))
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, lost(path, 0, nil, complain("ce n'est pas un fichier texte ; enregistrez-le en UTF-8", "this is no text file; save it as UTF-8"))
	}
	r := &reader{file: &File{Path: path, Group: group}}
	sections := r.split(strings.TrimPrefix(string(data), "\ufeff"))
	if err := r.group(sections); err != nil {
		return nil, err
	}
	for _, q := range r.file.questions() {
		if s, ok := find(sections, q.key); ok {
			r.question(q, s)
		}
	}
	slices.SortStableFunc(r.file.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return r.file, nil
}

type reader struct{ file *File }

func (r *reader) problem(question string, line int, why *complaint) {
	if len(r.file.Problems) < maxProblems {
		r.file.Problems = append(r.file.Problems, Problem{r.file.Path, line, question, why.fr, why.en})
	}
}

// split cuts the file at the keys that begin a line, and reports those that are unknown
// or repeated. The template's comments are left out: the parser stumbles over one below a
// text that is still empty.
func (r *reader) split(text string) []section {
	var sections []section
	open := -1 // the section that lines belong to; -1: none that is known
	stray := false
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if isComment(line) {
			line = ""
		}
		if key := topKey(line); key != "" {
			open = -1
			if r.known(key, i+1, sections) {
				open = len(sections)
				sections = append(sections, section{key, i + 1, make([]string, i)})
			}
			stray = true // what follows an unknown key goes with it
		}
		if open >= 0 {
			sections[open].lines = append(sections[open].lines, line)
		} else if !stray && strings.TrimSpace(line) != "" && strings.TrimSpace(line) != "---" {
			r.problem("", i+1, complain("on attend une clé en début de ligne, comme q01: ; lu : %s",
				"expected a key at the start of the line, such as q01:; read: %s", brief(line)))
			stray = true
		}
	}
	return sections
}

// isComment tells of a comment that is indented no further than a question's fields; what
// stands further in may be a line of a text.
func isComment(line string) bool {
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, " #") || strings.HasPrefix(line, "  #")
}

func brief(line string) string { return output.Line(line, maxShown) }

// topKey is the key that begins a line; "" where none does.
func topKey(line string) string {
	key, rest, ok := strings.Cut(line, ":")
	if !ok || len(key) > maxShown || (rest != "" && rest[0] != ' ' && rest[0] != '\t') {
		return ""
	}
	key = strings.Trim(strings.TrimRight(key, " \t"), `"'`)
	if key == "" || strings.ContainsFunc(key, func(c rune) bool { return c != '_' && c != '-' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		return ""
	}
	return key
}

// known tells whether a section is to be read, and reports why not.
func (r *reader) known(key string, line int, before []section) bool {
	keys := []string{groupKey}
	for _, q := range r.file.questions() {
		keys = append(keys, q.key)
	}
	if !slices.Contains(keys, key) {
		r.problem("", line, unknown(key, keys))
		return false
	}
	if first, ok := find(before, key); ok {
		id := ""
		if key != groupKey {
			id = "tp1." + key
		}
		r.problem(id, line, repeated(key, first.line))
		return false
	}
	return true
}

func repeated(key string, first int) *complaint {
	return complain("%s est là deux fois ; seule la ligne %d compte", "%s is there twice; only line %d counts", key, first)
}

func unknown(key string, known []string) *complaint {
	key = brief(key)
	if near := yamlfile.Nearest(key, known); near != "" {
		return complain("clé inconnue %q, vouliez-vous dire %q ?", "unknown key %q, did you mean %q?", key, near)
	}
	list := strings.Join(known, ", ")
	return complain("clé inconnue %q ; il y a %s", "unknown key %q; there are %s", key, list)
}

// group compares the number in the file with the one that its name gives.
func (r *reader) group(sections []section) error {
	s, ok := find(sections, groupKey)
	if !ok {
		r.problem("", 0, complain("il manque la ligne groupe: %s", "the line groupe: %s is missing", groupOr(r.file.Group)))
		return nil
	}
	node, wrong := s.parse()
	if wrong != nil {
		r.problem("", wrong.line, wrong.why)
		return nil
	}
	var n Count
	switch why := n.take(node); {
	case why != nil:
		r.problem("", s.line, why)
	case !n.OK:
		r.problem("", s.line, complain("le numéro du groupe manque", "the group's number is missing"))
	case r.file.Group == 0:
		r.file.Group = n.N
	case r.file.Group != n.N:
		return lost(r.file.Path, s.line, nil, complain("ces réponses sont celles du groupe %d, pas du groupe %d",
			"these answers are group %d's, not group %d's", n.N, r.file.Group))
	}
	return nil
}

func groupOr(n int) string {
	if n == 0 {
		return "N"
	}
	return strconv.Itoa(n)
}

// question reads a section into the fields of its question. Where the whole of it is no
// YAML, its fields are read one by one.
func (r *reader) question(q question, s section) {
	node, wrong := s.parse()
	if wrong == nil {
		r.fields(q, s, node)
		return
	}
	pieces, told := s.pieces(q.keys()), false
	for i, piece := range pieces {
		node, wrong := piece.parse()
		first, twice := find(pieces[:i], piece.key)
		switch {
		case twice:
			r.problem(q.id(), piece.line, repeated(piece.key, first.line))
		case wrong != nil:
			r.problem(q.id(), wrong.line, wrong.why)
		default:
			r.take(q, piece.key, node)
		}
		told = told || twice || wrong != nil
	}
	if !told {
		r.problem(q.id(), wrong.line, wrong.why)
	}
}

func (r *reader) fields(q question, s section, node ast.Node) {
	if _, empty := node.(*ast.NullNode); empty {
		return
	}
	entries, ok := entriesOf(node)
	switch {
	case ok:
	case len(q.fields) == 1: // q07: because …
		r.take(q, q.fields[0].key, node)
	default:
		list := strings.Join(q.keys(), ", ")
		r.problem(q.id(), s.line, complain("on attend, chacune sur sa ligne : %s", "expected, each on a line of its own: %s", list))
	}
	for _, entry := range entries {
		key := entry.Key.GetToken().Value
		if !slices.Contains(q.keys(), key) {
			line, _ := yamlfile.Position(entry.Key)
			r.problem(q.id(), line, unknown(key, q.keys()))
			continue
		}
		r.take(q, key, entry.Value)
	}
}

// take reads a node into the field of that key.
func (r *reader) take(q question, key string, node ast.Node) {
	i := slices.Index(q.keys(), key)
	if why := q.fields[i].take(node); why != nil {
		line, _ := yamlfile.Position(node)
		r.problem(q.id(), line, &complaint{key + " : " + why.fr, key + ": " + why.en})
	}
}

// keys are those of the question's fields.
func (q question) keys() []string {
	var list []string
	for _, f := range q.fields {
		list = append(list, f.key)
	}
	return list
}
