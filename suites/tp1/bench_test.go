package tp1

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/floor"
	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/node/qemu/accel"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// BenchmarkValidate measures a whole `labproof validate` of two groups, the image being
// cached, and in the same run the floor: what the same guests, bridges, waits and pings
// take without labproof. With -benchtime 20x it is twenty runs in a row. Each run must be
// green and leave nothing behind.
func BenchmarkValidate(b *testing.B) {
	guests, err := image.Ensure(b.Context(), image.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	binary := filepath.Join(b.TempDir(), "labproof")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		b.Fatalf("build labproof: %v\n%s", err, out)
	}
	base := runFloor(b, guests)
	var took, cpu time.Duration
	var runs, peak int64
	for b.Loop() {
		v := validateOnce(b, binary)
		took, cpu, peak, runs = took+v.took, cpu+v.usage.cpu(), max(peak, v.usage.peak), runs+1
		compare(b, base, v)
	}
	mean, meanCPU := took.Seconds()/float64(runs), cpu.Seconds()/float64(runs)
	b.ReportMetric(mean, "validate-s")
	b.ReportMetric(base.Total.Seconds(), "floor-s")
	b.ReportMetric(mean/base.Total.Seconds(), "ratio")
	b.ReportMetric(meanCPU/base.usage.cpu().Seconds(), "cpu-ratio")
	b.ReportMetric(float64(peak)/1e6, "labproof-MB")
}

// lowest is the floor with what it took of the machine.
type lowest struct {
	floor.Result
	usage usage
}

func runFloor(b *testing.B, guests image.Image) lowest {
	b.Helper()
	around := newSurroundings(b)
	cfg := config.Default()
	plan, err := lab.Plan(cfg.Patterns, cfg.Groups, cfg.Pairs...)
	if err != nil {
		b.Fatal(err)
	}
	choice, err := accel.Detect(b.Context(), "qemu-system-x86_64", b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	meter := around.measure()
	result, err := floor.Run(b.Context(), floor.Options{
		Plan: plan, Image: guests.Path, Accel: choice.Kind, Dir: around.files, Environ: around.environ(),
	})
	base := lowest{result, meter()}
	if err != nil {
		b.Fatal(err)
	}
	around.mustBeClean(b)
	return base
}

// validation is one run of the program.
type validation struct {
	took   time.Duration
	usage  usage
	run    *reports.Run
	folder *reports.Folder
}

// validateOnce runs the program in surroundings of its own, so that whatever it leaves
// behind is found.
func validateOnce(b *testing.B, binary string) validation {
	b.Helper()
	around := newSurroundings(b)
	out := filepath.Join(b.TempDir(), "out")
	cmd := exec.CommandContext(b.Context(), binary, "validate", "--lang", reports.English, "--out", out)
	cmd.Dir, cmd.Env = around.files, around.environ()
	started := time.Now()
	meter := around.measure()
	text, err := cmd.CombinedOutput()
	v := validation{took: time.Since(started), usage: meter()}
	if err != nil {
		b.Fatalf("validate: %v\n%s", err, text)
	}
	around.mustBeClean(b)
	if v.folder, err = reports.OpenFolder(filepath.Join(out, reports.Latest)); err != nil {
		b.Fatal(err)
	}
	if v.run, err = v.folder.ReadRun(); err != nil {
		b.Fatal(err)
	}
	if v.run.Judge() != reports.AllPassed {
		b.Fatalf("validate is not green:\n%s", text)
	}
	return v
}

// slack is by how many commands in guests a step may differ from the floor's: what is
// polled for is there at once in one run and not in another.
func slack(id string) int64 {
	if id == "tp1.q21" {
		return 10 // the gateway's addresses after its reboot
	}
	return 2
}

// compare shows where the time went, and refuses a floor that no longer does what the
// practical does.
func compare(b *testing.B, base lowest, v validation) {
	b.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "%-14s %9s %9s %9s %9s\n", "step", "validate", "floor", "over", "commands")
	steps := map[string]floor.Step{}
	for _, s := range base.Steps {
		steps[s.ID] = s
	}
	var inside time.Duration
	for _, q := range questions() {
		took, commands, s := v.step(q.ID), v.commands(b, q.ID), steps[q.ID]
		inside += took
		fmt.Fprintf(&table, "%-14s %9.2f %9.2f %9.2f %5d/%d\n", q.ID, took.Seconds(), s.Took.Seconds(), (took - s.Took).Seconds(), commands, s.Commands)
		if commands > s.Commands+slack(q.ID) || commands < s.Commands-slack(q.ID) {
			b.Errorf("%s runs %d commands in guests, its floor %d: they are no longer the same practical", q.ID, commands, s.Commands)
		}
	}
	row := func(name string, validate, floor time.Duration) {
		fmt.Fprintf(&table, "%-14s %9.2f %9.2f %9.2f\n", name, validate.Seconds(), floor.Seconds(), (validate - floor).Seconds())
	}
	row("around", v.took-inside, 0)
	row("whole", v.took, base.Total)
	row("CPU of guests", v.usage.qemu, base.usage.qemu)
	row("CPU of ours", v.usage.own, base.usage.own)
	fmt.Fprintf(&table, "most memory:%s\n", v.usage.each)
	b.Log("\n" + table.String())
}

// step is how long a question took: its subjects are side by side.
func (v validation) step(id string) time.Duration {
	var longest time.Duration
	for _, verdict := range v.run.Verdicts {
		if verdict.ID == id {
			longest = max(longest, verdict.Duration)
		}
	}
	return longest
}

// commands counts what was run in guests for a question, by the calls to the node that
// were kept as evidence.
func (v validation) commands(b *testing.B, id string) int64 {
	b.Helper()
	paths, err := filepath.Glob(v.folder.Join(id, "*", "calls.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	var n int64
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
			if call.Status == 200 && strings.HasSuffix(call.Path, "/agent/exec") {
				n++
			}
		}
		file.Close()
	}
	return n
}
