package tp1

import (
	"strconv"
	"strings"
	"testing"
)

// split cuts a path into a look at its dots. A path of the node's own (/vms/102) is
// one key.
func split(path string) []string {
	head, nodePath, found := strings.Cut(path, "./")
	keys := strings.Split(head, ".")
	if found {
		keys = append(keys, "/"+nodePath)
	}
	return keys
}

// at finds what stands at a path of a look.
func at(t *testing.T, look map[string]any, path string) any {
	t.Helper()
	var here any = look
	if path == "" {
		return here
	}
	for _, key := range split(path) {
		switch p := here.(type) {
		case map[string]any:
			here = p[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(p) {
				t.Fatalf("%s: there is no %q", path, key)
			}
			here = p[i]
		default:
			t.Fatalf("%s: nothing below %q", path, key)
		}
	}
	return here
}
