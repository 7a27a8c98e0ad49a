package grades

import (
	"bytes"
	"encoding/csv"
	"fmt"

	"github.com/labproof/labproof/reports"
)

// PairsFile is the table of what the pairs built together.
const PairsFile = "pairs.csv"

// PairLine is one question of a pair, and what each of its groups gets for it.
type PairLine struct {
	X, Y     int
	ID       string
	Outcome  reports.Outcome // of the pair as a whole
	OfX, OfY Question
}

// Pairs lists every question of every pair, in the order of the verdicts.
func Pairs(run *reports.Run, weights map[string]float64) []PairLine {
	var lines []PairLine
	for _, v := range run.Verdicts {
		groups := v.Subject.Groups()
		if len(groups) != 2 {
			continue
		}
		line := PairLine{X: groups[0], Y: groups[1], ID: v.ID, Outcome: v.Outcome}
		line.OfX, _ = questionOf(v, line.X, weights[v.ID])
		line.OfY, _ = questionOf(v, line.Y, weights[v.ID])
		lines = append(lines, line)
	}
	return lines
}

// PairTable is the table of all pairs: a row per question; no points where it was not
// counted.
func PairTable(lines []PairLine) ([]byte, error) {
	var b bytes.Buffer
	table := csv.NewWriter(&b)
	rows := [][]string{{"pair", "question", "outcome", "weight", "group_x", "outcome_x", "points_x", "group_y", "outcome_y", "points_y"}}
	for _, l := range lines {
		rows = append(rows, []string{
			fmt.Sprintf("%d-%d", l.X, l.Y), l.ID, string(l.Outcome), Decimal(l.OfX.Weight),
			fmt.Sprint(l.X), string(l.OfX.Outcome), l.OfX.earned(), fmt.Sprint(l.Y), string(l.OfY.Outcome), l.OfY.earned(),
		})
	}
	if err := table.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write the table of the pairs: %w", err)
	}
	return b.Bytes(), nil
}

// earned are the points as a table shows them: nothing where the question is not counted.
func (q Question) earned() string {
	if !q.Counted {
		return ""
	}
	return Decimal(q.Points)
}
