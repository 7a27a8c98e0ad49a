package tp1

import (
	"testing"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/proxmox"
)

func TestOtherNamesThatAreRight(t *testing.T) {
	c := stageForJudging(t)
	c.node.Config.Accept = config.Accept{
		TemplateNames: []string{"modele-{x}"}, FirstNames: []string{"instance-{x}-2"},
		SecondNames: []string{"instance-{x}-{y}"}, GatewayNames: []string{"gw-{y}-{x}"},
	}
	byID := map[string]entry{}
	for _, q := range questions() {
		byID[q.ID] = q
	}
	tests := []struct {
		question, path, name string
		right                bool
	}{
		{"tp1.vm", "config.name", "modele-1", true},
		{"tp1.vm", "config.name", "modele-2", false},
		{"tp1.clone", "name", "instance-1-1", true},
		{"tp1.clone", "name", "instance-1-2", true},
		{"tp1.clone", "name", "instance-2-2", false},
		{"tp1.q16", "name", "instance-1-0", true},
		{"tp1.q16", "name", "instance-1-2", false},
		{"tp1.gateway", "name", "gw-2-1", true},
		{"tp1.gateway", "name", "gw-1-3", false},
	}
	for _, test := range tests {
		look := seenBy(t, test.question)
		change(t, look, mistake{question: test.question, path: test.path, value: test.name})
		if reason, failed := verdictOf(t, c, byID[test.question], look); failed == test.right {
			t.Errorf("%s named %s: failed %t, %+v", test.question, test.name, failed, reason)
		}
	}
}

func TestAFullCloneCountsOnlyWhereItIsAccepted(t *testing.T) {
	c := stageForJudging(t)
	look := seenBy(t, "tp1.clone")
	change(t, look, mistake{path: "disk", value: map[string]any{"ID": "local:102/vm-102-disk-0.qcow2"}})
	for _, accepted := range []bool{false, true} {
		c.node.Config.Accept.FullClone = accepted
		if _, failed := verdictOf(t, c, ask(sectionTemplate, clone()), look); failed == accepted {
			t.Errorf("accepted %t: failed %t", accepted, failed)
		}
	}
}

// A role that counts as right is held to its own privileges, not to PVEVMAdmin's.
func TestTheRoleThatAGroupHas(t *testing.T) {
	g := twoGroups(t, false).groups[0]
	g.Node.Config.Accept.Roles = []string{"TP_VM"}
	on := func(path, role string) proxmox.ACLEntry { return proxmox.ACLEntry{Path: path, Role: role} }
	for want, acls := range map[string][][]proxmox.ACLEntry{
		"TP_VM":      {{on("/", "TP_VM")}, {on("/vms", "PVEVMAdmin"), on("/", "TP_VM")}},
		"PVEVMAdmin": {nil, {on("/", "Other")}, {on("/", "TP_VM"), on("/", "PVEVMAdmin")}, {on("/vms", "TP_VM")}},
	} {
		for _, acl := range acls {
			if got := g.roleOf(acl); got != want {
				t.Errorf("%+v: %s, want %s", acl, got, want)
			}
		}
	}
}
