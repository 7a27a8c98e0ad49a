package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/labproof/labproof/reports"
)

// list prints the questions without running anything.
func (a *app) list(questions []reports.Listed, chosen []string, label string) error {
	if chosen != nil {
		questions = slices.DeleteFunc(slices.Clone(questions), func(q reports.Listed) bool {
			return !slices.Contains(chosen, q.ID)
		})
	}
	if filter, err := types.ParseLabelFilter(label); label != "" && err == nil { // checkLabel has told what is wrong
		questions = slices.DeleteFunc(slices.Clone(questions), func(q reports.Listed) bool { return !filter(q.Labels) })
	}
	if a.common.json {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(questions)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, q := range questions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", q.ID, scope(q.Scope).In(a.lang), q.Title.In(a.lang), strings.Join(labelsOf(q), " "))
	}
	return w.Flush()
}

// labelsOf leaves out what the other columns say already.
func labelsOf(q reports.Listed) []string {
	return slices.DeleteFunc(slices.Clone(q.Labels), func(label string) bool {
		return label == q.ID || label == q.Scope
	})
}

func scope(s string) reports.Text {
	switch s {
	case "node":
		return reports.Text{FR: "nœud", EN: "node"}
	case "group":
		return reports.Text{FR: "groupe", EN: "group"}
	case "pair":
		return reports.Text{FR: "paire", EN: "pair"}
	default:
		return reports.Same(s)
	}
}
