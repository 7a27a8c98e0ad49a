package config

import "time"

// Timeouts are the limits of every wait. A wait that reaches its limit fails and
// says what it waited for; none of these is ever slept through. The why tags are
// what ginkgo.yaml and error messages say about them.
type Timeouts struct {
	API       time.Duration `yaml:"api" why:"one request to the node; a 401 alone takes 3 s on purpose, and a proxied call ends after 30 s"`
	Login     time.Duration `yaml:"login" why:"a ticket for one user, with the 3 s of a refused first try"`
	SSH       time.Duration `yaml:"ssh" why:"an SSH connection to the node or to a guest, handshake included"`
	Node      time.Duration `yaml:"node" why:"the embedded node until its API answers"`
	Image     time.Duration `yaml:"image" why:"building the guest image: 40 s to 60 s with a near mirror, minutes with a far one"`
	Upload    time.Duration `yaml:"upload" why:"sending the image (about 350 MB) or an ISO to the node's storage"`
	Task      time.Duration `yaml:"task" why:"any task without a limit of its own"`
	Create    time.Duration `yaml:"create" why:"creating a VM, with the import of its disk"`
	Clone     time.Duration `yaml:"clone" why:"a clone: 0.02 s linked, 1.5 s full, minutes on slow shared storage"`
	Start     time.Duration `yaml:"start" why:"the start task of a VM, not its boot"`
	Boot      time.Duration `yaml:"boot" why:"from the start until the guest answers: 6 s alone, 28 s with five at once under TCG, 2 min with nine on two busy cores"`
	Agent     time.Duration `yaml:"agent" why:"one answer of the guest agent of a running guest"`
	AgentPing time.Duration `yaml:"agent_ping" why:"the guest agent of a VM that has long booted, until it counts as not running: two questions, for each of which the node gives it 3 s"`
	Command   time.Duration `yaml:"command" why:"one command in a guest"`
	Console   time.Duration `yaml:"console" why:"the serial console until its login prompt answers"`
	Shutdown  time.Duration `yaml:"shutdown" why:"a clean shutdown: 2 s, up to Proxmox's own 60 s where services hang"`
	Reboot    time.Duration `yaml:"reboot" why:"a shutdown and a boot"`
	Apply     time.Duration `yaml:"apply" why:"applying the node's network configuration, after waiting for others' edits"`
	Network   time.Duration `yaml:"network" why:"restarting a guest's networking, and its address and route after that: 2 s alone, 30 s with nine at once under TCG on two cores"`
	Ping      time.Duration `yaml:"ping" why:"a series of pings that are all lost: 1 s each, and 3 s of unanswered ARP"`
	Capture   time.Duration `yaml:"capture" why:"tcpdump until it listens, and until it ended"`
	Resources time.Duration `yaml:"resources" why:"the cluster's resource list, which lags by up to 10 s"`
	Wire      time.Duration `yaml:"wire" why:"a port of our own on a bridge, until it forwards: with STP twice its delay of 15 s"`
	Answer    time.Duration `yaml:"answer" why:"one round of ARP and ping questions of that port; there are three"`
	Teardown  time.Duration `yaml:"teardown" why:"taking one group's lab down"`
}

// Poll says how often a condition is looked at again.
type Poll struct {
	API   time.Duration `yaml:"api" why:"lists and states of the node"`
	Agent time.Duration `yaml:"agent" why:"guest agent; faster than 100 ms costs the guest more than it gains"`
	Task  time.Duration `yaml:"task" why:"a task's state; a real node has 3 workers for everybody"`
	Guest time.Duration `yaml:"guest" why:"a state inside a guest, looked at by a command"`
	Wire  time.Duration `yaml:"wire" why:"on a bridge, for a second answer after the first, which tells of a duplicate address"`
}

// minPoll is the fastest poll that is allowed: below it a guest spends its CPU on
// answering (each guest-exec costs a fork and a journal line).
const minPoll = 100 * time.Millisecond
