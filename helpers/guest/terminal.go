package guest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
)

var (
	errNoAnswer = errors.New("the console shows neither a login nor a shell")
	errRefused  = errors.New("the login was refused")
)

// terminal is a line to a getty or a shell. What the guest writes is collected by one
// goroutine; whoever types looks for what they expect in it.
type terminal struct {
	line io.ReadWriteCloser
	news chan []byte // what was read; closed at the line's end
	seen []byte      // read and not yet consumed
}

// maxSeen is how much is kept while something is looked for.
const maxSeen = 2*maxEncoded + output.Limit

func newTerminal(line io.ReadWriteCloser) *terminal {
	t := &terminal{line: line, news: make(chan []byte, 16)}
	go t.collect()
	return t
}

func (t *terminal) collect() {
	defer close(t.news)
	buffer := make([]byte, 32<<10)
	for {
		n, err := t.line.Read(buffer)
		if n > 0 {
			t.news <- append([]byte(nil), buffer[:n]...)
		}
		if err != nil {
			return
		}
	}
}

// close hangs up and lets the collecting goroutine end.
func (t *terminal) close() {
	_ = t.line.Close()
	go func() {
		for range t.news {
			continue
		}
	}()
}

func (t *terminal) typed(text string) error {
	_, err := io.WriteString(t.line, text)
	return err
}

// more waits for something new on the line.
func (t *terminal) more(ctx context.Context) error {
	select {
	case news, ok := <-t.news:
		if !ok {
			return fmt.Errorf("the console was closed: %w", io.EOF)
		}
		if len(t.seen)+len(news) > maxSeen {
			return errors.New("the guest writes more than a command may answer")
		}
		t.seen = append(t.seen, news...)
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// until reads until find finds something in what was read, and forgets all up to
// there. find returns the position after it, or -1.
func (t *terminal) until(ctx context.Context, find func([]byte) int) (before []byte, err error) {
	for {
		if end := find(t.seen); end >= 0 {
			before = append([]byte(nil), t.seen[:end]...)
			t.seen = append([]byte(nil), t.seen[end:]...)
			return before, nil
		}
		if err := t.more(ctx); err != nil {
			return nil, err
		}
	}
}

var (
	loginPrompt    = regexp.MustCompile(`(?i)login: *$`)
	passwordPrompt = regexp.MustCompile(`(?i)(password|mot de passe) ?: *$`)
	loginRefused   = regexp.MustCompile(`(?i)(login incorrect|identification incorrecte|authentication failure)`)
	shellPrompt    = regexp.MustCompile(`[#$>] *(\x1b\[[0-9;?]*[a-zA-Z])*$`)
)

// login gets from whatever the console shows to a shell that does not echo.
func (t *terminal) login(ctx context.Context, user, password string) error {
	if err := t.typed("\r"); err != nil {
		return err
	}
	sent, named := false, false
	for {
		// A return typed while the password is about to be asked for would be the
		// password.
		text, err := t.settled(ctx, !named || sent)
		if err != nil {
			return fmt.Errorf("%w; it shows: %s", err, lastLine(t.seen))
		}
		switch {
		case sent && loginRefused.Match(text):
			return errRefused
		case passwordPrompt.Match(text):
			sent, t.seen = true, nil
			err = t.typed(password + "\r")
		case asksForName(text):
			if sent {
				return errRefused
			}
			named, t.seen = true, nil
			err = t.typed(user + "\r")
		case shellPrompt.Match(text):
			t.seen = nil
			return t.quieten(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// asksForName tells a getty's prompt from the greeting "Last login: …".
func asksForName(text []byte) bool {
	return loginPrompt.Match(text) && !bytes.HasSuffix(bytes.TrimSpace(text), []byte("Last login:"))
}

// quiet is how long nothing new must come for a prompt to be one.
const quiet = 150 * time.Millisecond

// nudge is after how long a silent console is sent another return: a getty that
// started after the first one has not seen it.
const nudge = time.Second

// settled waits for something new, then for silence, and returns all that stands there.
func (t *terminal) settled(ctx context.Context, mayNudge bool) ([]byte, error) {
	for {
		waiting, cancel := context.WithTimeoutCause(ctx, nudge, errQuiet)
		err := t.more(waiting)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, errQuiet) {
			return nil, err
		}
		if !mayNudge {
			continue
		}
		if err := t.typed("\r"); err != nil {
			return nil, err
		}
	}
	for {
		waiting, cancel := context.WithTimeoutCause(ctx, quiet, errQuiet)
		err := t.more(waiting)
		cancel()
		if errors.Is(err, errQuiet) {
			return bytes.TrimRight(t.seen, "\r\n"), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

var errQuiet = errors.New("nothing new on the console")

// quieten makes the shell one that a program can talk to: no echo, no history, nothing
// that wraps lines, a prompt that the next login recognises. The mark is written so that its echo does not
// look like it.
func (t *terminal) quieten(ctx context.Context) error {
	mark := nonce()
	line := fmt.Sprintf("exec /bin/sh -c 'stty -echo -onlcr cols 10000; unset HISTFILE ENV; PS1=\"labproof# \"; PS2=; export PS1 PS2 TERM=dumb; echo %s\"\"%s; exec /bin/sh'\r", mark[:6], mark[6:])
	if err := t.typed(line); err != nil {
		return err
	}
	_, err := t.until(ctx, after([]byte(mark)))
	return err
}

// after finds the end of mark.
func after(mark []byte) func([]byte) int {
	return func(text []byte) int {
		i := bytes.Index(text, mark)
		if i < 0 {
			return -1
		}
		return i + len(mark)
	}
}

// maxStep is how much is typed before the shell has to answer: a terminal's buffer
// holds 4 KiB, and what does not fit is lost.
const maxStep = 1500

// steps writes a command as lines for the terminal's shell: the words and the input
// travel as base64 in here-documents, the last step runs them.
func steps(argv []string, stdin []byte) []string {
	list := []string{"d=$(mktemp -d /tmp/labproof-run.XXXXXX) || d=/nonexistent\n: >\"$d/in\"\n"}
	list = append(list, hereDocuments("$d/cmd", []byte(hypervisor.Quote(argv...)+"\n"))...)
	list = append(list, hereDocuments("$d/in", stdin)...)
	return append(list, `/bin/sh "$d/cmd" <"$d/in" >"$d/out" 2>"$d/err"; s=$?; `)
}

// hereDocuments append data to a file, a piece at a time.
func hereDocuments(path string, data []byte) []string {
	var list []string
	for len(data) > 0 {
		n := min(len(data), maxStep/4*3)
		var b strings.Builder
		fmt.Fprintf(&b, "base64 -d >>\"%s\" <<'LABPROOF'\n", path)
		for encoded := base64.StdEncoding.EncodeToString(data[:n]); len(encoded) > 0; {
			line := min(len(encoded), 500)
			b.WriteString(encoded[:line] + "\n")
			encoded = encoded[line:]
		}
		b.WriteString("LABPROOF\n")
		list = append(list, b.String())
		data = data[n:]
	}
	return list
}

// execute runs a command and reads its status and output, as base64 between marks.
func (t *terminal) execute(ctx context.Context, argv []string, stdin []byte, keep int) (Result, error) {
	if keep <= 0 {
		keep = output.Limit
	}
	mark := nonce()
	list := steps(argv, stdin)
	last := len(list) - 1
	for i, step := range list[:last] {
		ready := fmt.Sprintf("%s.%d.", mark, i)
		if err := t.typed(step + "echo " + ready + "\n"); err != nil {
			return Result{}, err
		}
		if _, err := t.until(ctx, after([]byte(ready))); err != nil {
			return Result{}, err
		}
	}
	// On one line, so that no prompt comes in between.
	report := fmt.Sprintf("echo \"%[1]s:$s:\"; head -c %[2]d \"$d/out\" | base64; echo \"%[1]s\"; head -c %[2]d \"$d/err\" | base64; rm -rf \"$d\"; echo \"%[1]s\"\n", mark, keep+1)
	if err := t.typed(list[last] + report); err != nil {
		return Result{}, err
	}
	return t.report(ctx, mark, keep)
}

func (t *terminal) report(ctx context.Context, mark string, keep int) (Result, error) {
	if _, err := t.until(ctx, after([]byte(mark+":"))); err != nil {
		return Result{}, err
	}
	var parts [3][]byte
	for i, stop := range []string{":", mark, mark} {
		text, err := t.until(ctx, after([]byte(stop)))
		if err != nil {
			return Result{}, err
		}
		parts[i] = bytes.TrimSuffix(text, []byte(stop))
	}
	return consoleResult(parts, keep)
}

// consoleResult decodes the status and the two streams; what came over a line that
// anybody in the guest can write to is not believed to be well formed.
func consoleResult(parts [3][]byte, keep int) (Result, error) {
	exit, err := strconv.Atoi(strings.TrimSpace(string(parts[0])))
	if err != nil || exit < 0 || exit > 255 {
		return Result{}, fmt.Errorf("the console's answer has no status: %q", output.Line(string(parts[0]), 60))
	}
	result := Result{Exit: exit}
	if exit > 128 && exit < 128+65 {
		result.Signal = exit - 128
	}
	for i, to := range []*string{&result.Stdout, &result.Stderr} {
		text, err := decodeBase64(strings.TrimSpace(string(parts[i+1])))
		if err != nil {
			return Result{}, fmt.Errorf("the console's answer is no base64; does the kernel write on it? (%q)", output.Line(string(parts[i+1]), 60))
		}
		var cut bool
		*to, cut = output.Cut(string(text), keep)
		result.Truncated = result.Truncated || cut
	}
	return result, nil
}

func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return output.Line(string(text[bytes.LastIndexByte(text, '\n')+1:]), 120)
}
