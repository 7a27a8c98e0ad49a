package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/html"
	"github.com/labproof/labproof/reports/junit"
	"github.com/labproof/labproof/reports/terminal"
	"github.com/labproof/labproof/suites/tp1"
)

// session is one run of the suite: its folder, its screen, the node it runs on.
type session struct {
	*app
	cfg     *config.Config
	target  config.Target
	keep    bool
	groups  string // as asked for on the command line
	command string // that is run: validate or grade
	total   int    // verdicts to come; 0: unknown
	stopped bool   // the embedded node, and with it all that was on it

	folder *reports.Folder
	screen *terminal.Terminal
}

// run starts what the target needs, runs the suite, stops the node, and writes the
// reports, in this order: a report never speaks of a node that is still to fail.
func (s *session) run(ctx context.Context, o tp1.Options) (*reports.Run, error) {
	if s.target.Embedded != nil {
		if err := preflight(*s.target.Embedded); err != nil {
			return nil, err
		}
	}
	folder, err := reports.NewFolder(s.common.out, time.Now())
	if err != nil {
		return nil, err
	}
	lock, _, err := lockRun(folder.Path)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	s.folder = folder
	s.screen = s.app.screen(s.total)
	s.notices.during(s.screen, s.cleanCommand())
	defer s.screen.Close()
	log, closeLog, err := s.runLogger(s.screen, folder)
	if err != nil {
		return nil, err
	}
	defer closeLog.Close()
	o.Log, o.Folder, o.Observer = log, folder, progress{s.screen}

	started := time.Now()
	run, err := s.onNode(ctx, o)
	if run == nil {
		return nil, errors.Join(err, s.neverBegan(started, interrupted(ctx, err)))
	}
	// A run that a dying node ended was not interrupted by anybody.
	run.Interrupted = errors.Is(context.Cause(ctx), errInterrupted)
	if run.Questions == nil {
		run.Questions = tp1.List(o.Lab)
	}
	return run, s.report(run, err)
}

// onNode runs the suite on its target, around which an embedded node lives.
func (s *session) onNode(ctx context.Context, o tp1.Options) (*reports.Run, error) {
	if s.target.Embedded == nil {
		return s.onTarget(ctx, o)
	}
	e, err := s.startEmbedded(ctx, o.Log)
	if err != nil {
		return nil, err
	}
	o.Target = e.node.Target()
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := e.watch(cancel)
	run, err := tp1.Run(watched, o)
	stop()
	if died := e.died(); died != nil {
		err = errors.Join(died, err)
	}
	return run, errors.Join(err, s.endEmbedded(ctx, e, run != nil))
}

// onTarget runs the suite on a node that is somebody else's. Where the target names no
// guest image, labproof brings its own.
func (s *session) onTarget(ctx context.Context, o tp1.Options) (*reports.Run, error) {
	o.Target = s.target
	if o.Target.Image == "" && !o.Look {
		guests, err := s.ensureImage(ctx, s.ownImage(), o.Log)
		if err != nil {
			return nil, err
		}
		o.ImagePath = guests.Path
		if o.Target.Guest.User == "" {
			o.Target.Guest = guestOf(guests)
		}
	}
	run, err := tp1.Run(ctx, o)
	return run, unreachable(err)
}

// ownImage says which image to build for a target that is not embedded: the one that the
// configuration's own node would have.
func (s *session) ownImage() config.Embedded {
	if t, err := s.cfg.Target(s.cfg.DefaultTarget); err == nil && t.Embedded != nil {
		return *t.Embedded
	}
	return config.Embedded{Release: defaultRelease}
}

// report completes a run, writes its reports and shows the end. What failed outside of
// any question becomes a problem of the run, so that no report is green while the exit
// code is not.
func (s *session) report(run *reports.Run, failure error) error {
	if failure != nil && !errors.Is(failure, errInterrupted) {
		run.Problems = append(run.Problems, reasonOf(failure))
	}
	err := s.write(run)
	s.screen.Done(run)
	s.screen.Reports(fromHere(s.folder.Join(html.File)), fromHere(s.folder.Join(junit.File)), fromHere(s.folder.Join(reports.RunFile)), fromHere(s.folder.Path)+"/")
	if s.command == "grade" {
		s.tellGrades(run)
	}
	if s.keep {
		s.tellKept()
	}
	return err
}

// neverBegan writes the reports of a run that ended before its first question: whoever
// waits for them finds the reason there. The command line tells it in its own way.
func (s *session) neverBegan(started time.Time, failure error) error {
	return s.write(&reports.Run{
		ID: s.folder.ID, Command: s.command, Lang: s.lang, Started: started,
		Target:      reports.Target{URL: s.target.URL, Node: s.target.Node},
		Interrupted: errors.Is(failure, errInterrupted),
		Problems:    []reports.Reason{reasonOf(failure)},
	})
}

// write writes run.json and the reports, and with --json the run to standard output.
func (s *session) write(run *reports.Run) error {
	run.Tool = version()
	ended := run.Ended
	if ended.IsZero() { // a run that is judged again ended when it had been looked at
		ended = time.Now()
	}
	run.Close(ended)
	err := s.folder.WriteRun(run)
	w := written{folder: s.folder, run: run, points: s.cfg.Points}
	for _, f := range formatsOf(w) {
		err = errors.Join(err, f.write(w))
	}
	if err != nil || !s.common.json {
		return err
	}
	data, err := reports.Encode(run)
	if err != nil {
		return err
	}
	_, err = s.Out.Write(data)
	return err
}

func (s *session) tellKept() {
	s.screen.Note("")
	if s.stopped {
		s.screen.Note(reports.Text{FR: "lab non gardé : son nœud est arrêté", EN: "the lab was not kept: its node is stopped"}.In(s.lang))
		return
	}
	again := "labproof validate --look"
	if s.target.Embedded == nil && s.common.target != "" {
		again += " --target " + s.common.target
	}
	if s.groups != "" {
		again += " --groups " + s.groups
	}
	s.screen.Note(reports.Textf("lab gardé ; regarder encore : %s ; démonter : %s",
		"the lab was kept; look again: %s; take it down: %s", again+s.outFlag(), s.cleanCommand()).In(s.lang))
}

// cleanCommand is what takes down whatever this run leaves.
func (s *session) cleanCommand() string {
	command := "labproof clean"
	if s.target.Embedded == nil && s.common.target != "" {
		command += " --target " + s.common.target
	}
	return command + s.outFlag()
}

func (s *session) outFlag() string {
	if s.common.out == defaultOut {
		return ""
	}
	return " --out " + s.common.out
}

// fromHere names a path from the working directory if it is below it, which is what CIs
// resolve attachments against and people can read; else it is absolute.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(relative, "..") {
		return path
	}
	return filepath.ToSlash(relative)
}

// limited bounds a step by a timeout of the configuration, and names it when it is over.
func limited(ctx context.Context, name string, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than timeouts.%s (%s)", name, limit))
}
