package proxmox

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What go-proxmox loses: the status of every refusal, the words of a 401, 403 and 500,
// and that a 404 or 596 with a JSON body is a refusal at all.
func TestRefusalsKeepStatusAndWords(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	for name, c := range map[string]struct {
		status       int
		reason, body string
		message      string
		is           error
	}{
		"rights":           {403, "Permission check failed (/nodes/proxmox1, Sys.Audit)", `{"data":null,"message":"Permission check failed (/nodes/proxmox1, Sys.Audit)\n"}`, "Permission check failed (/nodes/proxmox1, Sys.Audit)", ErrForbidden},
		"plain failure":    {500, "you can't convert a VM to template if VM is running", `{"data":null,"message":"you can't convert a VM to template if VM is running\n"}`, "you can't convert a VM to template if VM is running", nil},
		"status line only": {500, "create group failed: group 'Groupe_1' already exists", `{"data":null}`, "create group failed: group 'Groupe_1' already exists", ErrExists},
		"not found":        {404, "Not Found", `{"data":null,"message":"no such thing\n"}`, "no such thing", ErrNotFound},
		"missing VM":       {500, "Configuration file 'nodes/proxmox1/qemu-server/999.conf' does not exist", `{"data":null}`, "Configuration file 'nodes/proxmox1/qemu-server/999.conf' does not exist", ErrNotFound},
		"broken pipe":      {596, "Broken pipe", `{"data":null}`, "Broken pipe", ErrUnavailable},
		"unknown route":    {501, "Method 'POST /x' not implemented", `{"data":null}`, "Method 'POST /x' not implemented", ErrNotImplemented},
		"no JSON":          {500, "boom", `<html>boom</html>`, "boom", nil},
		"redirect":         {302, "Found", ``, "Found", nil},
	} {
		t.Run(name, func(t *testing.T) {
			n.refuses("POST /x", c.status, c.reason, c.body)
			err := s.Post(t.Context(), "/x", nil, nil)
			var refusal *Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %T: %v", err, err)
			}
			if refusal.Status != c.status || refusal.Message != c.message || refusal.Method != "POST" || refusal.Path != "/x" {
				t.Errorf("got %+v", refusal)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("errors.Is(%v, %v) is false", err, c.is)
			}
			if Words(err) != c.message {
				t.Errorf("words: %q", Words(err))
			}
		})
	}
}

func TestBadParameterNamesTheFields(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.refuses("POST /x", 400, "Parameter verification failed.", `{"data":null,"message":"Parameter verification failed.\n","errors":{"name":"invalid format - value does not look like a valid DNS name\n","vmid":7}}`)
	err := s.Post(t.Context(), "/x", nil, nil)
	var refusal *Error
	if !errors.As(err, &refusal) || !errors.Is(err, ErrBadParameter) {
		t.Fatalf("got %v", err)
	}
	if refusal.Fields["name"] != "invalid format - value does not look like a valid DNS name" || refusal.Fields["vmid"] != "7" {
		t.Errorf("fields %q", refusal.Fields)
	}
	want := "POST /x: 400 Parameter verification failed. [name: invalid format - value does not look like a valid DNS name] [vmid: 7]"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

// A refusal's text comes from the node and may end in a terminal.
func TestRefusalIsShownSafely(t *testing.T) {
	err := &Error{Method: "GET", Path: "/x", Status: 500, Message: "\x1b[2Jgone\nand " + strings.Repeat("long", 10000)}
	if text := err.Error(); strings.ContainsAny(text, "\x1b\n") || len(text) > 2*maxMessage {
		t.Errorf("%d bytes: %.80q", len(text), text)
	}
}

func TestParsePermission(t *testing.T) {
	for name, c := range map[string]struct {
		in, path string
		privs    []string
		ok       bool
	}{
		"one":        {"Permission check failed (/nodes/n, Sys.Audit)", "/nodes/n", []string{"Sys.Audit"}, true},
		"any of two": {"403 Permission check failed (/storage/local, Datastore.AllocateSpace|Datastore.Audit)\n", "/storage/local", []string{"Datastore.AllocateSpace", "Datastore.Audit"}, true},
		"root only":  {"Permission check failed (user != root@pam)", "user != root@pam", nil, true},
		"cut":        {"Permission check failed (/nodes/n", "", nil, false},
		"other":      {"interface already exists", "", nil, false},
	} {
		path, privs, ok := ParsePermission(c.in)
		if path != c.path || !slices.Equal(privs, c.privs) || ok != c.ok {
			t.Errorf("%s: got %q %q %v", name, path, privs, ok)
		}
	}
}

func FuzzParsePermission(f *testing.F) {
	f.Add("Permission check failed (/nodes/n, Sys.Audit|Sys.Modify)")
	f.Add("Permission check failed (, |)")
	f.Fuzz(func(t *testing.T, message string) {
		path, privileges, ok := ParsePermission(message)
		if !ok && (path != "" || privileges != nil) {
			t.Errorf("%q: %q %q", message, path, privileges)
		}
	})
}

func TestLockTimeout(t *testing.T) {
	for message, want := range map[string]bool{
		"can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout": true,
		"cfs-lock 'file-user_cfg' error: got lock request timeout":            true,
		"VM quit/powerdown failed - got timeout":                              false,
		"VM is locked (clone)":                                                false,
		"":                                                                    false,
	} {
		if got := errors.Is(&Error{Status: 500, Message: message}, ErrLockTimeout); got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}

// Reads are repeated when the connection or the daemon behind it breaks.
func TestReadsArePatient(t *testing.T) {
	for name, broken := range map[string]http.HandlerFunc{
		"596": refuse(596, "Broken pipe", ""), "595": refuse(595, "Connection refused", ""),
		"hung up": drop, "lock": refuse(500, "can't lock file 'x' - got timeout", ""),
	} {
		t.Run(name, func(t *testing.T) {
			n := newFakeNode(t)
			s := n.login()
			n.sequence("GET /version", broken, broken, respond(`{"release":"9.2"}`))
			v, err := s.Version(t.Context())
			if err != nil || v.Major() != 9 {
				t.Fatalf("got %+v, %v", v, err)
			}
			if got := len(n.requests("GET /version")); got != 3 {
				t.Errorf("%d requests", got)
			}
		})
	}
}

// A write that may have been carried out is never repeated.
func TestWritesAreRepeatedOnALockTimeoutOnly(t *testing.T) {
	for name, c := range map[string]struct {
		first    http.HandlerFunc
		requests int
	}{
		"lock timeout":   {refuse(500, "can't lock file '/var/lock/pve-network.lck' - got timeout", ""), 2},
		"596":            {refuse(596, "Broken pipe", ""), 1},
		"hung up":        {drop, 1},
		"other timeout":  {refuse(500, "VM quit/powerdown failed - got timeout", ""), 1},
		"other 500":      {refuse(500, "VM is locked (clone)", ""), 1},
		"too many tasks": {refuse(503, "Service Unavailable", ""), 1},
	} {
		t.Run(name, func(t *testing.T) {
			n := newFakeNode(t)
			s := n.login()
			n.sequence("POST /x", c.first, respond("null"))
			err := s.Post(t.Context(), "/x", nil, nil)
			if got := len(n.requests("POST /x")); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
			if (err == nil) != (c.requests == 2) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestALastingFailureIsToldInTheEnd(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.refuses("GET /version", 595, "Connection refused", "")
	if _, err := s.Version(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if got := len(n.requests("GET /version")); got != attempts {
		t.Errorf("%d requests", got)
	}
}

func TestADeadNodeIsAConnectionError(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.Close()
	err := s.Post(t.Context(), "/x", Params{"password": "hunter2hunter2"}, nil)
	var lost *ConnectionError
	if !errors.As(err, &lost) {
		t.Fatalf("got %T %v", err, err)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("Ctrl-C")
	n.on("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		cancel(stop)
		silence(w, r)
	})
	if err := s.Get(ctx, "/slow", nil, nil); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestASlowNodeIsToldByItsLimit(t *testing.T) {
	n := newFakeNode(t)
	short := WithTimeouts(configTimeoutsAPI)
	s := n.login(short)
	n.on("GET /slow", silence)
	err := s.Get(t.Context(), "/slow", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "timeouts.api") {
		t.Errorf("got %v", err)
	}
}
