package doctor

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/proxmox"
)

// The pveum commands of the READMEs are played as the API calls that they stand for: the
// accounts that they make have the rights that they promise.
func TestThePveumCommandsGiveTheRightsTheyPromise(t *testing.T) {
	role := regexp.MustCompile(`(?m)^pveum role add (\S+) --privs "([^"]+)"$`)
	acl := regexp.MustCompile(`(?m)^pveum acl modify (\S+) --users (\S+) --roles (\S+)$`)
	for _, path := range []string{"../../README.md", "../../README.fr.md"} {
		text, err := os.ReadFile(path)
		must(t, err)
		target, root := patient(t)
		for _, m := range role.FindAllStringSubmatch(string(text), -1) {
			must(t, root.Post(t.Context(), "/access/roles", proxmox.Params{"roleid": m[1], "privs": strings.ReplaceAll(m[2], " ", ",")}, nil))
		}
		granted := acl.FindAllStringSubmatch(string(text), -1)
		if len(granted) == 0 {
			t.Errorf("%s grants nothing", path)
		}
		for _, m := range granted {
			own := account(t, root, target, m[2], nil)
			must(t, root.Put(t.Context(), "/access/acl", proxmox.Params{"path": m[1], "users": m[2], "roles": m[3]}, nil))
			found := examine(t, question(t, own, 1))
			if f := found["rights.grade"]; f.State != OK {
				t.Errorf("%s: %s", path, f.What.EN)
			}
			if f := found["rights.validate"]; strings.Contains(m[3], "Validate") && f.State != OK {
				t.Errorf("%s: %s", path, f.What.EN)
			}
		}
	}
}
