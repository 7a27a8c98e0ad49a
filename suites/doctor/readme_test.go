package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/proxmox"
)

var (
	roleAdded  = regexp.MustCompile(`(?m)^pveum role add (\S+) --privs "([^"]+)"$`)
	aclGranted = regexp.MustCompile(`(?m)^pveum acl modify (\S+) --users (\S+) --roles (\S+)$`)
)

// The pveum commands of the READMEs are played as the API calls that they stand for: the
// accounts that they make have the rights that they promise.
func TestThePveumCommandsGiveTheRightsTheyPromise(t *testing.T) {
	// What the READMEs say is to be written instead for another version.
	instead := map[int]*strings.Replacer{9: strings.NewReplacer(), 8: strings.NewReplacer("VM.GuestAgent.Unrestricted", "VM.Monitor")}
	for pve, version := range instead {
		for _, path := range []string{"../../README.md", "../../README.fr.md"} {
			t.Run(fmt.Sprintf("%s on Proxmox VE %d", filepath.Base(path), pve), func(t *testing.T) {
				text, err := os.ReadFile(path)
				must(t, err)
				playPveum(t, pve, version.Replace(string(text)))
			})
		}
	}
}

func playPveum(t *testing.T, pve int, text string) {
	target, root := patientOf(t, pve)
	for _, m := range roleAdded.FindAllStringSubmatch(text, -1) {
		must(t, root.Post(t.Context(), "/access/roles", proxmox.Params{"roleid": m[1], "privs": strings.ReplaceAll(m[2], " ", ",")}, nil))
	}
	granted := aclGranted.FindAllStringSubmatch(text, -1)
	if len(granted) == 0 {
		t.Error("nothing is granted")
	}
	for _, m := range granted {
		own := account(t, root, target, m[2], nil)
		must(t, root.Put(t.Context(), "/access/acl", proxmox.Params{"path": m[1], "users": m[2], "roles": m[3]}, nil))
		found := examine(t, question(t, own, 1))
		if f := found["version"]; !strings.HasPrefix(f.What.EN, fmt.Sprintf("Proxmox VE %d.", pve)) {
			t.Error(f.What.EN)
		}
		if f := found["rights.grade"]; f.State != OK {
			t.Error(f.What.EN)
		}
		if f := found["rights.validate"]; strings.Contains(m[3], "Validate") && f.State != OK {
			t.Error(f.What.EN)
		}
	}
}
