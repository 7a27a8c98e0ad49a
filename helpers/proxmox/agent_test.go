package proxmox

import (
	"errors"
	"net/http"
	"reflect"
	"testing"
)

const agentPath = "/nodes/proxmox1/qemu/102/agent/"

// go-proxmox answers "no pid returned" to each of these.
func TestAgentExecKeepsTheNodesWords(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	for _, words := range []string{"No QEMU guest agent configured", "QEMU guest agent is not running", "VM 102 is not running"} {
		n.refuses("POST "+agentPath+"exec", 500, words, `{"data":null,"message":"`+words+`\n"}`)
		if _, err := s.AgentExec(t.Context(), 102, []string{"/bin/true"}, nil); Words(err) != words {
			t.Errorf("got %v", err)
		}
	}
	n.refuses("POST "+agentPath+"exec", 403, "Permission check failed (/vms/102, VM.GuestAgent.Unrestricted)", "")
	if _, err := s.AgentExec(t.Context(), 102, []string{"/bin/true"}, nil); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestAgentExecSendsWordsAndInput(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("POST "+agentPath+"exec", `{"pid":161}`)
	pid, err := s.AgentExec(t.Context(), 102, []string{"/bin/sh", "-c", "echo $HOME"}, []byte("in"))
	if err != nil || pid != 161 {
		t.Fatal(pid, err)
	}
	want := map[string]any{"command": []any{"/bin/sh", "-c", "echo $HOME"}, "input-data": "in"}
	if got := n.requests("POST " + agentPath + "exec")[0].Body; !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v", got)
	}
	if _, err := s.AgentExec(t.Context(), 102, []string{"x"}, []byte{0xff}); err == nil {
		t.Error("input that is no text was sent")
	}
	n.answers("POST "+agentPath+"exec", `null`)
	if _, err := s.AgentExec(t.Context(), 102, []string{"x"}, nil); err == nil {
		t.Error("an answer without a process is no error")
	}
}

// go-proxmox fails on signal and on err-truncated.
func TestAgentExecStatus(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	for answer, want := range map[string]ExecStatus{
		`{"exited":0}`: {},
		`{"out-data":"out\n","err-truncated":0,"exited":1,"exitcode":3,"err-data":"err\n","out-truncated":0}`: {Exited: true, ExitCode: 3, Stdout: "out\n", Stderr: "err\n"},
		`{"exited":true,"signal":9}`:                                     {Exited: true, Signal: 9},
		`{"exited":1,"exitcode":0,"err-truncated":true,"out-data":"Ã©"}`: {Exited: true, Truncated: true, Stdout: "é"},
		`{"exited":"1","exitcode":"7","out-truncated":1}`:                {Exited: true, ExitCode: 7, Truncated: true},
	} {
		n.answers("GET "+agentPath+"exec-status", answer)
		got, err := s.AgentExecStatus(t.Context(), 102, 161)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", answer, got, err)
		}
	}
	if got := n.requests("GET " + agentPath + "exec-status")[0].Query; got != "pid=161" {
		t.Errorf("query %q", got)
	}
}

// go-proxmox leaves lo out.
func TestAgentInterfacesHaveLo(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.answers("GET "+agentPath+"network-get-interfaces", `{"result":[{"name":"lo","hardware-address":"00:00:00:00:00:00","ip-addresses":[{"ip-address":"127.0.0.1","prefix":8}]},{"name":"ens18","hardware-address":"bc:24:11:81:ca:d3"}]}`)
	got, err := s.AgentInterfaces(t.Context(), 102)
	want := []GuestInterface{{Name: "lo", MAC: "00:00:00:00:00:00", Addresses: []string{"127.0.0.1/8"}}, {Name: "ens18", MAC: "bc:24:11:81:ca:d3"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	n.answers("GET "+agentPath+"network-get-interfaces", `{"result":{"error":"x"}}`)
	if _, err := s.AgentInterfaces(t.Context(), 102); err == nil {
		t.Error("an answer that is no list is no error")
	}
}

func TestAgentPing(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.sequence("POST "+agentPath+"ping", refuse(500, "QEMU guest agent is not running", `{"data":null}`), func(w http.ResponseWriter, _ *http.Request) { data(w, `{"result":{}}`) })
	if err := s.AgentPing(t.Context(), 102); Words(err) != "QEMU guest agent is not running" {
		t.Errorf("got %v", err)
	}
	if err := s.AgentPing(t.Context(), 102); err != nil {
		t.Error(err)
	}
}
