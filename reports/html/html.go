// Package html writes a run as one HTML file that opens offline from disk: nothing in it
// asks anybody for anything, and its own Content-Security-Policy forbids it to.
//
// A graded run's page is the class's: it has every group's mark with its arithmetic. Beside
// it each group has a page of its own to be handed to, which knows nothing of the others.
//
// What guests printed is hostile: it reaches the page through html/template only, cut and
// with its control characters written out. Both languages are in the page, and without
// JavaScript it still shows all of it in the run's language.
package html

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/grades"
)

// File is the name of the report in a run's folder.
const File = "report.html"

// MaxBytes bounds the file.
const MaxBytes = 2 << 20

// Options say how to write a run.
type Options struct {
	// Lang shown first: "fr" or "en"; empty means the run's own.
	Lang string
	// Evidence is the run's folder, from which pictures and ladders are drawn; nil draws
	// them from the verdicts alone. What lies in it is never trusted.
	Evidence fs.FS
	// Grades are the marks of a graded run; nil where there are none.
	Grades []grades.Grade
}

// WriteFile writes the report into the run's own folder, where its links to the evidence
// work, and replaces it in one step.
func WriteFile(folder *reports.Folder, run *reports.Run, o Options) error {
	return withEvidence(folder, &o, func() error {
		data, err := Encode(run, o)
		if err != nil {
			return err
		}
		return renameio.WriteFile(folder.Join(File), data, 0o644)
	})
}

// WriteGroups writes each graded group's own page into its folder.
func WriteGroups(folder *reports.Folder, run *reports.Run, o Options) error {
	if err := run.Check(); err != nil {
		return fmt.Errorf("html of run %s: %w", run.ID, err)
	}
	return withEvidence(folder, &o, func() error {
		seen, lang := gather(run, o.Evidence), cmp.Or(o.Lang, run.Lang)
		var pages errgroup.Group // of a class of 100, on every processor
		pages.SetLimit(runtime.GOMAXPROCS(0))
		for _, g := range o.Grades {
			pages.Go(func() error { return writeGroup(folder, run, seen, g, lang) })
		}
		return pages.Wait()
	})
}

func writeGroup(folder *reports.Folder, run *reports.Run, seen sights, g grades.Grade, lang string) error {
	data, err := encodeGroup(run, seen, g, lang)
	if err != nil {
		return err
	}
	dir := grades.GroupFolder(folder, g.Group)
	if err := errors.Join(os.MkdirAll(dir, 0o755), renameio.WriteFile(filepath.Join(dir, File), data, 0o644)); err != nil {
		return fmt.Errorf("page of group %d: %w", g.Group, err)
	}
	return nil
}

// withEvidence opens the run's folder so that a link in the evidence leads nowhere else.
func withEvidence(folder *reports.Folder, o *Options, write func() error) error {
	root, err := os.OpenRoot(folder.Path)
	if err != nil {
		return fmt.Errorf("write %s: %w", File, err)
	}
	defer root.Close()
	o.Evidence = root.FS()
	if err := write(); err != nil {
		return fmt.Errorf("write %s: %w", File, err)
	}
	return nil
}

// Encode gives the page of a run. Where a class is too large for everything to fit below
// MaxBytes, it leaves out what the evidence holds anyway, least important first.
func Encode(run *reports.Run, o Options) ([]byte, error) {
	if err := run.Check(); err != nil { // anchors and links are made of what is checked here
		return nil, fmt.Errorf("html of run %s: %w", run.ID, err)
	}
	return render(run, gather(run, o.Evidence), view{lang: cmp.Or(o.Lang, run.Lang), grades: o.Grades})
}

// encodeGroup gives one group's own page of a run that was checked.
func encodeGroup(run *reports.Run, seen sights, g grades.Grade, lang string) ([]byte, error) {
	own := grades.Only(run, g.Group)
	own.Problems = nil // not this group's; its mark says that it is provisional
	return render(own, seen, view{lang: lang, grades: []grades.Grade{g}, own: true})
}

// view is what a page is for.
type view struct {
	lang   string
	grades []grades.Grade
	own    bool // one group's own page
}

func render(run *reports.Run, seen sights, how view) ([]byte, error) {
	var b bounded
	for _, level := range levels {
		b.Reset()
		if how.own {
			level.files, level.waits = 0, 0 // it is read far from the run's folder
		}
		err := sheet.Execute(&b, newPage(run, seen, level, how))
		if err == nil {
			return b.Bytes(), nil
		}
		if !errors.Is(err, errTooLarge) {
			return nil, fmt.Errorf("html of run %s: %w", run.ID, err)
		}
	}
	return nil, fmt.Errorf("html of run %s: %d verdicts: %w", run.ID, len(run.Verdicts), errTooLarge)
}

var errTooLarge = fmt.Errorf("they do not fit into %d bytes", MaxBytes)

// bounded stops the template as soon as the page is too large.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > MaxBytes {
		return 0, errTooLarge
	}
	return b.Buffer.Write(p)
}

// level is how much of a run is shown; texts in bytes.
type level struct {
	text     int // of one sentence
	output   int // of one command's output
	commands int // of the commands behind a verdict
	reasons  int // per verdict
	waits    int // per verdict, the longest first
	files    int // links to evidence per verdict
	answers  int // of what the groups wrote, per verdict
	ladders  ladders
	pictures int
	first    int  // how many are listed to be looked at first
	told     int  // verdicts told in full
	quiet    bool // verdicts that passed stand in the grid alone
}

type ladders int

const (
	noLadders ladders = iota
	laddersOfRed
	allLadders
)

const everything = 1 << 30

var levels = []level{
	{text: 2000, output: 8000, commands: 3000, reasons: 20, waits: 8, files: 20, answers: everything, ladders: allLadders, pictures: 200, first: 200, told: everything},
	{text: 1000, output: 4000, commands: 0, reasons: 10, waits: 3, files: 10, answers: everything, ladders: allLadders, pictures: 200, first: 200, told: everything},
	{text: 600, output: 1000, commands: 0, reasons: 4, waits: 0, files: 6, answers: 100, ladders: laddersOfRed, pictures: 100, first: 100, told: everything},
	{text: 300, output: 300, commands: 0, reasons: 2, waits: 0, files: 3, answers: 10, ladders: noLadders, pictures: 50, first: 100, told: 1200, quiet: true},
	{text: 120, output: 0, commands: 0, reasons: 1, waits: 0, files: 0, ladders: noLadders, pictures: 0, first: 50, told: 500, quiet: true},
}
