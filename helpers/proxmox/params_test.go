package proxmox

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// go-proxmox sends enable=0 for a new user and propagate=0 for an ACL unless told
// otherwise: a disabled user, and rights that stop at their path. We send what we say.
func TestNothingIsSentThatWasNotSaid(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("POST /access/users", "null")
	n.answers("PUT /access/acl", "null")
	if err := errors.Join(
		s.Post(t.Context(), "/access/users", Params{"userid": "u1@pve", "password": "secret secret"}, nil),
		s.Put(t.Context(), "/access/acl", Params{"path": "/", "groups": "Groupe_1", "roles": "PVEVMAdmin"}, nil),
	); err != nil {
		t.Fatal(err)
	}
	if got := n.requests("POST /access/users")[0].Body; len(got) != 2 || got["enable"] != nil {
		t.Errorf("user: %v", got)
	}
	if got := n.requests("PUT /access/acl")[0].Body; len(got) != 3 || got["propagate"] != nil {
		t.Errorf("ACL: %v", got)
	}
}

func TestParamsAreEncoded(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("POST /x", "null")
	n.answers("GET /x", "null")
	n.answers("DELETE /x", "null")
	params := Params{"flag": true, "off": false, "n": 7, "size": int64(8), "text": "a b&c", "command": []string{"/bin/ls", "-l /"}}
	if err := errors.Join(s.Post(t.Context(), "/x", params, nil), s.Get(t.Context(), "/x", params, nil), s.Delete(t.Context(), "/x", params, nil)); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"flag": 1.0, "off": 0.0, "n": 7.0, "size": 8.0, "text": "a b&c", "command": []any{"/bin/ls", "-l /"}}
	post := n.requests("POST /x")[0]
	if !reflect.DeepEqual(post.Body, want) || post.Type != "application/json" {
		t.Errorf("POST: %s %v", post.Type, post.Body)
	}
	const query = "command=%2Fbin%2Fls&command=-l+%2F&flag=1&n=7&off=0&size=8&text=a+b%26c"
	for _, route := range []string{"GET /x", "DELETE /x"} {
		if got := n.requests(route)[0]; got.Query != query || got.Raw != "" {
			t.Errorf("%s: %q %q", route, got.Query, got.Raw)
		}
	}
}

func TestWhatCannotBeSentIsAnError(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	for _, method := range []string{"GET", "POST"} {
		err := s.into(t.Context(), method, "/x", Params{"bad": struct{}{}}, nil)
		if err == nil || !strings.Contains(err.Error(), "parameter bad") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestAnAnswerThatIsNoJSONIsAnError(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.refuses("GET /version", 200, "OK", "<html>")
	if _, err := s.Version(t.Context()); err == nil || !strings.Contains(err.Error(), "no JSON") {
		t.Errorf("got %v", err)
	}
	n.refuses("GET /version", 200, "OK", `{"data":[1]}`)
	if _, err := s.Version(t.Context()); err == nil || !strings.Contains(err.Error(), "expected an object") {
		t.Errorf("got %v", err)
	}
}
