package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func thing(kind Kind, id string) Entry {
	return Entry{Run: "r1", Target: "https://x:8006", Node: "proxmox1", Kind: kind, ID: id, Mark: "nonce-" + id}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ids(entries []Entry) string {
	var list []string
	for _, e := range entries {
		list = append(list, string(e.Kind)+":"+e.ID)
	}
	return strings.Join(list, " ")
}

func TestWhatIsIntendedIsOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", FileName)
	l := open(t, path)
	must(t, l.Intend(thing(Clone, "102")))
	data, err := os.ReadFile(path)
	must(t, err)
	if !bytes.HasSuffix(data, []byte("\n")) || !bytes.Contains(data, []byte(`"id":"102"`)) || !bytes.Contains(data, []byte(`"mark":"nonce-102"`)) {
		t.Errorf("on disk: %s", data)
	}
	again := open(t, path) // as after a crash
	if got := again.Entries(); len(got) != 1 || got[0].State != Intended || got[0].Mark != "nonce-102" {
		t.Errorf("got %+v", got)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestStates(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	l := open(t, path)
	e := thing(Clone, "102")
	must(t, l.Intend(e))
	must(t, l.Done(Entry{Target: e.Target, Node: e.Node, Kind: e.Kind, ID: e.ID, Detail: map[string]string{"bridge": "vmbr11"}}))
	got := l.Entries()
	if len(got) != 1 || got[0].State != Made || got[0].Mark != "nonce-102" || got[0].Run != "r1" || got[0].Detail["bridge"] != "vmbr11" {
		t.Errorf("got %+v", got)
	}
	must(t, l.Gone(e))
	if got := l.Entries(); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	must(t, l.Intend(thing(Clone, "102"))) // made anew
	if got := l.Entries(); len(got) != 1 || got[0].State != Intended {
		t.Errorf("got %+v", got)
	}
	if got := l.All(); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
	must(t, l.Gone(thing(Pool, "never-intended")))
	if got := open(t, path).Entries(); ids(got) != "clone:102" {
		t.Errorf("read again: %s", ids(got))
	}
}

func TestOrderOfTeardown(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), FileName))
	for _, e := range []Entry{
		thing(Pool, "p1"), thing(Role, "r"), thing(Group, "g1"), thing(User, "u1"), thing(User, "u2"), thing(Token, "t"), thing(ACL, "/|g1|r"),
		thing(Bridge, "vmbr11"), thing(Volume, "local:iso/x.iso"), thing(Template, "101"), thing(Clone, "102"), thing(Clone, "103"),
		thing(Gateway, "912"), thing(Node, "pid"), thing("invention", "x"),
	} {
		must(t, l.Intend(e))
		must(t, l.Done(e))
	}
	want := "gateway:912 clone:103 clone:102 template:101 volume:local:iso/x.iso bridge:vmbr11 acl:/|g1|r token:t user:u2 user:u1 group:g1 role:r pool:p1 node:pid invention:x"
	if got := ids(l.Entries()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestALineCutByAPowerFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	first := open(t, path)
	must(t, first.Intend(thing(Clone, "102")))
	must(t, first.Intend(thing(Clone, "103")))
	must(t, first.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	for cut := 1; cut < 60; cut += 7 {
		must(t, os.WriteFile(path, data[:len(data)-cut], 0o600))
		l := open(t, path)
		want := 2
		if cut > 1 { // more than the line end is missing
			want = 1
			if w := l.Warnings(); len(w) != 1 || !strings.Contains(w[0], "line 2 was cut short") {
				t.Errorf("cut %d: %q", cut, w)
			}
		}
		if got := l.Entries(); len(got) != want {
			t.Errorf("cut %d: %s", cut, ids(got))
		}
		must(t, l.Intend(thing(Gateway, "912"))) // starts a line of its own
		must(t, l.Close())
		if got := open(t, path).Entries(); len(got) != want+1 {
			t.Errorf("cut %d, then written: %s", cut, ids(got))
		}
	}
}

func TestDamagedLinesAreSkippedAndTold(t *testing.T) {
	text := `{"kind":"clone","id":"102","state":"made"}
garbage
{"kind":"clone","state":"made"}
{"id":"5","state":"made"}
{"kind":"clone","id":"104","state":"nonsense"}
` + strings.Repeat("x", 2*maxLine) + `

{"kind":"clone","id":"103","state":"intended"}
{"kind":"clone","id":"102","state":"gone"}
`
	entries, warnings, err := Read(strings.NewReader(text), "led")
	must(t, err)
	if ids(entries) != "clone:102 clone:103" || len(warnings) != 5 {
		t.Errorf("%s\n%s", ids(entries), strings.Join(warnings, "\n"))
	}
	for i, line := range []string{"led: line 2", "led: line 3", "led: line 4", "led: line 5", "led: line 6"} {
		if i < len(warnings) && !strings.HasPrefix(warnings[i], line) {
			t.Errorf("%q does not tell of %s", warnings[i], line)
		}
	}
}

func TestRefusals(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), FileName))
	for _, e := range []Entry{{}, {Kind: Clone}, {ID: "1"}, thing(Clone, strings.Repeat("x", maxLine))} {
		if err := l.Intend(e); err == nil {
			t.Errorf("%.60v is taken", e)
		}
	}
	must(t, l.Close())
	must(t, l.Close())
	if err := l.Intend(thing(Clone, "1")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "x\x00")); err == nil {
		t.Error("a ledger without a file is opened")
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a directory is opened as a ledger")
	}
}

func TestAFullDiskIsNoPermissionToGoOn(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Fatalf("this test writes to /dev/full: %v", err)
	}
	path := filepath.Join(t.TempDir(), FileName)
	l := open(t, path)
	good := l.file
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	must(t, err)
	l.file = full
	if err := l.Intend(thing(Clone, "102")); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
	if got := l.Entries(); len(got) != 0 {
		t.Errorf("what was not written is remembered: %s", ids(got))
	}
	l.file = good
	must(t, full.Close())
	must(t, l.Intend(thing(Clone, "103")))
	if got := open(t, path).Entries(); ids(got) != "clone:103" {
		t.Errorf("got %s", ids(got))
	}
}

func TestManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	const writers, each = 8, 12
	ledgers := []*Ledger{open(t, path), open(t, path)} // as two processes would
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				e := thing(Clone, fmt.Sprintf("%d-%d", w, i))
				if err := ledgers[w%2].Intend(e); err != nil {
					t.Error(err)
				}
				if i%2 == 0 {
					if err := ledgers[w%2].Gone(e); err != nil {
						t.Error(err)
					}
				}
				ledgers[w%2].Entries()
			}
		})
	}
	group.Wait()
	l := open(t, path)
	if got := len(l.Entries()); got != writers*each/2 || len(l.Warnings()) != 0 {
		t.Errorf("%d entries, warnings %v", got, l.Warnings())
	}
}

// TestKilledProcess writes from a process of its own that is killed: everything it
// reported as written must be there.
func TestKilledProcess(t *testing.T) {
	if path := os.Getenv("LABPROOF_LEDGER_CHILD"); path != "" {
		l, err := Open(path)
		must(t, err)
		for i := 0; ; i++ {
			must(t, l.Intend(thing(Clone, fmt.Sprint(i))))
			fmt.Printf("wrote %d\n", i)
		}
	}
	path := filepath.Join(t.TempDir(), FileName)
	child := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
	child.Env = append(os.Environ(), "LABPROOF_LEDGER_CHILD="+path)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	written := 0
	for written < 20 {
		if _, err := fmt.Fscanf(out, "wrote %d\n", &written); err != nil {
			t.Fatal(err)
		}
	}
	must(t, child.Process.Kill())
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	if got := len(open(t, path).Entries()); got <= 20 {
		t.Errorf("%d entries of at least 21", got)
	}
}

func TestRemainingOfManyRuns(t *testing.T) {
	dir := t.TempDir()
	monday := open(t, filepath.Join(dir, "monday", FileName))
	must(t, monday.Intend(thing(Clone, "102")))
	must(t, monday.Intend(thing(Bridge, "vmbr11")))
	must(t, monday.Intend(thing(Pool, "p")))
	must(t, monday.Gone(thing(Pool, "p")))
	tuesday := open(t, filepath.Join(dir, "tuesday", FileName))
	must(t, tuesday.Gone(thing(Clone, "102"))) // cleaned up after monday
	must(t, tuesday.Intend(thing(Gateway, "912")))
	must(t, os.Symlink("tuesday", filepath.Join(dir, "latest")))
	must(t, os.MkdirAll(filepath.Join(dir, "empty"), 0o755))

	entries, warnings, err := Remaining(dir, filepath.Join(dir, "monday", FileName))
	must(t, err)
	if ids(entries) != "gateway:912 bridge:vmbr11" || len(warnings) != 0 {
		t.Errorf("%s, %v", ids(entries), warnings)
	}
	if _, _, err := Remaining(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	odd := filepath.Join(dir, "odd[1]*")
	must(t, open(t, filepath.Join(odd, "r", FileName)).Intend(thing(User, "u@pve")))
	if entries, _, err = Remaining(odd); err != nil || ids(entries) != "user:u@pve" {
		t.Errorf("%s, %v", ids(entries), err)
	}
}

func TestTheSameNameOnAnotherNodeIsAnotherThing(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), FileName))
	a, b := thing(Clone, "102"), thing(Clone, "102")
	b.Node = "proxmox2"
	must(t, l.Intend(a))
	must(t, l.Intend(b))
	must(t, l.Gone(a))
	if got := l.Entries(); len(got) != 1 || got[0].Node != "proxmox2" {
		t.Errorf("got %+v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"kind":"clone","id":"102","state":"made","time":"2026-01-01T00:00:00Z"}` + "\n"))
	f.Add([]byte(`{"kind":"clone","id":"102","state":"intended","detail":{"a":"b"}}` + "\n" + `{"kind":"cl`))
	f.Add([]byte("\x00\n\n\r\n[]\nnull\n{}"))
	f.Add([]byte(`{"kind":"clone","id":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, warnings, err := Read(bytes.NewReader(data), "led")
		if err != nil || len(warnings) > maxWarnings {
			t.Fatalf("%d warnings, %v", len(warnings), err)
		}
		for _, e := range entries {
			if e.check() != nil {
				t.Errorf("an entry that cannot be: %+v", e)
			}
		}
		// Whatever was there before, a ledger can be continued.
		path := filepath.Join(t.TempDir(), FileName)
		must(t, os.WriteFile(path, data, 0o600))
		l, err := Open(path)
		must(t, err)
		fresh := Entry{Kind: Pool, ID: "a-new-one-" + time.Now().Format("150405.000000"), Target: "t"}
		must(t, l.Intend(fresh))
		must(t, l.Close())
		after, _, err := Remaining(path)
		must(t, err)
		found := false
		for _, e := range after {
			found = found || reflect.DeepEqual(e.Key(), fresh.Key())
		}
		if !found {
			t.Errorf("the new entry is lost after %q", data)
		}
	})
}
