package tp1

import (
	"github.com/labproof/labproof/reports"
)

// A pair's question is answered by two groups. Where nobody acts, each is told what its own
// side of it is worth: its own VMs, and the gateway that both made.

// sides judges a pair's question once more for each of its groups; nil: it is no pair's.
func (p *play) sides(whole reports.Verdict, a *act) []reports.Side {
	if p.cast.acting() {
		return nil
	}
	q, _ := p.question(whole.ID)
	for _, pair := range p.cast.pairs {
		if pair.Subject() != whole.Subject {
			continue
		}
		return []reports.Side{side(q, pair, pair.X, whole, a), side(q, pair, pair.Y, whole, a)}
	}
	return nil
}

func side(q entry, pair *Pair, g *Group, whole reports.Verdict, a *act) reports.Side {
	own := reports.Side{Group: g.Number, Outcome: whole.Outcome}
	if len(whole.Reasons) > 0 {
		own.Reason = &whole.Reasons[0]
	}
	judged := a.looked && a.lookErr == nil && (whole.Outcome == reports.Passed || whole.Outcome == reports.Failed)
	switch {
	case judged:
		own.Outcome, own.Reason = reports.Passed, nil
		if reason, failed := q.sideVerdict(pair, g.Number, a.look); failed {
			own.Outcome, own.Reason = reports.Failed, &reason
		}
	case isNeighbours(pair, g, a.lookErr):
		own.Outcome, own.Reason = reports.NotObservable, &reports.Reason{What: neighbourMissing}
	}
	return own
}

// neighbourMissing is why a group's side of a question cannot be seen.
var neighbourMissing = reports.Text{
	FR: "Il manque quelque chose chez le groupe voisin : votre côté ne peut pas être observé.",
	EN: "Something of the neighbouring group is missing: your side cannot be seen.",
}

// isNeighbours tells whether what is not there is a thing of the other group alone.
func isNeighbours(pair *Pair, g *Group, err error) bool {
	other := pair.X
	if g == pair.X {
		other = pair.Y
	}
	_, theirs := notThere(other, err)
	return theirs
}
