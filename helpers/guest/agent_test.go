package guest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
)

func TestAgentRuns(t *testing.T) {
	f := newFakeAgent(t)
	g := f.guest()
	r, err := g.Run(t.Context(), Sh("echo out; echo err >&2; exit 3"))
	if err != nil || r.Stdout != "out\n" || r.Stderr != "err\n" || r.Exit != 3 || r.OK() || r.Truncated {
		t.Errorf("got %+v, %v", r, err)
	}
	if want := []string{"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}; !reflect.DeepEqual(f.execs[0], want) {
		t.Errorf("sent %q", f.execs[0])
	}
	r, err = g.Run(t.Context(), Command{Argv: []string{"/bin/cat"}, Stdin: []byte("hello stdin")})
	if err != nil || r.Stdout != "hello stdin" || !r.OK() {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = g.Run(t.Context(), Command{Shell: `printf '%s|' "$0" "$@"`, Argv: []string{"zero", "a b", "$HOME"}})
	if err != nil || r.Stdout != "zero|a b|$HOME|" {
		t.Errorf("got %+v, %v", r, err)
	}
	if g.Name() != "instance-1-1" || g.Rung() != RungAgent {
		t.Errorf("%s by %s", g.Name(), g.Rung())
	}
}

// go-proxmox's AgentExecStatus fails on it.
func TestAgentRunThatASignalEnds(t *testing.T) {
	r, err := newFakeAgent(t).guest().Run(t.Context(), Sh("kill -KILL $$"))
	if err != nil || r.Exit != 137 || r.Signal != 9 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestAgentOutputIsBounded(t *testing.T) {
	f := newFakeAgent(t)
	r, err := f.guest().Run(t.Context(), Sh("head -c 2000000 /dev/zero | tr '\\0' x"))
	if err != nil || len(r.Stdout) != output.Limit || !r.Truncated {
		t.Errorf("%d bytes, truncated %v, %v", len(r.Stdout), r.Truncated, err)
	}
	f.mangled = func(status map[string]any) { status["err-truncated"] = true }
	if r, err = f.guest().Run(t.Context(), Sh("echo x")); err != nil || !r.Truncated {
		t.Errorf("the agent's own truncation is lost: %+v, %v", r, err)
	}
}

func TestEvidenceIsSafeToShow(t *testing.T) {
	r := Result{Command: "cat x", Stdout: "\x1b[2Jfine\xff\n", Stderr: "oh\r\n", Exit: 1, Truncated: true}
	if got, want := r.Evidence(), "$ cat x\n\\x1b[2Jfine\\xff\n[stderr]\noh\n[…]\n[exit 1]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAgentIsNotAskedTooOften(t *testing.T) {
	o := Options{Poll: config.Poll{Agent: time.Millisecond}}
	if got := o.filled(102).Poll.Agent; got != minAgentPoll {
		t.Errorf("it is asked every %v", got)
	}
}

func TestWhyAnAgentIsUnreachable(t *testing.T) {
	for name, c := range map[string]struct {
		words  string
		reason error
	}{
		"not configured": {"No QEMU guest agent configured", ErrAgentNotConfigured},
		"VM is off":      {"VM 102 is not running", ErrNotRunning},
		"VM is off (7)":  {"VM 102 not running", ErrNotRunning},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeAgent(t)
			f.always["exec"] = refusal{500, c.words}
			_, err := f.guest().Run(t.Context(), Cmd("/bin/true"))
			var unreachable *Unreachable
			if !errors.As(err, &unreachable) || !errors.Is(err, c.reason) || unreachable.Name != "instance-1-1" || proxmox.Words(err) != c.words {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestARefusalOfTheNodeIsNotAnUnreachableGuest(t *testing.T) {
	f := newFakeAgent(t)
	f.always["exec"] = refusal{403, "Permission check failed (/vms/102, VM.GuestAgent.Unrestricted)"}
	_, err := f.guest().Run(t.Context(), Cmd("/bin/true"))
	var unreachable *Unreachable
	if errors.As(err, &unreachable) || !errors.Is(err, proxmox.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

// A busy guest misses a question now and then; that is not the end of it.
func TestAnAgentThatMissesAQuestionIsAskedAgain(t *testing.T) {
	f := newFakeAgent(t)
	f.first("exec", refusal{500, "QEMU guest agent is not running"})
	f.first("exec-status", refusal{500, "QEMU guest agent is not running"})
	r, err := f.guest().Run(t.Context(), Sh("echo x"))
	if err != nil || r.Stdout != "x\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	if len(f.execs) != 1 {
		t.Errorf("run %d times", len(f.execs))
	}
}

func TestAnAgentThatStaysSilentIsUnreachable(t *testing.T) {
	f := newFakeAgent(t)
	f.always["exec"] = refusal{500, "QEMU guest agent is not running"}
	g := Agent(f.session(), 102, Options{Timeouts: config.Timeouts{Agent: time.Second}})
	_, err := g.Run(t.Context(), Cmd("/bin/true"))
	var unreachable *Unreachable
	if !errors.As(err, &unreachable) || !errors.Is(err, ErrAgentNotRunning) || unreachable.Name != "VM 102" {
		t.Errorf("got %v", err)
	}
}

// A program that the guest does not have is a 596 after 5 s.
func TestAMissingProgramIsExplained(t *testing.T) {
	f := newFakeAgent(t)
	_, err := f.guest().Run(t.Context(), Cmd("/no/such/program"))
	var missing *StartError
	if !errors.As(err, &missing) || missing.Program != "/no/such/program" || !strings.Contains(err.Error(), "no such program") {
		t.Errorf("got %v", err)
	}
	if len(f.execs) != 1 {
		t.Errorf("tried %d times", len(f.execs))
	}

	f.always["exec"] = refusal{500, "Agent error: Guest agent command failed, error was 'Failed to execute child process “x” (No such file or directory)'"}
	if _, err := f.guest().Run(t.Context(), Cmd("x")); !errors.As(err, &missing) || missing.Program != "x" {
		t.Errorf("got %v", err)
	}

	f.always["ping"] = refusal{500, "QEMU guest agent is not running"}
	f.always["exec"] = refusal{596, "Broken pipe"}
	if _, err := f.guest().Run(t.Context(), Cmd("/bin/true")); errors.As(err, &missing) && missing.Program == "/bin/true" {
		t.Error("a dead agent is taken for a missing program")
	}
}

func TestACommandThatTakesTooLongIsEnded(t *testing.T) {
	f := newFakeAgent(t)
	_, err := f.guest().Run(t.Context(), Command{Shell: "exec sleep 1000", Timeout: time.Second})
	var late *wait.TimeoutError
	if !errors.As(err, &late) || !strings.Contains(err.Error(), "instance-1-1") {
		t.Fatalf("got %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.execs[len(f.execs)-1]
	if want := []string{"/bin/kill", "-KILL", strconv.Itoa(f.pids[0])}; !reflect.DeepEqual(last, want) {
		t.Errorf("ended by %q, want %q", last, want)
	}
}

func TestAStatusThatIsLostIsAnError(t *testing.T) {
	f := newFakeAgent(t)
	f.always["exec-status"] = refusal{500, "Agent error: PID ld does not exist"}
	if _, err := f.guest().Run(t.Context(), Cmd("/bin/true")); !errors.Is(err, proxmox.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	f := newFakeAgent(t)
	g := f.guest()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("Ctrl-C")
	f.mu.Lock()
	f.always["exec-status"] = refusal{500, "QEMU guest agent is not running"}
	f.mu.Unlock()
	go func() {
		for {
			f.mu.Lock()
			started := len(f.execs) > 0
			f.mu.Unlock()
			if started {
				cancel(stop)
				return
			}
		}
	}()
	if _, err := g.Run(ctx, Sh("sleep 1000")); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestWaitReady(t *testing.T) {
	f := newFakeAgent(t)
	f.first("ping", refusal{500, "VM 102 is not running"}, refusal{500, "QEMU guest agent is not running"})
	if err := f.guest().WaitReady(t.Context()); err != nil {
		t.Error(err)
	}

	f.always["ping"] = refusal{500, "QEMU guest agent is not running"}
	g := Agent(f.session(), 102, Options{Name: "gw-1-2", Timeouts: config.Timeouts{Boot: time.Second}})
	err := g.WaitReady(t.Context())
	var late *wait.TimeoutError
	if !errors.As(err, &late) || !errors.Is(err, ErrAgentNotRunning) || late.Name != "boot" || late.LastSeen != "no answer yet" {
		t.Errorf("got %v", err)
	}

	f.state = "io-error"
	err = f.guest().WaitReady(t.Context())
	var unreachable *Unreachable
	if !errors.As(err, &unreachable) || !errors.Is(err, ErrHalted) || errors.As(err, new(*wait.TimeoutError)) || !strings.Contains(err.Error(), "io-error") {
		t.Errorf("got %v", err)
	}

	f.always["ping"] = refusal{500, "No QEMU guest agent configured"}
	if err := f.guest().WaitReady(t.Context()); !errors.Is(err, ErrAgentNotConfigured) || errors.As(err, new(*wait.TimeoutError)) {
		t.Errorf("got %v", err)
	}
	f.always["ping"] = refusal{403, "Permission check failed (/vms/102, VM.GuestAgent.Audit)"}
	if err := f.guest().WaitReady(t.Context()); !errors.Is(err, proxmox.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	g := newFakeAgent(t).guest()
	for name, c := range map[string]Command{"empty": {}, "no program": {Argv: []string{""}}, "too much input": {Shell: "cat", Stdin: make([]byte, maxStdin+1)}, "binary input": {Shell: "cat", Stdin: []byte{0xff}}} {
		if _, err := g.Run(t.Context(), c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// testFiles writes and reads files on any rung.
func testFiles(t *testing.T, g Guest) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"text": []byte("auto ens18\niface ens18 inet static\n"), "empty": {}, "binary": {0, 1, 0xff, 0xfe, '\r', '\n'},
		"large": bytes.Repeat([]byte("0123456789abcdef"), 5000), "with 'quotes' $x": []byte("x"),
	} {
		path := filepath.Join(dir, name)
		if err := g.WriteFile(t.Context(), path, data, 0o640); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		got, err := g.ReadFile(t.Context(), path)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(data), err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 5 {
		t.Errorf("left behind: %v", entries)
	}
	if _, err := g.ReadFile(t.Context(), filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := g.ReadFile(t.Context(), dir); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("directory: %v", err)
	}
	var failed *ExitError
	if err := g.WriteFile(t.Context(), filepath.Join(dir, "no", "such", "place"), []byte("x"), 0o600); !errors.As(err, &failed) || failed.Result.Stderr == "" {
		t.Errorf("no place: %v", err)
	}
}

func TestAgentFiles(t *testing.T) { testFiles(t, newFakeAgent(t).guest()) }

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newFakeAgent(t).guest().ReadFile(t.Context(), path); err == nil || !strings.Contains(err.Error(), "larger than 8 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestMust(t *testing.T) {
	g := newFakeAgent(t).guest()
	if _, err := Must(t.Context(), g, Sh("true")); err != nil {
		t.Error(err)
	}
	_, err := Must(t.Context(), g, Sh("echo why >&2; exit 7"))
	var failed *ExitError
	if !errors.As(err, &failed) || failed.Result.Exit != 7 || !strings.Contains(err.Error(), "exit 7: why") {
		t.Errorf("got %v", err)
	}
}

func TestCommandsAreNotedForWhatTheyWereRunFor(t *testing.T) {
	g := newFakeAgent(t).guest()
	var noted []string
	ctx := Noting(t.Context(), func(guest string, r Result) { noted = append(noted, guest+": "+r.Command) })
	if _, err := g.Run(ctx, Sh("true")); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Run(t.Context(), Sh("false")); err != nil {
		t.Fatal(err)
	}
	if len(noted) != 1 || noted[0] != "instance-1-1: true" {
		t.Errorf("noted %q", noted)
	}
}
