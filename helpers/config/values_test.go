package config

import (
	"reflect"
	"testing"
)

func TestParseGroups(t *testing.T) {
	good := map[string]Groups{
		"1": {1}, "1,2-4": {1, 2, 3, 4}, " 3 , 1 ": {1, 3}, "0": {0}, "2-2": {2}, "7-9,1": {1, 7, 8, 9},
	}
	for text, want := range good {
		if got, err := ParseGroups(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	bad := []string{"", "a", "1,", "1-", "-1", "1--2", "1-999999999", "4-1", "1,1", "1-3,2", "+1", "1 2", "1000", "0-999"}
	for _, text := range bad {
		if got, err := ParseGroups(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

func TestParsePair(t *testing.T) {
	if got, err := ParsePair("12-3"); err != nil || got != [2]int{3, 12} {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "1", "1-1", "1-2-3", "a-b", "-"} {
		if got, err := ParsePair(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

func TestSizes(t *testing.T) {
	good := map[string]Size{"2GiB": 2 * gib, "512 MiB": 512 * mib, "1.5GiB": 1536 * mib, "10": 10, "3kB": 3000, "7 B": 7, "0": 0}
	for text, want := range good {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "NaN", "inf", "9e300TiB", "1 XB", "1..2"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
	for _, s := range []Size{0, 1, 1000, kib, 1536 * mib, 2 * gib, gib + 1} {
		if back, err := ParseSize(s.String()); err != nil || back != s {
			t.Errorf("%d is written %s and read as %d, %v", s, s, back, err)
		}
	}
}

func TestExpand(t *testing.T) {
	values := map[string]int{"x": 7, "y": 12}
	good := map[string]string{
		"9{x}{y}": "9712", "9{x:2}{y:2}": "90712", "{y:1}": "12", "plain": "plain", "": "",
	}
	for pattern, want := range good {
		if got, err := Expand(pattern, values); err != nil || got != want {
			t.Errorf("%q: %q, %v", pattern, got, err)
		}
	}
	for _, pattern := range []string{"{z}", "{", "}", "{x", "{x}}", "{x:0}", "{x:10}", "{X}", "{}", "{{x}}"} {
		if got, err := Expand(pattern, values); err == nil {
			t.Errorf("%q is taken as %q", pattern, got)
		}
	}
}
