package reports

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// Latest is the link beside the runs that points to the newest one.
const Latest = "latest"

// Folder is where one run keeps everything: run.json, the reports, and a folder of
// evidence per question and subject.
type Folder struct {
	Path string // absolute
	ID   string // its name: 2026-11-23T2104-x7qk
}

// NewFolder makes the folder of a new run below root and points `latest` to it. The
// name sorts by time; its tail keeps two runs of the same minute apart.
func NewFolder(root string, now time.Time) (*Folder, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("make run folder: %w", err)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("make run folder: %w", err)
	}
	f, err := makeUnique(root, now)
	if err != nil {
		return nil, fmt.Errorf("make run folder: %w", err)
	}
	if err := renameio.Symlink(f.ID, filepath.Join(root, Latest)); err != nil {
		return nil, fmt.Errorf("point %s to %s: %w", Latest, f.ID, err)
	}
	return f, nil
}

func makeUnique(root string, now time.Time) (*Folder, error) {
	for {
		id := now.Format("2006-01-02T1504") + "-" + strings.ToLower(rand.Text()[:4])
		path := filepath.Join(root, id)
		err := os.Mkdir(path, 0o755)
		if err == nil {
			return &Folder{Path: path, ID: id}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
}

// OpenFolder opens the folder of a run that was made before; path may be `latest`.
func OpenFolder(path string) (*Folder, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("open run folder: %w", err)
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, fmt.Errorf("open run folder: %w", err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, fmt.Errorf("open run folder: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open run folder: %s is not a folder", path)
	}
	return &Folder{Path: real, ID: filepath.Base(real)}, nil
}

// Join names a file of the run.
func (f *Folder) Join(parts ...string) string {
	return filepath.Join(append([]string{f.Path}, parts...)...)
}

// WriteRun writes run.json.
func (f *Folder) WriteRun(run *Run) error { return Write(f.Join(RunFile), run) }

// ReadRun reads run.json back.
func (f *Folder) ReadRun() (*Run, error) { return Read(f.Join(RunFile)) }

// Question makes the evidence folder of one question and subject: tp1.q20/pair-1-2.
func (f *Folder) Question(id string, subject Subject) (*Evidence, error) {
	if err := errors.Join(CheckID(id), subject.Check()); err != nil {
		return nil, fmt.Errorf("evidence folder: %w", err)
	}
	e := &Evidence{root: f.Path, dir: filepath.Join(id, string(subject))}
	if err := os.MkdirAll(filepath.Join(e.root, e.dir), 0o755); err != nil {
		return nil, fmt.Errorf("evidence folder: %w", err)
	}
	return e, nil
}
