package proxmox

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
)

var configTimeoutsAPI = config.Timeouts{API: 50 * time.Millisecond}

// A first call without a ticket would cost the 3 s of a 401.
func TestNothingIsAskedWithoutATicket(t *testing.T) {
	n := newFakeNode(t)
	n.answers("GET /version", `{"release":"9.2"}`)
	s := n.login()
	if _, err := s.Version(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(n.paths(), ", "); got != "POST /access/ticket, GET /version" {
		t.Errorf("requests: %s", got)
	}
}

func TestWritesCarryTheCSRFToken(t *testing.T) {
	n := newFakeNode(t)
	n.answers("POST /x", "null")
	if err := n.login().Post(t.Context(), "/x", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := n.requests("POST /x")[0].CSRF; got != "6B0462F4:csrfcsrfcsrf" {
		t.Errorf("CSRF %q", got)
	}
}

func TestARefusedLoginKeepsTheNodesWords(t *testing.T) {
	n := newFakeNode(t)
	target := n.target()
	target.Password = "wrong password"
	_, err := Login(t.Context(), target)
	if !errors.Is(err, ErrUnauthorized) || Words(err) != "authentication failure" {
		t.Errorf("got %v", err)
	}
	if got := len(n.requests("POST /access/ticket")); got != 1 {
		t.Errorf("%d logins", got)
	}
}

func TestALoginThatNeedsASecondFactorIsRefused(t *testing.T) {
	n := newFakeNode(t)
	n.answers("POST /access/ticket", `{"username":"root@pam","NeedTFA":1,"ticket":"PVE:!tfa!x","CSRFPreventionToken":"x"}`)
	if _, err := Login(t.Context(), n.target()); err == nil || !strings.Contains(err.Error(), "second factor") {
		t.Errorf("got %v", err)
	}
}

func TestTicketIsRenewedBeforeItEnds(t *testing.T) {
	n := newFakeNode(t)
	n.answers("GET /version", `{}`)
	clock := &fakeClock{now: time.Unix(1795450000, 0)}
	s := n.login(withClock(clock.Now))
	call := func() {
		t.Helper()
		if _, err := s.Version(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	call()
	clock.advance(59 * time.Minute)
	call()
	if got := len(n.requests("POST /access/ticket")); got != 1 {
		t.Fatalf("%d logins after 59 minutes", got)
	}
	clock.advance(2 * time.Minute)
	call()
	logins := n.requests("POST /access/ticket")
	if len(logins) != 2 {
		t.Fatalf("%d logins after 61 minutes", len(logins))
	}
	if password, _ := logins[1].Body["password"].(string); !strings.HasPrefix(password, "PVE:root@pam:") {
		t.Error("the ticket was not renewed by the ticket")
	}
}

func TestAnEndedTicketIsReplacedOnce(t *testing.T) {
	n := newFakeNode(t)
	n.answers("POST /x", `1`)
	s := n.login()
	n.end(s.id.grant.ticket)
	if err := s.Post(t.Context(), "/x", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := len(n.requests("POST /x")); got != 2 {
		t.Errorf("%d requests", got)
	}

	n.refuses("POST /x", 401, "Permission denied - invalid csrf token", "")
	err := s.Post(t.Context(), "/x", nil, nil)
	if !errors.Is(err, ErrUnauthorized) || Words(err) != "Permission denied - invalid csrf token" {
		t.Errorf("got %v", err)
	}
	if got := len(n.requests("POST /x")); got != 4 {
		t.Errorf("%d requests: a second 401 is final", got)
	}
}

func TestALoginAgainThatIsRefusedIsTold(t *testing.T) {
	n := newFakeNode(t)
	n.answers("GET /version", `{}`)
	s := n.login()
	n.end(s.id.grant.ticket)
	n.mu.Lock()
	n.password = "changed meanwhile"
	n.mu.Unlock()
	if _, err := s.Version(t.Context()); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
}

// go-proxmox reads its ticket without a lock: renewing it under other calls' feet was
// a data race. Run with -race.
func TestTicketsAreRenewedUnderParallelCalls(t *testing.T) {
	n := newFakeNode(t)
	n.answers("GET /version", `{}`)
	clock := &fakeClock{now: time.Unix(1795450000, 0)}
	s := n.login(withClock(clock.Now))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				clock.advance(10 * time.Minute)
				if _, err := s.Version(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(n.requests("POST /access/ticket")); got < 2 {
		t.Errorf("%d logins", got)
	}
}

func TestATokenNeedsNoTicket(t *testing.T) {
	n := newFakeNode(t)
	target := n.target()
	target.Username, target.Password, target.Token = "", "", config.Secret(fakeToken)
	s, err := Login(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if s.User() != "root@pam!ci" || len(n.requests("POST /access/ticket")) != 0 {
		t.Errorf("user %s, requests %v", s.User(), n.paths())
	}
	if got := n.requests("GET /nodes")[0].Auth; got != "PVEAPIToken="+fakeToken {
		t.Errorf("Authorization %q", got)
	}
	if _, err := s.Console(t.Context(), 101); !errors.Is(err, ErrNeedsTicket) {
		t.Errorf("console: %v", err)
	}
}

func TestARefusedTokenIsRefusedAtLogin(t *testing.T) {
	n := newFakeNode(t)
	n.refuses("GET /nodes", 401, "invalid token value!", "")
	target := n.target()
	target.Token = config.Secret(fakeToken)
	if _, err := Login(t.Context(), target); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	target.Token = "nonsense"
	if _, err := Login(t.Context(), target); err == nil || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v", err)
	}
}

func TestTheOnlyNodeIsFoundByItself(t *testing.T) {
	n := newFakeNode(t)
	target := n.target()
	target.Node = ""
	s, err := Login(t.Context(), target)
	if err != nil || s.Node() != "proxmox1" {
		t.Fatalf("node %q, %v", s.Node(), err)
	}
	if got := s.NodePath("qemu/101/config"); got != "/nodes/proxmox1/qemu/101/config" {
		t.Errorf("path %s", got)
	}
	n.answers("GET /nodes", `[{"node":"a"},{"node":"b"}]`)
	if _, err := Login(t.Context(), target); err == nil || !strings.Contains(err.Error(), "name one") {
		t.Errorf("got %v", err)
	}
}

func TestAsIsSomebodyElseOnTheSameNode(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /version", `{}`)
	u1, err := s.As(t.Context(), "u1@pve", fakePassword)
	if err != nil {
		t.Fatal(err)
	}
	if u1.User() != "u1@pve" || s.User() != "root@pam" || u1.network != s.network {
		t.Error("the sessions are not kept apart, or do not share their turns")
	}
	if _, err := s.As(t.Context(), "u2@pve", "wrong password"); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyThePinnedCertificateIsTrusted(t *testing.T) {
	n := newFakeNode(t)
	target := n.target()
	target.Fingerprint = strings.Repeat("AB:", 31) + "AB"
	_, err := Login(t.Context(), target)
	var wrong *CertificateError
	if !errors.As(err, &wrong) || wrong.Want != target.Fingerprint || wrong.Got != n.target().Fingerprint {
		t.Fatalf("got %v", err)
	}
	if len(n.paths()) != 0 {
		t.Errorf("sent %v to a node that is not the pinned one", n.paths())
	}

	target.Fingerprint = strings.ToLower(strings.ReplaceAll(n.target().Fingerprint, ":", ""))
	if _, err := Login(t.Context(), target); err != nil {
		t.Errorf("lower case without colons: %v", err)
	}
	for _, bad := range []string{"AB", "no fingerprint", strings.Repeat("AB", 33)} {
		target.Fingerprint = bad
		if _, err := Login(t.Context(), target); err == nil {
			t.Errorf("%q was taken for a fingerprint", bad)
		}
	}
}

func TestACAIsTrusted(t *testing.T) {
	n := newFakeNode(t)
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	target := n.target()
	target.Fingerprint = ""
	if _, err := Login(t.Context(), target); err == nil {
		t.Error("a certificate that nobody signed was trusted")
	}
	for name, ca := range map[string]string{"file": file, "PEM": string(block)} {
		target.CA = ca
		if _, err := Login(t.Context(), target); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	target.CA = filepath.Join(t.TempDir(), "missing.pem")
	if _, err := Login(t.Context(), target); err == nil {
		t.Error("a missing CA file was ignored")
	}
}

func TestOnlyHTTPSIsSpoken(t *testing.T) {
	for _, bad := range []string{"http://node:8006", "node:8006", "", "://"} {
		if _, err := Login(t.Context(), config.Target{URL: bad}); err == nil {
			t.Errorf("%q was taken for a node's URL", bad)
		}
	}
	for _, good := range []string{"https://node:8006", "https://node:8006/", "https://node:8006/api2/json"} {
		u, err := apiBase(good)
		if err != nil || u.String() != "https://node:8006/api2/json" {
			t.Errorf("%q: %v %v", good, u, err)
		}
	}
}

func TestAtMostTwoAgentCallsAtATime(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	var mu sync.Mutex
	now, most := 0, 0
	n.on("POST /nodes/proxmox1/qemu/101/agent/ping", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		data(w, `{"result":{}}`)
	})
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if err := s.AgentPing(context.Background(), 101); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most > 2 {
		t.Errorf("%d agent calls at a time", most)
	}
}

type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
