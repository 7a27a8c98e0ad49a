package cli

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

// played is how a command line of the READMEs is run: as it stands, but for what makes it
// cost less. A flag that is given again wins over the README's.
type played struct {
	line string   // it begins like this; the first entry that fits counts
	more []string // flags that make it smaller
	code int
	says string // among what it prints
}

// A class of nine groups is the two whose lab stands; a real node is the embedded one that
// carries it. Beside it another group plays in what would be taken for a collision.
var playing = []played{
	{"labproof validate --list", nil, ExitPassed, "tp1.q21"},
	{"labproof validate --groups 1-4", []string{"--question", "3"}, ExitPassed, "4 "},
	{"labproof validate --question 12,20-21", []string{"--list"}, ExitPassed, "tp1.q20"},
	{"labproof validate --keep", nil, ExitPassed, "tp1.q21"},
	{"labproof validate --look", []string{"--question", "3,12"}, ExitPassed, "tp1.q12"},
	{"labproof validate --target lab9.yaml", []string{"--groups", "3-4", "--question", "3-4"}, ExitPassed, "tp1.teardown"},
	{"labproof doctor --target", []string{"--groups", "1-2"}, ExitFailed, "instance"},
	{"labproof grade --target lab9.yaml --groups 1-9 --answers", []string{"--groups", "1-2", "--question", "3,6"}, ExitFailed, "× 20 ="},
	{"labproof grade --target lab9.yaml --groups 1-9 --probe", []string{"--groups", "1-2", "--question", "3,15"}, ExitPassed, "× 20 = 20"},
	{"labproof grade --target lab9.yaml", []string{"--groups", "1-2"}, ExitPassed, "× 20 = 20"},
	{"labproof grade --from latest", nil, ExitFailed, "× 20 ="},
	{"labproof answers init", nil, ExitPassed, "groupe-9.yaml"},
	{"labproof answers check", nil, ExitFailed, "q01"}, // nothing is answered yet
	{"labproof faults run --fault", []string{"--list"}, ExitPassed, "full-clone"},
	{"labproof faults run", []string{"--target", "lab9.yaml", "--fault", "forwarding-only-live"}, ExitPassed, "tout en vert : 2 sur 2"},
	{"labproof report diff", nil, ExitPassed, "rien n'a changé"},
	{"labproof report", nil, ExitPassed, "reports/out/"},
	{"labproof image", nil, ExitPassed, "disk.qcow2"},
	{"labproof clean", nil, ExitPassed, "labproof-node-"},
}

// readmeLab is the lab that all of them are run on.
type readmeLab struct {
	dir  string   // where they are typed
	env  []string // of labproof
	kept string   // the run that built it
}

// TestTheCommandsOfTheREADMEs runs what both READMEs tell people to type, in their order,
// on one lab: that which `validate --keep` leaves is built first and cleaned last, and the
// answers are there when they are to be judged. What make runs is CI's (isRunByCI), pveum is
// played by the tests of suites/doctor.
func TestTheCommandsOfTheREADMEs(t *testing.T) {
	if _, err := image.Ensure(t.Context(), image.Options{}); err != nil {
		t.Fatal(err)
	}
	at := &readmeLab{dir: t.TempDir(), env: []string{"TMPDIR=" + t.TempDir()}}
	t.Cleanup(func() { at.labproof(t, context.WithoutCancel(t.Context()), "clean") })
	for _, line := range inPlayingOrder(labproofLines(t)) {
		if !t.Run(line, func(t *testing.T) { at.play(t, line) }) && at.kept == "" {
			t.Fatal("there is no lab to run the others on")
		}
	}
}

// labproofLines are the command lines of labproof in both READMEs, each once.
func labproofLines(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, path := range readmes {
		for _, line := range commandsIn(t, path) {
			if strings.HasPrefix(line, "labproof ") && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func inPlayingOrder(lines []string) []string {
	turn := func(line string) int {
		switch {
		case strings.HasPrefix(line, "labproof validate --keep"):
			return 0
		case strings.HasPrefix(line, "labproof answers init"):
			return 1
		case strings.HasPrefix(line, "labproof clean"):
			return 3
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(lines), func(a, b string) int { return turn(a) - turn(b) })
}

func (at *readmeLab) play(t *testing.T, line string) {
	at.writeTargets(t)
	if strings.HasPrefix(line, "labproof node ") {
		at.playNode(t, line)
		return
	}
	i := slices.IndexFunc(playing, func(p played) bool { return strings.HasPrefix(line, p.line) })
	if i < 0 {
		t.Fatal("is run by no test: it belongs into playing")
	}
	r := at.labproof(t, t.Context(), append(at.argv(line), playing[i].more...)...)
	if r.code != playing[i].code || !regexp.MustCompile(playing[i].says).MatchString(r.out) {
		t.Errorf("exit %d, want %d and %q\n%s%s", r.code, playing[i].code, playing[i].says, r.out, r.err)
	}
	if playing[i].line == "labproof validate --keep" {
		at.keeps(t)
	}
}

// argv are the arguments of a command line, with what stands for a run.
func (at *readmeLab) argv(line string) []string {
	argv := words(line)[1:]
	if i := slices.Index(argv, "RUN"); i >= 0 {
		argv[i] = at.kept
	}
	return argv
}

func (at *readmeLab) labproof(t *testing.T, ctx context.Context, args ...string) result {
	t.Helper()
	cmd := program(t, ctx, args...)
	cmd.Dir, cmd.Env = at.dir, append(cmd.Env, at.env...)
	return finish(t, cmd)
}

func (at *readmeLab) out() string { return filepath.Join(at.dir, defaultOut) }

func (at *readmeLab) keeps(t *testing.T) {
	t.Helper()
	folder, err := reports.OpenFolder(filepath.Join(at.out(), reports.Latest))
	if err != nil {
		t.Fatal(err)
	}
	at.kept = folder.ID
}

// writeTargets puts the kept node behind every target file that the READMEs name.
func (at *readmeLab) writeTargets(t *testing.T) {
	t.Helper()
	if at.kept == "" {
		return
	}
	target := read(t, filepath.Join(at.out(), at.kept, targetFile))
	for _, name := range []string{"lab9.yaml", "target.yaml"} {
		if err := os.WriteFile(filepath.Join(at.dir, name), []byte(target), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// playNode starts a node in the foreground, on any free port, and ends it as people do once
// it has written its target file.
func (at *readmeLab) playNode(t *testing.T, line string) {
	t.Helper()
	file := filepath.Join(at.dir, "target.yaml")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, t.Context(), append(at.argv(line), "--listen", "127.0.0.1:0")...)
	cmd.Dir, cmd.Env = at.dir, append(cmd.Env, at.env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waited := wait.Until(t.Context(), wait.For{What: "the node's target file", Timeout: time.Minute, Every: 50 * time.Millisecond},
		func(context.Context) (bool, string, error) { return exists(file), "", nil })
	if err := cmd.Process.Signal(os.Interrupt); err != nil || waited != nil {
		t.Errorf("%v, %v", waited, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the node in the foreground ended with %v", err)
	}
}
