package cli

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// defaultOut is where runs are kept when nothing else was asked for.
const defaultOut = "reports/out"

// common are the flags that every command has.
type common struct {
	config  string
	target  string
	lang    string
	out     string
	json    bool
	verbose bool
}

func (c *common) register(flags *pflag.FlagSet) {
	flags.StringVar(&c.config, "config", "", "configuration file (default: ginkgo.yaml here or above, else built in)")
	flags.StringVar(&c.target, "target", "", "a target's name in the configuration, or a target file (default: the configuration's)")
	flags.StringVar(&c.lang, "lang", "", "language of messages and reports: fr or en (default: the configuration's)")
	flags.StringVar(&c.out, "out", defaultOut, "folder that holds the runs")
	flags.BoolVar(&c.json, "json", false, "print the result as JSON on standard output, and nothing else there")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "tell more on standard error")
	flags.SortFlags = false
}

// load reads the configuration and settles the language.
func (a *app) load() (*config.Config, error) {
	if l := a.common.lang; l != "" && l != reports.French && l != reports.English {
		return nil, &Problem{
			Code: ExitUsage,
			What: reports.Textf("langue %q inconnue", "unknown language %q", l),
			Next: reports.Text{FR: "choisissez --lang fr ou --lang en", EN: "choose --lang fr or --lang en"},
		}
	}
	cfg, err := a.readConfig()
	if err != nil {
		return nil, err
	}
	if a.common.lang != "" {
		cfg.Lang = a.common.lang
	}
	a.lang = cfg.Lang
	return cfg, nil
}

// readConfig reads --config, else the ginkgo.yaml that is nearest, else none.
func (a *app) readConfig() (*config.Config, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", config.FileName, err)
	}
	return config.Open(a.common.config, here)
}

// target is the target of the command line, else the configuration's own.
func (a *app) target(cfg *config.Config) (config.Target, error) {
	name := a.common.target
	if name == "" {
		name = cfg.DefaultTarget
	}
	return cfg.Target(name)
}

// plan makes the lab of the groups of the command line, else of the configuration.
func (a *app) plan(cfg *config.Config, groups string) (lab.Lab, error) {
	if groups == "" {
		return lab.Plan(cfg.Patterns, cfg.Groups, cfg.Pairs...)
	}
	numbers, err := a.numbers(cfg, groups)
	if err != nil {
		return lab.Lab{}, err
	}
	return lab.Plan(cfg.Patterns, numbers, cfg.PairsOf(numbers)...)
}

// numbers are the groups of the command line, else of the configuration.
func (a *app) numbers(cfg *config.Config, groups string) ([]int, error) {
	if groups == "" {
		return cfg.Groups, nil
	}
	numbers, err := lab.ParseGroups(groups)
	if err != nil {
		return nil, &Problem{
			Code: ExitUsage, Err: err,
			What: reports.Textf("--groups %s : %v", "--groups %s: %v", groups, err),
			Next: reports.Text{FR: "par exemple --groups 1,2-4", EN: "for example --groups 1,2-4"},
		}
	}
	return numbers, cfg.CheckGroups(numbers)
}
