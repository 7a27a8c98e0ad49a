package tp1

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// Where nobody acts, what a question stands on may simply not be there. That is an answer
// about the lab: whoever should have made it failed, and what stands on it was not
// attempted. A question that can be looked at is judged on its own all the same.

// noConfiguration begins what the node says of a VM that does not exist (PVE::AbstractConfig,
// load_config).
const noConfiguration = "Configuration file"

// notThere tells an error that says that one of the subject's own things does not exist
// from every other one: those are nobody's mark.
func notThere(s subject, err error) (thing string, absent bool) {
	var stored *storedAbsence
	if errors.As(err, &stored) {
		return stored.What, true
	}
	var refusal *proxmox.Error
	if !errors.As(err, &refusal) || !errors.Is(refusal, proxmox.ErrNotFound) || !(isAnswer(refusal.Status) || refusal.Status == 404) {
		return "", false
	}
	parts := strings.Split(strings.Trim(refusal.Path, "/"), "/") // nodes/N/qemu/101/…
	if len(parts) < 4 || parts[0] != "nodes" {
		return "", false
	}
	switch kind, name := parts[2], parts[3]; kind {
	case "qemu":
		if !strings.Contains(refusal.Message, noConfiguration) {
			return "", false // a command that an agent has forgotten does not exist either
		}
		for _, vm := range vms(s) {
			if id(vm) == name {
				return fmt.Sprintf("VM %d (%s)", vm.ID, vm.Name), true
			}
		}
	case "network":
		return "bridge " + name, slices.Contains(bridges(s), name)
	}
	return "", false
}

// isNoInterface tells the node's words that it has no interface of a name.
func isNoInterface(err error) bool {
	var refusal *proxmox.Error
	return errors.As(err, &refusal) && errors.Is(refusal, proxmox.ErrNotFound) && refusal.Status != 403
}

// absent tells whether a look found that what the question asks for is not there.
func (a *act) absent(q entry, s subject) bool {
	if !a.looked {
		return false
	}
	if a.lookErr != nil {
		_, absent := notThere(s, a.lookErr)
		return absent
	}
	return q.absent != nil && q.absent(s, a.look)
}

// lost names the first question that q needs and that is not there for this subject, for
// one of its groups, or for the node. Below a question that could not be looked at, those
// further down count: what stands on something that is missing is missing with it.
func (p *play) lost(q entry, s subject) string {
	for _, need := range q.Needs {
		i := slices.IndexFunc(p.questions, func(e entry) bool { return e.ID == need })
		if i < 0 {
			continue
		}
		for _, other := range p.cast.subjects(p.questions[i].Scope) {
			a := p.acts[actKey{need, other.Subject()}]
			if a == nil || !concerns(other.Subject(), s.Subject()) {
				continue
			}
			if a.absent(p.questions[i], other) {
				return need
			}
			if a.looked && a.lookErr == nil {
				continue // it is there, whatever it was to stand on
			}
			if below := p.lost(p.questions[i], other); below != "" {
				return below
			}
		}
	}
	return ""
}

// unseen is the outcome of a look that nobody acted for and that cannot be judged.
func (p *play) unseen(q entry, s subject, a *act) (settled, bool) {
	if a.lookErr != nil || a.absent(q, s) {
		if need := p.lost(q, s); need != "" {
			return settled{reports.NotAttempted, standsOn(need)}, true
		}
	}
	if q.moot != nil && a.looked && a.lookErr == nil {
		if why, moot := q.moot(s, a.look); moot {
			return settled{reports.NotObservable, reports.Reason{What: why}}, true
		}
	}
	thing, absent := notThere(s, a.lookErr)
	if !absent {
		return settled{}, false
	}
	return settled{reports.Failed, reports.Reason{
		What: reports.Textf("%s n'existe pas sur le nœud.", "%s does not exist on the node.", thing),
		Seen: reports.Same(proxmox.Words(a.lookErr)),
		Next: reports.Text{
			FR: "Comparez les numéros et les noms à ceux de l'énoncé (patterns dans ginkgo.yaml).",
			EN: "Compare ids and names with those of the practical (patterns in ginkgo.yaml).",
		},
	}}, true
}
