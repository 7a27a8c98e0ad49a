package reports

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLatestPointsToTheNewestRun(t *testing.T) {
	root := filepath.Join(t.TempDir(), "reports", "out")
	first, err := NewFolder(root, nine)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewFolder(root, nine)
	if err != nil {
		t.Fatal(err)
	}
	if first.ID == second.ID {
		t.Fatalf("two runs of one minute share %s", first.ID)
	}
	if !strings.HasPrefix(second.ID, "2026-11-23T2104-") {
		t.Errorf("id %s", second.ID)
	}
	if err := second.WriteRun(sampleRun()); err != nil {
		t.Fatal(err)
	}
	latest, err := OpenFolder(filepath.Join(root, Latest))
	if err != nil {
		t.Fatal(err)
	}
	if latest.ID != second.ID {
		t.Errorf("latest is %s, want %s", latest.ID, second.ID)
	}
	if _, err := latest.ReadRun(); err != nil {
		t.Error(err)
	}
}

func TestLatestSurvivesRunsThatBeginTogether(t *testing.T) {
	root := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := NewFolder(root, nine); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := OpenFolder(filepath.Join(root, Latest)); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 9 {
		t.Errorf("%d entries, want 8 runs and the link", len(entries))
	}
}

func TestNewFolderTellsWhyItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFolder(filepath.Join(file, "out"), time.Now()); err == nil {
		t.Error("a folder below a file")
	}
	if _, err := OpenFolder(file); err == nil {
		t.Error("a file opened as a folder")
	}
}

func TestEvidenceKeepsBytesAndNeverOverwrites(t *testing.T) {
	f, err := NewFolder(t.TempDir(), nine)
	if err != nil {
		t.Fatal(err)
	}
	e, err := f.Question("tp1.q20", Pair(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte("\x00\x1b[31m\xff\n")
	var paths []string
	for range 3 {
		path, err := e.Save("../ping vers 10.0.2.2.txt", raw)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	want := []string{
		"tp1.q20/pair-1-2/_ping_vers_10.0.2.2.txt",
		"tp1.q20/pair-1-2/_ping_vers_10.0.2.2-2.txt",
		"tp1.q20/pair-1-2/_ping_vers_10.0.2.2-3.txt",
	}
	for i, path := range paths {
		if path != want[i] {
			t.Errorf("path %q, want %q", path, want[i])
		}
		data, err := os.ReadFile(f.Join(path))
		if err != nil || !bytes.Equal(data, raw) {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	f, err := NewFolder(t.TempDir(), nine)
	if err != nil {
		t.Fatal(err)
	}
	e, err := f.Question("tp1.q01", Node)
	if err != nil {
		t.Fatal(err)
	}
	path, err := e.Save("big", make([]byte, MaxEvidence+1))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(f.Join(path))
	if err != nil || info.Size() != MaxEvidence {
		t.Errorf("kept %v bytes, %v", info.Size(), err)
	}
	note, err := os.ReadFile(f.Join(path + ".cut.txt"))
	if err != nil || !strings.Contains(string(note), fmt.Sprint(MaxEvidence+1)) {
		t.Errorf("note %q, %v", note, err)
	}
}

func TestEvidenceFoldersAreOfKnownForm(t *testing.T) {
	f, err := NewFolder(t.TempDir(), nine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Question("../../etc", Node); err == nil {
		t.Error("an id that leaves the folder")
	}
	if _, err := f.Question("tp1.q01", "../.."); err == nil {
		t.Error("a subject that leaves the folder")
	}
}

func FuzzSafeName(f *testing.F) {
	for _, name := range []string{"", "..", "a/b", "-rf", strings.Repeat("é", 300) + ".pcap", "x." + strings.Repeat("y", 300)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe := SafeName(name)
		if safe == "" || len(safe) > maxEvidenceName || !filepath.IsLocal(safe) || filepath.Base(safe) != safe || safe[0] == '.' || safe[0] == '-' {
			t.Errorf("%q became %q", name, safe)
		}
	})
}
