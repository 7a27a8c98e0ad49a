package hypervisor_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/internal/sshtest"
)

// listener is a program like tcpdump: it says that it listens, writes, and ends well
// when it is interrupted.
func listener(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "listener")
	script := "#!/bin/sh\ntrap 'printf tail; echo bye >&2; exit 0' INT\nprintf head\necho 'listening on x' >&2\nwhile :; do sleep 0.02; done\n"
	if err := os.WriteFile(file, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestStreamIsInterruptedAndReadToItsEnd(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	p, err := shell.Stream(t.Context(), hypervisor.Quote(listener(t), "a b"))
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(p.Stdout())
		read <- string(text)
	}()
	if line := <-p.Lines(); line != "listening on x" {
		t.Fatalf("said %q", line)
	}
	if exit, err := p.Interrupt(t.Context()); err != nil || exit != 0 {
		t.Errorf("exit %d, %v", exit, err)
	}
	if got := <-read; got != "headtail" {
		t.Errorf("wrote %q", got)
	}
	if p.Errors() != "listening on x\nbye\n" {
		t.Errorf("said %q", p.Errors())
	}
	if exit, err := p.Interrupt(t.Context()); err != nil || exit != 0 {
		t.Errorf("interrupted twice: exit %d, %v", exit, err)
	}
}

func TestStreamInputIsReadAsItIsWritten(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	p, err := shell.StreamInput(t.Context(), "cat")
	if err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 5)
	for _, text := range []string{"first", "again"} {
		if _, err := io.WriteString(p.Stdin(), text); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(p.Stdout(), answer); err != nil || string(answer) != text {
			t.Fatalf("answered %q, %v", answer, err)
		}
	}
	if err := p.Stdin().Close(); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(p.Stdout()); err != nil || len(rest) != 0 {
		t.Errorf("then %q, %v", rest, err)
	}
	if exit, err := p.Wait(t.Context()); err != nil || exit != 0 {
		t.Errorf("exit %d, %v", exit, err)
	}
}

func TestWritingToAnEndedProgramFails(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	p, err := shell.StreamInput(t.Context(), "true")
	if err != nil {
		t.Fatal(err)
	}
	if exit, err := p.Wait(t.Context()); err != nil || exit != 0 {
		t.Fatalf("exit %d, %v", exit, err)
	}
	if _, err := io.WriteString(p.Stdin(), "is anybody there?"); err == nil {
		t.Error("somebody read it")
	}
}

func TestAStreamWithoutInputHasNoneToRead(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	p, err := shell.Stream(t.Context(), "cat")
	if err != nil {
		t.Fatal(err)
	}
	if exit, err := p.Wait(t.Context()); err != nil || exit != 0 || p.Stdin() != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
}

func TestStreamOfAMissingProgram(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	p, err := shell.Stream(t.Context(), "labproof-no-such-program")
	if err != nil {
		t.Fatal(err)
	}
	exit, err := p.Wait(t.Context())
	if err != nil || exit != 127 || !strings.Contains(p.Errors(), "not found") {
		t.Errorf("exit %d, %v, %q", exit, err, p.Errors())
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	ctx, cancel := context.WithCancel(t.Context())
	p, err := shell.Stream(ctx, "sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-p.Done()
}

func TestWaitingForAStreamEndsWithItsContext(t *testing.T) {
	shell := dial(t, sshtest.New(t))
	p, err := shell.Stream(t.Context(), "sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Wait(ctx); err == nil {
		t.Error("it went on")
	}
}

func TestQuote(t *testing.T) {
	words := []string{"plain", "", "a b", "it's", "$HOME", "`x`", `"`, "a\nb", "*", "-n", "é", "~", "a;b", "#"}
	out, err := exec.Command("/bin/sh", "-c", "printf '%s\\0' "+hypervisor.Quote(words...)).Output()
	if err != nil || string(out) != strings.Join(words, "\x00")+"\x00" {
		t.Errorf("%q, %v", out, err)
	}
	if got := hypervisor.Quote("ip", "-j", "addr"); got != "ip -j addr" {
		t.Errorf("got %q", got)
	}
}

func FuzzParseHostKey(f *testing.F) {
	f.Add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIXsxxYE")
	f.Add("|1|x|y ssh-ed25519 AAAA")
	f.Add("SHA256:abc")
	f.Fuzz(func(_ *testing.T, text string) {
		if strings.ContainsAny(text, " \n") {
			_, _ = hypervisor.ParseHostKey(text, "10.0.0.1:22")
		}
	})
}
