package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/labproof/labproof/helpers/wait"
)

func TestATaskIsAwaited(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	upid := n.task("POST /nodes/proxmox1/qemu/101/clone", "qmclone", "101", "OK")
	status := "GET /nodes/proxmox1/tasks/" + upid + "/status"
	n.sequence(status, respond(`{"status":"running"}`), respond(`{"status":"running"}`), respond(`{"status":"stopped","exitstatus":"OK"}`))
	task, err := s.Task(t.Context(), "POST", s.VMPath(101, "clone"), Params{"newid": 102, "full": false})
	if err != nil || task.UPID != upid || task.ExitStatus != "OK" || task.Warnings() {
		t.Fatalf("got %+v, %v", task, err)
	}
	if got := len(n.requests(status)); got != 3 {
		t.Errorf("%d looks", got)
	}
}

// go-proxmox's Task.Wait returns nil for it.
func TestAFailedTaskIsAnErrorWithItsLog(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	const words = "you can't start a vm if it's a template"
	upid := n.task("POST /nodes/proxmox1/qemu/101/status/start", "qmstart", "101", words, "TASK ERROR: "+words)
	_, err := s.Task(t.Context(), "POST", s.VMPath(101, "status/start"), nil)
	var failure *TaskError
	if !errors.As(err, &failure) {
		t.Fatalf("got %v", err)
	}
	if failure.UPID != upid || failure.ExitStatus != words || !slices.Equal(failure.Log, []string{"TASK ERROR: " + words}) {
		t.Errorf("got %+v", failure)
	}
	if Words(err) != words || err.Error() != "task qmstart 101 failed: "+words || !IsTaskFailure(err) {
		t.Errorf("words %q, error %q", Words(err), err)
	}
}

func TestATaskRefusedForLackOfRightsIsForbidden(t *testing.T) {
	err := &TaskError{UPID: taskPrefix + "resize:101:u1@pve:", ExitStatus: "Permission check failed (/storage/local, Datastore.AllocateSpace)"}
	if !errors.Is(err, ErrForbidden) {
		t.Error("it is not")
	}
}

func TestWarningsAreASuccess(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.task("DELETE /nodes/proxmox1/qemu/101", "qmdestroy", "101", "WARNINGS: 2", "WARN: something", "TASK WARNINGS: 2")
	task, err := s.Task(t.Context(), "DELETE", s.VMPath(101, ""), Params{"purge": true})
	if err != nil || !task.Warnings() || len(task.Log) != 2 {
		t.Errorf("got %+v, %v", task, err)
	}
}

func TestACallWithoutATaskEndsAtOnce(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("PUT /nodes/proxmox1/qemu/101/config", "null")
	task, err := s.Task(t.Context(), "PUT", s.VMPath(101, "config"), Params{"name": "x"})
	if err != nil || task.UPID != "" || task.ExitStatus != "OK" {
		t.Errorf("got %+v, %v", task, err)
	}
}

// go-proxmox's NewTask panics on a short UPID.
func TestAnAnswerThatIsNoUPIDIsAnError(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	for _, bad := range []string{`"UPID:proxmox1:x"`, `"UPID:"`, `"hello"`, `{"upid":1}`, `"UPID:../../access:00000C83:00055174:6B046928:qmstart:101:root@pam:"`} {
		n.answers("POST /x", bad)
		if _, err := s.Task(t.Context(), "POST", "/x", nil); err == nil {
			t.Errorf("%s was taken for a task", bad)
		}
	}
}

// go-proxmox's Wait sleeps through it.
func TestAwaitEndsWithItsContext(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	upid := n.task("POST /x", "qmclone", "101", "")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("Ctrl-C")
	n.on("GET /nodes/proxmox1/tasks/"+upid+"/status", func(w http.ResponseWriter, _ *http.Request) {
		data(w, `{"status":"running"}`)
		cancel(stop)
	})
	_, err := s.Task(ctx, "POST", "/x", nil)
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), upid) {
		t.Errorf("got %v", err)
	}
}

func TestAwaitingATaskIsAWaitThatCanBeWatched(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.task("POST /x", "qmclone", "101", "OK")
	var w watcher
	if _, err := s.Task(wait.With(t.Context(), &w), "POST", "/x", nil); err != nil {
		t.Fatal(err)
	}
	if len(w.waits) != 1 || w.waits[0].What != "task qmclone 101" || w.waits[0].Name != "clone" || w.waits[0].Timeout != s.timeouts.Clone {
		t.Errorf("waits: %+v", w.waits)
	}
}

type watcher struct {
	mu    sync.Mutex
	waits []wait.For
}

func (w *watcher) WaitBegins(f wait.For) wait.Watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, f)
	return w
}
func (*watcher) Saw(string)  {}
func (*watcher) Ended(error) {}

// go-proxmox decodes every look into the same struct, so that what vanished stays.
func TestEveryLookAtATaskIsFresh(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	upid := n.task("POST /x", "qmstart", "101", "")
	n.sequence("GET /nodes/proxmox1/tasks/"+upid+"/status",
		respond(`{"status":"running","exitstatus":"OK"}`), respond(`{"status":"stopped"}`))
	_, err := s.Task(t.Context(), "POST", "/x", nil)
	var failure *TaskError
	if !errors.As(err, &failure) || failure.ExitStatus != "the node does not say how the task ended" {
		t.Errorf("got %v", err)
	}
}

// go-proxmox's Watch prints lines in random order.
func TestTheLogKeepsItsOrderAndItsEnd(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	upid := taskPrefix + "qmcreate:101:root@pam:"
	n.on("GET /nodes/proxmox1/tasks/"+upid+"/log", func(w http.ResponseWriter, r *http.Request) {
		start := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("start"), &start)
		var lines []string
		for i := start; i < min(start+maxTaskLog, 1200); i++ {
			lines = append(lines, fmt.Sprintf(`{"n":%d,"t":"line %d"}`, i+1, i+1))
		}
		_, _ = fmt.Fprintf(w, `{"total":1200,"data":[%s]}`, strings.Join(lines, ","))
	})
	log, err := s.TaskLog(t.Context(), upid)
	if err != nil || len(log) != maxTaskLog || log[0] != "line 701" || log[maxTaskLog-1] != "line 1200" {
		t.Errorf("%d lines, %v", len(log), err)
	}
	if got := logLines([]fields{{"t": []byte(`"no content"`), "n": []byte("1")}}); got != nil {
		t.Errorf("an empty log reads %q", got)
	}
}

func TestParseUPID(t *testing.T) {
	u, err := ParseUPID("UPID:proxmox1:00000C83:00055174:6B046928:qmcreate:130:root@pam:")
	if err != nil || u.Node != "proxmox1" || u.PID != 0xC83 || u.Type != "qmcreate" || u.ID != "130" || u.User != "root@pam" || u.Started.Unix() != 0x6B046928 {
		t.Errorf("got %+v, %v", u, err)
	}
	if u, err := ParseUPID("UPID:proxmox1:00000142:0002E506:6B0462F4:aptupdate::root@pam:"); err != nil || u.ID != "" {
		t.Errorf("no id: %+v, %v", u, err)
	}
	if _, err := ParseUPID("UPID:proxmox1:00000142:0002E506:6B0462F4:qmstart:101:root@pam!ci:"); err != nil {
		t.Errorf("a token's task: %v", err)
	}
}

func FuzzParseUPID(f *testing.F) {
	f.Add("UPID:proxmox1:00000C83:00055174:6B046928:qmcreate:130:root@pam:")
	f.Add("UPID:a:b")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseUPID(s)
		if err == nil && (strings.ContainsAny(u.Node, "/: ") || !looksLikeUPID(s)) {
			t.Errorf("%q is no task", s)
		}
	})
}
