package guest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/config"
)

// programOfTheNode puts a program before all others on what stands for the node.
func programOfTheNode(t *testing.T, name, script string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}

// No password is told to a machine whose MAC is not the VM's.
func TestSSHTellsNoPasswordToAnotherMachine(t *testing.T) {
	for name, c := range map[string]struct {
		prints string
		want   error
	}{
		"the VM":          {`[{"dst":"10.0.1.2","dev":"vmbr11","lladdr":"bc:24:11:00:00:01","state":["REACHABLE"]}]`, nil},
		"another machine": {`[{"dst":"10.0.1.2","dev":"vmbr11","lladdr":"bc:24:11:00:00:02","state":["REACHABLE"]}]`, ErrOtherMachine},
		"on two bridges":  {`[{"dst":"10.0.1.2","lladdr":"bc:24:11:00:00:01"},{"dst":"10.0.1.2","lladdr":"bc:24:11:00:00:02"}]`, ErrOtherMachine},
		"by a router":     {`[]`, ErrNoConnection},
		"nothing":         {``, ErrNoConnection},
		"unresolved":      {`[{"dst":"10.0.1.2","dev":"vmbr11","state":["FAILED"]}]`, ErrNoConnection},
		"nonsense":        {`\033[2J`, ErrNoConnection},
	} {
		t.Run(name, func(t *testing.T) {
			programOfTheNode(t, "ip", `[ "$*" = "-j neigh show to 10.0.1.2" ] && printf '%s' '`+c.prints+`'`)
			g, inside := throughNode(t, config.Guest{Key: "the right one"}, Options{Name: "instance-1-1", MAC: "BC:24:11:00:00:01"})
			_, err := g.Run(t.Context(), Cmd("echo", "x"))
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("got %v", err)
			}
			var unreachable *Unreachable
			if c.want != nil && (!errors.As(err, &unreachable) || inside.Logins() != 0) {
				t.Errorf("%d logins, %v", inside.Logins(), err)
			}
			if c.want == ErrOtherMachine && !strings.Contains(err.Error(), "10.0.1.2 is at bc:24:11:00:00:02, the VM has bc:24:11:00:00:01") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// Of the addresses that the node knows on a bridge, a VM's are those at its MAC.
func TestNeighboursOfAMAC(t *testing.T) {
	programOfTheNode(t, "ip", `[ "$*" = "-j neigh show dev vmbr11" ] && printf '%s' '[
		{"dst":"10.0.1.2","lladdr":"bc:24:11:00:00:02"},{"dst":"10.0.1.5","lladdr":"bc:24:11:00:00:01"},
		{"dst":"fe80::1","lladdr":"bc:24:11:00:00:01"},{"dst":"10.0.1.6"},{"dst":"x","lladdr":"bc:24:11:00:00:01"}]'`)
	g, _ := throughNode(t, config.Guest{}, Options{})
	got, err := Neighbours(t.Context(), g.node, "vmbr11", "BC:24:11:00:00:01")
	if err != nil || len(got) != 1 || got[0].String() != "10.0.1.5" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Neighbours(t.Context(), g.node, "vmbr12", "BC:24:11:00:00:01"); err == nil {
		t.Error("a table that cannot be read is taken for an empty one")
	}
}

func TestReadsNeighbours(t *testing.T) {
	for command, want := range map[string]bool{
		"ip -j neigh show to 10.0.1.2":          true,
		"ip -j neigh show dev vmbr11":           true,
		"ip -j neigh show dev vmbr11; reboot":   false,
		"ip -j neigh flush dev vmbr11":          false,
		"ip -j neigh show dev vmbr11\nreboot":   false,
		"ip -j neigh show to 10.0.1.2 dev vmbr": false,
	} {
		if got := ReadsNeighbours(command); got != want {
			t.Errorf("%q: %t", command, got)
		}
	}
}

func FuzzNeighbours(f *testing.F) {
	f.Add(`[{"lladdr":"bc:24:11:00:00:01"}]`)
	f.Add(`[{"lladdr":null}]`)
	f.Fuzz(func(t *testing.T, text string) {
		seen, err := neighbours(text)
		if err != nil && seen != nil {
			t.Errorf("%q beside %v", seen, err)
		}
	})
}
