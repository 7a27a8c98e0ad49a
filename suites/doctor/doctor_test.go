package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
)

// The embedded node is this program once more.
func TestMain(m *testing.M) {
	node.RunIfChild()
	os.Exit(m.Run())
}

// patient is an embedded node without guests, and its root.
func patient(t *testing.T) (config.Target, *proxmox.Session) {
	t.Helper()
	return patientOf(t, node.DefaultPVE)
}

// patientOf is a patient of another version.
func patientOf(t *testing.T, pve int) (config.Target, *proxmox.Session) {
	t.Helper()
	n, err := node.Launch(t.Context(), node.Options{StateDir: t.TempDir(), PVE: pve})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	root, err := proxmox.Login(t.Context(), n.Target())
	if err != nil {
		t.Fatal(err)
	}
	return Defaults(n.Target()), root
}

func question(t *testing.T, target config.Target, groups ...int) Question {
	t.Helper()
	cfg := config.Default()
	plan, err := lab.Plan(cfg.Patterns, groups)
	if err != nil {
		t.Fatal(err)
	}
	return Question{Config: cfg, Target: target, Lab: plan, Use: Validate}
}

func examine(t *testing.T, q Question) map[string]Finding {
	t.Helper()
	facts, err := Gather(t.Context(), q.Target, config.Default().Timeouts)
	if err != nil {
		t.Fatal(err)
	}
	return byCheck(t, Examine(facts, q))
}

func byCheck(t *testing.T, list []Finding) map[string]Finding {
	t.Helper()
	found := map[string]Finding{}
	for _, f := range list {
		if _, twice := found[f.Check]; twice {
			t.Errorf("%s was checked twice", f.Check)
		}
		if f.What.FR == "" || f.What.EN == "" || (f.Next.FR == "") != (f.Next.EN == "") || strings.Contains(f.What.EN+f.What.FR+f.Next.EN+f.Next.FR, "%!") {
			t.Errorf("%s is not told in both languages: %+v", f.Check, f)
		}
		if f.State == Bad && f.Next.EN == "" {
			t.Errorf("%s is bad and does not say what to do: %q", f.Check, f.What.EN)
		}
		found[f.Check] = f
	}
	return found
}

// expect checks that exactly these checks are not fine.
func expect(t *testing.T, found map[string]Finding, want map[string]State) {
	t.Helper()
	for check, f := range found {
		state, named := want[check]
		if !named {
			state = OK
		}
		if f.State != state && f.State != Note {
			t.Errorf("%s is %s, want %s: %s", check, f.State, state, f.What.EN)
		}
	}
	for check := range want {
		if _, there := found[check]; !there {
			t.Errorf("%s was not checked", check)
		}
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestAReadyNode(t *testing.T) {
	target, _ := patient(t)
	target.Image = "" // labproof brings its own
	before, err := Gather(t.Context(), target, config.Default().Timeouts)
	must(t, err)
	found := examine(t, question(t, target, 1, 2))
	expect(t, found, map[string]State{"forwarding": found["forwarding"].State})
	if found["forwarding"].State == Bad {
		t.Error("a host that forwards makes no lab impossible")
	}
	after, err := Gather(t.Context(), target, config.Default().Timeouts)
	must(t, err)
	if changed := before.Snapshot.Changed(after.Snapshot); len(changed) > 0 {
		t.Errorf("looking changed %v", changed)
	}
}

func TestWhatIsWrongIsFound(t *testing.T) {
	target, root := patient(t)
	ctx := t.Context()
	must(t,
		root.Post(ctx, "/access/groups", proxmox.Params{"groupid": "Groupe_2"}, nil),
		root.Post(ctx, root.NodePath("qemu"), proxmox.Params{"vmid": 912, "name": "theirs", "memory": 16}, nil),
		root.Post(ctx, root.NodePath("network"), proxmox.Params{"iface": "vmbr77", "type": "bridge", "autostart": true}, nil),
	)
	q := question(t, target, 1, 2)
	q.Target.Bridge, q.Target.ISO, q.Target.Image = "vmbr9", "local:iso/nobody.iso", "local:import/nobody.qcow2"
	q.Config.Class.Groups = 250
	found := examine(t, q)
	expect(t, found, map[string]State{
		"bridge": Bad, "iso": Bad, "image": Bad, "capacity": Bad, "collisions": Bad, "pending": Bad, "forwarding": found["forwarding"].State,
	})
	for check, words := range map[string][]string{
		"collisions": {"group Groupe_2", "VM 912"}, "pending": {"vmbr77"}, "bridge": {"vmbr9"}, "iso": {"nobody.iso"}, "capacity": {"625"},
	} {
		for _, word := range words {
			if !strings.Contains(found[check].What.EN, word) {
				t.Errorf("%s does not name %s: %s", check, word, found[check].What.EN)
			}
		}
	}
}

// account makes a user with roles on /, as the README says, and the target that uses it.
func account(t *testing.T, root *proxmox.Session, target config.Target, user string, roles map[string]string) config.Target {
	t.Helper()
	ctx := t.Context()
	must(t, root.Post(ctx, "/access/users", proxmox.Params{"userid": user, "password": "proof-of-lab"}, nil))
	for role, privileges := range roles {
		if privileges != "" {
			must(t, root.Post(ctx, "/access/roles", proxmox.Params{"roleid": role, "privs": privileges}, nil))
		}
		must(t, root.Put(ctx, "/access/acl", proxmox.Params{"path": "/", "users": user, "roles": role}, nil))
	}
	target.Username, target.Password, target.Token = user, "proof-of-lab", ""
	return target
}

func TestRightsAreToldByPath(t *testing.T) {
	target, root := patient(t)
	nobody := examine(t, question(t, account(t, root, target, "nobody@pve", nil), 1))
	if f := nobody["rights.grade"]; f.State != Bad || !strings.Contains(f.What.EN, "/vms VM.Audit VM.Config.Disk VM.GuestAgent.Unrestricted") || !strings.Contains(f.Next.EN, "pveum acl modify / --users nobody@pve") {
		t.Errorf("%s %q %q", f.State, f.What.EN, f.Next.EN)
	}
	if f := nobody["capacity"]; f.State != Warning || !strings.Contains(f.What.EN, "Sys.Audit") {
		t.Errorf("what may not be read: %+v", f)
	}
	grader := examine(t, question(t, account(t, root, target, "grader@pve", map[string]string{"PVEAuditor": "", "LabproofGrade": GradePrivileges(9)}), 1))
	if grader["rights.grade"].State != OK || grader["rights.validate"].State != Bad {
		t.Errorf("%+v %+v", grader["rights.grade"], grader["rights.validate"])
	}
	proof := examine(t, question(t, account(t, root, target, "labproof@pve", map[string]string{"LabproofValidate": ValidatePrivileges(9)}), 1))
	if proof["rights.grade"].State != OK || proof["rights.validate"].State != OK {
		t.Errorf("%+v %+v", proof["rights.grade"], proof["rights.validate"])
	}
	q := question(t, target, 1)
	q.Use = Grade
	if _, asked := examine(t, q)["collisions"]; asked {
		t.Error("what is to be graded was taken for a collision")
	}
}

func TestANodeThatCannotBeAsked(t *testing.T) {
	target, _ := patient(t)
	wrongKey, wrongPassword, nobody := target, target, target
	wrongKey.Fingerprint, wrongKey.CA = strings.Repeat("AB:", 31)+"AB", ""
	wrongPassword.Password = "wrong"
	nobody.URL = "https://127.0.0.1:1"
	for word, target := range map[string]config.Target{"fingerprint": wrongKey, "password": wrongPassword, "up": nobody} {
		_, err := Gather(t.Context(), target, config.Default().Timeouts)
		if err == nil {
			t.Errorf("%s: no error", word)
			continue
		}
		f := byCheck(t, Unreachable(target, err))["reach"]
		if f.State != Bad || !strings.Contains(f.Next.EN, word) {
			t.Errorf("%v: %+v", err, f)
		}
	}
}

// What a storage can do, and what the text gets wrong, is judged from facts alone.
func TestExamineFacts(t *testing.T) {
	q := question(t, Defaults(config.Target{URL: "https://n:8006", Node: "n", ISO: "local:iso/debian-12.iso", Image: "local:import/d.qcow2"}), 1, 2)
	facts := func(change func(*Facts)) *Facts {
		f := &Facts{
			User: "root@pam", Version: proxmox.Version{Release: "9.2", Version: "9.2.11"}, Status: proxmox.NodeStatus{MemoryTotal: 64 << 30},
			Storages: []proxmox.Storage{{ID: "local", Type: "dir", Content: []string{"images", "iso", "import"}, Active: true, Enabled: true, Available: 100 << 30}},
			ISOs:     []string{"local:iso/debian-12.iso"}, Images: []string{"local:import/d.qcow2"}, Forwards: "0",
			Network: proxmox.NetworkState{Interfaces: []proxmox.Interface{{Name: "vmbr0", Type: "bridge", Active: true}}},
		}
		change(f)
		return f
	}
	for name, c := range map[string]struct {
		change func(*Facts)
		want   map[string]State
		notes  []string // that apply, beside those that always do
	}{
		"ready":           {func(*Facts) {}, nil, nil},
		"thick LVM":       {func(f *Facts) { f.Storages[0].Type = "lvm" }, map[string]State{"clones": Bad}, []string{"text.11"}},
		"thin LVM":        {func(f *Facts) { f.Storages[0].Type = "lvmthin" }, map[string]State{"clones": Warning}, nil},
		"version 7":       {func(f *Facts) { f.Version = proxmox.Version{Release: "7.4", Version: "7.4-3"} }, map[string]State{"version": Warning}, []string{"text.10"}},
		"version 10":      {func(f *Facts) { f.Version = proxmox.Version{Release: "10.0", Version: "10.0.1"} }, map[string]State{"version": Warning}, nil},
		"no storage":      {func(f *Facts) { f.Storages = nil }, map[string]State{"storage": Bad}, nil},
		"a full storage":  {func(f *Facts) { f.Storages[0].Available = 5 << 30 }, map[string]State{"storage": Bad}, nil},
		"no disks on it":  {func(f *Facts) { f.Storages[0].Content = []string{"iso", "import"} }, map[string]State{"storage": Bad}, nil},
		"not active":      {func(f *Facts) { f.Storages[0].Active = false }, map[string]State{"storage": Bad}, nil},
		"little memory":   {func(f *Facts) { f.Status.MemoryTotal = 8 << 30 }, map[string]State{"capacity": Bad}, nil},
		"others' VMs":     {func(f *Facts) { f.VMs = []proxmox.VM{{Status: "running", MaxMem: 60 << 30}} }, map[string]State{"capacity": Bad}, nil},
		"a dead bridge":   {func(f *Facts) { f.Network.Interfaces[0].Active = false }, map[string]State{"bridge": Bad}, nil},
		"a host forwards": {func(f *Facts) { f.Forwards = "1" }, map[string]State{"forwarding": Warning}, nil},
		"no shell":        {func(f *Facts) { f.Unread = map[string]error{"forwarding": errNoShell} }, map[string]State{"forwarding": Warning}, nil},
		"nothing to read": {func(f *Facts) {
			f.Unread = map[string]error{}
			for _, part := range []string{"version", "status", "storage", "network", "vms", "iso", "image", "snapshot"} {
				f.Unread[part] = proxmox.ErrForbidden
			}
		}, map[string]State{"version": Warning, "storage": Warning, "bridge": Warning, "pending": Warning, "capacity": Warning, "iso": Warning, "image": Warning, "collisions": Warning}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			found := byCheck(t, Examine(facts(c.change), q))
			expect(t, found, c.want)
			for _, note := range []string{"text.09", "text.10", "text.11"} {
				if _, applies := found[note]; applies != slices.Contains(c.notes, note) {
					t.Errorf("%s applies: %t", note, applies)
				}
			}
		})
	}
	far := question(t, q.Target, 1, 2)
	far.Lab.Groups[1].Number = 10
	if _, applies := byCheck(t, Examine(facts(func(*Facts) {}), far))["text.09"]; !applies {
		t.Error("nobody says that 9xy can be read in two ways")
	}
}

func TestWorst(t *testing.T) {
	for want, list := range map[State][]Finding{
		OK: {{State: OK}, {State: Note}}, Warning: {{State: OK}, {State: Warning}, {State: Note}}, Bad: {{State: Warning}, {State: Bad}, {State: OK}},
	} {
		if got := Worst(list); got != want {
			t.Errorf("%v: %s, want %s", list, got, want)
		}
	}
	data, err := json.Marshal(Finding{Check: "reach", State: OK})
	if err != nil || string(data) != `{"check":"reach","state":"ok","what":{"fr":"","en":""}}` {
		t.Errorf("%s, %v", data, err)
	}
}
