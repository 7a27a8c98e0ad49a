package tp1

import (
	"context"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/google/go-cmp/cmp"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/ledger"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// ruins is the node before the lab and after its teardown.
type ruins struct {
	Before student.Snapshot `json:"before"`
	After  student.Snapshot `json:"after"`
}

// The last step: everything the lab made is taken down, and the node is as it was.
func teardown() Question[*Node, ruins] {
	return Question[*Node, ruins]{
		ID:    teardownID,
		Title: reports.Text{FR: "Démonter le TP : le nœud est comme avant", EN: "Take the lab down: the node is as it was"},
		Do: func(ctx context.Context, n *Node) error {
			return n.Teacher.TakeDown(ctx, n.whoUndoes).Err()
		},
		Look: func(ctx context.Context, n *Node) (ruins, error) {
			after, err := student.TakeSnapshot(ctx, n.API, n.Target.Storage, n.Target.ISOStorage)
			return ruins{Before: n.before, After: after}, err
		},
		Judge: func(j *judge, _ *Node, look ruins) {
			after := look.After.Parts()
			for i, part := range look.Before.Parts() {
				j.Expect(after[i].Lines).To(Equal(part.Lines), j.because(
					"Après le démontage, la liste « %s » n'est plus celle d'avant.", "After the teardown the list %q is not what it was.", part.Name).
					seen("before → after", strings.TrimSpace(cmp.Diff(part.Lines, after[i].Lines))).
					next("labproof clean reprend le démontage là où il s'est arrêté.", "labproof clean goes on with the teardown where it stopped.").say)
			}
		},
	}
}

const teardownID = "tp1.teardown"

// whoUndoes lets a student take down what that student built, and the teacher the rest.
func (n *Node) whoUndoes(e ledger.Entry) *proxmox.Session {
	for _, g := range n.groups {
		if g.Student != nil && g.built(e) {
			return g.Student.Node
		}
	}
	return n.Teacher.Node
}

// built tells whether a thing is one that the group's student made.
func (g *Group) built(e ledger.Entry) bool {
	switch e.Kind {
	case ledger.Bridge:
		return e.ID == g.Bridge
	case ledger.Clone, ledger.Template:
		return e.ID == id(g.Template) || e.ID == id(g.First) || e.ID == id(g.Second)
	}
	return false
}
