package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/labproof/labproof/fixtures/faults"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/matrix"
	"github.com/labproof/labproof/suites/tp1"
)

// faulting are the flags of faults run.
type faulting struct {
	fault []string
	times int
	list  bool
	keep  bool
}

func (a *app) faults() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "faults",
		Short: "Prove the grader: make students' mistakes, and see which question catches each",
		Example: `  labproof faults run
  labproof faults run --list`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.faultsRun())
	return cmd
}

func (a *app) faultsRun() *cobra.Command {
	var f faulting
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Make each mistake in a lab that is right, grade it, take it back",
		Long: `run builds the lab of the configuration's groups on the embedded node, once. Then it makes
one mistake after the other in it, has it graded as labproof grade --probe does, and takes
the mistake back. Each mistake must turn its own questions red, and no other but those that
stand on them. What was not as it should be is kept with its evidence.

Of more than two groups each pair has a mistake of its own at the same time: groups share
nothing, so no mistake may show anywhere else.

With --target it uses a lab that labproof validate --keep left, and leaves it standing.`,
		Example: `  labproof faults run
  labproof faults run --list
  labproof faults run --fault wrong-mask,full-clone --times 10
  labproof validate --keep && labproof faults run --target reports/out/latest/target.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runFaults(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.fault, "fault", nil, "only these mistakes, by their ids")
	flags.IntVar(&f.times, "times", 1, "how often each mistake is made, in rounds")
	flags.BoolVar(&f.list, "list", false, "list the mistakes and the questions that must catch them")
	flags.BoolVar(&f.keep, "keep", false, "keep the lab that was built for this")
	flags.SortFlags = false
	return cmd
}

func (a *app) runFaults(ctx context.Context, f faulting) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	chosen, err := pickFaults(f.fault, faults.All())
	if err != nil {
		return err
	}
	plan, err := a.plan(cfg, "")
	if err != nil {
		return err
	}
	if len(plan.Pairs) == 0 {
		return &Problem{
			Code: ExitUsage,
			What: reports.Text{FR: "il faut deux groupes voisins", EN: "it takes two neighbouring groups"},
			Next: reports.Text{FR: "voir groups dans la configuration", EN: "see groups in the configuration"},
		}
	}
	if f.list {
		return a.listFaults(chosen, plan.Pairs[0])
	}
	if f.times < 1 {
		return &Problem{Code: ExitUsage, What: reports.Textf("--times %d : il faut au moins 1", "--times %d: at least 1 is needed", f.times)}
	}
	target, err := a.target(cfg)
	if err != nil {
		return err
	}
	return interrupted(ctx, a.faultsOn(ctx, cfg, target, plan, chosen, f))
}

// faultsOn runs the faults on a lab that stands already, or on one that is built for this.
func (a *app) faultsOn(ctx context.Context, cfg *config.Config, target config.Target, plan lab.Lab, chosen []faults.Fault, f faulting) (err error) {
	file := a.common.target
	if target.Embedded == nil {
		// What the mistakes take away for a moment, clean must not take for gone.
		held, _, err := lockRuns(a.common.out)
		defer held.release()
		if err != nil {
			return err
		}
	} else {
		built, err := a.buildLab(ctx, plan)
		if err != nil {
			return err
		}
		if f.keep {
			defer built.letGo()
		} else {
			defer func() { err = errors.Join(err, built.end(ctx)) }()
		}
		file = filepath.Join(built.folder, targetFile)
		if target, err = config.LoadTarget(file); err != nil {
			return err
		}
	}
	folder, err := reports.NewFolder(filepath.Join(a.common.out, "faults"), time.Now())
	if err != nil {
		return err
	}
	written := folder.Join("answers")
	at := faults.Site{Config: cfg, Target: target, Answers: written}
	sites, done, err := openSites(ctx, at, plan.Pairs)
	if err != nil {
		return unreachable(err)
	}
	defer done()
	var places []matrix.Place
	writing, each := errgroup.WithContext(ctx)
	for _, site := range sites {
		writing.Go(func() error { return site.WriteAnswers(each) })
		places = append(places, matrix.Place{Lab: site, Pair: site.Pair})
	}
	if err := writing.Wait(); err != nil {
		return err
	}
	g := grader{app: a, target: file, groups: numbersOf(plan), answers: written}
	m, failure := matrix.Run(ctx, matrix.Options{
		Places: places, Faults: chosen, Times: f.times, Folder: matrix.Folder(folder),
		Grade: g.grade, Above: tp1.Above, Limit: cfg.Timeouts.Teardown,
		Began: func(faults.Fault, int) {}, Ended: a.tellTrial,
	})
	if err := a.tellMatrix(folder, m); err != nil {
		return errors.Join(failure, err)
	}
	a.outcome = codeOfJudgement(m.Judge())
	return failure
}

// openSites logs in to the lab that stands, and opens the site of each pair; done ends the
// sessions.
func openSites(ctx context.Context, at faults.Site, pairs []lab.Pair) (sites []*faults.Site, done func(), err error) {
	api, err := proxmox.Login(ctx, at.Target, proxmox.WithTimeouts(at.Config.Timeouts))
	if err != nil {
		return nil, nil, err
	}
	at.Node, done = api, api.Close
	if at.Target.SSH != nil {
		if at.Shell, err = hypervisor.Dial(ctx, *at.Target.SSH); err != nil {
			done()
			return nil, nil, fmt.Errorf("open the node's shell: %w", err)
		}
		done = func() {
			_ = at.Shell.Close()
			api.Close()
		}
	}
	for _, at.Pair = range pairs {
		site, err := faults.Open(ctx, at)
		if err != nil {
			done()
			return nil, nil, err
		}
		sites = append(sites, site)
	}
	return sites, done, nil
}

// pickFaults are the faults of those ids, in their own order; all where none is named.
func pickFaults(ids []string, all []faults.Fault) ([]faults.Fault, error) {
	if len(ids) == 0 {
		return all, nil
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(f faults.Fault) bool { return f.ID == id }) {
			return nil, &Problem{
				Code: ExitUsage,
				What: reports.Textf("erreur d'étudiant %q inconnue", "unknown fault %q", id),
				Next: reports.Text{FR: "voir labproof faults run --list", EN: "see labproof faults run --list"},
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(f faults.Fault) bool { return !slices.Contains(ids, f.ID) }), nil
}

// listedFault is a fault as --list shows it.
type listedFault struct {
	ID    string        `json:"id"`
	Title reports.Text  `json:"title"`
	Own   []matrix.Cell `json:"own"`
}

func (a *app) listFaults(chosen []faults.Fault, pair lab.Pair) error {
	all := []listedFault{}
	for _, f := range chosen {
		all = append(all, listedFault{f.ID, reports.Text{FR: f.FR, EN: f.EN}, matrix.Cells(f.Own, pair)})
	}
	if a.common.json {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(all)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, f := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.ID, f.Title.In(a.lang), cellsText(f.Own))
	}
	return w.Flush()
}

func cellsText(cells []matrix.Cell) string {
	var words []string
	for _, c := range cells {
		words = append(words, c.ID+" "+string(c.Subject))
	}
	return strings.Join(words, ", ")
}

// say writes a line where people read.
func (a *app) say(line string) {
	to := a.Out
	if a.common.json {
		to = a.Err
	}
	fmt.Fprintln(to, reports.Line(line))
}

func (a *app) tellTrial(t matrix.Trial) {
	sign := "✓"
	if !t.Right() {
		sign = "✗"
	}
	a.say(fmt.Sprintf("%s %s · %s (%.0f s + %.0f s + %.0f s)", sign, t.Fault, t.Title.In(a.lang), t.Apply.Seconds(), t.Grade.Seconds(), t.Undo.Seconds()))
	for _, line := range t.Explain() {
		a.say("    " + line.In(a.lang))
	}
}

// tellMatrix writes the reports and shows the matrix.
func (a *app) tellMatrix(folder *reports.Folder, m *matrix.Matrix) error {
	if err := matrix.Write(folder, m, a.lang); err != nil {
		return err
	}
	if a.common.json {
		data, err := matrix.Encode(m)
		if err == nil {
			_, err = a.Out.Write(data)
		}
		return err
	}
	a.say("")
	for line := range strings.Lines(matrix.Table(m)) {
		a.say(strings.TrimRight(line, " \n"))
	}
	a.say("")
	a.say(matrix.Legend.In(a.lang))
	for _, line := range m.Summary() {
		a.say(line.In(a.lang))
	}
	a.say(fromHere(folder.Join(matrix.File)))
	return nil
}
