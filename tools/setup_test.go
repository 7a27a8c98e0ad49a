// Package tools tests the scripts beside it.
package tools

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a folder that stands for a machine's programs: only these are there.
func machine(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append(programs, "cat", "id") {
		found, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(found, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pretend puts a program there that does as the script says.
func pretend(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/bash\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func setup(t *testing.T, path string) (code int, said string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/bash", "./setup")
	cmd.Env = []string{"PATH=" + path}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestSetupHasNothingToDoHere(t *testing.T) {
	if code, said := setup(t, os.Getenv("PATH")); code != 0 || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestSetupNamesTheProgramsWhereThereIsNoApt(t *testing.T) {
	dir := machine(t, "go")
	code, said := setup(t, dir)
	if code == 0 || !strings.Contains(said, "qemu-system-x86_64") || !strings.Contains(said, "mmdebstrap") || !strings.Contains(said, "no apt") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestSetupAsksForGo(t *testing.T) {
	if code, said := setup(t, machine(t)); code == 0 || !strings.Contains(said, "https://go.dev/dl") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestSetupInstallsOnlyWhatIsMissing(t *testing.T) {
	dir := machine(t, "go")
	for _, name := range []string{"gcc", "qemu-img", "mmdebstrap", "mke2fs", "newuidmap", "unshare", "ip", "tcpdump", "xmllint"} {
		pretend(t, dir, name, "exit 0")
	}
	pretend(t, dir, "apt-get", `echo "apt-get $*" >&2`)
	pretend(t, dir, "sudo", `"$@"`)
	code, said := setup(t, dir)
	if code != 0 || !strings.Contains(said, "apt-get install -qq -y --no-install-recommends qemu-system-x86\n") {
		t.Errorf("exit %d: %s", code, said)
	}
}
