package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/ledger"
	"github.com/labproof/labproof/reports"
)

// aRun is a run's folder below out, as a run that kept its node leaves it.
func aRun(t *testing.T, out string) (*reports.Folder, record) {
	t.Helper()
	folder, err := reports.NewFolder(out, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	r, err := newRecord(folder, "", true)
	if err != nil {
		t.Fatal(err)
	}
	return folder, r
}

func noteBridge(t *testing.T, folder *reports.Folder, target string) string {
	t.Helper()
	path := folder.Join(ledger.FileName)
	book, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Intend(ledger.Entry{Run: folder.ID, Target: target, Node: "proxmox1", Kind: ledger.Bridge, ID: "vmbr11", Mark: "m"}); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestCleanHasNothingToDo(t *testing.T) {
	r := labproof(t, "clean", "--lang", "en")
	if r.code != 0 || r.out != "nothing to clean\n" || r.err != "" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

func TestCleanStopsAKeptNode(t *testing.T) {
	cmd := program(t, t.Context(), "clean", "--lang", "en")
	folder, r := aRun(t, filepath.Join(cmd.Dir, "reports", "out"))
	book := noteBridge(t, folder, "https://127.0.0.1:1")
	n, err := node.Launch(t.Context(), node.Options{StateDir: r.StateDir, Detach: true, WriteTarget: folder.Join(targetFile)})
	if err != nil {
		t.Fatal(err)
	}
	got := finish(t, cmd)
	if got.code != 0 || !strings.Contains(got.out, r.StateDir) || got.err != "" {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	<-n.Done()
	if exists(r.StateDir) || exists(folder.Join(recordFile)) || exists(folder.Join(targetFile)) {
		t.Error("something of the node was left")
	}
	if entries, _, err := ledger.Remaining(book); err != nil || len(entries) != 0 {
		t.Errorf("the ledger still has %v, %v", entries, err)
	}
}

func TestCleanLeavesARunUnderWayAlone(t *testing.T) {
	cmd := program(t, t.Context(), "clean", "--lang", "en")
	folder, r := aRun(t, filepath.Join(cmd.Dir, "reports", "out"))
	lock, busy, err := lockRun(folder.Path)
	if err != nil || busy {
		t.Fatalf("busy %t, %v", busy, err)
	}
	defer lock.Close()
	got := finish(t, cmd)
	if got.code != 0 || !strings.Contains(got.out, "under way") || !exists(r.StateDir) {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}

// With state_dir runs share a directory: what an earlier one left behind there is not the node
// of the one that is under way.
func TestCleanLeavesTheNodeOfARunUnderWayOnASharedDirectory(t *testing.T) {
	for _, kept := range []bool{false, true} {
		cmd := program(t, t.Context(), "clean", "--lang", "en")
		out, shared := filepath.Join(cmd.Dir, "reports", "out"), t.TempDir()
		var folders []*reports.Folder
		for _, keep := range []bool{kept, false} {
			folder, err := reports.NewFolder(out, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := newRecord(folder, shared, keep); err != nil {
				t.Fatal(err)
			}
			folders = append(folders, folder)
		}
		lock, busy, err := lockRun(folders[1].Path)
		if err != nil || busy {
			t.Fatalf("busy %t, %v", busy, err)
		}
		n, err := node.Launch(t.Context(), node.Options{StateDir: shared})
		if err != nil {
			t.Fatal(err)
		}
		if got := finish(t, cmd); got.code != 0 || !strings.Contains(got.out, "under way") || strings.Contains(got.out, "stopped") || exists(folders[0].Join(recordFile)) {
			t.Errorf("kept %t: exit %d: %s%s", kept, got.code, got.out, got.err)
		}
		if pid, err := node.Running(shared); err != nil || pid == 0 {
			t.Errorf("kept %t: the node of the run under way is gone (%v)", kept, err)
		}
		if err := n.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		lock.Close()
	}
}

// A lab that is held for the faults is nobody else's to take down, until it is let go.
func TestCleanLeavesALabThatIsHeld(t *testing.T) {
	held := program(t, t.Context(), "clean", "--lang", "en")
	folder, r := aRun(t, filepath.Join(held.Dir, "reports", "out"))
	var built builtLab
	var err error
	if built.lock, err = holdLab(folder.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := holdLab(folder.Path); err == nil || !strings.Contains(err.Error(), "in the hands of another labproof") {
		t.Errorf("held twice: %v", err)
	}
	if got := finish(t, held); got.code != 0 || !strings.Contains(got.out, "under way") || !exists(r.StateDir) {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	built.letGo()
	after := program(t, t.Context(), "clean", "--lang", "en")
	after.Dir = held.Dir
	if got := finish(t, after); got.code != 0 || strings.Contains(got.out, "under way") || exists(r.StateDir) {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}

func TestCleanTellsOfOtherTargets(t *testing.T) {
	cmd := program(t, t.Context(), "clean", "--json")
	folder, err := reports.NewFolder(filepath.Join(cmd.Dir, "reports", "out"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := noteBridge(t, folder, "https://lab9.example.org:8006")
	got := finish(t, cmd)
	var said cleaned
	if err := json.Unmarshal([]byte(got.out), &said); err != nil {
		t.Fatalf("%v in %s%s", err, got.out, got.err)
	}
	if got.code != ExitFailed || len(said.Others) != 1 || said.Others[0] != (otherTarget{"https://lab9.example.org:8006", 1}) {
		t.Errorf("exit %d: %+v", got.code, said)
	}
	if entries, _, err := ledger.Remaining(path); err != nil || len(entries) != 1 {
		t.Errorf("the ledger of another target was touched: %v, %v", entries, err)
	}
}

func TestCleanRefusesARecordThatNamesSomebodysFolder(t *testing.T) {
	for name, text := range map[string]string{
		"not of labproof's making": `{"state_dir": "%s", "made": true}`,
		"a relative path":          `{"state_dir": "../..", "made": true}`,
		"no JSON":                  `{"state_dir": `,
	} {
		t.Run(name, func(t *testing.T) {
			cmd := program(t, t.Context(), "clean")
			precious := t.TempDir()
			folder := filepath.Join(cmd.Dir, "reports", "out", "run")
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, recordFile), strings.ReplaceAll(text, "%s", precious))
			oneLine(t, finish(t, cmd), ExitBroken, recordFile)
			if !exists(precious) {
				t.Error("the folder is gone")
			}
		})
	}
}

// A ledger is held against the node that it was written for, not against its neighbour in
// the cluster, where everything in it would seem to be gone.
func TestWhatWasMadeOnAnotherNodeIsElsewhere(t *testing.T) {
	const url, other = "https://lab9.example.org:8006", "https://lab8.example.org:8006"
	for _, test := range []struct {
		entry  ledger.Entry
		target config.Target
		here   bool
		where  string
	}{
		{ledger.Entry{Target: url, Node: "pve1"}, config.Target{URL: url, Node: "pve1"}, true, url + " (pve1)"},
		{ledger.Entry{Target: url, Node: "pve1"}, config.Target{URL: url, Node: "pve2"}, false, url + " (pve1)"},
		{ledger.Entry{Target: url, Node: "pve1"}, config.Target{URL: other, Node: "pve1"}, false, url},
		{ledger.Entry{Target: url}, config.Target{URL: url, Node: "pve2"}, true, url},
	} {
		if got := isOn(test.entry, test.target); got != test.here {
			t.Errorf("%+v on %s: %t", test.entry, test.target.Node, got)
		}
		if got := whereOf(test.entry, test.target); got != test.where {
			t.Errorf("%+v is at %q", test.entry, got)
		}
	}
}
