package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/node"
)

// asProgram makes the test program behave as labproof does: as main.go is.
const asProgram = "LABPROOF_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	node.RunIfChild()
	if os.Getenv(asProgram) != "" {
		os.Exit(Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// result is how one run of the program ended.
type result struct {
	code     int
	out, err string
}

// program is labproof with these arguments, in a folder of its own.
func program(t *testing.T, ctx context.Context, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C.UTF-8", "GITHUB_ACTIONS=", "GITLAB_CI=")
	return cmd
}

// labproof runs the program to its end.
func labproof(t *testing.T, args ...string) result {
	t.Helper()
	return finish(t, program(t, t.Context(), args...))
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	failure := cmd.Run()
	var exit *exec.ExitError
	if failure != nil && !errors.As(failure, &exit) {
		t.Fatal(failure)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), err.String()}
}

// oneLine checks the exit code and that the program said one line with those words.
func oneLine(t *testing.T, r result, code int, words ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	if n := strings.Count(r.err, "\n"); n != 1 || !strings.HasPrefix(r.err, "labproof: ") {
		t.Errorf("%d lines, want one of labproof's", n)
	}
	for _, word := range words {
		if !strings.Contains(r.err, word) {
			t.Errorf("nothing about %q", word)
		}
	}
	if t.Failed() {
		t.Logf("standard error:\n%s\nstandard output:\n%s", r.err, r.out)
	}
}
