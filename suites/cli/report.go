package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/reports"
)

// reporting are the flags of report.
type reporting struct {
	from    string
	formats []string
}

func (a *app) report() *cobra.Command {
	var f reporting
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the reports of a run again, from what it kept",
		Long: `report writes the reports of a run again, from its run.json and its evidence: the lab
is not touched. They go into the run's own folder, where their links to the evidence
work. It prints their paths. Marks are made anew with the configuration's points.`,
		Example: `  labproof report
  labproof report --from reports/out/2026-11-23T2238-yluu --format html --lang en
  labproof report --from latest --format csv,gradescope
  labproof report diff 2026-11-22T0300-k2fa latest`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.runReport(f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", reports.Latest, "the run: its folder, or its name below --out")
	flags.StringSliceVar(&f.formats, "format", nil, "which reports: "+strings.Join(formatNames(), ", ")+" (default: all that the run has)")
	flags.SortFlags = false
	cmd.AddCommand(a.reportDiff())
	return cmd
}

func (a *app) runReport(f reporting) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if _, err := pickFormats(f.formats, written{run: &reports.Run{Command: "grade"}}); err != nil {
		return err // an unknown format is told before an unknown run
	}
	folder, run, err := a.openRun(f.from)
	if err != nil {
		return err
	}
	w := written{folder: folder, run: run, lang: a.common.lang, points: cfg.Points}
	chosen, err := pickFormats(f.formats, w)
	if err != nil {
		return err
	}
	files := map[string]string{}
	var paths []string
	for _, each := range chosen {
		if err := each.write(w); err != nil {
			return err
		}
		files[each.name], paths = w.path(each.file), append(paths, w.path(each.file))
	}
	if a.common.json {
		return json.NewEncoder(a.Out).Encode(files)
	}
	for _, path := range paths {
		fmt.Fprintln(a.Out, path)
	}
	return nil
}

// openRun opens a run by its folder or by its name below --out.
func (a *app) openRun(from string) (*reports.Folder, *reports.Run, error) {
	path := from
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && filepath.IsLocal(from) {
		path = filepath.Join(a.common.out, from)
	}
	folder, err := reports.OpenFolder(path)
	if err != nil {
		return nil, nil, noRun(from, err)
	}
	run, err := folder.ReadRun()
	if err != nil {
		return nil, nil, noRun(from, err)
	}
	return folder, run, nil
}

func noRun(from string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &Problem{
			Code: ExitUsage, Err: err,
			What: reports.Textf("%s : pas de passage terminé ici", "%s: no run that ended is here", from),
			Next: reports.Text{FR: "donnez le dossier d'un passage, ou son nom sous --out", EN: "give the folder of a run, or its name below --out"},
		}
	}
	return &Problem{Code: ExitUsage, Err: err, What: reports.Same(err.Error())}
}

func (a *app) reportDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Tell what changed between two runs",
		Long: `diff tells which questions have another outcome in the second run than in the first.
The exit code is 1 if a question turned red, else 0.`,
		Example: `  labproof report diff 2026-11-22T0300-k2fa 2026-11-23T0300-x7qk
  labproof report diff reports/out/2026-11-22T0300-k2fa latest --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageOf(cmd, reports.Textf("il faut 2 exécutions, et non %d", "2 runs are expected, %d given", len(args)), nil)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runDiff(args[0], args[1]) },
	}
}

func (a *app) runDiff(from, to string) error {
	if _, err := a.load(); err != nil {
		return err
	}
	_, before, err := a.openRun(from)
	if err != nil {
		return err
	}
	_, after, err := a.openRun(to)
	if err != nil {
		return err
	}
	changes := reports.Diff(before, after)
	if slices.ContainsFunc(changes, reports.Change.Worse) {
		a.outcome = ExitFailed
	}
	if a.common.json {
		if changes == nil {
			changes = []reports.Change{}
		}
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(changes)
	}
	for _, c := range changes {
		fmt.Fprintln(a.Out, changed(c, a.lang))
	}
	if len(changes) == 0 {
		fmt.Fprintln(a.Out, reports.Text{FR: "rien n'a changé", EN: "nothing changed"}.In(a.lang))
	}
	return nil
}

// changed is a change in one line.
func changed(c reports.Change, lang string) string {
	line := fmt.Sprintf("%s %s: %s → %s", c.ID, c.Subject.Text().In(lang), outcomeOr(c.Before, lang), outcomeOr(c.After, lang))
	if why := c.Why.In(lang); why != "" {
		line += ": " + why
	}
	return reports.Line(line)
}

func outcomeOr(o reports.Outcome, lang string) string {
	if o == "" {
		return reports.Text{FR: "pas posée", EN: "not asked"}.In(lang)
	}
	return o.Text().In(lang)
}
