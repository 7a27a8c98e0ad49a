package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/grades"
	"github.com/labproof/labproof/suites/tp1"
)

// grading are the flags of grade.
type grading struct {
	groups   string
	question string
	profile  string
	probe    bool
	from     string
	answers  string

	intrusive bool // implies probe
}

func (a *app) grade() *cobra.Command {
	var g grading
	cmd := &cobra.Command{
		Use:   "grade",
		Short: "Look at what the groups built, change nothing, give each a verdict",
		Long: `grade looks at a lab that somebody else built and says, for every group and question,
what is right, what is not, and what could not be seen. It changes nothing: its session
refuses to send anything but reads, and in the guests it runs a short list of commands
that read. --probe adds pings and captures in the guests.

--from judges what an earlier run saw again, without a node: after a change of the points
or of what is accepted. Its verdicts and marks go into a folder of their own.

Without --target it looks at the lab that labproof validate --keep left.`,
		Example: `  labproof grade --target lab9 --groups 1-9
  labproof grade --target lab9 --groups 3 --probe
  labproof grade --from 2026-11-23T1400-x7qk
  labproof validate --keep && labproof grade && labproof clean`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runGrade(cmd.Context(), g) },
	}
	flags := cmd.Flags()
	flags.StringVar(&g.groups, "groups", "", "groups to grade, such as 1,2-4 (default: the configuration's)")
	flags.StringVar(&g.question, "question", "", "only these questions, such as 12,20-21 or clone")
	flags.StringVar(&g.profile, "profile", "grade", "profile of the configuration: timeouts, labels")
	flags.BoolVar(&g.probe, "probe", false, "also send pings from the guests and capture in them, and put a port on the groups' bridges for a moment")
	flags.BoolVar(&g.intrusive, "intrusive", false, "also bring back for a moment what can be seen then only; each change is told beforehand and undone")
	flags.StringVar(&g.answers, "answers", "", "folder with the groups' answers (labproof answers init makes them), to be judged as well")
	flags.StringVar(&g.from, "from", "", "judge what this run saw again: its folder, or its name below --out")
	flags.SortFlags = false
	return cmd
}

// onlyFrom refuses what a grading of stored evidence could only leave out.
func (g grading) onlyFrom() error {
	for _, other := range []struct {
		flag  string
		given bool
	}{{"--groups", g.groups != ""}, {"--question", g.question != ""}, {"--probe", g.probe}, {"--intrusive", g.intrusive}, {"--answers", g.answers != ""}} {
		if other.given {
			return &Problem{
				Code: ExitUsage,
				What: reports.Textf("--from juge à nouveau ce qu'un passage a vu, et %s n'y peut rien", "--from judges again what a run has seen, which %s cannot change", other.flag),
				Next: reports.Text{FR: "choisissez l'un des deux", EN: "choose one of the two"},
			}
		}
	}
	return nil
}

func (a *app) runGrade(ctx context.Context, g grading) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if g.from != "" {
		if err := g.onlyFrom(); err != nil {
			return err
		}
		return a.regrade(cfg, g.from)
	}
	plan, err := a.plan(cfg, g.groups)
	if err != nil {
		return err
	}
	questions := tp1.List(plan)
	chosen, err := pickQuestions(g.question, questions)
	if err != nil {
		return err
	}
	if err := checkProfile(cfg, g.profile); err != nil {
		return err
	}
	if err := checkAnswersFolder(g.answers, plan); err != nil {
		return err
	}
	looking := validating{look: true}
	target, err := a.gradeTarget(cfg, looking)
	if err != nil {
		return err
	}
	if g.intrusive {
		a.tellIntrusions(plan)
	}
	s := &session{app: a, cfg: cfg, target: target, groups: g.groups, command: "grade", total: looking.expected(questions, chosen, plan)}
	run, err := s.run(ctx, tp1.Options{
		Config: cfg, Lab: plan, Profile: g.profile, Look: true, Grade: true, Probe: g.probe || g.intrusive, Intrusive: g.intrusive, Answers: g.answers,
		Questions: chosen, Lang: a.lang,
	})
	if err != nil {
		return interrupted(ctx, err)
	}
	a.outcome = codeOfRun(run)
	return nil
}

// checkAnswersFolder refuses a folder that has none of the groups' answers: it is the
// wrong one, and every group would be marked as if it had handed in nothing.
func checkAnswersFolder(dir string, plan lab.Lab) error {
	if dir == "" {
		return nil
	}
	for _, n := range plan.Numbers() {
		if _, err := os.Stat(filepath.Join(dir, answers.FileName(n))); err == nil {
			return nil
		}
	}
	return &Problem{
		Code: ExitUsage,
		What: reports.Textf("--answers %s : aucun fichier comme %s", "--answers %s: no file such as %s", dir, answers.FileName(plan.Numbers()[0])),
		Next: reports.Text{FR: "labproof answers init prépare ces fichiers", EN: "labproof answers init prepares these files"},
	}
}

// tellIntrusions lists beforehand what --intrusive changes for a moment.
func (a *app) tellIntrusions(plan lab.Lab) {
	fmt.Fprintln(a.Err, reports.Text{FR: "Changements brefs, chacun défait aussitôt :", EN: "Short changes, each undone at once:"}.In(a.lang))
	for _, change := range tp1.Intrusions(plan) {
		fmt.Fprintln(a.Err, "  "+change.In(a.lang))
	}
}

// gradeTarget never is a node that labproof would start itself: there is nothing on it.
func (a *app) gradeTarget(cfg *config.Config, looking validating) (config.Target, error) {
	target, err := a.validateTarget(cfg, looking)
	if err == nil && target.Embedded != nil {
		err = &Problem{
			Code: ExitUsage,
			What: reports.Text{FR: "un nœud embarqué neuf n'a rien à noter", EN: "a new embedded node has nothing to grade"},
			Next: reports.Text{FR: "donnez --target, le nœud de la classe", EN: "give --target, the class's node"},
		}
	}
	return target, err
}

// tellChanges shows what somebody else changed on the node meanwhile: a verdict may be of
// the time before.
func (s *session) tellChanges(run *reports.Run) {
	if len(run.Changes) == 0 {
		return
	}
	s.screen.Note("")
	s.screen.Note(reports.Text{FR: "Quelqu'un a changé ceci sur le nœud pendant la notation :", EN: "Somebody changed this on the node while it was graded:"}.In(s.lang))
	for _, change := range run.Changes {
		s.screen.Note("  " + reports.Line(change))
	}
}

// tellGrades shows each group's mark with its arithmetic.
func (s *session) tellGrades(run *reports.Run) {
	s.tellChanges(run)
	s.screen.Note("")
	for _, g := range grades.Of(run, s.cfg.Points) {
		s.screen.Note(reports.Line(fmt.Sprintf("%s (%s): %s", reports.Group(g.Group).Text().In(s.lang), g.Name, g.Arithmetic.In(s.lang))))
	}
	s.screen.Note(fromHere(s.folder.Join(grades.ClassFile)) + ", " + fromHere(s.folder.Join(grades.PairsFile)) + ", " + fromHere(s.folder.Join(grades.GroupsFolder)) + "/")
}
