package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/tp1"
)

// validating are the flags of validate.
type validating struct {
	groups   string
	question string
	label    string
	profile  string
	list     bool
	keep     bool
	look     bool
}

func (a *app) validate() *cobra.Command {
	var v validating
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Play the perfect student, check every question, take the lab down",
		Long: `validate does the whole lab as a student would, checks every question, takes the
lab down again and writes the reports below --out.

Without --target it builds the guest image once, starts the embedded node, and stops
it at the end. Ctrl-C keeps the evidence and takes the lab down; a second Ctrl-C stops
at once and says how to clean later.`,
		Example: `  labproof validate
  labproof validate --groups 1-4 --json > run.json
  labproof validate --target target.yaml --question 12,20-21
  labproof validate --keep && labproof validate --look && labproof clean`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runValidate(cmd.Context(), v) },
	}
	flags := cmd.Flags()
	flags.StringVar(&v.groups, "groups", "", "groups to play, such as 1,2-4 (default: the configuration's)")
	flags.StringVar(&v.question, "question", "", "only these questions, such as 12,20-21 or clone, and what they stand on")
	flags.StringVar(&v.label, "label", "", "only questions whose labels match, such as 'network && !pair'")
	flags.StringVar(&v.profile, "profile", "validate", "profile of the configuration: timeouts, labels, repetitions")
	flags.BoolVar(&v.list, "list", false, "list the questions without running them")
	flags.BoolVar(&v.keep, "keep", false, "keep the lab, and the embedded node, when the run is over")
	flags.BoolVar(&v.look, "look", false, "only look again at a lab that was kept, without acting")
	flags.SortFlags = false
	return cmd
}

func (a *app) runValidate(ctx context.Context, v validating) error {
	if v.keep && v.look {
		return &Problem{
			Code: ExitUsage,
			What: reports.Text{FR: "--look ne construit rien que --keep puisse garder", EN: "--look builds nothing that --keep could keep"},
			Next: reports.Text{FR: "choisissez l'un des deux", EN: "choose one of the two"},
		}
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	plan, err := a.plan(cfg, v.groups)
	if err != nil {
		return err
	}
	questions := tp1.List(plan)
	chosen, err := pickQuestions(v.question, questions)
	if err != nil {
		return err
	}
	if err := errors.Join(checkLabel(v.label), checkProfile(cfg, v.profile)); err != nil {
		return err
	}
	if v.list {
		return a.list(questions, chosen, v.label)
	}
	target, err := a.validateTarget(cfg, v)
	if err != nil {
		return err
	}
	s := &session{app: a, cfg: cfg, target: target, keep: v.keep, groups: v.groups, command: "validate", total: v.expected(questions, chosen, plan)}
	run, err := s.run(ctx, tp1.Options{
		Config: cfg, Lab: plan, Profile: v.profile, Keep: v.keep, Look: v.look, Questions: chosen, LabelFilter: v.label, Lang: a.lang,
	})
	if err != nil {
		return interrupted(ctx, err)
	}
	a.outcome = codeOfRun(run)
	return nil
}

// validateTarget is the target asked for; --look without one means the lab that was
// kept last.
func (a *app) validateTarget(cfg *config.Config, v validating) (config.Target, error) {
	if !v.look || a.common.target != "" {
		return a.target(cfg)
	}
	target, err := a.target(cfg)
	if err != nil || target.Embedded == nil {
		return target, err
	}
	kept, found, err := lastKept(a.common.out)
	if err != nil {
		return config.Target{}, err
	}
	if !found {
		return config.Target{}, &Problem{
			Code: ExitUsage,
			What: reports.Textf("aucun lab gardé dans %s", "no kept lab in %s", a.common.out),
			Next: reports.Text{FR: "lancez d'abord labproof validate --keep, ou donnez --target", EN: "run labproof validate --keep first, or give --target"},
		}
	}
	return config.LoadTarget(kept)
}

// expected is how many verdicts a run will give; 0 where labels decide. Whatever was
// asked for, a lab that is not kept is taken down.
func (v validating) expected(questions []reports.Listed, chosen []string, plan lab.Lab) int {
	if v.label != "" {
		return 0
	}
	subjects := map[string]int{"node": 1, "group": len(plan.Groups), "pair": len(plan.Pairs)}
	n := 0
	for _, q := range questions {
		asked := chosen == nil || slices.Contains(chosen, q.ID)
		if slices.Contains(q.Labels, "teardown") {
			asked = !v.keep && !v.look
		}
		if asked {
			n += subjects[q.Scope]
		}
	}
	return n
}

func codeOfRun(run *reports.Run) int { return codeOfJudgement(run.Judge()) }

func codeOfJudgement(j reports.Judgement) int {
	switch j {
	case reports.AllPassed:
		return ExitPassed
	case reports.SomeFailed:
		return ExitFailed
	default:
		return ExitBroken
	}
}

// checkLabel refuses a label filter that Ginkgo cannot read, before anything starts.
func checkLabel(filter string) error {
	if filter == "" {
		return nil
	}
	if err := labelFilter(filter); err != nil {
		return &Problem{
			Code: ExitUsage, Err: err,
			What: reports.Same(fmt.Sprintf("--label %s: %v", filter, err)),
			Next: reports.Text{FR: "par exemple --label 'network && !pair'", EN: "for example --label 'network && !pair'"},
		}
	}
	return nil
}

// checkProfile refuses a profile that the configuration does not have.
func checkProfile(cfg *config.Config, name string) error {
	if _, ok := cfg.Profiles[name]; ok {
		return nil
	}
	known := strings.Join(slices.Sorted(maps.Keys(cfg.Profiles)), ", ")
	return &Problem{
		Code: ExitUsage,
		What: reports.Textf("profil %q inconnu", "unknown profile %q", name),
		Next: reports.Textf("il y a %s", "there are %s", known),
	}
}
