package tp1

import (
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// Rejudge gives the verdicts of a run again, from what it saw and by the rules of cfg,
// without a node. What could not be seen then cannot be seen now: such a verdict stays as
// it is. The evidence is read in folder; the run itself is not changed.
func Rejudge(cfg *config.Config, old *reports.Run, folder *reports.Folder) (*reports.Run, error) {
	kept, err := readSetting(folder)
	if err != nil {
		return nil, err
	}
	node := kept.node(cfg)
	if node.Plan, err = planOfRun(cfg, old); err != nil {
		return nil, err
	}
	c := newCast(node, folder, reports.Silent{})
	for _, pair := range c.pairs {
		if vmid, ok := kept.Gateways[string(pair.Subject())]; ok {
			pair.Gateway.ID = vmid
		}
	}
	p := newPlay(questions(), c)
	p.writings = readAnswers(folder, c.groups)
	built := slices.DeleteFunc(slices.Clone(old.Verdicts), isNodeAnswer)
	for _, v := range built {
		if err := p.recall(v, folder); err != nil {
			return nil, err
		}
	}
	if err := p.recallFoundations(folder); err != nil {
		return nil, err
	}
	again := *old
	again.Verdicts = nil
	for _, v := range built {
		again.Verdicts = append(again.Verdicts, p.judgeAgain(v))
	}
	again.Verdicts = append(again.Verdicts, p.nodeAnswers(built)...)
	again.Plan.Groups = p.members(old.Plan.Groups)
	return &again, nil
}

// planOfRun is the lab of a run, by the patterns of cfg.
func planOfRun(cfg *config.Config, run *reports.Run) (lab.Lab, error) {
	var groups []int
	for _, g := range run.Plan.Groups {
		groups = append(groups, g.Number)
	}
	var pairs [][2]int
	for _, p := range run.Plan.Pairs {
		pairs = append(pairs, [2]int{p.X, p.Y})
	}
	plan, err := lab.Plan(cfg.Patterns, groups, pairs...)
	if err != nil {
		return lab.Lab{}, fmt.Errorf("the lab of run %s: %w", run.ID, err)
	}
	return plan, nil
}

// storedAbsence stands for the node's words that something is not there, in a run that is
// judged again.
type storedAbsence struct{ What string }

func (e *storedAbsence) Error() string { return e.What }

// recall puts what was seen of a question back into the play.
func (p *play) recall(v reports.Verdict, folder *reports.Folder) error {
	q, known := p.question(v.ID)
	s := p.cast.subject(v.Subject)
	if !known || s == nil {
		return fmt.Errorf("run %s: %s %s is no question of this practical", folder.ID, v.ID, v.Subject)
	}
	a := &act{notes: p.cast.notes(q, s), looked: true, started: v.Started, took: v.Duration}
	p.acts[actKey{v.ID, v.Subject}] = a
	look, found, err := recallLook(folder, q, s)
	switch {
	case err != nil:
		return err
	case found:
		a.look = look
	case v.Outcome == reports.Failed:
		a.lookErr = &storedAbsence{v.Reasons[0].What.EN}
	default:
		a.looked = false
	}
	return nil
}

// recallFoundations puts back what was seen of questions that were not asked, on which those
// that were stand.
func (p *play) recallFoundations(folder *reports.Folder) error {
	for _, q := range p.questions {
		for _, s := range p.cast.subjects(q.Scope) {
			key := actKey{q.ID, s.Subject()}
			if p.acts[key] != nil {
				continue
			}
			look, found, err := recallLook(folder, q, s)
			if err != nil {
				return err
			}
			if found {
				p.acts[key] = &act{notes: p.cast.notes(q, s), looked: true, look: look}
			}
		}
	}
	return nil
}

// Looks are the files of a run's folder, below it, in which what was seen is kept as data: also
// that of questions that have no verdict, because others stand on them.
func Looks(folder *reports.Folder) []string {
	found, err := fs.Glob(os.DirFS(folder.Path), "tp1.*/*/"+lookFile)
	if err != nil {
		return nil // the pattern is ours, and is one
	}
	return found
}

// recallLook reads what was seen of a question; found is false where nothing was kept.
func recallLook(folder *reports.Folder, q entry, s subject) (look any, found bool, err error) {
	data, err := os.ReadFile(folder.Join(q.ID, string(s.Subject()), lookFile))
	switch {
	case os.IsNotExist(err):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read what was seen of %s: %w", q.ID, err)
	}
	look, err = q.decode(data)
	return look, err == nil, err
}

// judgeAgain is the verdict by today's rules.
func (p *play) judgeAgain(v reports.Verdict) reports.Verdict {
	q, _ := p.question(v.ID)
	s := p.cast.subject(v.Subject)
	a := p.acts[actKey{v.ID, v.Subject}]
	if !a.looked || a.lookErr != nil {
		return v
	}
	v.Outcome, v.Reasons, v.Answers = reports.Passed, nil, nil
	if settled, known := p.unseen(q, s, a); known {
		v.Outcome, v.Reasons = settled.Outcome, []reports.Reason{settled.Reason}
	} else if reason, failed := q.verdict(s, a.look); failed {
		v.Outcome, v.Reasons = reports.Failed, []reports.Reason{reason}
	}
	v.Sides = p.sides(v, a)
	p.answer(&v, a)
	return v
}

// subject finds a subject by its name; nil: there is none.
func (c *cast) subject(name reports.Subject) subject {
	for _, scope := range []Scope{PerNode, PerGroup, PerPair} {
		for _, s := range c.subjects(scope) {
			if s.Subject() == name {
				return s
			}
		}
	}
	return nil
}
