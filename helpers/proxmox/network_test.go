package proxmox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakeNetwork is the node's network configuration: applied, and pending.
type fakeNetwork struct {
	n       *fakeNode
	mu      sync.Mutex
	applied map[string]map[string]any
	pending map[string]map[string]any
	applies int
	busy    int // applies that meet another reload
}

const networkPath = "/nodes/proxmox1/network"

func newFakeNetwork(n *fakeNode) *fakeNetwork {
	f := &fakeNetwork{n: n, applied: map[string]map[string]any{
		"vmbr0": {"type": "bridge", "cidr": "198.51.100.2/30", "bridge_ports": "ens18", "active": 1, "autostart": 1, "priority": 4},
	}}
	f.pending = maps.Clone(f.applied)
	n.on("GET "+networkPath, f.get)
	n.on("POST "+networkPath, f.post)
	n.on("PUT "+networkPath, f.apply)
	n.on("DELETE "+networkPath, func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.pending = maps.Clone(f.applied)
		data(w, "null")
	})
	for _, iface := range []string{"vmbr0", "vmbr11", "vmbr12"} {
		n.on("PUT "+networkPath+"/"+iface, f.change(iface))
		n.on("DELETE "+networkPath+"/"+iface, func(w http.ResponseWriter, _ *http.Request) {
			f.edit(func() { delete(f.pending, iface) })
			data(w, "null")
		})
	}
	return f
}

// edit changes what is pending, as somebody else may do too.
func (f *fakeNetwork) edit(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = maps.Clone(f.pending)
	change()
}

func (f *fakeNetwork) get(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(f.pending)) {
		entry := maps.Clone(f.pending[name])
		entry["iface"] = name
		list = append(list, entry)
	}
	body := map[string]any{"data": list}
	if diff := f.diff(); diff != "" {
		body["changes"] = diff
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (f *fakeNetwork) diff() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.pending)) {
		if _, ok := f.applied[name]; !ok || fmt.Sprint(f.applied[name]) != fmt.Sprint(f.pending[name]) {
			fmt.Fprintf(&b, "+auto %s\n+iface %s inet static\n", name, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.applied)) {
		if _, ok := f.pending[name]; !ok {
			fmt.Fprintf(&b, "-auto %s\n-iface %s inet static\n", name, name)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "--- /etc/network/interfaces\n+++ /etc/network/interfaces.new\n@@ -22,4 +22,11 @@\n" + b.String()
}

func (f *fakeNetwork) post(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	_ = json.NewDecoder(r.Body).Decode(&in)
	name, _ := in["iface"].(string)
	f.mu.Lock()
	_, exists := f.pending[name]
	f.mu.Unlock()
	if exists {
		statusLine(w, 400, "Parameter verification failed.", `{"data":null,"message":"Parameter verification failed.\n","errors":{"iface":"interface already exists"}}`)
		return
	}
	delete(in, "iface")
	f.edit(func() { f.pending[name] = in })
	data(w, "null")
}

func (f *fakeNetwork) change(iface string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		remove, _ := in["delete"].(string)
		delete(in, "delete")
		f.edit(func() {
			entry := maps.Clone(f.pending[iface])
			maps.Copy(entry, in)
			for _, name := range splitList(remove) {
				delete(entry, name)
			}
			f.pending[iface] = entry
		})
		data(w, "null")
	}
}

func (f *fakeNetwork) apply(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applies++
	upid := fmt.Sprintf("UPID:proxmox1:%08X:00055174:6B046928:srvreload:networking:root@pam:", f.applies)
	f.applied = maps.Clone(f.pending)
	if f.applies <= f.busy {
		f.n.taskEnds(upid, "command 'ifreload -a' failed: exit code 89", "error: Another instance of this program is already running.")
	} else {
		f.n.taskEnds(upid, "OK")
	}
	data(w, fmt.Sprintf("%q", upid))
}

func bridge(cidr string) Params { return Params{"type": "bridge", "cidr": cidr, "autostart": true} }

// go-proxmox's NewNetwork and Delete apply each by itself.
func TestABatchIsAppliedOnce(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	s := n.login()
	err := s.EditNetwork(t.Context(), func(ctx context.Context, e *NetworkEdit) error {
		if e.Before().Changes != "" {
			t.Error("changes before the first edit")
		}
		if err := e.Create(ctx, "vmbr11", bridge("10.0.1.1/29")); err != nil {
			return err
		}
		now, err := e.Pending(ctx)
		if err != nil {
			return err
		}
		if i, ok := now.Interface("vmbr11"); !ok || !i.Pending || i.CIDR != "10.0.1.1/29" {
			t.Errorf("pending: %+v", i)
		}
		return e.Create(ctx, "vmbr12", bridge("10.0.2.1/29"))
	})
	if err != nil || f.applies != 1 || len(f.applied) != 3 {
		t.Errorf("%v; %d applies; %v", err, f.applies, f.applied)
	}
}

// go-proxmox has no delete field: an address could not be taken off a bridge.
func TestASettingIsRemovedByItsName(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	f.applied["vmbr11"] = map[string]any{"type": "bridge", "cidr": "10.0.1.1/29"}
	f.pending = maps.Clone(f.applied)
	s := n.login()
	err := s.EditNetwork(t.Context(), func(ctx context.Context, e *NetworkEdit) error {
		return e.Update(ctx, "vmbr11", Params{"type": "bridge"}, "cidr")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := n.requests("PUT " + networkPath + "/vmbr11")[0].Body; got["delete"] != "cidr" || len(got) != 2 {
		t.Errorf("sent %v", got)
	}
	if _, ok := f.applied["vmbr11"]["cidr"]; ok {
		t.Error("the address stayed")
	}
}

func TestForeignPendingChangesAreRefused(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	f.edit(func() { f.pending["vmbr99"] = map[string]any{"type": "bridge"} })
	s := n.login()
	err := s.EditNetwork(t.Context(), func(context.Context, *NetworkEdit) error {
		t.Error("the edit was made")
		return nil
	})
	var pending *PendingChangesError
	if !errors.As(err, &pending) || pending.Node != "proxmox1" || !strings.Contains(err.Error(), "vmbr99") {
		t.Fatalf("got %v", err)
	}
	if f.applies != 0 || f.pending["vmbr99"] == nil {
		t.Error("somebody else's changes were touched")
	}
}

// Somebody edits while our batch is made: theirs is neither applied nor reverted.
func TestForeignChangesMeanwhileStayAsTheyAre(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	f.applied["vmbr12"] = map[string]any{"type": "bridge", "cidr": "10.0.2.1/29", "active": 1}
	f.pending = maps.Clone(f.applied)
	s := n.login()
	err := s.EditNetwork(t.Context(), func(ctx context.Context, e *NetworkEdit) error {
		f.edit(func() { f.pending["vmbr99"] = map[string]any{"type": "bridge"} })
		return errors.Join(e.Create(ctx, "vmbr11", bridge("10.0.1.1/29")),
			e.Update(ctx, "vmbr12", Params{"type": "bridge"}, "cidr"))
	})
	var pending *PendingChangesError
	if !errors.As(err, &pending) {
		t.Fatalf("got %v", err)
	}
	if f.applies != 0 || f.pending["vmbr99"] == nil {
		t.Error("somebody else's change was touched")
	}
	if f.pending["vmbr11"] != nil || f.pending["vmbr12"]["cidr"] != "10.0.2.1/29" {
		t.Errorf("our own edits are still there: %v", f.pending)
	}
}

func TestAFailedBatchIsTakenBack(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	s := n.login()
	err := s.EditNetwork(t.Context(), func(ctx context.Context, e *NetworkEdit) error {
		if err := e.Create(ctx, "vmbr11", bridge("10.0.1.1/29")); err != nil {
			return err
		}
		return e.Create(ctx, "vmbr0", bridge("10.0.1.1/29"))
	})
	if !errors.Is(err, ErrExists) {
		t.Fatalf("got %v", err)
	}
	if f.applies != 0 || len(f.pending) != 1 {
		t.Errorf("%d applies; pending %v", f.applies, f.pending)
	}
}

func TestAnEditThatIsInterruptedIsTakenBack(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	s := n.login()
	ctx, cancel := context.WithCancel(t.Context())
	err := s.EditNetwork(ctx, func(ctx context.Context, e *NetworkEdit) error {
		err := e.Create(ctx, "vmbr11", bridge("10.0.1.1/29"))
		cancel()
		return errors.Join(err, ctx.Err())
	})
	if !errors.Is(err, context.Canceled) || len(f.pending) != 1 {
		t.Errorf("%v; pending %v", err, f.pending)
	}
}

func TestABatchOfNothingAppliesNothing(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	if err := n.login().EditNetwork(t.Context(), func(context.Context, *NetworkEdit) error { return nil }); err != nil || f.applies != 0 {
		t.Errorf("%v, %d applies", err, f.applies)
	}
}

func TestAnApplyThatMetAnotherIsAskedForAgain(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	f.busy = 1
	err := n.login().EditNetwork(t.Context(), func(ctx context.Context, e *NetworkEdit) error {
		return e.Create(ctx, "vmbr11", bridge("10.0.1.1/29"))
	})
	if err != nil || f.applies != 2 {
		t.Errorf("%v, %d applies", err, f.applies)
	}
}

// All identities of a login take turns: groups work side by side, their edits do not.
func TestEditsTakeTurns(t *testing.T) {
	n := newFakeNode(t)
	f := newFakeNetwork(n)
	root := n.login()
	u1, err := root.As(t.Context(), "u1@pve", fakePassword)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i, s := range []*Session{root, u1} {
		wg.Go(func() {
			err := s.EditNetwork(context.Background(), func(ctx context.Context, e *NetworkEdit) error {
				return e.Create(ctx, fmt.Sprintf("vmbr%d", 11+i), bridge(fmt.Sprintf("10.0.%d.1/29", i+1)))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f.applies != 2 || len(f.applied) != 3 {
		t.Errorf("%d applies, %v", f.applies, f.applied)
	}
}

func TestWaitingForATurnEndsWithItsContext(t *testing.T) {
	n := newFakeNode(t)
	newFakeNetwork(n)
	s := n.login()
	err := s.EditNetwork(t.Context(), func(ctx context.Context, _ *NetworkEdit) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.EditNetwork(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestChangedNames(t *testing.T) {
	const diff = "--- /etc/network/interfaces\t2026-11-23\n+++ /etc/network/interfaces.new\t2026-11-23\n@@ -22,4 +22,11 @@\n \tbridge-stp off\n \tbridge-fd 0\n \n+auto vmbr11\n+iface vmbr11 inet static\n+\taddress 10.0.1.1/29\n+\tbridge-ports none\n+\n source /etc/network/interfaces.d/*\n"
	state := NetworkState{Changes: diff}
	if got := state.Changed(); !slices.Equal(got, []string{"vmbr11"}) || state.Nameless() {
		t.Errorf("got %q, nameless %t", got, state.Nameless())
	}
	fresh := NetworkState{Changes: "@@ -1,3 +1,12 @@\n+# network interface settings; autogenerated\n+# Please do NOT modify this file directly\n+\n auto lo\n iface lo inet loopback\n \n+auto vmbr11\n+iface vmbr11 inet manual\n"}
	if got := fresh.Changed(); !slices.Equal(got, []string{"vmbr11"}) || fresh.Nameless() {
		t.Errorf("the first change of all: %q, nameless %t", got, fresh.Nameless())
	}
	state.Changes += "@@ -8,3 +8,4 @@\n \tbridge-stp off\n \tbridge-fd 0\n+\tbridge-vlan-aware yes\n \n"
	if got := state.Changed(); !slices.Equal(got, []string{"vmbr11"}) || !state.Nameless() {
		t.Errorf("with a change of nobody's name: %q, nameless %t", got, state.Nameless())
	}
}

func FuzzChangedNames(f *testing.F) {
	f.Add("@@\n auto vmbr0\n-\tx\n+auto\n+iface vmbr1")
	f.Fuzz(func(t *testing.T, diff string) {
		names, _ := changedNames(diff)
		for name := range names {
			if name == "" || strings.ContainsAny(name, " \n") {
				t.Errorf("%q is no name", name)
			}
		}
	})
}
