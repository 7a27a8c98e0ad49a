package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/labproof/labproof/reports"
)

// maxQuestion bounds a range like 1-999999999, which can only be a typing error.
const maxQuestion = 999

// pickQuestions reads --question: numbers and ranges ("12,20-21"), steps by their word
// ("clone"), or whole ids ("tp1.q07"). It returns the ids in the lab's order.
func pickQuestions(text string, all []reports.Listed) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	chosen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		ids, err := pick(strings.TrimSpace(part), all)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			chosen[id] = true
		}
	}
	var ids []string
	for _, q := range all {
		if chosen[q.ID] {
			ids = append(ids, q.ID)
		}
	}
	return ids, nil
}

func pick(part string, all []reports.Listed) ([]string, error) {
	if first, last, ok := numbers(part); ok {
		var ids []string
		for n := first; n <= last; n++ {
			id, ok := find(fmt.Sprintf("q%02d", n), all)
			if !ok {
				return nil, unknownQuestion(strconv.Itoa(n), all)
			}
			ids = append(ids, id)
		}
		return ids, nil
	}
	if id, ok := find(part, all); ok {
		return []string{id}, nil
	}
	return nil, unknownQuestion(part, all)
}

// numbers reads "12" or "20-21".
func numbers(part string) (first, last int, ok bool) {
	from, to, isRange := strings.Cut(part, "-")
	first, err := strconv.Atoi(from)
	if err != nil || first < 0 || first > maxQuestion {
		return 0, 0, false
	}
	if !isRange {
		return first, first, true
	}
	last, err = strconv.Atoi(to)
	return first, last, err == nil && first <= last && last <= maxQuestion
}

// find looks a question up by its id or by what follows the suite's name in it.
func find(name string, all []reports.Listed) (string, bool) {
	i := slices.IndexFunc(all, func(q reports.Listed) bool {
		_, short, _ := strings.Cut(q.ID, ".")
		return name != "" && (q.ID == name || short == name)
	})
	if i < 0 {
		return "", false
	}
	return all[i].ID, true
}

func unknownQuestion(name string, all []reports.Listed) error {
	var steps []string
	count := 0
	for _, q := range all {
		_, short, _ := strings.Cut(q.ID, ".")
		if _, _, isNumber := numbers(strings.TrimPrefix(short, "q")); isNumber {
			count++
		} else {
			steps = append(steps, short)
		}
	}
	known := fmt.Sprintf("1-%d, %s", count, strings.Join(steps, ", "))
	return &Problem{
		Code: ExitUsage,
		What: reports.Textf("question %q inconnue", "unknown question %q", name),
		Next: reports.Textf("il y a %s (labproof validate --list)", "there are %s (labproof validate --list)", known),
	}
}
