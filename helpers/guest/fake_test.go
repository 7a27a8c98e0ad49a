package guest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
)

// fakeAgent is a node with one VM, 102, whose guest is this machine: its agent runs
// commands as real processes. A test makes it misbehave as nodes were seen to.
type fakeAgent struct {
	*httptest.Server
	t    *testing.T
	path string // a directory that comes first in the guest's PATH

	mu      sync.Mutex
	refuse  map[string][]refusal // by the call's last word: what it answers first
	always  map[string]refusal
	status  map[int]*process
	execs   [][]string
	pids    []int                // of what was started, in its order
	state   string               // of QEMU, as status/current tells it
	mangled func(map[string]any) // changes an exec-status
}

type refusal struct {
	status int
	reason string
}

type process struct {
	mu   sync.Mutex
	done map[string]any
	cmd  *exec.Cmd
}

func newFakeAgent(t *testing.T) *fakeAgent {
	t.Helper()
	f := &fakeAgent{t: t, path: t.TempDir(), refuse: map[string][]refusal{}, always: map[string]refusal{}, status: map[int]*process{}}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

// first makes a call answer with these refusals before it works.
func (f *fakeAgent) first(call string, refusals ...refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse[call] = refusals
}

// program puts a script into the guest's PATH.
func (f *fakeAgent) program(name, script string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.path, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakeAgent) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api2/json")
	call := path[strings.LastIndexByte(path, '/')+1:]
	if call == "ticket" {
		answer(w, map[string]any{"username": "root@pam", "ticket": "PVE:root@pam:secretsecret", "CSRFPreventionToken": "csrfcsrf"})
		return
	}
	if refused, ok := f.refused(call); ok {
		hangUpWith(w, refused)
		return
	}
	switch r.Method + " " + path {
	case "POST /nodes/proxmox1/qemu/102/agent/ping":
		answer(w, map[string]any{"result": map[string]any{}})
	case "GET /nodes/proxmox1/qemu/102/status/current":
		answer(w, map[string]any{"vmid": 102, "status": "running", "qmpstatus": f.state})
	case "POST /nodes/proxmox1/qemu/102/agent/exec":
		f.exec(w, r)
	case "GET /nodes/proxmox1/qemu/102/agent/exec-status":
		f.execStatus(w, r)
	default:
		hangUpWith(w, refusal{501, "Method '" + r.Method + " " + path + "' not implemented"})
	}
}

func (f *fakeAgent) refused(call string) (refusal, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if list := f.refuse[call]; len(list) > 0 {
		f.refuse[call] = list[1:]
		return list[0], true
	}
	refused, ok := f.always[call]
	return refused, ok
}

func (f *fakeAgent) exec(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Command []string
		Input   string `json:"input-data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Command) == 0 {
		hangUpWith(w, refusal{400, "Parameter verification failed."})
		return
	}
	if len(in.Input) > 64<<10 {
		hangUpWith(w, refusal{400, "input-data: value may only be 65536 characters long"})
		return
	}
	f.mu.Lock()
	f.execs = append(f.execs, in.Command)
	f.mu.Unlock()
	cmd := exec.Command(in.Command[0], in.Command[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+f.path+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(in.Input)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		hangUpWith(w, refusal{596, "Broken pipe"}) // what Proxmox makes of a missing program
		return
	}
	p := &process{cmd: cmd}
	f.mu.Lock()
	f.status[cmd.Process.Pid] = p
	f.pids = append(f.pids, cmd.Process.Pid)
	f.mu.Unlock()
	go func() {
		_ = cmd.Wait()
		p.end(&stdout, &stderr)
	}()
	answer(w, map[string]any{"pid": cmd.Process.Pid})
}

func (p *process) end(stdout, stderr *bytes.Buffer) {
	done := map[string]any{"exited": 1}
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		done["signal"] = int(status.Signal())
	} else {
		done["exitcode"] = status.ExitStatus()
	}
	if stdout.Len() > 0 {
		done["out-data"] = stdout.String()
	}
	if stderr.Len() > 0 {
		done["err-data"] = stderr.String()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = done
}

func (f *fakeAgent) execStatus(w http.ResponseWriter, r *http.Request) {
	pid, _ := strconv.Atoi(r.URL.Query().Get("pid"))
	f.mu.Lock()
	p := f.status[pid]
	f.mu.Unlock()
	if p == nil {
		hangUpWith(w, refusal{500, "Agent error: PID ld does not exist"})
		return
	}
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done == nil {
		answer(w, map[string]any{"exited": 0})
		return
	}
	f.mu.Lock()
	delete(f.status, pid) // told a single time
	f.mu.Unlock()
	if f.mangled != nil {
		f.mangled(done)
	}
	answer(w, done)
}

func answer(w http.ResponseWriter, data any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

// hangUpWith answers with a status line of Proxmox's own.
func hangUpWith(w http.ResponseWriter, r refusal) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	body := `{"data":null}`
	_, _ = fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", r.status, r.reason, len(body), body)
	_ = buffer.Flush()
}

func (f *fakeAgent) session() *proxmox.Session {
	f.t.Helper()
	s, err := proxmox.Login(f.t.Context(), config.Target{
		URL: f.URL, Fingerprint: fmt.Sprintf("%x", sha256.Sum256(f.Certificate().Raw)),
		Node: "proxmox1", Username: "root@pam", Password: "a long password",
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(s.Close)
	return s
}

func (f *fakeAgent) guest() *AgentGuest {
	f.t.Helper()
	return Agent(f.session(), 102, Options{Name: "instance-1-1"})
}
