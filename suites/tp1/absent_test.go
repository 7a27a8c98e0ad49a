package tp1

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

func missingVM(path string) error {
	return fmt.Errorf("look: %w", &proxmox.Error{Method: "GET", Path: path, Status: 500, Message: "Configuration file 'x.conf' does not exist"})
}

func TestOnlyTheLabsOwnThingsAreNotThere(t *testing.T) {
	c := twoGroups(t, false)
	tests := []struct {
		name string
		at   subject
		err  error
		want bool
	}{
		{"its VM", c.groups[0], missingVM("/nodes/proxmox1/qemu/102/config"), true},
		{"its VM's agent", c.groups[0], missingVM("/nodes/proxmox1/qemu/102/agent/exec"), true},
		{"another group's VM", c.groups[0], missingVM("/nodes/proxmox1/qemu/202/config"), false},
		{"the pair's gateway", c.pairs[0], missingVM("/nodes/proxmox1/qemu/912/status/current"), true},
		{"its bridge", c.groups[0], missingVM("/nodes/proxmox1/network/vmbr11"), true},
		{"the node's bridge", c.node, missingVM("/nodes/proxmox1/network/vmbr0"), false},
		{"a storage", c.groups[0], missingVM("/nodes/proxmox1/storage/local/content"), false},
		{"a daemon that is down", c.groups[0], &proxmox.Error{Path: "/nodes/proxmox1/qemu/102/config", Status: 595, Message: "no such host"}, false},
		{"a refusal for another reason", c.groups[0], &proxmox.Error{Path: "/nodes/proxmox1/qemu/102/config", Status: 500, Message: "got timeout"}, false},
		{"a command that its agent forgot", c.groups[0], &proxmox.Error{Path: "/nodes/proxmox1/qemu/102/agent/exec-status", Status: 500, Message: "Agent error: PID ld does not exist"}, false},
		{"no answer", c.groups[0], errors.New("connection refused"), false},
		{"nothing", c.groups[0], nil, false},
	}
	for _, test := range tests {
		if _, absent := notThere(test.at, test.err); absent != test.want {
			t.Errorf("%s: %t", test.name, absent)
		}
	}
}

// One group's missing VM is its own failure, what stands on it was not attempted, and the
// other group is judged as if nothing were.
func TestWhatIsMissingCostsNobodyElse(t *testing.T) {
	c := twoGroups(t, false)
	vm := func(id string, needs ...string) entry {
		return entry{ID: id, Scope: PerGroup, Needs: needs, look: func(_ context.Context, s subject) (any, error) {
			if s.Subject() == "group-1" {
				return nil, missingVM("/nodes/proxmox1/qemu/102/config")
			}
			return map[string]string{}, nil
		}}
	}
	fleeting := entry{ID: "t.then", Scope: PerGroup, Needs: []string{"t.vm"}, look: func(context.Context, subject) (any, error) {
		return nil, &notObservable{Why: configuredLater}
	}}
	p := newPlay([]entry{vm("t.vm"), fleeting, vm("t.file", "t.then")}, c)
	for i, want := range map[int]reports.Outcome{0: reports.Failed, 2: reports.NotAttempted} {
		s, known := p.unseen(p.questions[i], c.groups[0], p.reach(t.Context(), i, c.groups[0]))
		if !known || s.Outcome != want {
			t.Errorf("%s: %v %q, want %s", p.questions[i].ID, known, s.Outcome, want)
		}
		if _, known := p.unseen(p.questions[i], c.groups[1], p.reach(t.Context(), i, c.groups[1])); known {
			t.Errorf("%s: the other group is not judged", p.questions[i].ID)
		}
	}
}

func TestWhatCannotBeSeenIsNeverFailed(t *testing.T) {
	tests := map[reports.Outcome][]error{
		reports.NotObservable: {
			&proxmox.ReadOnlyError{Method: "POST"}, &guest.Unreachable{Reason: guest.ErrAgentNotConfigured}, &notObservable{},
		},
		reports.Error: {
			&guest.Unreachable{Reason: guest.ErrAgentNotRunning}, &guest.Unreachable{Reason: guest.ErrNotRunning},
			&proxmox.Error{Status: 596}, context.DeadlineExceeded,
		},
	}
	for want, errs := range tests {
		for _, err := range errs {
			if got := blameLook(fmt.Errorf("look: %w", err)); got != want {
				t.Errorf("%v: %s, want %s", err, got, want)
			}
		}
	}
}

// graderOn is a grader's session on a node of the test's own.
func graderOn(t *testing.T, node *httptest.Server, mayRun func(argv []string) bool) *proxmox.Session {
	t.Helper()
	sum := fmt.Sprintf("% X", sha256.Sum256(node.Certificate().Raw))
	session, err := proxmox.Login(t.Context(), config.Target{
		URL: node.URL, Fingerprint: strings.ReplaceAll(sum, " ", ":"), Node: "proxmox1", Username: "root@pam", Password: "secret",
	}, proxmox.WithReadOnly(mayRun))
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// Every look of every question, over a grader's session: the node gets reads, a login, and
// commands in guests that are known to read.
func TestAGraderSendsNoWrite(t *testing.T) {
	for _, probe := range []bool{false, true} {
		var mu sync.Mutex
		var seen []string
		node := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			path := strings.TrimPrefix(r.URL.Path, "/api2/json")
			mu.Lock()
			seen = append(seen, r.Method+" "+path+" "+string(body))
			mu.Unlock()
			_, _ = io.WriteString(w, `{"data":`+graderAnswers(path)+`}`)
		}))
		t.Cleanup(node.Close)
		c := twoGroups(t, false)
		c.node.Quiet = !probe
		c.node.Target = config.Target{Node: "proxmox1", Storage: "local", ISOStorage: "local", Bridge: "vmbr0"}
		c.node.API = graderOn(t, node, mayRun(probe, false))
		commands := 0
		for _, q := range questions() {
			if q.ID == teardownID {
				continue
			}
			for _, s := range c.subjects(q.Scope) {
				_, err := q.look(t.Context(), s)
				if !probe && errors.Is(err, proxmox.ErrReadOnly) {
					t.Errorf("%s cannot be looked at by reading: %v", q.ID, err)
				}
			}
		}
		for _, request := range seen {
			route, _, _ := strings.Cut(request, "{")
			switch {
			case strings.HasPrefix(request, "GET "), strings.HasPrefix(request, "POST /access/ticket "):
			case strings.HasSuffix(strings.TrimSpace(route), "/agent/exec"):
				commands++
				if !probe && (strings.Contains(request, "ping") || strings.Contains(request, "tcpdump")) {
					t.Errorf("a probe that nobody asked for: %s", request)
				}
			default:
				t.Errorf("the node got a write: %s", request)
			}
		}
		if commands == 0 {
			t.Error("no command was run in a guest: the test proves nothing")
		}
	}
}

func graderAnswers(path string) string {
	switch {
	case path == "/access/ticket":
		return `{"username":"root@pam","ticket":"PVE:root@pam:1","CSRFPreventionToken":"x"}`
	case strings.HasSuffix(path, "/agent/exec"):
		return `{"pid":7}`
	case strings.HasSuffix(path, "/agent/exec-status"):
		return `{"exited":1,"exitcode":0,"out-data":"[]\n\n[]\n"}`
	case strings.HasSuffix(path, "/config"):
		return `{"name":"x","net0":"virtio=BC:24:11:00:00:01,bridge=vmbr11"}`
	case strings.HasSuffix(path, "/content"):
		return `[]`
	case strings.HasSuffix(path, "/status"), strings.HasSuffix(path, "/current"), strings.HasPrefix(path, "/access/permissions"), strings.Contains(path, "/network/"):
		return `{}`
	}
	return `[]`
}

// What was seen to be there is not missing because of what it was to stand on: a VM whose
// group of users has another name is still a VM, and what cannot be seen in it is nobody's
// mistake.
func TestWhatIsThereIsNotMissingWithWhatItStandsOn(t *testing.T) {
	c := twoGroups(t, false)
	gone := entry{ID: "t.group", Scope: PerGroup, look: func(context.Context, subject) (any, error) {
		return nil, missingVM("/nodes/proxmox1/qemu/101/config")
	}}
	there := entry{ID: "t.vm", Scope: PerGroup, Needs: []string{"t.group"}, look: func(context.Context, subject) (any, error) {
		return map[string]string{}, nil
	}}
	inside := entry{ID: "t.file", Scope: PerGroup, Needs: []string{"t.vm"}, look: func(context.Context, subject) (any, error) {
		return nil, &notObservable{Why: onlyDisk}
	}}
	p := newPlay([]entry{gone, there, inside}, c)
	if s, known := p.unseen(inside, c.groups[0], p.reach(t.Context(), 2, c.groups[0])); known {
		t.Errorf("it is %s: %+v", s.Outcome, s.Reason)
	}
}

func TestOnlyAVMThatRunsIsLookedForOnTheWire(t *testing.T) {
	for state, want := range map[string]bool{"running": true, "stopped": false} {
		g := groupOn(t, map[string]string{"/nodes/proxmox1/qemu/102/status/current": `{"vmid":102,"status":"` + state + `"}`})
		err := g.Node.runs(t.Context(), g.First)
		if want != (err == nil) || !want && (!errors.Is(err, guest.ErrNotRunning) || blameLook(err) != reports.Error) {
			t.Errorf("%s: %v", state, err)
		}
	}
}
