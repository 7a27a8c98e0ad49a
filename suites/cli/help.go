package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/labproof/labproof/reports"
)

// The commands say in English what they are for, where they are made; page has it in French,
// and a reader of French is shown that.

// page is a command's help in French. What is empty stays as it is: examples that are
// nothing but commands need no other language.
type page struct {
	use, short, long, example string
	flags                     map[string]string // by name; the word in backquotes stands for the value
}

// helpIn shows help in the language that the command line asks for, else the system's.
func (a *app) helpIn(root *cobra.Command) {
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if a.language() == reports.French {
			inFrench(root)
		}
		show(cmd, args)
	})
}

// inFrench puts a command, and those below it, into French.
func inFrench(cmd *cobra.Command) {
	if !cmd.HasParent() {
		cmd.SetUsageTemplate(headings.Replace(cmd.UsageTemplate()))
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	p := frenchPages()[cmd.CommandPath()]
	cmd.Use, cmd.DisableFlagsInUseLine = or(p.use, cmd.Use)+" [options]", true
	cmd.Short, cmd.Long, cmd.Example = or(p.short, cmd.Short), or(p.long, cmd.Long), or(p.example, cmd.Example)
	for _, flags := range []*pflag.FlagSet{cmd.LocalNonPersistentFlags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { flagInFrench(f, p.flags[f.Name]) })
	}
	for _, sub := range cmd.Commands() {
		inFrench(sub)
	}
}

// flagInFrench says what a flag is for, with its default: pflag's own word for that is
// English.
func flagInFrench(f *pflag.Flag, usage string) {
	switch {
	case f.Name == "help":
		usage = "cette aide"
	case f.Name == "version":
		usage = "la version de labproof"
	case f.DefValue != zeroOf(f.Value.Type()):
		usage += fmt.Sprintf(" (par défaut : %s)", f.DefValue)
	}
	f.Usage, f.DefValue = or(usage, f.Usage), zeroOf(f.Value.Type())
}

// zeroOf is the default of a type of flag, which pflag does not print.
func zeroOf(kind string) string {
	switch kind {
	case "int":
		return "0"
	case "bool":
		return "false"
	case "stringSlice":
		return "[]"
	}
	return ""
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// headings are those of cobra's page.
var headings = strings.NewReplacer(
	"Usage:", "Utilisation :", "Aliases:", "Alias :", "Examples:", "Exemples :",
	"Available Commands:", "Commandes :", "Additional Commands:", "Autres commandes :",
	"Global Flags:", "Options de toutes les commandes :", "Flags:", "Options :", "Additional help topics:", "Autres sujets :",
	"{{.CommandPath}} [command]\n", "{{.CommandPath}} [commande]\n", "{{.CommandPath}} [command]{{", "{{.CommandPath}} [commande]{{",
	`Use "{{.CommandPath}} [command] --help" for more information about a command.`,
	`« {{.CommandPath}} [commande] --help » en dit plus sur une commande.`,
)
