package cli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/labproof/labproof/reports"
)

func TestEveryCommandHelpsWithAnExample(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {}, {"validate", "--help"}, {"clean", "--help"}, {"node", "--help"}, {"image", "--help"}, {"report", "--help"}, {"report", "diff", "--help"},
		{"answers"}, {"answers", "--help"}, {"answers", "init", "--help"}, {"answers", "check", "--help"},
		{"grade", "--help"}, {"doctor", "--help"}, {"faults"}, {"faults", "--help"}, {"faults", "run", "--help"}} {
		r := labproof(t, args...)
		if r.code != 0 || r.err != "" || !strings.Contains(r.out, "Examples:\n  labproof ") {
			t.Errorf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
}

// Whoever reads French has a page for every command, and a word on every flag of it.
func TestEveryPageIsInFrenchToo(t *testing.T) {
	pages := frenchPages()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		p, found := pages[cmd.CommandPath()]
		delete(pages, cmd.CommandPath())
		if !found || p.short == "" || (p.long == "") != (cmd.Long == "") {
			t.Errorf("%s has no page in French", cmd.CommandPath())
		}
		told := maps.Clone(p.flags)
		for _, flags := range []*pflag.FlagSet{cmd.LocalNonPersistentFlags(), cmd.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) {
				if told[f.Name] == "" && f.Name != "help" && f.Name != "version" {
					t.Errorf("%s --%s is not told in French", cmd.CommandPath(), f.Name)
				}
				delete(told, f.Name)
			})
		}
		if len(told) > 0 {
			t.Errorf("%s has no flags %v", cmd.CommandPath(), slices.Sorted(maps.Keys(told)))
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	root := (&app{}).root()
	root.InitDefaultHelpCmd()
	walk(root)
	if len(pages) > 0 {
		t.Errorf("pages of no command: %v", slices.Sorted(maps.Keys(pages)))
	}
}

func TestHelpInFrench(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help", "grade"}, {"report", "diff", "--help"}, {"faults", "run", "--help"}} {
		r := labproof(t, append(args, "--lang", "fr")...)
		if r.code != 0 || !strings.Contains(r.out, "Utilisation :\n  labproof") || !strings.Contains(r.out, "cette aide\n") {
			t.Errorf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
		}
		for _, english := range []string{"Usage:", "Flags:", "Commands:", "Examples:", "(default", "[flags]", "[command]", "more information"} {
			if strings.Contains(r.out, english) {
				t.Errorf("%v: %q in\n%s", args, english, r.out)
			}
		}
	}
}

func TestEveryCommandTakesTheCommonFlags(t *testing.T) {
	for _, command := range []string{"validate", "clean", "node", "image", "report", "answers"} {
		help := labproof(t, command, "--help").out
		for _, flag := range []string{"--config", "--target", "--json", "--verbose", "--lang", "--out"} {
			if !strings.Contains(help, flag+" ") {
				t.Errorf("%s has no %s", command, flag)
			}
		}
	}
}

func TestTheListFollowsTheLabels(t *testing.T) {
	r := labproof(t, "validate", "--list", "--label", "network && !pair")
	if r.code != ExitPassed || !strings.Contains(r.out, "tp1.q12") || strings.Contains(r.out, "tp1.q21") || strings.Contains(r.out, "tp1.q01") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, c := range []struct {
		args  []string
		words []string
	}{
		{[]string{"valdate"}, []string{`unknown command "valdate"`, "labproof --help"}},
		{[]string{"validate", "--nope"}, []string{"unknown flag: --nope", "labproof validate --help"}},
		{[]string{"validate", "extra"}, []string{`unexpected argument "extra"`}},
		{[]string{"validate", "--groups", "one"}, []string{"--groups one", "1,2-4"}},
		{[]string{"validate", "--groups", "4-2"}, []string{"4-2", "2-4"}},
		{[]string{"validate", "--groups", "1000"}, []string{"1000"}},
		{[]string{"validate", "--groups", "0,1"}, []string{"unknown group 0"}},
		{[]string{"validate", "--question", "22"}, []string{`unknown question "22"`, "1-21", "--list"}},
		{[]string{"validate", "--question", "1-99999999"}, []string{"unknown question"}},
		{[]string{"validate", "--question", "q99,1"}, []string{`unknown question "q99"`}},
		{[]string{"validate", "--label", "(("}, []string{"--label ((", "network && !pair"}},
		{[]string{"validate", "--profile", "daily"}, []string{`"daily"`, "nightly"}},
		{[]string{"validate", "--keep", "--look"}, []string{"--look", "--keep"}},
		{[]string{"grade", "--from", "latest", "--answers", "answers"}, []string{"--from", "--answers"}},
		{[]string{"grade", "--from", "latest", "--probe"}, []string{"--from", "--probe"}},
		{[]string{"validate", "--look"}, []string{"no kept lab", "--keep"}},
		{[]string{"validate", "--target", "nowhere"}, []string{`"nowhere"`}},
		{[]string{"validate", "--config", "missing.yaml"}, []string{"missing.yaml"}},
		{[]string{"node", "--pve", "7"}, []string{"7", "8 or 9"}},
		{[]string{"node", "--name", "no host name"}, []string{"no host name"}},
		{[]string{"node", "--listen", "nonsense"}, []string{"nonsense"}},
		{[]string{"answers", "chek"}, []string{`unknown command "chek"`, "labproof answers --help"}},
		{[]string{"answers", "init", "extra"}, []string{`unexpected argument "extra"`}},
		{[]string{"answers", "init", "--groups", "1-"}, []string{"--groups 1-", "1,2-4"}},
		{[]string{"answers", "init", "--dir", "/dev/null/x"}, []string{"/dev/null", "--dir"}},
		{[]string{"answers", "check"}, []string{"answers holds no answers file", "labproof answers init"}},
		{[]string{"answers", "check", "missing.yaml"}, []string{"missing.yaml", "no such file"}},
		{[]string{"image", "--release", "11"}, []string{`"11"`, "12"}},
		{[]string{"image", "--mirror", "not a mirror", "--cache", "."}, []string{"not a mirror", "http://"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			oneLine(t, labproof(t, append(c.args, "--lang", "en")...), ExitUsage, c.words...)
		})
	}
	for said, args := range map[string][]string{
		`commande inconnue : "valdate"`: {"valdate"}, `argument de trop : "extra"`: {"validate", "extra"},
		"option inconnue : --nope": {"validate", "--nope"}, "il manque une valeur à l'option : --groups": {"validate", "--groups"},
		"valeur d'option refusée : ": {"faults", "run", "--times", "often"}, "il faut 2 exécutions, et non 1": {"report", "diff", "latest"},
	} {
		oneLine(t, labproof(t, append([]string{"--lang", "fr"}, args...)...), ExitUsage, said, "voir labproof")
	}
}

func TestUnknownLanguage(t *testing.T) {
	oneLine(t, labproof(t, "validate", "--lang", "de"), ExitUsage, `"de"`, "--lang fr")
}

func TestUnknownGroup(t *testing.T) {
	cmd := program(t, t.Context(), "validate", "--groups", "1,12")
	write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), "class:\n  groups: 4\n")
	oneLine(t, finish(t, cmd), ExitUsage, "unknown group 12", "1 to 4")
}

func TestProblemsAreToldInTheReadersLanguage(t *testing.T) {
	oneLine(t, labproof(t, "validate", "--question", "22"), ExitUsage, `question "22" inconnue`)
	oneLine(t, labproof(t, "validate", "--question", "22", "--lang", "en"), ExitUsage, `unknown question "22"`)
}

func TestWrongConfigurations(t *testing.T) {
	for name, c := range map[string]struct {
		yaml  string
		words []string
	}{
		"unknown key":      {"lnag: fr\n", []string{":1:1:", "lnag"}},
		"wrong type":       {"groups: [1, two]\n", []string{":1:", "group number"}},
		"impossible value": {"timeouts:\n  boot: -3s\n", []string{":2:", "boot"}},
		"no YAML":          {"lang: [fr\n", []string{"ginkgo.yaml:1:"}},
		"colliding ids":    {"patterns:\n  second:\n    id: \"{x}02\"\n", []string{"102"}},
		"range too small":  {"patterns:\n  network: 10.0.{x}.0/31\n", []string{"/31"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := program(t, t.Context(), "validate", "--list", "--lang", "en")
			write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), c.yaml)
			r := finish(t, cmd)
			if r.code != ExitUsage || r.out != "" {
				t.Errorf("exit %d, output %q", r.code, r.out)
			}
			for line := range strings.Lines(r.err) {
				if !strings.HasPrefix(line, "labproof: ") {
					t.Errorf("line %q", line)
				}
			}
			for _, word := range c.words {
				if !strings.Contains(r.err, word) {
					t.Errorf("nothing about %q in\n%s", word, r.err)
				}
			}
		})
	}
}

func TestListShowsTheQuestionsWithoutRunning(t *testing.T) {
	cmd := program(t, t.Context(), "validate", "--list", "--lang", "en")
	r := finish(t, cmd)
	if r.code != 0 || r.err != "" {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	if !strings.HasPrefix(r.out, "tp1.q01 ") || !strings.Contains(r.out, "\ntp1.q21 ") || !strings.Contains(r.out, "\ntp1.clone ") {
		t.Errorf("got\n%s", r.out)
	}
	if entries, err := os.ReadDir(cmd.Dir); err != nil || len(entries) != 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}

func TestListAsJSON(t *testing.T) {
	r := labproof(t, "validate", "--list", "--json", "--question", "20-21,clone")
	var list []reports.Listed
	if err := json.Unmarshal([]byte(r.out), &list); err != nil {
		t.Fatalf("%v in %s", err, r.out)
	}
	var ids []string
	for _, q := range list {
		ids = append(ids, q.ID)
		if q.Title.FR == "" || q.Title.EN == "" {
			t.Errorf("%s lacks a title: %+v", q.ID, q.Title)
		}
	}
	if got := strings.Join(ids, " "); got != "tp1.clone tp1.q20 tp1.q21" {
		t.Errorf("got %s, want the lab's order", got)
	}
}

func TestPickQuestions(t *testing.T) {
	all := []reports.Listed{{ID: "tp1.q01"}, {ID: "tp1.vm"}, {ID: "tp1.q02"}, {ID: "tp1.q10"}}
	for text, want := range map[string]string{
		"":               "",
		"1":              "tp1.q01",
		"2,1":            "tp1.q01 tp1.q02",
		"1-2":            "tp1.q01 tp1.q02",
		" 10 , vm":       "tp1.vm tp1.q10",
		"tp1.q02,q01,01": "tp1.q01 tp1.q02",
	} {
		got, err := pickQuestions(text, all)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"3", "1-3", "2-1", ",", "-1", "1-", "gw", "tp2.q01", "1-999999999999999999999"} {
		if got, err := pickQuestions(text, all); err == nil {
			t.Errorf("%q: accepted as %v", text, got)
		}
	}
}

func FuzzPickQuestions(f *testing.F) {
	all := []reports.Listed{{ID: "tp1.q01"}, {ID: "tp1.vm"}}
	for _, seed := range []string{"1,vm", "0-9", "--", "1-999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids, err := pickQuestions(text, all)
		if err == nil && text != "" && (len(ids) == 0 || len(ids) > len(all)) {
			t.Errorf("%q: %v", text, ids)
		}
	})
}
