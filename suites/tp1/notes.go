package tp1

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

// notes are the evidence of one question and subject while it is gathered: every
// call to the node, every command in a guest, every wait, captures, and the look.
type notes struct {
	id       string
	subject  reports.Subject
	folder   *reports.Folder
	observer reports.Observer

	mu     sync.Mutex
	calls  bytes.Buffer // JSON lines
	shells bytes.Buffer // commands and what they answered, to read
	files  []string
	waits  []reports.Wait
	rungs  []reports.Rung
	err    error // the first evidence that could not be kept
}

func (c *cast) notes(q entry, s subject) *notes {
	return &notes{id: q.ID, subject: s.Subject(), folder: c.folder, observer: c.observer}
}

// lookFile is the name of what was seen, as data.
const lookFile = "look.json"

type notesKey struct{}

// within returns a context whose calls, commands and waits are noted.
func (n *notes) within(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, notesKey{}, n)
	ctx = proxmox.Recording(ctx, n.call)
	ctx = guest.Noting(ctx, n.command)
	return wait.With(ctx, n)
}

// reached notes by which rung the question that ctx belongs to saw a VM.
func reached(ctx context.Context, rung reports.Rung) {
	n, ok := ctx.Value(notesKey{}).(*notes)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.rungs, rung) {
		n.rungs = append(n.rungs, rung)
	}
}

// keep saves a file of evidence for the question that ctx belongs to.
func keep(ctx context.Context, name string, data []byte) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.keep(name, data)
	}
}

func (n *notes) keep(name string, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.save(name, data)
}

func (n *notes) save(name string, data []byte) {
	evidence, err := n.folder.Question(n.id, n.subject)
	if err == nil {
		var path string
		if path, err = evidence.Save(name, data); err == nil {
			n.files = append(n.files, path)
		}
	}
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("keep evidence %s of %s: %w", name, n.id, err)
	}
}

// keepLook saves what was seen as data: a verdict can be given again from it. Who looks again
// judges what was seen last.
func (n *notes) keepLook(look any) error {
	data, err := json.MarshalIndent(look, "", "  ")
	if err != nil {
		return fmt.Errorf("keep what was seen of %s: %w", n.id, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	evidence, err := n.folder.Question(n.id, n.subject)
	if err != nil {
		return err
	}
	path, err := evidence.Replace(lookFile, append(data, '\n'))
	if err != nil {
		return err
	}
	if !slices.Contains(n.files, path) {
		n.files = append(n.files, path)
	}
	return n.err
}

// dropLook takes back what was kept of an earlier look: it is not what the last one saw.
func (n *notes) dropLook() {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.files, func(path string) bool { return filepath.Base(path) == lookFile })
	if i < 0 {
		return
	}
	if err := os.Remove(n.folder.Join(filepath.FromSlash(n.files[i]))); err != nil && n.err == nil {
		n.err = fmt.Errorf("take back what was seen of %s: %w", n.id, err)
	}
	n.files = slices.Delete(n.files, i, i+1)
}

func (n *notes) call(e proxmox.Exchange) {
	line, err := json.Marshal(e)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.err = fmt.Errorf("keep a call of %s: %w", n.id, err)
		return
	}
	n.calls.Write(append(line, '\n'))
}

func (n *notes) command(name string, r guest.Result) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprintf(&n.shells, "# %s\n%s\n", name, r.Evidence())
}

// close saves what was gathered and lists all files.
func (n *notes) close() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.calls.Len() > 0 {
		n.save("calls.jsonl", n.calls.Bytes())
		n.calls.Reset()
	}
	if n.shells.Len() > 0 {
		n.save("commands.txt", n.shells.Bytes())
		n.shells.Reset()
	}
	return n.files
}

func (n *notes) reachedBy() []reports.Rung {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rungs
}

func (n *notes) waited() []reports.Wait {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.waits
}

// WaitBegins makes notes a wait.Watcher.
func (n *notes) WaitBegins(w wait.For) wait.Watch {
	started := time.Now()
	what := reports.Text{FR: w.WhatFR, EN: w.What}
	n.observer.Waiting(n.id, n.subject, what, started)
	return &watch{notes: n, wait: reports.Wait{What: what, Started: started, Timeout: w.Timeout}}
}

// watch follows one wait.
type watch struct {
	notes *notes
	mu    sync.Mutex
	wait  reports.Wait
}

// Saw keeps what was seen last.
func (w *watch) Saw(seen string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wait.LastSeen = seen
}

// Ended files the wait.
func (w *watch) Ended(err error) {
	w.mu.Lock()
	w.wait.Duration = time.Since(w.wait.Started)
	w.wait.TimedOut = err != nil
	done := w.wait
	w.mu.Unlock()
	w.notes.mu.Lock()
	w.notes.waits = append(w.notes.waits, done)
	w.notes.mu.Unlock()
	w.notes.observer.WaitDone(w.notes.id, w.notes.subject, done.What)
}
