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

// BenchmarkGrade measures `labproof grade` on the embedded node with the guests of a class
// of nine running (22 VMs): for one group, a pair and the class, and how many calls to the
// node a group costs. times-first is what it takes in terms of the one group.
func BenchmarkGrade(b *testing.B) {
	if _, err := image.Ensure(b.Context(), image.Options{Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	binary := filepath.Join(b.TempDir(), "labproof")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		b.Fatalf("build labproof: %v\n%s", err, out)
	}
	c := newGradedClass(b, binary, 9)
	b.Cleanup(func() { c.mustRun(b, "clean") }) // of a lab that could not be built, too
	c.mustRun(b, "validate", "--keep")
	first := 0.0
	for _, groups := range []int{1, 2, 9} {
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) {
			calls := 0
			for b.Loop() {
				calls = c.grade(b, groups)
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			if first == 0 {
				first = seconds
			}
			b.ReportMetric(float64(calls)/float64(groups), "calls/group")
			b.ReportMetric(seconds, "grade-s")
			b.ReportMetric(seconds/first, "times-first")
		})
	}
}

// gradedClass is a lab that stands, and the program that looks at it.
type gradedClass struct{ binary, config, out string }

func newGradedClass(b *testing.B, binary string, groups int) gradedClass {
	b.Helper()
	dir := b.TempDir()
	c := gradedClass{binary: binary, config: filepath.Join(dir, "ginkgo.yaml"), out: filepath.Join(dir, "out")}
	text := small + fmt.Sprintf("groups: 1-%d\n", groups)
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

// grade grades the first groups once and counts the calls to the node, each once.
func (c gradedClass) grade(b *testing.B, groups int) int {
	b.Helper()
	c.mustRun(b, "grade", "--groups", fmt.Sprintf("1-%d", groups))
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
