package tp1

import (
	"testing"

	"github.com/labproof/labproof/helpers/config"
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
