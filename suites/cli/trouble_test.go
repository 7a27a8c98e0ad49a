package cli

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/html"
	"github.com/labproof/labproof/reports/junit"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// nothingLeft checks that a command that could not begin left no folder behind.
func nothingLeft(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(cmd.Dir, "reports")); err == nil {
		t.Error("a run's folder was left")
	}
}

func TestAMissingProgram(t *testing.T) {
	for _, args := range [][]string{{"validate"}, {"node", "--listen", "127.0.0.1:0"}} {
		t.Run(args[0], func(t *testing.T) {
			cmd := program(t, t.Context(), append(args, "--lang", "en")...)
			cmd.Env = append(cmd.Env, "PATH="+cmd.Dir)
			oneLine(t, finish(t, cmd), ExitBroken, "qemu-system-x86_64 is missing", "make setup")
			nothingLeft(t, cmd)
		})
	}
}

func TestAPortInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	r := labproof(t, "node", "--no-image", "--listen", address, "--lang", "en")
	oneLine(t, r, ExitBroken, address, "already in use", "--listen")
}

func TestNoDiskSpace(t *testing.T) {
	cmd := program(t, t.Context(), "validate", "--lang", "en")
	write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), "targets:\n  embedded:\n    embedded:\n      min_disk: 900TiB\n")
	oneLine(t, finish(t, cmd), ExitBroken, "disk space")
	nothingLeft(t, cmd)
}

func TestNoMemory(t *testing.T) {
	cmd := program(t, t.Context(), "validate", "--lang", "en")
	write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), "targets:\n  embedded:\n    embedded:\n      min_memory: 900TiB\n")
	oneLine(t, finish(t, cmd), ExitBroken, "memory", "min_memory")
	nothingLeft(t, cmd)
}

func TestATargetThatDoesNotAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	cmd := program(t, t.Context(), "validate", "--target", "target.yaml", "--lang", "en")
	write(t, filepath.Join(cmd.Dir, "target.yaml"), "url: https://"+address+"\nfingerprint: "+strings.Repeat("AB:", 31)+
		"AB\nnode: proxmox1\nusername: root@pam\npassword: hunter2\n")
	r := finish(t, cmd)
	oneLine(t, r, ExitBroken, address, "refused", "is up")
	folder, err := reports.OpenFolder(filepath.Join(cmd.Dir, "reports", "out", reports.Latest))
	if err != nil {
		t.Fatal(err)
	}
	run, err := folder.ReadRun()
	if err != nil || len(run.Problems) != 1 || run.Judge() != reports.Broken {
		t.Errorf("the reports do not tell: %+v, %v", run, err)
	}
	for _, name := range []string{reports.RunFile, html.File, junit.File, logFile} {
		data, err := os.ReadFile(folder.Join(name))
		if err != nil || strings.Contains(string(data), "hunter2") {
			t.Errorf("%s: %v, or the password is in it", name, err)
		}
	}
}

func TestANodeInTheForegroundEndsWithCtrlC(t *testing.T) {
	cmd := program(t, t.Context(), "node", "--no-image", "--listen", "127.0.0.1:0", "--write-target", "target.yaml")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "API ") {
		t.Errorf("first line %q", lines.Text())
	}
	if info, err := os.Stat(filepath.Join(cmd.Dir, "target.yaml")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("target file: %v, %v", info, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, complaints.String())
	}
}

// hanging is a command that takes no notice of the first Ctrl-C.
const hanging = "LABPROOF_TEST_HANGING"

func TestTheSecondCtrlCStopsAtOnce(t *testing.T) {
	if os.Getenv(hanging) != "" {
		n := &notices{err: os.Stderr}
		n.during(os.Stderr, "labproof clean --out elsewhere")
		ctx, stop := interruptible(n)
		defer stop()
		os.Stdout.WriteString("ready\n")
		<-ctx.Done()
		os.Stdout.WriteString("cancelled\n")
		select {}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), hanging+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"ready", "cancelled"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("got %q, want %q\n%s", lines.Text(), want, said.String())
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != ExitBroken {
		t.Errorf("exit %d, %v", cmd.ProcessState.ExitCode(), err)
	}
	if !strings.Contains(said.String(), "labproof clean --out elsewhere") {
		t.Errorf("no word on how to clean in\n%s", said.String())
	}
}
