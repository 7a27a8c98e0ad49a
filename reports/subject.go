package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Subject is whom a verdict is about: the node, one group, or a pair of neighbours.
// Its form is stable, it stands in JUnit class names and in folder names.
type Subject string

// Node is the subject of what is asked once, about the node itself.
const Node Subject = "node"

// Group is the subject "group-1".
func Group(number int) Subject { return Subject(fmt.Sprintf("group-%d", number)) }

// Pair is the subject "pair-1-2".
func Pair(x, y int) Subject { return Subject(fmt.Sprintf("pair-%d-%d", x, y)) }

var subjectForm = regexp.MustCompile(`^(node|group-(0|[1-9][0-9]{0,5})|pair-(0|[1-9][0-9]{0,5})-[1-9][0-9]{0,5})$`)

// Check refuses a subject of any other form.
func (s Subject) Check() error {
	if !subjectForm.MatchString(string(s)) {
		return fmt.Errorf("subject %q: expected node, group-N or pair-N-M", string(s))
	}
	return nil
}

// Groups returns the numbers of the groups that the subject is about; none for the node.
func (s Subject) Groups() []int {
	var numbers []int
	for part := range strings.SplitSeq(string(s), "-") {
		if n, err := strconv.Atoi(part); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// Concerns tells whether what happens to one subject matters to the other: the node
// concerns everybody, a pair both of its groups.
func (s Subject) Concerns(other Subject) bool {
	if s == Node || other == Node {
		return true
	}
	return slices.ContainsFunc(s.Groups(), func(n int) bool { return slices.Contains(other.Groups(), n) })
}

// Text names the subject for a reader.
func (s Subject) Text() Text {
	switch n := s.Groups(); len(n) {
	case 1:
		return Textf("groupe %d", "group %d", n[0])
	case 2:
		return Textf("groupes %d-%d", "groups %d-%d", n[0], n[1])
	default:
		return Text{FR: "nœud", EN: "node"}
	}
}
