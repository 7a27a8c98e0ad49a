package yamlfile

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"groups", "pairs", "patterns", "timeouts"}
	for word, want := range map[string]string{
		"grups": "groups", "gruops": "groups", "Groups": "groups", "paterns": "patterns", "x": "", "colour": "",
		strings.Repeat("groups", 50): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
