package cli

import (
	"path/filepath"
	"testing"
)

func TestGradeNeedsALab(t *testing.T) {
	cmd := program(t, t.Context(), "grade", "--lang", "en")
	oneLine(t, finish(t, cmd), ExitUsage, "no kept lab", "--target")
	nothingLeft(t, cmd)
}

func TestGradeNeverStartsANode(t *testing.T) {
	cmd := program(t, t.Context(), "grade", "--target", "embedded", "--lang", "en")
	write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), "lang: en\n")
	oneLine(t, finish(t, cmd), ExitUsage, "nothing to grade", "--target")
	nothingLeft(t, cmd)
}
