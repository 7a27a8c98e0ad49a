package tp1

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// small lets a class fit on a machine that is no server: the embedded node's guests use
// far less than the 2 GiB that they are configured with.
const small = "capacity: {memory: 512MiB, reserve: 1GiB, reserve_max: 2GiB}\n"

// BenchmarkGrade measures `labproof grade` on the embedded node with its guests running:
// one pair of groups, then a class of nine (22 running VMs), and how many calls to the
// node a group costs.
func BenchmarkGrade(b *testing.B) {
	if _, err := image.Ensure(b.Context(), image.Options{Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	binary := filepath.Join(b.TempDir(), "labproof")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		b.Fatalf("build labproof: %v\n%s", err, out)
	}
	for _, groups := range []int{2, 9} {
		b.Run(fmt.Sprintf("%d-groups", groups), func(b *testing.B) {
			c := newGradedClass(b, binary, groups)
			b.Cleanup(func() { c.mustRun(b, "clean") }) // of a lab that could not be built, too
			c.mustRun(b, "validate", "--keep")
			calls := 0
			b.ResetTimer()
			for b.Loop() {
				calls = c.grade(b)
			}
			b.ReportMetric(float64(calls)/float64(groups), "calls/group")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "grade-s")
		})
	}
}

// gradedClass is a lab that stands, and the program that looks at it.
type gradedClass struct{ binary, config, groups, out string }

func newGradedClass(b *testing.B, binary string, groups int) gradedClass {
	b.Helper()
	dir := b.TempDir()
	c := gradedClass{binary: binary, config: filepath.Join(dir, "ginkgo.yaml"), groups: fmt.Sprintf("1-%d", groups), out: filepath.Join(dir, "out")}
	text := small + fmt.Sprintf("groups: %s\n", c.groups)
	if err := os.WriteFile(c.config, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	return c
}

func (c gradedClass) mustRun(b *testing.B, args ...string) {
	b.Helper()
	cmd := exec.Command(c.binary, append(args, "--config", c.config, "--out", c.out, "--lang", "en")...) // clean outlives b's context
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("labproof %v: %v\n%s", args, err, text)
	}
}

// grade grades the class once and counts the calls to the node, each once.
func (c gradedClass) grade(b *testing.B) int {
	b.Helper()
	c.mustRun(b, "grade")
	folder, err := reports.OpenFolder(filepath.Join(c.out, reports.Latest))
	if err != nil {
		b.Fatal(err)
	}
	paths, err := filepath.Glob(folder.Join("*", "*", "calls.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		for decoder := json.NewDecoder(bufio.NewReader(file)); decoder.More(); {
			var call proxmox.Exchange
			if err := decoder.Decode(&call); err != nil {
				b.Fatalf("%s: %v", path, err)
			}
			seen[call.Time.Format(time.RFC3339Nano)+call.Path] = true
		}
		file.Close()
	}
	return len(seen)
}
