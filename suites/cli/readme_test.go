package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readmes are what people copy commands from.
var readmes = []string{"../../README.md", "../../README.fr.md"}

// commandsIn are the command lines of a text's fenced sh and console blocks, without their
// comments; in a console block they follow a dollar sign.
func commandsIn(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```").FindAllStringSubmatch(string(data), -1) {
		for line := range strings.Lines(block[2]) {
			line, isCommand := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if block[1] == "console" && !isCommand {
				continue
			}
			line, _, _ = strings.Cut(line, " #")
			for part := range strings.SplitSeq(line, "&&") {
				if part = strings.TrimSpace(part); part != "" {
					commands = append(commands, part)
				}
			}
		}
	}
	return commands
}

// words splits a command line as a shell would, but for variables, which stand for values.
func words(line string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+?)="([^"]*)"|\S+`).FindAllStringSubmatch(line, -1) {
		list = append(list, strings.Trim(strings.ReplaceAll(m[0], `"`, ""), " "))
	}
	return list
}

// parses tells whether labproof knows a command, its flags and how many arguments it takes,
// without running it.
func parses(t *testing.T, args []string) {
	t.Helper()
	root := (&app{}).root()
	cmd, rest, err := root.Find(args)
	if err != nil || cmd == root {
		t.Errorf("labproof %s: there is no such command: %v", strings.Join(args, " "), err)
		return
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("labproof %s: %v", strings.Join(args, " "), err)
		return
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Errorf("labproof %s: %v", strings.Join(args, " "), err)
	}
}

func TestEveryCommandInTheREADMEs(t *testing.T) {
	for _, path := range readmes {
		t.Run(filepath.Base(path), func(t *testing.T) {
			commands := commandsIn(t, path)
			if len(commands) < 15 {
				t.Fatalf("%d commands", len(commands))
			}
			for _, line := range commands {
				switch argv := words(line); argv[0] {
				case "labproof", "bin/labproof":
					parses(t, argv[1:])
				case "make":
					dry := exec.CommandContext(t.Context(), "make", append([]string{"-n"}, argv[1:]...)...)
					dry.Dir = "../.."
					if out, err := dry.CombinedOutput(); err != nil {
						t.Errorf("%s: %v\n%s", line, err, out)
					}
				case "pveum": // played as API calls by the tests of suites/doctor
				default:
					t.Errorf("%q is run by no test", line)
				}
			}
		})
	}
}

// Every command of the program is told of in both languages.
func TestEveryCommandIsInTheREADMEs(t *testing.T) {
	for _, path := range readmes {
		told := map[string]bool{}
		for _, line := range commandsIn(t, path) {
			if argv := words(line); strings.HasSuffix(argv[0], "labproof") && len(argv) > 1 {
				told[argv[1]] = true
			}
		}
		for _, cmd := range (&app{}).root().Commands() {
			if cmd.IsAvailableCommand() && !slices.Contains([]string{"help", "completion"}, cmd.Name()) && !told[cmd.Name()] {
				t.Errorf("%s says nothing of labproof %s", path, cmd.Name())
			}
		}
	}
}

// What needs no node is run as it stands, beside a run that was kept.
func TestCheapCommandsOfTheREADMEsRun(t *testing.T) {
	cheap := regexp.MustCompile(`^labproof (report( --.*)?|validate --list|answers init .*|clean|doctor( --lang ..)?)$`)
	ran := 0
	for _, path := range readmes {
		for _, line := range commandsIn(t, path) {
			if !cheap.MatchString(line) || strings.Contains(line, "csv") || strings.Contains(line, "--target") {
				continue
			}
			cmd := program(t, t.Context(), words(line)[1:]...)
			keptRun(t, filepath.Join(cmd.Dir, "reports", "out"), "passed")
			if r := finish(t, cmd); r.code != 0 {
				t.Errorf("%s: exit %d\n%s%s", line, r.code, r.out, r.err)
			}
			ran++
		}
	}
	if ran < 8 {
		t.Errorf("%d commands were run", ran)
	}
}
