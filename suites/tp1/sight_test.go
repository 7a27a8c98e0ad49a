package tp1

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

// The script is run where the tests run: whatever this machine's network is, it is read.
func TestWhatASightShows(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", sightScript).Output()
	if err != nil {
		t.Fatal(err)
	}
	seen, err := parseSight(string(out))
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if lo := seen.Network.link("lo"); lo.Type != "loopback" {
		t.Errorf("lo is %+v", lo)
	}
	if seen.Forward != "0" && seen.Forward != "1" {
		t.Errorf("ip_forward is %q", seen.Forward)
	}
	for _, file := range seen.Root {
		if !strings.HasPrefix(file, "/root/") {
			t.Errorf("%q is no file in /root", file)
		}
	}
	for name := range seen.Files {
		if !strings.HasPrefix(name, "/") {
			t.Errorf("%q is no file", name)
		}
	}
}

func FuzzSight(f *testing.F) {
	f.Add(`[{"ifname":"lo"}]` + "\n[]\n1\n/root/my notes\n\ncontent\t/etc/network/interfaces\t\n\n 8 /etc/network/interfaces\n\nauto lo\n")
	f.Add("[]\n[]\n0\n\n\n")
	f.Add("[]\n[]\n0\n")
	f.Add("\n\n\n\n\n\n")
	f.Fuzz(func(t *testing.T, out string) {
		seen, err := parseSight(base64.StdEncoding.EncodeToString([]byte(out)))
		if (seen == nil) == (err == nil) {
			t.Errorf("%v and %v", seen, err)
		}
		if seen, err := parseSight(out); (seen == nil) == (err == nil) {
			t.Errorf("not encoded: %v and %v", seen, err)
		}
	})
}

// Each VM is looked into once; the rung that leads nowhere gives way to the next.
func TestTheLadder(t *testing.T) {
	c := twoGroups(t, false)
	looks := map[reports.Rung]int{}
	way := func(name reports.Rung, err error) rung {
		return rung{name: name, look: func(context.Context, *Node, lab.VM) (*sight, error) {
			looks[name]++
			return &sight{Rung: name, Files: linuxnet.Files{}}, err
		}}
	}
	off := &guest.Unreachable{Name: "x", Rung: guest.RungAgent, Reason: guest.ErrAgentNotConfigured}
	c.node.rungs = []rung{way(reports.ByAgent, off), way(reports.ByDisk, nil), way(reports.ByWire, errors.New("not needed"))}
	for range 2 {
		seen, err := c.node.sight(t.Context(), c.groups[0].First)
		if err != nil || seen.Rung != reports.ByDisk {
			t.Fatalf("%+v, %v", seen, err)
		}
	}
	if looks[reports.ByAgent] != 1 || looks[reports.ByDisk] != 1 || looks[reports.ByWire] != 0 {
		t.Errorf("looked %v", looks)
	}
	if _, err := c.node.network(t.Context(), c.groups[0].First); blameLook(err) != reports.NotObservable {
		t.Errorf("a running system was seen on a disk: %v", err)
	}
	c.node.rungs = []rung{way(reports.ByAgent, fmt.Errorf("x: %w", &wait.TimeoutError{What: "a guest that hangs"})), way(reports.ByDisk, nil)}
	if seen, err := c.node.sight(t.Context(), c.groups[1].First); err != nil || seen.Rung != reports.ByDisk {
		t.Errorf("a guest that hangs: %+v, %v", seen, err)
	}
	// An agent that was given little time is given all of it where nothing else leads there.
	slow := way(reports.ByAgent, &guest.Unreachable{Name: "x", Rung: guest.RungAgent, Reason: guest.ErrAgentNotRunning})
	slow.again = way(reports.ByWire, nil).look
	c.node.rungs, c.node.sights = []rung{slow, way(reports.ByDisk, nil)}, newSights()
	if seen, err := c.node.sight(t.Context(), c.groups[0].First); err != nil || seen.Rung != reports.ByDisk || looks[reports.ByWire] != 0 {
		t.Errorf("a rung that leads there waits for the agent: %+v, %v, %v", seen, err, looks)
	}
	noDisk := &guest.Unreachable{Name: "x", Rung: guest.RungDisk, Reason: guest.ErrNoDisk}
	c.node.rungs, c.node.sights = []rung{slow, way(reports.ByDisk, noDisk)}, newSights()
	if seen, err := c.node.sight(t.Context(), c.groups[0].First); err != nil || looks[reports.ByWire] != 1 {
		t.Errorf("a slow agent is called dead: %+v, %v", seen, err)
	}
	c.node.rungs, c.node.sights = []rung{way(reports.ByAgent, off)}, newSights()
	if _, err := c.node.sight(t.Context(), c.groups[0].Second); !errors.Is(err, guest.ErrAgentNotConfigured) {
		t.Errorf("nothing leads into the VM: %v", err)
	}
}

// A crossing takes a shell in the first VM and in the gateway: where there is none of either,
// nothing is pinged, by --intrusive neither.
func TestACrossingNeedsBothGuests(t *testing.T) {
	for _, test := range []struct{ first, gateway, want bool }{{true, true, true}, {false, true, false}, {true, false, false}} {
		c := twoGroups(t, false)
		p := c.pairs[0]
		c.node.sights = newSights()
		for vm, there := range map[lab.VM]bool{p.X.First: test.first, p.Gateway: test.gateway} {
			seen := &sight{Rung: reports.ByDisk}
			if there {
				seen.In = guest.Agent(nil, vm.ID, guest.Options{Name: vm.Name})
			}
			c.node.sights.put(vm.ID, seen)
		}
		if got := p.entered(t.Context()); got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}
