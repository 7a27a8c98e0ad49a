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

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/reports"
)

// defaultAnswers is where the groups' answers are kept when nothing else was asked for.
const defaultAnswers = "answers"

func (a *app) answers() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "answers",
		Short: "What the groups answer in writing: templates to fill in, and a check of the files",
		Long: `answers is about the files in which the groups write what cannot be seen on the node: the
answers in words, and facts that are compared with the node.`,
		Example: `  labproof answers init --groups 1-9
  labproof answers check answers/groupe-3.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.answersInit(), a.answersCheck())
	return cmd
}

func (a *app) answersInit() *cobra.Command {
	var groups, dir string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write an empty answers file for each group",
		Long: `init writes a file with nothing answered yet for each group, its comments in French, or in
English with --lang en. A file that is there already is left alone; the exit code is
then 1.`,
		Example: `  labproof answers init --groups 1-9
  labproof answers init --groups 3 --dir tp1 --lang en`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.runAnswersInit(groups, dir) },
	}
	flags := cmd.Flags()
	flags.StringVar(&groups, "groups", "", "groups to write a file for, such as 1,2-4 (default: the configuration's)")
	flags.StringVar(&dir, "dir", defaultAnswers, "folder of the files; it is made if need be")
	flags.SortFlags = false
	return cmd
}

// templates are what `answers init --json` prints.
type templates struct {
	Written []string `json:"written"`
	Left    []string `json:"left"` // were there already
}

func (a *app) runAnswersInit(groups, dir string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	numbers, err := a.numbers(cfg, groups)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return notWritten(err)
	}
	made := templates{Written: []string{}, Left: []string{}}
	for _, group := range numbers {
		path := filepath.Join(dir, answers.FileName(group))
		switch err := writeTemplate(path, group, a.lang); {
		case errors.Is(err, fs.ErrExist):
			made.Left = append(made.Left, path)
		case err != nil:
			return notWritten(err)
		default:
			made.Written = append(made.Written, path)
		}
	}
	if len(made.Left) > 0 {
		a.outcome = ExitFailed
	}
	return a.tellTemplates(made)
}

// writeTemplate writes a file that is not there yet; one that is, a link too, is told as
// fs.ErrExist.
func writeTemplate(path string, group int, lang string) error {
	text, err := answers.Template(group, lang)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// notWritten: a folder that cannot be written to is nothing that labproof broke.
func notWritten(err error) error {
	return &Problem{
		Code: ExitUsage, Err: err, What: reports.Same(err.Error()),
		Next: reports.Text{FR: "donnez avec --dir un dossier où écrire", EN: "give a folder to write to with --dir"},
	}
}

func (a *app) tellTemplates(made templates) error {
	if a.common.json {
		return a.printJSON(made)
	}
	for _, path := range made.Written {
		fmt.Fprintln(a.Out, reports.Line(path))
	}
	for _, path := range made.Left {
		fmt.Fprintln(a.Err, reports.Line(reports.Textf("labproof: %s existe déjà, laissé tel quel", "labproof: %s exists already, left as it is", path).In(a.lang)))
	}
	return nil
}

func (a *app) answersCheck() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Tell what of the answers files can be read, and what is missing",
		Long: `check reads answers files and tells for each which questions are answered, partly answered
or missing, and what cannot be read, with its line. Whether an answer is right is not
looked at. Without FILE it checks every groupe-N.yaml of --dir.

The exit code is 0 where every question is answered, and 1 where something is missing or
cannot be read.`,
		Example: `  labproof answers check answers/groupe-3.yaml
  labproof answers check --dir answers`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runAnswersCheck(cmd, args, dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", defaultAnswers, "folder whose files are checked where none is named")
	return cmd
}

// checked is what `answers check --json` prints of a file.
type checked struct {
	File      string              `json:"file"`
	Group     int                 `json:"group,omitempty"` // 0: not known
	Questions map[string][]string `json:"questions"`       // by state: answered, partly, missing, unreadable
	Problems  []wrongLine         `json:"problems"`
}

type wrongLine struct {
	Line     int          `json:"line,omitempty"` // 0: the file as a whole
	Question string       `json:"question,omitempty"`
	Text     reports.Text `json:"text"`
}

func (a *app) runAnswersCheck(cmd *cobra.Command, paths []string, dir string) error {
	if _, err := a.load(); err != nil {
		return err
	}
	if len(paths) == 0 {
		found, err := answersIn(dir)
		if err != nil {
			return err
		}
		paths = found
	}
	all := []checked{}
	for _, path := range paths {
		c, err := checkAnswers(path)
		if err != nil {
			return usageOf(cmd, reports.Same(err.Error()), errors.Unwrap(err))
		}
		if len(c.Problems) > 0 || len(c.Questions[string(answers.Answered)]) < len(answers.IDs()) {
			a.outcome = ExitFailed
		}
		all = append(all, c)
	}
	if a.common.json {
		return a.printJSON(all)
	}
	for _, c := range all {
		a.tellChecked(c)
	}
	return nil
}

// answersIn lists the answers files of a folder by their groups' numbers.
func answersIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &Problem{Code: ExitUsage, Err: err, What: reports.Same(err.Error())}
	}
	var paths []string
	for _, entry := range entries {
		if groupOf(entry.Name()) > 0 {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, &Problem{
			Code: ExitUsage, Err: err,
			What: reports.Textf("%s ne contient aucun fichier de réponses", "%s holds no answers file", dir),
			Next: reports.Text{FR: "labproof answers init en écrit", EN: "labproof answers init writes some"},
		}
	}
	slices.SortFunc(paths, func(x, y string) int { return groupOf(filepath.Base(x)) - groupOf(filepath.Base(y)) })
	return paths, nil
}

// groupOf is the number in the name of an answers file; 0 where it is named otherwise.
func groupOf(name string) int {
	var group int
	if _, err := fmt.Sscanf(name, "groupe-%d.yaml", &group); err != nil || answers.FileName(group) != name {
		return 0
	}
	return group
}

// checkAnswers reads a file. An error means that it is not there.
func checkAnswers(path string) (checked, error) {
	c := checked{File: path, Group: groupOf(filepath.Base(path)), Questions: map[string][]string{}, Problems: []wrongLine{}}
	file, err := answers.Read(path, c.Group)
	if errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	var lost *answers.Error
	if errors.As(err, &lost) {
		c.Problems = append(c.Problems, lineOf(lost.Problem))
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.Group = file.Group
	for _, p := range file.Problems {
		c.Problems = append(c.Problems, lineOf(p))
	}
	for _, id := range answers.IDs() {
		state := string(file.State(id))
		c.Questions[state] = append(c.Questions[state], id)
	}
	return c, nil
}

func lineOf(p answers.Problem) wrongLine {
	return wrongLine{Line: p.Line, Question: p.Question, Text: reports.Text{FR: p.FR, EN: p.EN}}
}

func (a *app) tellChecked(c checked) {
	say := func(text reports.Text) { fmt.Fprintln(a.Out, reports.Line(text.In(a.lang))) }
	for _, state := range []struct {
		of   answers.State
		text reports.Text
	}{
		{answers.Answered, reports.Text{FR: "répondu", EN: "answered"}},
		{answers.Partly, reports.Text{FR: "en partie", EN: "partly answered"}},
		{answers.Missing, reports.Text{FR: "pas répondu", EN: "not answered"}},
		{answers.Unreadable, reports.Text{FR: "illisible", EN: "cannot be read"}},
	} {
		if ids := c.Questions[string(state.of)]; len(ids) > 0 {
			list := strings.ReplaceAll(strings.Join(ids, " "), "tp1.", "")
			say(reports.Textf("%s : %s : %s", "%s: %s: %s", c.File, state.text.In(a.lang), list))
		}
	}
	for _, p := range c.Problems {
		place := c.File
		if p.Line > 0 {
			place = fmt.Sprintf("%s:%d", c.File, p.Line)
		}
		say(reports.Text{FR: place + ": " + p.Text.FR, EN: place + ": " + p.Text.EN})
	}
}

// printJSON prints the result of a command for programs.
func (a *app) printJSON(result any) error {
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(result)
}
