package tp1

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/wait"
)

// inShell runs an intrusion's script where sysctl writes a diary.
func inShell(t *testing.T, diary, script string, arg string) string {
	t.Helper()
	bin := filepath.Join(filepath.Dir(diary), "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "sysctl"), []byte("#!/bin/sh\necho \"$3\" >>'"+diary+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script, "labproof-forwarding", arg)
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func diaryOf(t *testing.T, diary string) string {
	t.Helper()
	data, err := os.ReadFile(diary)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(data)), "net.ipv4.ip_forward=", "")
}

// A gateway that is closed opens again, and what was to open it later is gone then.
func TestForwardingIsSwitchedOnAgain(t *testing.T) {
	diary := filepath.Join(t.TempDir(), "diary")
	watch := inShell(t, diary, closeScript, "3600")
	if !processID.MatchString(watch) || watch == "0" {
		t.Fatalf("%q is no process", watch)
	}
	inShell(t, diary, openScript, watch)
	if got := diaryOf(t, diary); got != "0\n1" {
		t.Errorf("forwarding was set to %q", got)
	}
	gone := func() bool {
		_, err := os.Stat("/proc/" + watch)
		return os.IsNotExist(err) || isZombie(watch)
	}
	awaitTrue(t, gone)
}

// Nobody is left to open it: it opens by itself.
func TestForwardingOfAKilledRunComesBack(t *testing.T) {
	diary := filepath.Join(t.TempDir(), "diary")
	inShell(t, diary, closeScript, "0")
	awaitTrue(t, func() bool { return strings.Contains(diaryOf(t, diary), "1") })
	inShell(t, diary, openScript, "0")
}

func isZombie(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func awaitTrue(t *testing.T, condition func() bool) {
	t.Helper()
	err := wait.Until(t.Context(), wait.For{What: "the gateway's process", Timeout: time.Minute, Every: 10 * time.Millisecond},
		func(context.Context) (bool, string, error) { return condition(), "", nil })
	if err != nil {
		t.Fatal(err)
	}
}
