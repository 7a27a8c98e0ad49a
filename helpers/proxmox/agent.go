package proxmox

import (
	"context"
	"fmt"
	"net/http"
	"unicode/utf8"
)

// The guest agent's calls, as they are: go-proxmox hides why an exec was refused,
// fails on the status of a program that a signal ended or whose errors were
// truncated, and leaves lo out of the interfaces.

// AgentPing asks whether the VM's guest agent answers. The node takes up to 3 s to
// say that it does not.
func (s *Session) AgentPing(ctx context.Context, id int) error {
	return s.Post(ctx, s.VMPath(id, "agent/ping"), nil, nil)
}

// AgentExec starts a program in the guest; argv is not split or expanded by anything.
// input goes to its standard input and must be text, at most 64 KiB.
func (s *Session) AgentExec(ctx context.Context, id int, argv []string, input []byte) (pid int, err error) {
	params := Params{"command": argv}
	if len(input) > 0 {
		if !utf8.Valid(input) {
			return 0, fmt.Errorf("VM %d: the program's input is no text; encode it", id)
		}
		params["input-data"] = string(input)
	}
	path := s.VMPath(id, "agent/exec")
	e, err := s.do(ctx, http.MethodPost, path, params)
	if err != nil {
		return 0, err
	}
	f, err := object(e.Data)
	if err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	if pid = int(f.integer("pid")); pid <= 0 {
		return 0, fmt.Errorf("POST %s: the node's answer names no process", path)
	}
	return pid, nil
}

// ExecStatus is how a program in a guest stands. Once it has ended the agent tells it
// a single time.
type ExecStatus struct {
	Exited    bool
	ExitCode  int
	Signal    int // the signal that ended it, or the Windows exception; 0: none
	Stdout    string
	Stderr    string
	Truncated bool // by the agent, at 16 MiB
}

// AgentExecStatus asks about a program that AgentExec started.
func (s *Session) AgentExecStatus(ctx context.Context, id, pid int) (ExecStatus, error) {
	f, err := s.object(ctx, s.VMPath(id, "agent/exec-status"), Params{"pid": pid})
	if err != nil {
		return ExecStatus{}, err
	}
	return parseExecStatus(f), nil
}

func parseExecStatus(f fields) ExecStatus {
	return ExecStatus{
		Exited: f.flag("exited"), ExitCode: int(f.integer("exitcode")), Signal: int(f.integer("signal")),
		Stdout: undouble(f.text("out-data")), Stderr: undouble(f.text("err-data")),
		Truncated: f.flag("out-truncated") || f.flag("err-truncated"),
	}
}

// undouble repairs UTF-8 that was encoded twice: Proxmox decodes the agent's base64 to
// bytes and writes each byte as a character of its own. Text that cannot have come
// about that way is left as it is.
func undouble(text string) string {
	if isASCII(text) {
		return text
	}
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xFF {
			return text
		}
		raw = append(raw, byte(r))
	}
	if !utf8.Valid(raw) {
		return text
	}
	return string(raw)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// GuestInterface is a network interface as the guest agent lists it, lo included.
type GuestInterface struct {
	Name      string
	MAC       string   // lower case
	Addresses []string // "10.0.1.2/29"
}

// AgentInterfaces lists the guest's network interfaces.
func (s *Session) AgentInterfaces(ctx context.Context, id int) ([]GuestInterface, error) {
	path := s.VMPath(id, "agent/network-get-interfaces")
	f, err := s.object(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	list, err := objects(f["result"])
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	interfaces := make([]GuestInterface, 0, len(list))
	for _, item := range list {
		i := GuestInterface{Name: item.text("name"), MAC: item.text("hardware-address")}
		addresses, err := objects(item["ip-addresses"])
		if err != nil {
			return nil, fmt.Errorf("GET %s: %s: %w", path, i.Name, err)
		}
		for _, a := range addresses {
			i.Addresses = append(i.Addresses, a.text("ip-address")+"/"+a.text("prefix"))
		}
		interfaces = append(interfaces, i)
	}
	return interfaces, nil
}
