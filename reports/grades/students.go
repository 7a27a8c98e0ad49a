package grades

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
)

// StudentsFile is the name of the table of all users, as Moodle's import of grades takes it:
// a row is found by one user's name, and a file with a row for a group is refused whole
// (grade/import/csv).
const StudentsFile = "students.csv"

// Students is a row a user, with the mark of the user's group: the name without its realm,
// since no school's account has that. An empty mark is one that could not be given.
func Students(all []Grade) ([]byte, error) {
	rows := [][]string{{"username", "group", "mark", "out_of", "provisional"}}
	for _, g := range all {
		mark, provisional := markCells(g)
		for _, user := range g.Users {
			name, _, _ := strings.Cut(user, "@")
			rows = append(rows, []string{cell(name), Decimal(float64(g.Group)), mark, Decimal(g.OutOf), provisional})
		}
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write the table of the students: %w", err)
	}
	return b.Bytes(), nil
}

// markCells are a group's mark, empty where it has none, and whether it may still change.
func markCells(g Grade) (mark, provisional string) {
	provisional = "no"
	if g.Mark != nil {
		mark = Decimal(*g.Mark)
	}
	if g.Provisional {
		provisional = "yes"
	}
	return mark, provisional
}
