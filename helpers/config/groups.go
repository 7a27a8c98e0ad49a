package config

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

const (
	maxGroupNumber = 999 // x01 stays a VMID, and a range like 1-999999999 stays a typing error
	maxGroups      = 250
)

// Groups are the numbers of the selected groups, in ascending order, each once.
type Groups []int

// Pairs are pairs of group numbers, the smaller one first.
type Pairs [][2]int

// ParseGroups reads "1,2-4" as 1, 2, 3, 4. Spaces are allowed, repetitions are not:
// "1,1" is more often a typing error than a wish.
func ParseGroups(text string) (Groups, error) {
	var groups Groups
	seen := map[int]bool{}
	for _, part := range strings.Split(text, ",") {
		first, last, err := parseRange(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		for n := first; n <= last; n++ {
			if seen[n] {
				return nil, fmt.Errorf("group %d is named twice in %q", n, text)
			}
			seen[n] = true
			groups = append(groups, n)
		}
		if len(groups) > maxGroups {
			return nil, fmt.Errorf("%q selects more than %d groups", text, maxGroups)
		}
	}
	sort.Ints(groups)
	return groups, nil
}

func parseRange(part string) (first, last int, err error) {
	from, to, isRange := strings.Cut(part, "-")
	if first, err = parseGroup(from); err != nil {
		return 0, 0, fmt.Errorf("%q: %w", part, err)
	}
	if !isRange {
		return first, first, nil
	}
	if last, err = parseGroup(to); err != nil {
		return 0, 0, fmt.Errorf("%q: %w", part, err)
	}
	if last < first {
		return 0, 0, fmt.Errorf("%q runs backwards; expected %d-%d", part, last, first)
	}
	return first, last, nil
}

func parseGroup(text string) (int, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n > maxGroupNumber || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("expected group numbers from 0 to %d, such as 1,2-4", maxGroupNumber)
	}
	return int(n), nil
}

// ParsePair reads "1-2"; the order does not matter.
func ParsePair(text string) ([2]int, error) {
	a, b, found := strings.Cut(text, "-")
	x, errX := parseGroup(a)
	y, errY := parseGroup(b)
	if !found || errX != nil || errY != nil {
		return [2]int{}, fmt.Errorf("%q is no pair; expected two group numbers, such as 1-2", text)
	}
	if x == y {
		return [2]int{}, fmt.Errorf("%q pairs a group with itself", text)
	}
	return [2]int{min(x, y), max(x, y)}, nil
}
