package proxmox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/labproof/labproof/helpers/config"
)

// recording keeps every exchange.
type recording struct {
	mu   sync.Mutex
	list []Exchange
}

func (r *recording) add(e Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, e)
}

func (r *recording) all() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.list...)
}

func TestEveryExchangeIsRecorded(t *testing.T) {
	n := newFakeNode(t)
	var r recording
	s := n.login(WithRecorder(r.add))
	n.answers("POST /access/groups", "null")
	n.refuses("GET /nodes/proxmox1/status", 403, "Permission check failed (/nodes/proxmox1, Sys.Audit)", `{"data":null}`)
	_ = s.Post(t.Context(), "/access/groups", Params{"groupid": "Groupe_1"}, nil)
	_, _ = s.NodeStatus(t.Context())
	n.Close()
	_ = s.Put(t.Context(), "/x", nil, nil)

	list := r.all()
	if len(list) != 4 {
		t.Fatalf("%d exchanges: %+v", len(list), list)
	}
	group, status, dead := list[1], list[2], list[3]
	if group.Method != "POST" || group.Path != "/access/groups" || group.User != "root@pam" || group.Params["groupid"] != "Groupe_1" || group.Status != 200 || group.Body != `{"data":null}` {
		t.Errorf("group: %+v", group)
	}
	if status.Status != 403 || !strings.Contains(status.Reason, "Sys.Audit") {
		t.Errorf("refusal: %+v", status)
	}
	if dead.Status != 0 || dead.Error == "" {
		t.Errorf("no answer: %+v", dead)
	}
}

func TestACallIsRecordedForWhatItWasMadeFor(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET /version", `{}`)
	n.answers("GET /access/permissions", `{"/":{"VM.Audit":1}}`)
	var r recording
	if _, err := s.Version(Recording(t.Context(), r.add)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PermissionsOf(t.Context(), "u1@pve", "/"); err != nil {
		t.Fatal(err)
	}
	if list := r.all(); len(list) != 1 || list[0].Path != "/version" {
		t.Errorf("got %+v", list)
	}
	if got := n.requests("GET /access/permissions")[0].Query; got != "path=%2F&userid=u1%40pve" {
		t.Errorf("query %q", got)
	}
}

// Whatever a node repeats, and wherever: no secret reaches evidence, errors or logs.
func TestNoSecretIsEverShown(t *testing.T) {
	n := newFakeNode(t)
	var r recording
	var logged bytes.Buffer
	s := n.login(WithRecorder(r.add), WithLog(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	const chosen, tokenValue = "u1-secret-password!!", "0f1e2d3c-aaaa-bbbb-cccc-ddddeeeeffff"
	ticket, csrf := s.id.grant.ticket, s.id.grant.csrf

	n.answers("POST /access/users", "null")
	n.answers("POST /access/users/root@pam/token/ci", `{"full-tokenid":"root@pam!ci","value":"`+tokenValue+`","info":{}}`)
	n.answers("POST /nodes/proxmox1/qemu/101/termproxy", `{"user":"root@pam","ticket":"PVEVNC:6B0462F4::abcdefgh","port":5900,"upid":"x"}`)
	// A node that repeats the request, headers and all, in its refusal.
	n.on("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		text := fmt.Sprintf("%s %s", r.Header.Get("Cookie"), r.Header.Get("CSRFPreventionToken"))
		statusLine(w, 500, text, fmt.Sprintf(`{"message":%q,"errors":{"x":%q}}`, text, text))
	})
	n.on("GET /echo", func(w http.ResponseWriter, r *http.Request) {
		data(w, fmt.Sprintf("%q", r.Header.Get("Cookie")))
	})

	var errs []error
	errs = append(errs, s.Post(t.Context(), "/access/users", Params{"userid": "u1@pve", "password": chosen}, nil))
	errs = append(errs, s.Put(t.Context(), "/access/password", Params{"userid": "u1@pve", "password": chosen, "confirmation-password": chosen}, nil))
	errs = append(errs, s.Post(t.Context(), "/access/users/root@pam/token/ci", nil, nil))
	errs = append(errs, s.Post(t.Context(), "/echo", nil, nil), s.Get(t.Context(), "/echo", nil, nil))
	_, err := s.As(t.Context(), "u1@pve", chosen)
	errs = append(errs, err)
	_, err = s.Console(t.Context(), 101)
	errs = append(errs, err)
	n.Close()
	_, err = s.As(t.Context(), "u1@pve", chosen)
	errs = append(errs, err, s.Delete(t.Context(), "/x", Params{"password": chosen}, nil))

	evidence, err := json.Marshal(r.all())
	if err != nil {
		t.Fatal(err)
	}
	shown := string(evidence) + logged.String() + fmt.Sprintf("%v", errs)
	for name, secret := range map[string]string{
		"password": fakePassword, "chosen password": chosen, "ticket": ticket, "CSRF token": csrf,
		"API token": tokenValue, "console ticket": "PVEVNC:6B0462F4::abcdefgh",
	} {
		if secret == "" || strings.Contains(shown, secret) {
			t.Errorf("the %s is shown", name)
		}
	}
	if !strings.Contains(shown, "/access/password") || logged.Len() == 0 {
		t.Error("nothing was recorded or logged at all")
	}
}

func TestATokensSecretIsNeverShown(t *testing.T) {
	n := newFakeNode(t)
	var r recording
	target := n.target()
	target.Token = config.Secret(fakeToken)
	s, err := Login(t.Context(), target, WithRecorder(r.add))
	if err != nil {
		t.Fatal(err)
	}
	n.on("GET /echo", func(w http.ResponseWriter, r *http.Request) {
		statusLine(w, 500, r.Header.Get("Authorization"), "")
	})
	err = s.Get(t.Context(), "/echo", nil, nil)
	evidence, _ := json.Marshal(r.all())
	if shown := string(evidence) + err.Error(); strings.Contains(shown, "11111111-2222") {
		t.Errorf("shown: %s", shown)
	}
}

func TestLongAnswersAreTrimmedInEvidence(t *testing.T) {
	n := newFakeNode(t)
	var r recording
	s := n.login(WithRecorder(r.add))
	n.answers("GET /long", `"`+strings.Repeat("x", 3*maxEvidence)+`"`)
	var out string
	if err := s.Get(t.Context(), "/long", nil, &out); err != nil || len(out) != 3*maxEvidence {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	if got := len(r.all()[1].Body); got > maxEvidence+10 {
		t.Errorf("%d bytes of evidence", got)
	}
}

func FuzzRedactBody(f *testing.F) {
	f.Add("/access/ticket", []byte(`{"data":{"ticket":"x","a":[{"password":"y"}]}}`))
	f.Add("/x", []byte(`{"data":`))
	f.Add("/x/token/y", []byte(`[{"value":1e999}]`))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		safe := redactBody(path, body)
		var value any
		if json.Unmarshal([]byte(safe), &value) == nil {
			walk(t, value)
		}
	})
}

// walk fails where a secret field has a value.
func walk(t *testing.T, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if secretNames[strings.ToLower(name)] && inner != nil && inner != hidden {
				t.Errorf("%s: %v is shown", name, inner)
			}
			walk(t, inner)
		}
	case []any:
		for _, inner := range v {
			walk(t, inner)
		}
	}
}
