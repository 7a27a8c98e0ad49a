package tp1

import (
	"strconv"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// Refusal is what the node answered to a call that it should refuse.
type Refusal = student.Refusal

// cast is everybody a question may be put to, and who looks and acts.
type cast struct {
	node     *Node
	groups   []*Group
	pairs    []*Pair
	folder   *reports.Folder
	observer reports.Observer
}

// acting tells whether a student acts, or the lab is only looked at.
func (c *cast) acting() bool { return c.node.acting() }

func (c *cast) subjects(scope Scope) []subject {
	var all []subject
	switch scope {
	case PerNode:
		all = append(all, c.node)
	case PerGroup:
		for _, g := range c.groups {
			all = append(all, g)
		}
	case PerPair:
		for _, p := range c.pairs {
			all = append(all, p)
		}
	}
	return all
}

// Node is the hypervisor: what is asked once.
type Node struct {
	Config  *config.Config
	Target  config.Target
	Disks   student.Disks // what the storage of the VMs does with disks
	Major   int           // of the node's Proxmox VE: 7, 8, 9
	Plan    lab.Lab
	API     *proxmox.Session  // the account of the target: it looks, and nothing else
	Shell   *hypervisor.Shell // nil: the target gives no shell
	Teacher *student.Teacher  // nil: nobody acts

	Quiet     bool // no packets of our own: a grader without --probe
	Intrusive bool // a grader may change something for a moment

	groups []*Group
	pairs  []*Pair
	before student.Snapshot // the node before anything was made
	sights *sights          // what was seen in the VMs, where nobody acts
	wires  *wires           // and on the groups' bridges
	pings  *pings           // and what was answered
	rungs  []rung           // the ways into a VM that the target offers, the best first
}

// acting tells whether a student acts, or the lab is only looked at.
func (n *Node) acting() bool { return n.Teacher != nil }

// Subject is "node".
func (*Node) Subject() reports.Subject { return reports.Node }

// Group is one group: its plan, its student where one acts, and what the student saw.
type Group struct {
	lab.Group
	Node     *Node
	Accounts []student.Account
	Student  *student.Student // from Q4 on
	saw      groupStory
}

// Subject is "group-1".
func (g *Group) Subject() reports.Subject { return reports.Group(g.Number) }

// In is a shell in one of the lab's VMs, by its agent.
func (n *Node) In(vm lab.VM) guest.Guest {
	return n.agentWithin(vm, n.Config.Timeouts, n.Config.Poll)
}

func (n *Node) agentWithin(vm lab.VM, limits config.Timeouts, poll config.Poll) guest.Guest {
	return guest.Agent(n.API, vm.ID, guest.Options{Name: vm.Name, Timeouts: limits, Poll: poll})
}

// Pair is two neighbouring groups and the gateway between them.
type Pair struct {
	lab.Pair
	Node *Node
	X, Y *Group
	saw  pairStory
}

// Subject is "pair-1-2".
func (p *Pair) Subject() reports.Subject { return reports.Pair(p.X.Number, p.Y.Number) }

// newCast puts the plan's groups and pairs on the stage.
func newCast(node *Node, folder *reports.Folder, observer reports.Observer) *cast {
	c := &cast{node: node, folder: folder, observer: observer}
	byNumber := map[int]*Group{}
	for _, g := range node.Plan.Groups {
		group := &Group{Group: g, Node: node}
		byNumber[g.Number] = group
		c.groups = append(c.groups, group)
	}
	node.groups, node.sights = c.groups, newSights()
	node.wires, node.pings = newWires(), &pings{}
	if node.rungs == nil {
		node.rungs = []rung{agentRung}
	}
	for _, p := range node.Plan.Pairs {
		c.pairs = append(c.pairs, &Pair{Pair: p, Node: node, X: byNumber[p.X.Number], Y: byNumber[p.Y.Number]})
	}
	node.pairs = c.pairs
	return c
}

// id is a VM's VMID as text.
func id(vm lab.VM) string { return strconv.Itoa(vm.ID) }
