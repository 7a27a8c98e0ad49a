package tp1

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// groupBehind is group 1 on a node that gives these answers: a status other than 200 with its
// words, or data.
func groupBehind(t *testing.T, answers map[string]string) *Group {
	t.Helper()
	node := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api2/json")
		answer, known := answers[path]
		if !known {
			answer = `{"data":` + graderAnswers(path) + `}`
		}
		if words, refused := strings.CutPrefix(answer, "500 "); refused {
			w.WriteHeader(http.StatusInternalServerError)
			answer = `{"data":null,"message":"` + words + `"}`
		} else if words, refused := strings.CutPrefix(answer, "403 "); refused {
			w.WriteHeader(http.StatusForbidden)
			answer = `{"data":null,"message":"` + words + `"}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(node.Close)
	c := stageForJudging(t)
	c.node.Teacher = nil
	c.node.API = graderOn(t, node, mayRun(false, false))
	return c.groups[0]
}

// The node leaves out of its lists what an account has no right to: what it does not list is
// missing only where it says so itself.
func TestWhatTheAccountMayNotSeeIsNotMissing(t *testing.T) {
	const group = "/access/groups/Groupe_1"
	const bridge = "/nodes/proxmox1/network/vmbr11"
	for name, test := range map[string]struct {
		question entry
		answers  map[string]string
		want     reports.Outcome
	}{
		"no group":          {ask(sectionUsers, q03()), map[string]string{group: "500 group 'Groupe_1' does not exist"}, reports.Failed},
		"a hidden group":    {ask(sectionUsers, q03()), map[string]string{group: "403 Permission check failed (/access/groups, Sys.Audit|Group.Allocate)"}, reports.Error},
		"no users":          {ask(sectionUsers, q04()), map[string]string{group: `{"data":{"members":[]}}`}, reports.Failed},
		"hidden users":      {ask(sectionUsers, q04()), map[string]string{group: `{"data":{"members":["etudiant1a@pve"]}}`}, reports.Error},
		"no bridge":         {ask(sectionNetwork, q12()), map[string]string{bridge: "500 interface does not exist"}, reports.Failed},
		"a hidden bridge":   {ask(sectionNetwork, q12()), map[string]string{bridge: `{"data":{"type":"bridge","active":1,"autostart":1}}`}, reports.Passed},
		"an unknown bridge": {ask(sectionNetwork, q12()), map[string]string{bridge: "403 Permission check failed (/nodes/proxmox1, Sys.Audit)"}, reports.Error},
		"a hidden ACL":      {ask(sectionUsers, q05()), nil, reports.Error},
	} {
		g := groupBehind(t, test.answers)
		look, err := test.question.look(context.Background(), g)
		got := reports.Passed
		if err != nil {
			got = blameLook(err)
		} else if _, failed := test.question.verdict(g, look); failed {
			got = reports.Failed
		}
		if got != test.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// An address that waits to be applied is not there yet, whoever tells: the kernel, or the
// node's own account of what is pending.
func TestAHostsAddressThatWasNotApplied(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	q := ask(sectionNetwork, q12())
	for name, test := range map[string]struct {
		changes []mistake
		says    string
	}{
		"applied":                {nil, ""},
		"the kernel has another": {[]mistake{{path: "kernel.link.Addresses", value: []any{map[string]any{"Prefix": "10.0.1.1/30", "Scope": "global"}}}}, "configured but not applied"},
		"no kernel to ask":       {[]mistake{{path: "kernel", value: nil}}, ""},
		"it is pending":          {[]mistake{{path: "kernel", value: nil}, {path: "changes", value: "@@ -1 +1 @@\n iface vmbr11 inet static\n-\taddress 10.0.1.1/30\n+\taddress 10.0.1.1/29\n"}}, "configured but not applied"},
		"something else is":      {[]mistake{{path: "kernel", value: nil}, {path: "changes", value: "+\taddress 10.0.2.1/29\n"}}, ""},
		"never brought up":       {[]mistake{{path: "api.active", value: "0"}, {path: "api.autostart", value: "0"}}, "does not have Autostart"},
		"not brought up yet":     {[]mistake{{path: "api.active", value: "0"}}, "is configured but not applied"},
	} {
		seen := seenBy(t, "tp1.q12")
		for _, m := range append([]mistake{
			{path: "story", value: nil}, {path: "changes", value: ""}, {path: "api.cidr", value: "10.0.1.1/29"},
			{path: "kernel.link.Addresses", value: []any{map[string]any{"Prefix": "10.0.1.1/29", "Scope": "global"}}},
		}, test.changes...) {
			change(t, seen, m)
		}
		reason, failed := verdictOf(t, c, q, seen)
		if failed != (test.says != "") || !strings.Contains(reason.What.EN, test.says) {
			t.Errorf("%s: failed %t, %+v", name, failed, reason)
		}
	}
}

// Of a clone that was never made, its template tells nothing.
func TestAFreshCloneHasToBeThere(t *testing.T) {
	g := groupBehind(t, map[string]string{"/nodes/proxmox1/qemu/102/config": "500 Configuration file 'nodes/proxmox1/qemu-server/102.conf' does not exist"})
	g.Node.rungs = []rung{{name: reports.ByDisk, look: func(context.Context, *Node, lab.VM) (*sight, error) {
		return &sight{Rung: reports.ByDisk}, nil
	}}}
	for _, q := range []entry{ask(sectionNetwork, q08()), ask(sectionNetwork, q09())} {
		_, err := q.look(t.Context(), g)
		if thing, absent := notThere(g, err); !absent || !strings.Contains(thing, "102") {
			t.Errorf("%s: %v", q.ID, err)
		}
	}
}

// A disk on a block storage is raw, though its volume says nothing of a format.
func TestADiskOnABlockStorageIsRaw(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	q := ask(sectionFirstVM, firstVM())
	for format, want := range map[string]bool{"": false, "vdi": true} {
		seen := seenBy(t, "tp1.vm")
		change(t, seen, mistake{path: "boot", value: nil})
		look := decoded(t, q, seen).(machineLook)
		look.Disk = proxmox.Drive{Slot: "scsi0", Raw: "local-lvm:base-101-disk-0,size=10G", Size: 10 << 30, Format: format}
		if reason, failed := q.verdict(c.groups[0], look); failed != want {
			t.Errorf("format %q: failed %t: %+v", format, failed, reason)
		}
	}
}

// A VM that does not run is silent, and that is nobody's mistake: nobody pings it, and the
// question that asks about it says so.
func TestAVMThatDoesNotRunIsNotPinged(t *testing.T) {
	for name, test := range map[string]struct {
		status string
		why    error // nil: it is pinged
	}{
		"running":      {`{"status":"running","qmpstatus":"running"}`, nil},
		"stopped":      {`{"status":"stopped","qmpstatus":"stopped"}`, guest.ErrNotRunning},
		"out of space": {`{"status":"running","qmpstatus":"io-error"}`, guest.ErrHalted},
		"paused":       {`{"status":"running","qmpstatus":"paused"}`, guest.ErrHalted},
	} {
		g := groupBehind(t, map[string]string{
			"/nodes/proxmox1/qemu/102/status/current": `{"data":{"status":"running","qmpstatus":"running"}}`,
			"/nodes/proxmox1/qemu/103/status/current": `{"data":` + test.status + `}`,
		})
		written := linuxnet.Files{interfacesFile: {Content: loopback + "auto ens18\niface ens18 inet static\n address 10.0.1.3/29\n"}}
		g.Node.rungs = []rung{{name: reports.ByDisk, look: func(context.Context, *Node, lab.VM) (*sight, error) {
			return &sight{Rung: reports.ByDisk, Files: written}, nil
		}}}
		addr, err := g.toPing(t.Context(), g.Second)
		if err != nil || addr.IsValid() != (test.why == nil) {
			t.Errorf("%s: pinged at %v, %v", name, addr, err)
		}
		if _, err := lookNeighbours(t.Context(), g); !errors.Is(err, test.why) {
			t.Errorf("%s: %v, want %v", name, err, test.why)
		} else if err != nil && blameLook(err) != reports.Error {
			t.Errorf("%s: %s", name, blameLook(err))
		}
	}
}
