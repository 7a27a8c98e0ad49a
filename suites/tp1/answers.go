package tp1

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/tp1/written"
)

// AnswersFolder is where a run keeps the answers that it judged, below its own folder.
const AnswersFolder = "answers"

// writing is what one group handed in. A file that is not there is one without answers.
type writing struct {
	file *answers.File
	err  error // nothing of the file can be used: nobody's mark before somebody has looked
}

// keepAnswers copies the groups' files into the run's folder, so that they can be judged
// again. It returns the groups that handed in none.
func keepAnswers(from string, folder *reports.Folder, groups []int) (missing []int, err error) {
	if err := os.MkdirAll(folder.Join(AnswersFolder), 0o755); err != nil {
		return nil, fmt.Errorf("keep the answers: %w", err)
	}
	for _, group := range groups {
		name := answers.FileName(group)
		switch err := answers.Copy(filepath.Join(from, name), folder.Join(AnswersFolder, name)); {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, group)
		case err != nil:
			return missing, fmt.Errorf("keep the answers of group %d: %w", group, err)
		}
	}
	return missing, nil
}

// readAnswers reads what a run kept; nil: its groups were not asked to write anything.
func readAnswers(folder *reports.Folder, groups []*Group) map[int]writing {
	dir := folder.Join(AnswersFolder)
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	all := map[int]writing{}
	for _, g := range groups {
		file, err := answers.ReadFolder(dir, g.Number)
		if errors.Is(err, fs.ErrNotExist) {
			file, err = &answers.File{Group: g.Number}, nil
		}
		all[g.Number] = writing{file, err}
	}
	return all
}

// ofTheNode are the questions about the node whose answer each group writes down: on the
// node there is nothing of the group's to see.
var ofTheNode = []string{"tp1.q01", "tp1.q02", "tp1.q10", "tp1.q11"}

// isNodeAnswer tells a group's answer about the node from what was seen of the node.
func isNodeAnswer(v reports.Verdict) bool {
	return slices.Contains(ofTheNode, v.ID) && v.Subject != reports.Node
}

// nodeAnswers are the verdicts of the groups on the questions about the node that were
// asked.
func (p *play) nodeAnswers(asked []reports.Verdict) []reports.Verdict {
	var all []reports.Verdict
	for _, id := range ofTheNode {
		if !slices.ContainsFunc(asked, func(v reports.Verdict) bool { return v.ID == id }) {
			continue
		}
		for _, g := range p.cast.groups {
			if w, ok := p.writings[g.Number]; ok {
				all = append(all, p.nodeAnswer(id, g, w))
			}
		}
	}
	return all
}

func (p *play) nodeAnswer(id string, g *Group, w writing) reports.Verdict {
	v := reports.Verdict{ID: id, Subject: g.Subject(), Title: p.title(id), Outcome: reports.Error}
	a := p.acts[actKey{id, reports.Node}]
	switch {
	case w.err != nil:
		v.Reasons = []reports.Reason{unreadableAnswers(w.err)}
	case a == nil || a.look == nil || a.lookErr != nil:
		v.Reasons = []reports.Reason{{What: reports.Text{
			FR: "Ce que le nœud a de vrai n'a pas pu être lu : la réponse ne peut pas être comparée.",
			EN: "What is true of the node could not be read: the answer cannot be compared.",
		}}}
	default:
		answer := answerOf(p.cast.node, id, w.file, a.look)
		v.Answers = []reports.Answer{answer}
		v.Outcome, v.Reasons, _ = written.Judge(w.file, id, answer)
	}
	return v
}

func unreadableAnswers(err error) reports.Reason {
	r := reports.Reason{
		What: reports.Text{FR: "Le fichier de réponses du groupe ne peut pas être lu.", EN: "The group's answers file cannot be read."},
		Seen: reports.Same(err.Error()),
		Next: reports.Text{FR: "labproof answers check", EN: "labproof answers check"},
	}
	var bad *answers.Error
	if errors.As(err, &bad) {
		r.Seen.FR = bad.French()
	}
	return r
}

// answer lays what the groups wrote beside a verdict on what they built. A wrong fact turns
// a question red that was right on the node; what is wrong on the node stays so.
func (p *play) answer(v *reports.Verdict, a *act) {
	if v.Subject == reports.Node || !slices.Contains(answers.IDs(), v.ID) {
		return
	}
	for _, number := range v.Subject.Groups() {
		w, ok := p.writings[number]
		if !ok || w.err != nil {
			continue
		}
		var look any
		if a != nil && a.lookErr == nil {
			look = a.look
		}
		answer := answerOf(p.cast.node, v.ID, w.file, look)
		outcome, reasons, judged := written.Judge(w.file, v.ID, answer)
		p.answered(v, number, &answer, outcome, reasons, judged)
		v.Answers = append(v.Answers, answer)
	}
}

// answered joins one group's answer with what was built, for that group's side and for the
// whole.
func (p *play) answered(v *reports.Verdict, group int, answer *reports.Answer, outcome reports.Outcome, reasons []reports.Reason, judged bool) {
	answer.Shown = v.Outcome
	side := slices.IndexFunc(v.Sides, func(s reports.Side) bool { return s.Group == group })
	if side >= 0 {
		answer.Shown = v.Sides[side].Outcome
	}
	if !judged {
		return
	}
	if side >= 0 && answersDecide(v.Sides[side].Outcome) {
		v.Sides[side].Outcome, v.Sides[side].Reason = outcome, nil
		if len(reasons) > 0 {
			v.Sides[side].Reason = &reasons[0]
		}
	}
	if answersDecide(v.Outcome) && (outcome != reports.Passed || v.Outcome == reports.NotObservable) {
		v.Outcome, v.Reasons = outcome, reasons
	}
}

// answersDecide tells where a written fact may change an outcome.
func answersDecide(shown reports.Outcome) bool {
	return shown == reports.Passed || shown == reports.NotObservable
}

// answerOf compares an answer with what was seen; nil: nothing was. What could not be looked
// at makes no written fact wrong.
func answerOf(n *Node, id string, f *answers.File, look any) reports.Answer {
	switch look := look.(type) {
	case hardware:
		return written.Q01(f, written.Hardware{CPUs: look.API.CPUs, Cores: look.API.Cores, Memory: look.API.Memory})
	case room:
		if capacity, err := look.capacity(n); err == nil {
			return written.Q02(f, capacity)
		}
	case rootLook:
		return written.Q06(f, look.Files)
	case physicalLook:
		return written.Q10(f, look.physical())
	case defaultBridgeLook:
		return written.Q11(f, look.described())
	case addressLook:
		if !look.Unread && !perhapsManaged(n, look.Files) {
			interfaces, _ := linuxnet.ParseInterfaces(look.Files, "/etc/network/interfaces") // what is wrong in it was judged
			return written.Q15(f, look.Files, look.card(interfaces))
		}
	case wiring:
		if len(look.Network.Links) > 0 { // the wire shows no names of cards
			return written.Q19(f, look.wires())
		}
	}
	switch id { // what the practical itself makes true
	case "tp1.q13":
		return written.Q13(f)
	case "tp1.q14":
		return written.Q14(f)
	case "tp1.q18":
		return written.Q18(f)
	case "tp1.q20":
		return written.Q20(f)
	case "tp1.q21":
		return written.Q21(f)
	}
	return written.Words(f, id)
}

func (l physicalLook) physical() written.Physical {
	truth := written.Physical{Ports: l.Ports}
	for _, card := range l.Cards {
		truth.Cards = append(append(truth.Cards, card.Name), card.AltNames...)
	}
	for _, name := range l.Names {
		truth.Explained.FR += name.Name + " : " + name.FR + "\n"
		truth.Explained.EN += name.Name + ": " + name.EN + "\n"
	}
	return truth
}

func (l defaultBridgeLook) described() written.Bridge {
	truth := written.Bridge{Method: l.Class, CIDR: l.API.CIDR, Gateway: l.API.Gateway, Ports: l.API.BridgePorts, Described: l.Text}
	if l.Kernel != nil {
		truth.Live = prefixes(l.Kernel.Link.IPv4())
	}
	return truth
}

// wires are the gateway's interfaces with their bridges.
func (w wiring) wires() []answers.Wire {
	var all []answers.Wire
	for _, nic := range w.NICs {
		if link := w.Network.card(nic); link.Name != "" {
			all = append(all, answers.Wire{NIC: link.Name, Bridge: nic.Bridge})
		}
	}
	return all
}
