// Package cli is labproof's command line: one file per command. Commands read flags and
// configuration, start what is needed, hand over to the suites, and say how it went;
// what a question asks or a report looks like is not their business.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/labproof/labproof/reports"
)

// The exit codes of every command.
const (
	ExitPassed = 0 // all passed, or done what was asked
	ExitFailed = 1 // some question failed or was not attempted
	ExitUsage  = 2 // the command line or the configuration is wrong
	ExitBroken = 3 // the node or labproof failed, or the run was interrupted
)

// Streams are where a command writes. Results go to Out, everything else to Err.
type Streams struct {
	Out io.Writer
	Err io.Writer
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	a := &app{Streams: Streams{Out: os.Stdout, Err: os.Stderr}, outcome: ExitPassed}
	a.notices.err = a.Err
	ctx, stop := interruptible(&a.notices)
	defer stop()
	return a.run(ctx, args)
}

// run runs one command line under ctx and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return a.outcome
	}
	a.tell(err)
	return codeOf(err)
}

// app is one run of the command line.
type app struct {
	Streams
	common  common
	lang    string // "" before it is known
	notices notices
	outcome int // the exit code of a command that ended without an error
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "labproof",
		Short: "Prove that a Proxmox lab works, with real VMs",
		Long: `labproof proves the practical "TP1 Virtualisation: Proxmox, Linux & Networking".

Without a target it brings its own Proxmox node along: nothing of this machine's
network is touched, and every VM ends with the command.

Exit codes: 0 all passed, 1 some failed, 2 usage or configuration,
3 the node or labproof failed, or the run was interrupted.`,
		Example: `  labproof validate                       the whole lab, on the embedded node
  labproof validate --list                the questions, without running them
  labproof validate --question 12,20-21   only these, and what they stand on`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageOf(cmd, wrongFlag(err), errors.Unwrap(err)) })
	root.CompletionOptions.HiddenDefaultCmd = true
	a.common.register(root.PersistentFlags())
	a.helpIn(root)
	root.AddCommand(a.validate(), a.grade(), a.doctor(), a.answers(), a.faults(), a.report(), a.clean(), a.node(), a.image())
	return root
}

// tell prints an error, one line per problem, in the reader's language.
func (a *app) tell(err error) {
	for line := range strings.Lines(messageOf(err, a.language())) {
		line = reports.Line(strings.TrimRight(line, "\n"))
		fmt.Fprintln(a.Err, "labproof: "+line)
	}
}

// language is what the command line, else the configuration, asked for; else that of
// the system.
func (a *app) language() string {
	switch {
	case a.common.lang == reports.French, a.common.lang == reports.English:
		return a.common.lang
	case a.lang != "":
		return a.lang
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if strings.HasPrefix(value, "fr") {
				return reports.French
			}
			return reports.English
		}
	}
	return reports.French
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usageOf(cmd, reports.Textf("commande inconnue : %q", "unknown command %q", args[0]), nil)
	}
	return usageOf(cmd, reports.Textf("argument de trop : %q", "unexpected argument %q", args[0]), nil)
}

// wrongFlag says what is wrong with a flag: pflag says it in English.
func wrongFlag(err error) reports.Text {
	_, which, _ := strings.Cut(err.Error(), ": ")
	switch {
	case errors.As(err, new(*pflag.NotExistError)):
		return reports.Text{FR: "option inconnue : " + which, EN: err.Error()}
	case errors.As(err, new(*pflag.ValueRequiredError)):
		return reports.Text{FR: "il manque une valeur à l'option : " + which, EN: err.Error()}
	case errors.As(err, new(*pflag.InvalidValueError)):
		return reports.Text{FR: "valeur d'option refusée : " + err.Error(), EN: err.Error()}
	}
	return reports.Same(err.Error())
}

func usageOf(cmd *cobra.Command, what reports.Text, err error) error {
	return &Problem{
		Code: ExitUsage, What: what, Err: err,
		Next: reports.Textf("voir %s --help", "see %s --help", cmd.CommandPath()),
	}
}
