package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/junit"
)

// File is the matrix's name in the folder of a run.
const File = "faults.json"

// Encode is the matrix as JSON, ended by a line end.
func Encode(m *Matrix) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("the matrix of faults: %w", err)
	}
	return b.Bytes(), nil
}

// Write writes the matrix and its JUnit report into a folder.
func Write(folder *reports.Folder, m *Matrix, lang string) error {
	data, err := Encode(m)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(folder.Join(File), data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", File, err)
	}
	return junit.WriteFile(folder.Join(junit.File), asRun(folder.ID, lang, m), junit.Options{})
}

// asRun is the matrix as a run, in which a fault is a question that the grader has to
// answer: every report that can show a run can show it.
func asRun(id, lang string, m *Matrix) *reports.Run {
	run := &reports.Run{ID: id, Command: "faults", Lang: lang, Started: m.Started}
	for _, problem := range m.Problems {
		run.Problems = append(run.Problems, reports.Reason{What: reports.Same(problem)})
	}
	for _, t := range m.Trials {
		i := slices.IndexFunc(run.Verdicts, func(v reports.Verdict) bool { return v.ID == "faults."+t.Fault })
		if i < 0 {
			i = len(run.Verdicts)
			run.Verdicts = append(run.Verdicts, reports.Verdict{
				ID: "faults." + t.Fault, Subject: reports.Node, Title: t.Title, Outcome: reports.Passed,
			})
		}
		v := &run.Verdicts[i]
		v.Duration += t.Took()
		if t.Right() {
			continue
		}
		if v.Outcome != reports.Error {
			v.Outcome = outcomeOf(t)
		}
		for _, line := range t.Explain() {
			v.Reasons = append(v.Reasons, reports.Reason{What: line})
		}
	}
	run.Close(m.Ended)
	return run
}

func outcomeOf(t Trial) reports.Outcome {
	if t.Broken != "" || len(t.Left) > 0 {
		return reports.Error
	}
	return reports.Failed
}

// Explain says what was not as it should be, a line each.
func (t Trial) Explain() []reports.Text {
	var lines []reports.Text
	add := func(fr, en string, args ...any) { lines = append(lines, reports.Textf(fr, en, args...)) }
	if t.Broken != "" {
		add("L'essai n'a pas abouti : %s", "The trial did not come about: %s", t.Broken)
	}
	for _, seen := range t.Missed {
		add("Manquée : %s %s devait échouer, vu : %s", "Missed: %s %s had to fail, seen: %s", seen.ID, seen.Subject, nameOf(seen.Outcome))
	}
	for _, seen := range t.Alarms {
		lines = append(lines, reports.Text{
			FR: fmt.Sprintf("Fausse alerte : %s %s (%s) : %s", seen.ID, seen.Subject, nameOf(seen.Outcome), seen.Why.FR),
			EN: fmt.Sprintf("False alarm: %s %s (%s): %s", seen.ID, seen.Subject, nameOf(seen.Outcome), seen.Why.EN),
		})
	}
	for _, line := range t.Left {
		add("Le lab n'est plus comme avant : %s", "The lab is not as it was: %s", line)
	}
	if t.Folder != "" {
		lines = append(lines, reports.Same(t.Folder))
	}
	return lines
}

func nameOf(o reports.Outcome) string {
	if o == "" {
		return "-"
	}
	return string(o)
}

// The signs of the table, the worst one last: what was seen more than once shows its worst.
const (
	signs     = " .x?!"
	unchanged = 0
	dependent = 1
	met       = 2
	missed    = 3
	alarm     = 4
)

// Legend explains the table's signs.
var Legend = reports.Text{
	FR: "x doit échouer et échoue · ? doit échouer et n'échoue pas · . en dépend · ! fausse alerte",
	EN: "x has to fail and does · ? has to fail and does not · . stands on it · ! false alarm",
}

// Summary counts what was as it should be: the trials, and the gradings of the untouched lab.
func (m *Matrix) Summary() []reports.Text {
	right, green := 0, 0
	for _, t := range m.Trials {
		if t.Right() {
			right++
		}
	}
	for _, red := range m.Untouched {
		if len(red) == 0 {
			green++
		}
	}
	return []reports.Text{
		reports.Textf("essais comme il faut : %d sur %d (%s)", "trials as they should be: %d of %d (%s)",
			right, len(m.Trials), m.Ended.Sub(m.Started).Round(time.Second)),
		reports.Textf("notations du lab intact tout en vert : %d sur %d", "gradings of the untouched lab all green: %d of %d",
			green, len(m.Untouched)),
	}
}

// Table draws the matrix: a row a fault, a column a question.
func Table(m *Matrix) string {
	var rows []string
	width := 0
	cells := map[string]map[string]int{}
	for _, t := range m.Trials {
		if cells[t.Fault] == nil {
			cells[t.Fault] = map[string]int{}
			rows = append(rows, t.Fault)
			width = max(width, len(t.Fault))
		}
		for sign, all := range map[int][]Seen{met: t.Met, missed: t.Missed, dependent: t.Dependent, alarm: t.Alarms} {
			for _, seen := range all {
				cells[t.Fault][seen.ID] = max(cells[t.Fault][seen.ID], sign)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s", width, "")
	for _, q := range m.Questions {
		fmt.Fprintf(&b, " %2s", short(q.ID))
	}
	for _, fault := range rows {
		fmt.Fprintf(&b, "\n%-*s", width, fault)
		for _, q := range m.Questions {
			fmt.Fprintf(&b, "  %c", signs[cells[fault][q.ID]])
		}
	}
	return b.String()
}

// short names a question in two letters: 07, vm, cl, ga.
func short(id string) string {
	_, word, _ := strings.Cut(id, ".")
	word = strings.TrimPrefix(word, "q")
	return word[:min(2, len(word))]
}

// Folder names the folder of a run's gradings below its own.
func Folder(f *reports.Folder) string { return filepath.Join(f.Path, "gradings") }
