package cli

import (
	"os"
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

// isRunByCI checks that CI's script calls a target of the Makefile, or one that builds on it:
// a test that called `make test` or `make validate` would never end, or cost what they cost.
func isRunByCI(t *testing.T, target string) {
	t.Helper()
	script, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	called := func(name string) bool { return regexp.MustCompile(`(?m)^make ` + name + `$`).Match(script) }
	if called(target) {
		return
	}
	for _, rule := range regexp.MustCompile(`(?m)^([a-z-]+): ([a-z -]*)##`).FindAllSubmatch(makefile, -1) {
		if called(string(rule[1])) && slices.Contains(strings.Fields(string(rule[2])), target) {
			return
		}
	}
	t.Errorf("make %s is run neither by .ci/run nor for what it runs", target)
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
					isRunByCI(t, argv[1])
				case "pveum": // played as API calls by the tests of suites/doctor
				default:
					t.Errorf("%q is run by no test", line)
				}
			}
		})
	}
}

// inlineIn are the commands that a text names within its sentences.
func inlineIn(t *testing.T, path string) []string {
	t.Helper()
	var commands []string
	for _, span := range regexp.MustCompile("`((?:labproof|make) [^`]+)`").FindAllStringSubmatch(read(t, path), -1) {
		commands = append(commands, span[1])
	}
	return commands
}

// What the sentences name is known as well; what is told to be run whole stands in the blocks.
func TestTheCommandsInTheSentencesOfTheREADMEs(t *testing.T) {
	makefile := read(t, "../../Makefile")
	for _, path := range readmes {
		for _, line := range inlineIn(t, path) {
			argv := words(line)
			if argv[0] == "labproof" {
				parses(t, argv[1:])
			} else if !strings.Contains(makefile, "\n"+argv[1]+": ") {
				t.Errorf("%s: the Makefile has no %s", path, argv[1])
			}
		}
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
