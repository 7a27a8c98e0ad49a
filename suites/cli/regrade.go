package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/tp1"
)

// regrade judges the evidence of an earlier run by today's points and rules, in a folder of
// its own: the earlier run and its marks stay as they were.
func (a *app) regrade(cfg *config.Config, from string) error {
	old, run, err := a.openRun(from)
	if err != nil {
		return err
	}
	again, err := tp1.Rejudge(cfg, run, old)
	if err != nil {
		return &Problem{
			Code: ExitUsage, Err: err, What: reports.Same(err.Error()),
			Next: reports.Text{
				FR: "il faut le dossier d'un passage de labproof grade ou validate, avec ses preuves",
				EN: "it takes the folder of a run of labproof grade or validate, with its evidence",
			},
		}
	}
	folder, err := reports.NewFolder(a.common.out, time.Now())
	if err != nil {
		return err
	}
	if err := copyEvidence(old, folder, again); err != nil {
		return err
	}
	s := &session{app: a, cfg: cfg, command: "grade", folder: folder, screen: a.screen(len(again.Verdicts))}
	defer s.screen.Close()
	again.ID, again.Command, again.Lang = folder.ID, "grade", a.lang
	for _, v := range again.Verdicts {
		s.screen.Finished(v)
	}
	if err := s.report(again, nil); err != nil {
		return err
	}
	a.outcome = codeOfRun(again)
	return nil
}

// copyEvidence copies what the verdicts were judged from, and nothing else: a run's folder
// may hold the password of a node that was kept.
func copyEvidence(from, to *reports.Folder, run *reports.Run) error {
	files := append([]string{tp1.SettingFile}, tp1.Looks(from)...)
	for _, v := range run.Verdicts {
		files = append(files, v.Evidence...)
	}
	for _, g := range run.Plan.Groups {
		name := tp1.AnswersFolder + "/" + answers.FileName(g.Number)
		if _, err := os.Stat(from.Join(filepath.FromSlash(name))); err == nil {
			files = append(files, name)
		}
	}
	for _, name := range files {
		if err := copyFile(from.Join(filepath.FromSlash(name)), to.Join(filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("copy the evidence of run %s: %w", from.ID, err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	copied, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(copied, source); err != nil {
		return fmt.Errorf("%w (%v)", err, copied.Close())
	}
	return copied.Close()
}
