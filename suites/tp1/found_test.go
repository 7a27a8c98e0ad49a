package tp1

import (
	"net/netip"
	"testing"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/linuxnet"
)

// onDiskOnly puts a VM on the stage of which only the disk is seen, with an address in its file.
func onDiskOnly(g *Group, vm lab.VM, address string) {
	file := linuxnet.File{Content: "auto ens18\niface ens18 inet static\n address " + address + "\n"}
	g.Node.sights.put(vm.ID, &sight{Files: linuxnet.Files{interfacesFile: file}})
}

// The host's address stays right in the VMs' files when the gateway VM takes another one.
func TestTheGatewayBeforeTheGatewayVM(t *testing.T) {
	for name, test := range map[string]struct {
		bridge, second, gateway string
		want                    string // "": none
	}{
		"the plan's, which the host has left":      {`{}`, "10.0.1.3/29", "10.0.1.6", "10.0.1.1"},
		"the host's own, while it is there":        {`{"cidr":"10.0.1.5/29"}`, "10.0.1.3/29", "10.0.1.1", "10.0.1.5"},
		"the gateway VM took it over":              {`{}`, "10.0.1.3/29", "10.0.1.1", ""},
		"nobody knows the gateway":                 {`{}`, "10.0.1.3/29", "", ""},
		"a VM has it: it is nobody's way out":      {`{}`, "10.0.1.1/29", "10.0.1.6", ""},
		"the gateway is the host, not at the plan": {`{"cidr":"10.0.1.6/29"}`, "10.0.1.3/29", "10.0.1.6", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := groupOn(t, map[string]string{"/nodes/proxmox1/network/vmbr11": test.bridge})
			onDiskOnly(g, g.First, "10.0.1.2/29")
			onDiskOnly(g, g.Second, test.second)
			gateway, _ := netip.ParseAddr(test.gateway)
			addr, known := g.hostBefore(t.Context(), gateway)
			if known != (test.want != "") || known && addr.String() != test.want {
				t.Errorf("%s, %t", addr, known)
			}
		})
	}
}

func stageOf(t *testing.T, class config.Class, pairs [][2]int, groups ...int) *cast {
	t.Helper()
	cfg := config.Default()
	cfg.Class, cfg.Pairs = class, pairs
	plan, err := lab.Plan(cfg.Patterns, groups, cfg.PairsOf(groups)...)
	if err != nil {
		t.Fatal(err)
	}
	return newCast(&Node{Config: cfg, Plan: plan}, nil, nil)
}

func TestAGroupWithoutNeighbour(t *testing.T) {
	for name, test := range map[string]struct {
		class  config.Class
		pairs  [][2]int
		groups []int
		alone  bool // the last of the groups
	}{
		"the odd one of a run":              {groups: []int{1, 2, 3}, alone: true},
		"one of a pair":                     {groups: []int{1, 2, 3, 4}},
		"one group, of a class unknown":     {groups: []int{3}},
		"one group of an even class":        {class: config.Class{Groups: 4}, groups: []int{3}},
		"the odd one of its class":          {class: config.Class{Groups: 3}, groups: []int{3}, alone: true},
		"by the class's numbers":            {class: config.Class{Numbers: config.Groups{21, 22, 23}}, groups: []int{23}, alone: true},
		"paired by the configuration":       {class: config.Class{Groups: 3}, pairs: [][2]int{{2, 3}}, groups: []int{2, 3}},
		"left out by the configuration":     {class: config.Class{Groups: 3}, pairs: [][2]int{{1, 3}}, groups: []int{2}, alone: true},
		"paired with one who is not graded": {class: config.Class{Groups: 9}, groups: []int{1, 4}},
	} {
		c := stageOf(t, test.class, test.pairs, test.groups...)
		if got := c.node.alone(c.groups[len(c.groups)-1]); got != test.alone {
			t.Errorf("%s: alone is %t", name, got)
		}
	}
}

// A host that stays on the bridge is held against a group only where it has a neighbour.
func TestTheHostOfAGroupWithoutNeighbour(t *testing.T) {
	bridge := map[string]string{"/nodes/proxmox1/network/vmbr11": `{"cidr":"10.0.1.1/29"}`}
	g := groupOn(t, bridge)
	g.Node.Quiet = true
	look, err := lookWithoutHost(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if _, moot := q18().Moot(g, look); moot {
		t.Error("of two: it says nothing")
	}
	g.Node.Config.Class.Numbers = config.Groups{1}
	if why, moot := q18().Moot(g, look); !moot || why.FR == "" {
		t.Error("of one: it is held against the group")
	}
}
