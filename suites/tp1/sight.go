package tp1

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

// While a student acts a VM changes from question to question, and each one reads what it
// asks about. A lab that is only looked at stands still: each of its VMs is looked into
// once, and all questions judge that one sight of it.

// sight is what was seen inside a VM at once.
type sight struct {
	Rung    reports.Rung
	In      guest.Guest    // in which commands can be run; nil: this rung shows files only
	Network *guestNetwork  // nil: this rung does not show a running system
	Files   linuxnet.Files // what configures the network, forwarding included
	Root    []string       // plain files in /root that an installer does not leave there
	Forward string         // net.ipv4.ip_forward; "": not seen
}

// sights remembers what was seen of each VM, by its VMID.
type sights struct {
	agents chan struct{} // agents that are asked side by side
	memory[int, *sight]
}

// maxAgents is how many VMs are looked into by their agents side by side. The session has
// fewer calls than that under way: whoever has a turn is asked at once, within the time
// that an agent has to answer, and one that was asked is done before others slow it down.
const maxAgents = 3

func newSights() *sights { return &sights{agents: make(chan struct{}, maxAgents)} }

// sight looks into a VM, once.
func (n *Node) sight(ctx context.Context, vm lab.VM) (*sight, error) {
	seen, err := n.sights.of(ctx, vm.ID, func() (*sight, error) { return n.lookInto(ctx, vm) })
	if err == nil {
		reached(ctx, seen.Rung)
	}
	return seen, err
}

// lookInto tries the ladder's rungs, from the best to the last. A rung that does not lead
// into the VM, or in which the VM hangs, is no answer; where none leads there, the error
// says of each why.
func (n *Node) lookInto(ctx context.Context, vm lab.VM) (*sight, error) {
	var reasons []error
	for _, rung := range n.rungs {
		seen, err := rung.look(ctx, n, vm)
		var late *wait.TimeoutError
		switch {
		case err == nil:
			return seen, nil
		case unreachable(err), errors.As(err, &late):
			reasons = append(reasons, err)
		default:
			return nil, err
		}
	}
	failed := errors.Join(reasons...)
	for _, rung := range n.rungs {
		if rung.again != nil && errors.Is(failed, guest.ErrAgentNotRunning) {
			if seen, err := rung.again(ctx, n, vm); err == nil {
				return seen, nil
			}
		}
	}
	return nil, failed
}

// rung is one way to look into a VM; where it does not lead there look's error is a
// *guest.Unreachable.
type rung struct {
	name  reports.Rung
	look  func(ctx context.Context, n *Node, vm lab.VM) (*sight, error)
	again func(ctx context.Context, n *Node, vm lab.VM) (*sight, error) // the agent once more, where nothing leads into the VM; or nil
}

// offers tells whether the target has a way of that kind.
func (n *Node) offers(name reports.Rung) bool {
	return slices.ContainsFunc(n.rungs, func(r rung) bool { return r.name == name })
}

// agentRung asks the guest agent, with one command for everything: each costs a guest a good
// part of a second under TCG, and the node one of its three workers.
var agentRung = rung{name: reports.ByAgent, look: byAgent, again: byAgentAgain}

// byAgent waits no longer for the agent of a VM that has long booted than two of the
// node's own questions take: most such VMs have none, and other rungs lead there. A VM
// that may still be booting is waited for.
func byAgent(ctx context.Context, n *Node, vm lab.VM) (*sight, error) {
	limit, poll := n.Config.Timeouts, n.Config.Poll
	limit.Agent = min(limit.Agent, limit.AgentPing)
	poll.Agent = max(poll.Agent, limit.Agent/agentTries)
	seen, err := n.askAgent(ctx, n.agentWithin(vm, limit, poll))
	if err == nil {
		seen.In = n.In(vm)
		return seen, nil
	}
	if errors.Is(err, guest.ErrAgentNotRunning) && n.boots(ctx, vm) {
		return byPatientAgent(ctx, n, vm)
	}
	return nil, err
}

// agentTries is how often an agent that does not answer is asked within that time: a node
// that says so at once is not asked four times a second by every VM of a class.
const agentTries = 7

func byPatientAgent(ctx context.Context, n *Node, vm lab.VM) (*sight, error) {
	return n.askAgent(ctx, n.In(vm))
}

// byAgentAgain gives an agent what is left of an answer's time, where no other rung leads
// into its VM: a slow one is not called dead.
func byAgentAgain(ctx context.Context, n *Node, vm lab.VM) (*sight, error) {
	limit := n.Config.Timeouts
	if limit.Agent -= limit.AgentPing; limit.Agent <= 0 {
		return nil, &guest.Unreachable{Name: vm.Name, Rung: guest.RungAgent, Reason: guest.ErrAgentNotRunning}
	}
	seen, err := n.askAgent(ctx, n.agentWithin(vm, limit, n.Config.Poll))
	if err == nil {
		seen.In = n.In(vm)
	}
	return seen, err
}

// boots tells whether a VM was started so lately that its system may not be up yet.
func (n *Node) boots(ctx context.Context, vm lab.VM) bool {
	status, err := n.API.VMStatus(ctx, vm.ID)
	return err == nil && time.Duration(status.Uptime)*time.Second < n.Config.Timeouts.Boot
}

// askAgent looks into a VM by its agent, when it is its turn.
func (n *Node) askAgent(ctx context.Context, agent guest.Guest) (*sight, error) {
	select {
	case n.sights.agents <- struct{}{}:
		defer func() { <-n.sights.agents }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return lookThrough(ctx, agent, reports.ByAgent)
}

// lookThrough looks into a VM in which commands can be run.
func lookThrough(ctx context.Context, in guest.Guest, name reports.Rung) (*sight, error) {
	result, err := guest.Must(ctx, in, guest.Sh(sightScript))
	if err != nil {
		return nil, err
	}
	seen, err := parseSight(result.Stdout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name(), err)
	}
	seen.Rung, seen.In = name, in
	return seen, nil
}

// into is a guest in which commands can be run; nil where none can: its VM is not reached,
// or by a rung that shows files only.
func (n *Node) into(ctx context.Context, vm lab.VM) guest.Guest {
	if n.acting() {
		return n.In(vm)
	}
	seen, err := n.sight(ctx, vm)
	if err != nil {
		return nil
	}
	return seen.In
}

// sightScript prints addresses, routes and forwarding, a line each, a line for each file in
// /root, an empty line, and what listFiles prints.
var sightScript = encoded(`forward=
read -r forward <` + forwardFile + `
printf '%s\n' "$(ip -j address)" "$(ip -j route)" "$forward"
` + rootScript + `
echo
` + listFiles(slices.Concat(interfacesFiles, sysctlFiles)))

// parseSight reads what sightScript printed.
func parseSight(out string) (*sight, error) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(out))
	if err != nil {
		return nil, fmt.Errorf("what was seen in the VM: %w", err)
	}
	lines := strings.SplitN(string(text), "\n", 4)
	if len(lines) < 4 {
		return nil, fmt.Errorf("what was seen in the VM: it breaks off after %.80q", text)
	}
	root, files, complete := strings.Cut("\n"+lines[3], "\n\n")
	if !complete {
		return nil, fmt.Errorf("what was seen in the VM: it breaks off after %.80q", root)
	}
	seen := &sight{Forward: strings.TrimSpace(lines[2]), Root: rootNames(root)}
	if seen.Network, err = parseNetwork(lines[0], lines[1]); err != nil {
		return nil, err
	}
	if seen.Files, err = parseFiles(files); err != nil {
		return nil, err
	}
	return seen, nil
}

// rootNames are the lines that rootScript printed.
func rootNames(out string) []string {
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' })
}

// parseNetwork reads the answers of `ip -j address` and `ip -j route`, and keeps them as
// one command that anybody can type again.
func parseNetwork(addresses, routes string) (*guestNetwork, error) {
	look := &guestNetwork{Answer: guest.Result{Command: networkScript, Stdout: addresses + "\n\n" + routes + "\n"}}
	var err error
	if look.Links, err = linuxnet.ParseAddrs([]byte(addresses)); err != nil {
		return nil, err
	}
	look.Routes, err = linuxnet.ParseRoutes([]byte(routes))
	return look, err
}

// The looks below read what one question asks about: from the VM itself while a student
// acts, else from the sight of it.

// onlyDisk is why a question about a running system has no answer.
var onlyDisk = reports.Text{
	FR: "De cette VM on ne peut lire que le disque : ce qui y tourne ne se voit pas.",
	EN: "Of this VM only the disk can be read: what runs in it cannot be seen.",
}

// network is a VM's network as its own system shows it.
func (n *Node) network(ctx context.Context, vm lab.VM) (guestNetwork, error) {
	if n.acting() {
		return lookNetwork(ctx, n.In(vm))
	}
	seen, err := n.sight(ctx, vm)
	switch {
	case err != nil:
		return guestNetwork{}, err
	case seen.Network == nil:
		return guestNetwork{}, &notObservable{Why: onlyDisk}
	}
	return *seen.Network, nil
}

// files are the files of a VM that match the patterns.
func (n *Node) files(ctx context.Context, vm lab.VM, patterns ...string) (linuxnet.Files, error) {
	if n.acting() {
		return readFiles(ctx, n.In(vm), patterns...)
	}
	seen, err := n.sight(ctx, vm)
	if err != nil {
		return nil, err
	}
	return matching(seen.Files, patterns), nil
}

// startFiles are the files of a gateway that start programs at boot: the few whose
// forwarding no other file switches on are looked into once more.
func (n *Node) startFiles(ctx context.Context, vm lab.VM) (linuxnet.Files, error) {
	if in := n.into(ctx, vm); in != nil {
		return readFiles(ctx, in, linuxnet.StartFiles()...)
	}
	return n.files(ctx, vm, linuxnet.StartFiles()...)
}

// rootFiles are the plain files in /root of a VM.
func (n *Node) rootFiles(ctx context.Context, vm lab.VM) ([]string, error) {
	if n.acting() {
		result, err := n.In(vm).Run(ctx, guest.Sh(rootScript))
		return rootNames(result.Stdout), err
	}
	seen, err := n.sight(ctx, vm)
	if err != nil {
		return nil, err
	}
	return seen.Root, nil
}

// forwarding is net.ipv4.ip_forward of a VM at this moment: "0" or "1".
func (n *Node) forwarding(ctx context.Context, vm lab.VM) (string, error) {
	if n.acting() {
		return forwarding(ctx, n.In(vm))
	}
	seen, err := n.sight(ctx, vm)
	switch {
	case err != nil:
		return "", err
	case seen.Forward == "":
		return "", &notObservable{Why: onlyDisk}
	}
	return seen.Forward, nil
}
