package proxmox

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
)

// Whoever asks the same again gets the first answer and the evidence for it, and the node
// is asked once.
func TestARememberedReadIsSentOnce(t *testing.T) {
	n := newFakeNode(t)
	n.sequence("GET /access/groups",
		func(w http.ResponseWriter, _ *http.Request) { data(w, `[{"groupid":"first"}]`) },
		func(w http.ResponseWriter, _ *http.Request) { data(w, `[{"groupid":"later"}]`) })
	s := n.login(WithMemory())
	var told []Exchange
	ctx := Recording(t.Context(), func(e Exchange) { told = append(told, e) })
	for range 3 {
		groups, err := s.Groups(ctx)
		if err != nil || len(groups) != 1 || groups[0].ID != "first" {
			t.Fatalf("%+v, %v", groups, err)
		}
	}
	if got := len(n.requests("GET /access/groups")); got != 1 {
		t.Errorf("the node was asked %d times", got)
	}
	if len(told) != 3 || told[2].Path != "/access/groups" || told[2].Status != 200 {
		t.Errorf("the evidence is %+v", told)
	}
	if groups, err := s.Groups(Fresh(ctx)); err != nil || groups[0].ID != "later" {
		t.Errorf("a fresh read: %+v, %v", groups, err)
	}
}

func TestManyAtOnceAskOnce(t *testing.T) {
	n := newFakeNode(t)
	n.answers("GET /access/groups", `[{"groupid":"one"}]`)
	s := n.login(WithMemory())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if groups, err := s.Groups(t.Context()); err != nil || len(groups) != 1 {
				t.Errorf("%+v, %v", groups, err)
			}
		})
	}
	all.Wait()
	if got := len(n.requests("GET /access/groups")); got != 1 {
		t.Errorf("the node was asked %d times", got)
	}
}

func TestWhatIsNotRemembered(t *testing.T) {
	n := newFakeNode(t)
	s := n.login(WithMemory())
	n.refuses("GET "+s.VMPath(102, "config"), 500, "Configuration file 'x' does not exist", "")
	n.refuses("GET /cluster/resources", 595, "Connection refused", "")
	n.answers("GET "+s.VMPath(102, "agent/exec-status"), `{"exited":0}`)
	n.answers("POST /access/groups", `null`)
	for range 2 {
		var refusal *Error
		if _, err := s.VMConfig(t.Context(), 102); !errors.As(err, &refusal) || refusal.Status != 500 {
			t.Errorf("a refusal: %v", err)
		}
		if _, err := s.AgentExecStatus(t.Context(), 102, 7); err != nil {
			t.Error(err)
		}
		if err := s.Post(t.Context(), "/access/groups", nil, nil); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Get(ctx, "/cluster/options", nil, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("an interrupted read: %v", err)
		}
	}
	for route, want := range map[string]int{
		"GET " + s.VMPath(102, "config"): 1, "GET " + s.VMPath(102, "agent/exec-status"): 2, "POST /access/groups": 2,
	} {
		if got := len(n.requests(route)); got != want {
			t.Errorf("%s was sent %d times, want %d", route, got, want)
		}
	}
	n.answers("GET /cluster/options", `{"console":"html5"}`)
	var options map[string]string
	if err := s.Get(t.Context(), "/cluster/options", nil, &options); err != nil || options["console"] == "" {
		t.Errorf("after an interruption: %v, %v", options, err)
	}
}
