package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/ledger"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/junit"
)

// underWay is a run of the program on an embedded node that answers already.
type underWay struct {
	cmd   *exec.Cmd
	said  *bytes.Buffer // standard error: progress, since standard output is for JSON
	out   *bytes.Buffer
	ended chan error
}

// begin starts a run and returns once its node answers. Its state lies in a folder of
// the test, so that whatever is left can be seen.
func begin(t *testing.T, args ...string) *underWay {
	t.Helper()
	if _, err := image.Ensure(t.Context(), image.Options{}); err != nil {
		t.Fatal(err)
	}
	r := &underWay{said: &bytes.Buffer{}, out: &bytes.Buffer{}, ended: make(chan error, 1)}
	r.cmd = program(t, t.Context(), append([]string{"validate", "--lang", "en", "--json"}, args...)...)
	r.cmd.Env = append(r.cmd.Env, "TMPDIR="+t.TempDir())
	r.cmd.Stdout = r.out
	progress, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(progress)
	for {
		line, err := lines.ReadString('\n')
		r.said.WriteString(line)
		if err != nil {
			t.Fatalf("the node never answered:\n%s", r.said)
		}
		if strings.HasPrefix(line, "✓ starting the embedded node") {
			break
		}
	}
	go func() {
		_, err := io.Copy(r.said, lines)
		r.ended <- errors.Join(err, r.cmd.Wait())
	}()
	return r
}

// end waits for the end and reads the run it left.
func (r *underWay) end(t *testing.T, code int) (*reports.Folder, *reports.Run) {
	t.Helper()
	<-r.ended
	if got := r.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d\n%s", got, code, r.said)
	}
	folder := r.folder(t)
	run, err := folder.ReadRun()
	if err != nil {
		t.Fatalf("%v\n%s", err, r.said)
	}
	if !exists(folder.Join(junit.File)) {
		t.Error("no junit.xml")
	}
	if printed, err := reports.Decode(r.out); err != nil || printed.ID != run.ID {
		t.Errorf("standard output holds no run: %v", err)
	}
	return folder, run
}

func (r *underWay) folder(t *testing.T) *reports.Folder {
	t.Helper()
	folder, err := reports.OpenFolder(filepath.Join(r.cmd.Dir, "reports", "out", reports.Latest))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// record is what the run wrote down about its node.
func (r *underWay) record(t *testing.T) record {
	t.Helper()
	rec, found, err := readRecord(r.folder(t).Path)
	if err != nil || !found {
		t.Fatalf("record: %t, %v", found, err)
	}
	return rec
}

// gone checks that neither the node nor anything of its state is left.
func gone(t *testing.T, folder *reports.Folder, rec record) {
	t.Helper()
	if pid, err := node.Running(rec.StateDir); err != nil || pid != 0 {
		t.Errorf("the node still runs as %d, %v", pid, err)
	}
	for _, path := range []string{rec.StateDir, folder.Join(recordFile), folder.Join(targetFile)} {
		if exists(path) {
			t.Errorf("%s was left", path)
		}
	}
}

func TestCtrlCKeepsTheEvidenceAndLeavesNothingRunning(t *testing.T) {
	r := begin(t, "--question", "6")
	rec := r.record(t)
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	folder, run := r.end(t, ExitBroken)
	if !run.Interrupted || len(run.Problems) > 0 && !strings.Contains(run.Problems[0].What.EN, "interrupted") {
		t.Errorf("interrupted %t, problems %+v", run.Interrupted, run.Problems)
	}
	if !strings.Contains(r.said.String(), "interrupted, cleaning up") {
		t.Errorf("nothing about the interruption in\n%s", r.said)
	}
	gone(t, folder, rec)
}

func TestAKilledNodeIsNobodysFault(t *testing.T) {
	r := begin(t, "--question", "6")
	rec := r.record(t)
	pid, err := node.Running(rec.StateDir)
	if err != nil || pid == 0 {
		t.Fatalf("node %d, %v", pid, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	folder, run := r.end(t, ExitBroken)
	if run.Interrupted || run.Totals.Failed > 0 {
		t.Errorf("interrupted %t, totals %+v", run.Interrupted, run.Totals)
	}
	if len(run.Problems) == 0 || !strings.Contains(run.Problems[0].What.EN, "ended by itself") {
		t.Errorf("problems %+v", run.Problems)
	}
	gone(t, folder, rec)
}

func TestAKilledLabproofLeavesNothingRunningAndCleanTheRest(t *testing.T) {
	r := begin(t, "--question", "6")
	rec := r.record(t)
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.ended
	awaitGone(t, rec.StateDir)
	cmd := program(t, t.Context(), "clean", "--json")
	cmd.Dir = r.cmd.Dir
	got := finish(t, cmd)
	var said cleaned
	if err := json.Unmarshal([]byte(got.out), &said); err != nil || got.code != 0 || len(said.Stopped) != 1 {
		t.Errorf("exit %d, %v: %s%s", got.code, err, got.out, got.err)
	}
	gone(t, r.folder(t), rec)
}

// awaitGone waits until the node has noticed that its labproof is no more.
func awaitGone(t *testing.T, stateDir string) {
	t.Helper()
	err := wait.Until(t.Context(), wait.For{What: "the node to end", Timeout: time.Minute, Every: 50 * time.Millisecond},
		func(context.Context) (bool, string, error) {
			pid, err := node.Running(stateDir)
			return pid == 0, "", err
		})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKeptLabIsLookedAtAgainAndCleaned(t *testing.T) {
	kept := begin(t, "--keep", "--question", "3-4")
	rec := kept.record(t)
	_, run := kept.end(t, ExitPassed)
	if run.Totals.Passed != 4 || run.Totals.All() != 4 {
		t.Errorf("totals %+v", run.Totals)
	}
	if pid, err := node.Running(rec.StateDir); err != nil || pid == 0 {
		t.Fatalf("the node was not kept: %d, %v", pid, err)
	}

	look := program(t, t.Context(), "validate", "--look", "--question", "3-4", "--lang", "en")
	look.Dir = kept.cmd.Dir
	if got := finish(t, look); got.code != ExitPassed || !strings.Contains(got.out, "✓ 4 passed") {
		t.Errorf("look: exit %d\n%s%s", got.code, got.out, got.err)
	}

	clean := program(t, t.Context(), "clean")
	clean.Dir = kept.cmd.Dir
	if got := finish(t, clean); got.code != 0 {
		t.Errorf("clean: exit %d\n%s%s", got.code, got.out, got.err)
	}
	folder, err := reports.OpenFolder(rec.folder)
	if err != nil {
		t.Fatal(err)
	}
	gone(t, folder, rec)
}

func TestAnInterruptedLabIsNotKept(t *testing.T) {
	r := begin(t, "--keep", "--groups", "1", "--question", "vm") // a boot leaves time to interrupt it
	rec := r.record(t)
	err := wait.Until(t.Context(), wait.For{What: "something to be made", Timeout: time.Minute, Every: 50 * time.Millisecond},
		func(context.Context) (bool, string, error) {
			book, err := os.Stat(r.folder(t).Join(ledger.FileName))
			return err == nil && book.Size() > 0, "", nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	folder, _ := r.end(t, ExitBroken)
	if said := r.said.String(); !strings.Contains(said, "the lab was not kept") || strings.Contains(said, "was kept") {
		t.Errorf("said\n%s", said)
	}
	gone(t, folder, rec)
	clean := program(t, t.Context(), "clean", "--lang", "en")
	clean.Dir = r.cmd.Dir
	if got := finish(t, clean); got.code != 0 || got.out != "nothing to clean\n" {
		t.Errorf("clean: exit %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestAGuestThatNeverBoots(t *testing.T) {
	config := filepath.Join(t.TempDir(), "ginkgo.yaml")
	write(t, config, "timeouts:\n  boot: 1s\n")
	r := begin(t, "--config", config, "--groups", "1", "--question", "vm")
	rec := r.record(t)
	<-r.ended
	run, err := r.folder(t).ReadRun()
	if err != nil {
		t.Fatalf("%v\n%s", err, r.said)
	}
	told := false
	for _, v := range run.Verdicts {
		if v.ID == "tp1.vm" && v.Outcome != reports.Passed {
			told = strings.Contains(strings.Join(v.Explain(reports.English), "\n"), "timeouts.boot")
		}
	}
	if code := r.cmd.ProcessState.ExitCode(); code == ExitPassed || !told {
		t.Errorf("exit %d, and nothing about timeouts.boot in\n%s", code, r.said)
	}
	gone(t, r.folder(t), rec)
}
