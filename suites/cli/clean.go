package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/ledger"
	"github.com/labproof/labproof/reports"
)

func (a *app) clean() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Take down what earlier runs left behind",
		Long: `clean stops the embedded nodes that earlier runs kept or left, and takes down on the
target what their ledgers name, and nothing else: a thing without the mark of its run is
left alone. Runs that are under way are not touched. It may be run at any time, again.`,
		Example: `  labproof clean
  labproof clean --target target.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return interrupted(cmd.Context(), a.runClean(cmd.Context()))
		},
	}
}

// cleaned is what `clean --json` prints.
type cleaned struct {
	Stopped []string      `json:"stopped"` // state directories of the embedded nodes that are gone
	Removed []string      `json:"removed"` // "bridge vmbr11"
	Left    []leftThing   `json:"left"`
	Busy    []string      `json:"busy"`   // folders of runs under way
	Others  []otherTarget `json:"others"` // what other targets still hold
}

type leftThing struct {
	Thing string `json:"thing"`
	Why   string `json:"why"`
}

type otherTarget struct {
	URL    string `json:"url"`
	Things int    `json:"things"`
}

func (a *app) runClean(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	target, err := a.target(cfg)
	if err != nil {
		return err
	}
	runs, busy, err := lockRuns(a.common.out)
	defer runs.release()
	if err != nil {
		return err
	}
	result := cleaned{Busy: busy}
	if err := runs.stopEmbedded(ctx, busy, &result); err != nil {
		return err
	}
	if err := a.cleanTarget(ctx, cfg, target, runs, &result); err != nil {
		return err
	}
	if len(result.Left) > 0 || len(result.Others) > 0 {
		a.outcome = ExitFailed
	}
	return a.tellCleaned(result)
}

// heldRuns are the folders of runs that are over, held so that none begins anew.
type heldRuns struct {
	folders []string
	locks   []*os.File
}

func (h heldRuns) release() {
	for _, lock := range h.locks {
		lock.Close()
	}
}

// lockRuns holds the runs below out that may have left something, newest first, and
// lists those that are under way.
func lockRuns(out string) (held heldRuns, busy []string, err error) {
	entries, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return held, nil, fmt.Errorf("look for runs: %w", err)
	}
	for _, entry := range slices.Backward(entries) {
		folder := filepath.Join(out, entry.Name())
		if !entry.IsDir() || !mayHaveLeft(folder) {
			continue
		}
		lock, isBusy, err := lockRun(folder)
		switch {
		case err != nil:
			return held, busy, err
		case isBusy:
			busy = append(busy, folder)
		default:
			held.folders = append(held.folders, folder)
			held.locks = append(held.locks, lock)
		}
	}
	return held, busy, nil
}

func mayHaveLeft(folder string) bool {
	return slices.ContainsFunc([]string{recordFile, ledger.FileName}, func(name string) bool {
		_, err := os.Stat(filepath.Join(folder, name))
		return err == nil
	})
}

// stopEmbedded ends the embedded nodes of those runs. Whatever was built on them went
// with them, and their ledgers are told so. With state_dir several runs share a directory:
// the node on it may be that of a run that is under way.
func (h heldRuns) stopEmbedded(ctx context.Context, busy []string, result *cleaned) error {
	inUse := map[string]bool{}
	for _, folder := range busy {
		r, _, err := readRecord(folder)
		if err != nil {
			return err
		}
		inUse[r.StateDir] = true
	}
	for _, folder := range h.folders {
		r, found, err := readRecord(folder)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		// A node that was not to be kept ended with its run; what is on a shared directory
		// now is another one's.
		if (r.Kept || r.Made) && !inUse[r.StateDir] {
			if err := node.StopDetached(ctx, r.StateDir); err != nil {
				return err
			}
		}
		if err := forget(filepath.Join(folder, ledger.FileName)); err != nil {
			return err
		}
		if err := r.remove(); err != nil {
			return err
		}
		if !inUse[r.StateDir] {
			result.Stopped = append(result.Stopped, r.StateDir)
		}
	}
	return nil
}

// forget notes that everything in a ledger is gone.
func forget(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	book, err := ledger.Open(path)
	if err != nil {
		return fmt.Errorf("open ledger %s: %w", path, err)
	}
	var errs []error
	for _, entry := range book.Entries() {
		errs = append(errs, book.Gone(entry))
	}
	return errors.Join(append(errs, book.Close())...)
}

// cleanTarget takes down what the runs left on the target, and counts what they left on
// others. A ledger is only ever held against the target it was written for, node included:
// on another one, everything in it would seem to be gone.
func (a *app) cleanTarget(ctx context.Context, cfg *config.Config, target config.Target, runs heldRuns, result *cleaned) error {
	var here []string
	others := map[string]int{}
	for _, folder := range runs.folders {
		path := filepath.Join(folder, ledger.FileName)
		entries, err := remaining(path)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if target.Embedded == nil && isOn(entry, target) {
				here = append(here, path)
				break
			}
			others[whereOf(entry, target)]++
		}
	}
	for url, things := range others {
		result.Others = append(result.Others, otherTarget{url, things})
	}
	slices.SortFunc(result.Others, func(x, y otherTarget) int { return strings.Compare(x.URL, y.URL) })
	if len(here) == 0 {
		return nil
	}
	ctx, cancel := limited(ctx, "teardown", cfg.Timeouts.Teardown)
	defer cancel()
	report, err := student.Clean(ctx, student.CleanOptions{Config: cfg, Target: target, LedgerPaths: here, Log: a.logger(a.Err)})
	for _, entry := range report.Removed {
		result.Removed = append(result.Removed, thing(entry))
	}
	for _, left := range report.Left {
		result.Left = append(result.Left, leftThing{thing(left.Entry), left.Why.Error()})
	}
	return err
}

// isOn tells whether a thing was made on the target. A target may leave its only node
// unnamed.
func isOn(entry ledger.Entry, target config.Target) bool {
	return entry.Target == target.URL && (target.Node == "" || entry.Node == "" || entry.Node == target.Node)
}

// whereOf is where a thing was made, for people: the node as well where that is all the
// difference.
func whereOf(entry ledger.Entry, target config.Target) string {
	if entry.Target == target.URL && entry.Node != "" {
		return entry.Target + " (" + entry.Node + ")"
	}
	return entry.Target
}

func remaining(path string) ([]ledger.Entry, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	entries, _, err := ledger.Remaining(path)
	return entries, err
}

func thing(e ledger.Entry) string { return string(e.Kind) + " " + e.ID }

func (a *app) tellCleaned(c cleaned) error {
	if a.common.json {
		enc := json.NewEncoder(a.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(c)
	}
	say := func(text reports.Text) { fmt.Fprintln(a.Out, reports.Line(text.In(a.lang))) }
	for _, dir := range c.Stopped {
		say(reports.Textf("nœud embarqué arrêté : %s", "embedded node stopped: %s", dir))
	}
	for _, thing := range c.Removed {
		say(reports.Textf("retiré : %s", "removed: %s", thing))
	}
	for _, left := range c.Left {
		say(reports.Textf("laissé : %s (%s)", "left: %s (%s)", left.Thing, left.Why))
	}
	for _, folder := range c.Busy {
		say(reports.Textf("en cours, laissé tranquille : %s", "under way, left alone: %s", folder))
	}
	for _, other := range c.Others {
		say(reports.Textf("%s garde peut-être %d éléments : labproof clean --target pour cette cible",
			"%s may still hold %d things: labproof clean --target for that target", other.URL, other.Things))
	}
	if len(c.Stopped)+len(c.Removed)+len(c.Left)+len(c.Busy)+len(c.Others) == 0 {
		say(reports.Text{FR: "rien à nettoyer", EN: "nothing to clean"})
	}
	return nil
}
