package tp1

import (
	"slices"
	"testing"
)

func TestWhatStandsOnAQuestion(t *testing.T) {
	for id, want := range map[string][]string{
		"tp1.q01": {},
		"tp1.q19": {"tp1.q20", "tp1.q21"},
		"tp1.q13": {"tp1.q15", "tp1.q16", "tp1.q17", "tp1.q18", "tp1.gateway", "tp1.q19", "tp1.q20", "tp1.q21"},
		"tp1.q99": {},
	} {
		if got := Above(id); !slices.Equal(got, want) {
			t.Errorf("on %s stand %v, want %v", id, got, want)
		}
	}
}
