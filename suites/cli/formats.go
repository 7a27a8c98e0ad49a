package cli

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/grades"
	"github.com/labproof/labproof/reports/html"
	"github.com/labproof/labproof/reports/junit"
)

// written is a run whose reports are made, with what all of them need.
type written struct {
	folder *reports.Folder
	run    *reports.Run
	lang   string             // "": the run's own
	points map[string]float64 // the configuration's weights, of a graded run
}

// graded tells whether the run has marks: somebody else built what was looked at.
func (w written) graded() bool { return w.run.Command == "grade" }

func (w written) grades() []grades.Grade {
	if !w.graded() {
		return nil
	}
	return grades.Of(w.run, w.points)
}

func (w written) path(name string) string { return fromHere(w.folder.Join(name)) }

// format is one kind of report. It names the file that a reader opens first.
type format struct {
	name  string
	file  string
	marks bool // it shows marks and nothing else: only a graded run has it
	write func(written) error
}

func formats() []format {
	return []format{
		{name: "html", file: html.File, write: writeHTML},
		{name: "junit", file: junit.File, write: writeJUnit},
		{name: "csv", file: grades.ClassFile, marks: true, write: func(w written) error {
			return grades.WriteClass(w.folder, w.grades(), grades.Pairs(w.run, w.points))
		}},
		{name: "gradescope", file: path.Join(grades.GroupsFolder, "group-*", grades.GradescopeFile), marks: true, write: func(w written) error {
			return grades.WriteGradescope(w.folder, w.grades(), cmp.Or(w.lang, w.run.Lang))
		}},
	}
}

func writeHTML(w written) error {
	o := html.Options{Lang: w.lang, Grades: w.grades()}
	if err := html.WriteFile(w.folder, w.run, o); err != nil {
		return err
	}
	return html.WriteGroups(w.folder, w.run, o)
}

func writeJUnit(w written) error {
	o := junit.Options{Lang: w.lang, Evidence: fromHere(w.folder.Path)}
	err := junit.WriteFile(w.folder.Join(junit.File), w.run, o)
	if err != nil || !w.graded() {
		return err
	}
	return grades.WriteJUnit(w.folder, w.run, o)
}

// formatsOf are those that a run has.
func formatsOf(w written) []format {
	return slices.DeleteFunc(formats(), func(f format) bool { return f.marks && !w.graded() })
}

func formatNames() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// pickFormats are the formats asked for; with none, all that the run has.
func pickFormats(names []string, w written) ([]format, error) {
	if len(names) == 0 {
		return formatsOf(w), nil
	}
	all := formats()
	var chosen []format
	for _, name := range names {
		i := slices.IndexFunc(all, func(f format) bool { return f.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, &Problem{
				Code: ExitUsage,
				What: reports.Textf("format %q inconnu", "unknown format %q", name),
				Next: reports.Textf("il y a %s", "there are %s", strings.Join(formatNames(), ", ")),
			}
		}
		if all[i].marks && !w.graded() {
			return nil, &Problem{
				Code: ExitUsage,
				What: reports.Textf("%s : ce passage n'a pas été noté, il n'a pas de %s", "%s: this run was not graded, it has no %s", w.run.ID, name),
				Next: reports.Text{FR: "donnez un passage de labproof grade", EN: "give a run of labproof grade"},
			}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
