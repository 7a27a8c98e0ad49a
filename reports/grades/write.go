package grades

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/junit"
)

// The files of a graded run: one for the class, and in each group's folder
// (groups/group-1) its own.
const (
	ClassFile      = "class.csv"
	GroupsFolder   = "groups"
	GradeFile      = "grade.json"
	GradescopeFile = "gradescope/results.json"
)

// GroupFolder is the folder of one group's files below the run's.
func GroupFolder(folder *reports.Folder, group int) string {
	return folder.Join(GroupsFolder, string(reports.Group(group)))
}

// WriteClass writes the tables of the class, of its students and of its pairs into the run's folder, and
// each group's grade.json.
func WriteClass(folder *reports.Folder, all []Grade, pairs []PairLine) error {
	class, err := Class(all)
	if err != nil {
		return err
	}
	students, err := Students(all)
	if err != nil {
		return err
	}
	together, err := PairTable(pairs)
	if err != nil {
		return err
	}
	if err := errors.Join(write(folder.Join(ClassFile), class), write(folder.Join(StudentsFile), students), write(folder.Join(PairsFile), together)); err != nil {
		return err
	}
	for _, g := range all {
		data, err := encode(g)
		if err != nil {
			return fmt.Errorf("grade of group %d: %w", g.Group, err)
		}
		if err := write(filepath.Join(GroupFolder(folder, g.Group), GradeFile), data); err != nil {
			return err
		}
	}
	return nil
}

// WriteGradescope writes each group's results.json, in one language.
func WriteGradescope(folder *reports.Folder, all []Grade, lang string) error {
	for _, g := range all {
		data, err := encode(Gradescope(g, lang))
		if err != nil {
			return fmt.Errorf("results of group %d: %w", g.Group, err)
		}
		if err := write(filepath.Join(GroupFolder(folder, g.Group), filepath.FromSlash(GradescopeFile)), data); err != nil {
			return err
		}
	}
	return nil
}

// WriteJUnit writes each group's own junit.xml.
func WriteJUnit(folder *reports.Folder, run *reports.Run, o junit.Options) error {
	for _, g := range run.Plan.Groups {
		data, err := junit.Encode(Only(run, g.Number), o)
		if err != nil {
			return fmt.Errorf("JUnit of group %d: %w", g.Number, err)
		}
		if err := write(filepath.Join(GroupFolder(folder, g.Number), junit.File), data); err != nil {
			return err
		}
	}
	return nil
}

// Class is the table of all groups: a row each, a column per question with its points;
// an empty cell is what was not counted.
func Class(all []Grade) ([]byte, error) {
	var ids []string
	for _, g := range all {
		for _, q := range g.Questions {
			if q.Weight > 0 && !slices.Contains(ids, q.ID) {
				ids = append(ids, q.ID)
			}
		}
	}
	var b bytes.Buffer
	table := csv.NewWriter(&b)
	rows := [][]string{append([]string{"group", "name", "users", "mark", "out_of", "points", "possible", "provisional"}, ids...)}
	for _, g := range all {
		rows = append(rows, row(g, ids))
	}
	if err := table.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write the table of the class: %w", err)
	}
	return b.Bytes(), nil
}

func row(g Grade, ids []string) []string {
	mark, provisional := markCells(g)
	cells := []string{Decimal(float64(g.Group)), cell(g.Name), cell(strings.Join(g.Users, " ")), mark, Decimal(g.OutOf), Decimal(g.Points), Decimal(g.Possible), provisional}
	for _, id := range ids {
		points := ""
		for _, q := range g.Questions {
			if q.ID == id {
				points = q.earned()
			}
		}
		cells = append(cells, points)
	}
	return cells
}

// cell keeps text from being a formula to a spreadsheet.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// Results are Gradescope's results.json (gradescope-autograders.readthedocs.io, Autograder
// Specifications).
type Results struct {
	Score  *float64 `json:"score,omitempty"` // out of 20
	Output string   `json:"output"`
	Tests  []Test   `json:"tests"`
}

// Test is one question in Gradescope's form.
type Test struct {
	Name   string   `json:"name"`
	Number string   `json:"number"`
	Status string   `json:"status,omitempty"` // passed or failed; neither: it was not counted
	Score  *float64 `json:"score,omitempty"`
	Max    *float64 `json:"max_score,omitempty"`
	Output string   `json:"output,omitempty"`
}

// Gradescope is a grade in Gradescope's form, in one language. What was not counted has no
// status and no points; where nothing was, there is no score at all, which Gradescope tells the
// teacher instead of publishing 0.
func Gradescope(g Grade, lang string) Results {
	r := Results{Score: g.Mark, Output: g.Arithmetic.In(lang), Tests: []Test{}}
	for _, q := range g.Questions {
		t := Test{Name: q.Title.In(lang), Number: q.ID, Output: strings.TrimSpace(q.Outcome.Text().In(lang) + ". " + q.Why.In(lang))}
		if next := q.Next.In(lang); next != "" {
			t.Output += "\n→ " + next
		}
		if q.Counted {
			t.Score, t.Max, t.Status = &q.Points, &q.Weight, "failed"
		}
		if q.Outcome == reports.Passed {
			t.Status = "passed"
		}
		r.Tests = append(r.Tests, t)
	}
	return r
}

func encode(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := renameio.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
