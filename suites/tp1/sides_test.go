package tp1

import (
	"testing"

	"github.com/labproof/labproof/reports"
)

// Each group of a pair answers for its own VMs and for the gateway that both made, and not
// for its neighbour's.
func TestEachGroupHasItsOwnSide(t *testing.T) {
	tests := []struct {
		name string
		m    mistake
		x, y reports.Outcome
	}{
		{"nothing is wrong", mistake{path: "crossing.ip_forward", value: "1"}, reports.Passed, reports.Passed},
		{"X's route", mistake{path: "routes.0.network.routes", value: []any{}}, reports.Failed, reports.Passed},
		{"Y's route", mistake{path: "routes.1.network.routes", value: []any{}}, reports.Passed, reports.Failed},
		{"the gateway", mistake{path: "crossing.ip_forward", value: "0"}, reports.Failed, reports.Failed},
	}
	for _, test := range tests {
		c := stageForJudging(t)
		c.node.Teacher = nil
		p := newPlay(questions(), c)
		q, _ := p.question("tp1.q21")
		seen := seenBy(t, "tp1.q21")
		delete(seen, "story")
		change(t, seen, test.m)
		a := &act{looked: true, look: decoded(t, q, seen)}
		whole := reports.Verdict{ID: q.ID, Subject: "pair-1-2", Outcome: reports.Passed}
		if reason, failed := q.verdict(c.pairs[0], a.look); failed {
			whole.Outcome, whole.Reasons = reports.Failed, []reports.Reason{reason}
		}
		sides := p.sides(whole, a)
		if len(sides) != 2 || sides[0].Outcome != test.x || sides[1].Outcome != test.y {
			t.Errorf("%s: %+v, want %s and %s", test.name, sides, test.x, test.y)
		}
	}
}

// Where something of the neighbour's is not there, a group's own side cannot be seen; what
// is missing costs whoever should have made it.
func TestWhatTheNeighbourDidNotMake(t *testing.T) {
	c := twoGroups(t, false)
	p := newPlay(questions(), c)
	whole := reports.Verdict{ID: "tp1.q21", Subject: "pair-1-2", Outcome: reports.Failed, Reasons: []reports.Reason{{What: reports.Same("VM 202")}}}
	for path, want := range map[string][2]reports.Outcome{
		"/nodes/proxmox1/qemu/202/config": {reports.NotObservable, reports.Failed},
		"/nodes/proxmox1/qemu/102/config": {reports.Failed, reports.NotObservable},
		"/nodes/proxmox1/qemu/912/config": {reports.Failed, reports.Failed},
	} {
		sides := p.sides(whole, &act{looked: true, lookErr: missingVM(path)})
		if sides[0].Outcome != want[0] || sides[1].Outcome != want[1] {
			t.Errorf("%s: %+v, want %v", path, sides, want)
		}
	}
	if p.sides(reports.Verdict{ID: "tp1.q15", Subject: "group-1", Outcome: reports.Passed}, &act{}) != nil {
		t.Error("a group's question has sides")
	}
}
