package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/reports"
)

// Ginkgo has one tree per process: whoever needs more than one run has this program do
// each, as a teacher would.

// patience is how long an interrupted child has to end, its teardown included.
const patience = time.Minute

// child runs this program with other arguments and returns the run that it printed. told
// is where its progress goes.
func (a *app) child(ctx context.Context, told io.Writer, args ...string) (*reports.Run, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find labproof itself: %w", err)
	}
	args = append(args, "--json", "--lang", a.lang)
	if a.common.config != "" {
		args = append(args, "--config", a.common.config)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	// A Ctrl-C at the terminal reaches its whole process group; a child that gets it twice
	// stops without taking anything down.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	var out, last bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(told, &last)
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		return nil, fmt.Errorf("labproof %s: %w", args[0], errors.Join(context.Cause(ctx), err))
	}
	run, err := reports.Decode(&out)
	if err != nil {
		return nil, fmt.Errorf("labproof %s ended with %d: %s", args[0], cmd.ProcessState.ExitCode(), lastLine(last.String()))
	}
	if len(run.Problems) > 0 {
		return run, fmt.Errorf("labproof %s: %s", args[0], run.Problems[0].What.In(a.lang))
	}
	return run, nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// grader grades a lab that stands.
type grader struct {
	*app
	target  string
	groups  string
	answers string // folder
}

func (g grader) grade(ctx context.Context, out string) (*reports.Run, error) {
	return g.child(ctx, io.Discard, "grade", "--probe", "--target", g.target, "--groups", g.groups, "--answers", g.answers, "--out", out)
}

// builtLab is a lab that was built for this run, on a node of its own. While it is held,
// nobody cleans it away.
type builtLab struct {
	folder string // of the run that built it
	lock   *os.File
}

// buildLab has the perfect student build the lab, and keeps it.
func (a *app) buildLab(ctx context.Context, plan lab.Lab) (builtLab, error) {
	args := []string{"validate", "--keep", "--groups", numbersOf(plan), "--out", a.common.out}
	if a.common.target != "" {
		args = append(args, "--target", a.common.target)
	}
	run, err := a.child(ctx, a.Err, args...)
	if err != nil {
		return builtLab{}, err
	}
	built := builtLab{folder: filepath.Join(a.common.out, run.ID)}
	if built.lock, err = holdLab(built.folder); err != nil {
		return built, err
	}
	if run.Judge() != reports.AllPassed {
		err := fmt.Errorf("the lab could not be built: labproof validate found it %s (%s)", run.Judge(), fromHere(built.folder))
		return built, errors.Join(err, built.end(ctx))
	}
	return built, nil
}

// holdLab takes the lock of the run that built a lab.
func holdLab(folder string) (*os.File, error) {
	lock, busy, err := lockRun(folder)
	if busy {
		err = fmt.Errorf("the lab of %s is in the hands of another labproof", fromHere(folder))
	}
	return lock, err
}

// end stops the node of a lab that was built, and all that is on it.
func (b builtLab) end(ctx context.Context) error {
	defer b.letGo()
	return heldRuns{folders: []string{b.folder}}.stopEmbedded(context.WithoutCancel(ctx), nil, &cleaned{})
}

// letGo leaves the lab to whoever comes next.
func (b builtLab) letGo() { _ = b.lock.Close() }

// numbersOf are the groups of all pairs, as --groups takes them.
func numbersOf(plan lab.Lab) string {
	var numbers []string
	for _, pair := range plan.Pairs {
		numbers = append(numbers, strconv.Itoa(pair.X.Number), strconv.Itoa(pair.Y.Number))
	}
	return strings.Join(numbers, ",")
}
