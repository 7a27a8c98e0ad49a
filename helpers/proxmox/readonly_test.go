package proxmox

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func readsOnly(argv []string) bool { return slices.Equal(argv, []string{"/bin/cat", "/etc/hostname"}) }

// Whatever way a write takes, none arrives at the node.
func TestAReadOnlySessionSendsNoWrite(t *testing.T) {
	n := newFakeNode(t)
	s := n.login(WithReadOnly(readsOnly))
	writes := map[string]func(context.Context) error{
		"post":   func(ctx context.Context) error { return s.Post(ctx, "/access/groups", Params{"groupid": "x"}, nil) },
		"put":    func(ctx context.Context) error { return s.Put(ctx, "/access/acl", nil, nil) },
		"delete": func(ctx context.Context) error { return s.Delete(ctx, s.VMPath(101, ""), nil, nil) },
		"task": func(ctx context.Context) error {
			_, err := s.Task(ctx, http.MethodPost, s.VMPath(101, "status/start"), nil)
			return err
		},
		"another agent call": func(ctx context.Context) error { return s.Post(ctx, s.VMPath(101, "agent/file-write"), nil, nil) },
		"a path that looks like one": func(ctx context.Context) error {
			return s.Post(ctx, s.VMPath(101, "config/agent/exec"), Params{"command": []string{"/bin/cat", "/etc/hostname"}}, nil)
		},
		"another command": func(ctx context.Context) error {
			_, err := s.AgentExec(ctx, 102, []string{"/bin/rm", "-rf", "/root"}, nil)
			return err
		},
		"more words": func(ctx context.Context) error {
			_, err := s.AgentExec(ctx, 102, []string{"/bin/cat", "/etc/hostname", "x"}, nil)
			return err
		},
		"input": func(ctx context.Context) error {
			_, err := s.AgentExec(ctx, 102, []string{"/bin/cat", "/etc/hostname"}, []byte("x"))
			return err
		},
		"a command as text": func(ctx context.Context) error {
			return s.Post(ctx, s.VMPath(102, "agent/exec"), Params{"command": "/bin/cat /etc/hostname"}, nil)
		},
	}
	for name, write := range writes {
		var withheld *ReadOnlyError
		if err := write(t.Context()); !errors.Is(err, ErrReadOnly) || !errors.As(err, &withheld) {
			t.Errorf("%s: %v, want a ReadOnlyError", name, err)
		}
	}
	for _, path := range n.paths() {
		if !strings.HasPrefix(path, "GET ") && path != "POST /access/ticket" {
			t.Errorf("the node got %s", path)
		}
	}
}

func TestAReadOnlySessionReads(t *testing.T) {
	n := newFakeNode(t)
	n.answers("GET /version", `{"release":"9.2"}`)
	n.answers("POST /nodes/proxmox1/qemu/102/agent/exec", `{"pid":7}`)
	s := n.login(WithReadOnly(readsOnly))
	if _, err := s.Version(t.Context()); err != nil {
		t.Error(err)
	}
	if pid, err := s.AgentExec(t.Context(), 102, []string{"/bin/cat", "/etc/hostname"}, nil); err != nil || pid != 7 {
		t.Errorf("pid %d, %v", pid, err)
	}
}

// Whoever logs in as somebody else over a read-only session only reads as well.
func TestAnotherIdentityOnlyReadsToo(t *testing.T) {
	n := newFakeNode(t)
	other, err := n.login(WithReadOnly(nil)).As(t.Context(), "u1@pve", fakePassword)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Post(t.Context(), "/pools", nil, nil); !errors.Is(err, ErrReadOnly) {
		t.Errorf("got %v", err)
	}
}
