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

func FuzzNeighbours(f *testing.F) {
	f.Add(`[{"lladdr":"bc:24:11:00:00:01"}]`)
	f.Add(`[{"lladdr":null}]`)
	f.Fuzz(func(t *testing.T, text string) {
		macs, err := neighbours(text)
		if err != nil && macs != nil {
			t.Errorf("%q beside %v", macs, err)
		}
	})
}
