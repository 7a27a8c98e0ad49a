package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/labproof/labproof/reports"
)

// The files that a run with an embedded node keeps in its folder while the node is there.
const (
	recordFile = "embedded.json"
	targetFile = "target.yaml" // of a node that is kept; holds its password, for its owner only
)

// statePrefix begins the name of a state directory that was made for one run, and that
// may be removed with everything in it.
const statePrefix = "labproof-node-"

// record remembers an embedded node on disk, from before it is started until it is gone.
type record struct {
	StateDir string `json:"state_dir"`
	Made     bool   `json:"made"` // StateDir was made for this run and goes with it
	Kept     bool   `json:"kept"` // the node was to stay when the run is over

	folder string
}

// newRecord makes the state directory and writes down where it is.
func newRecord(folder *reports.Folder, stateDir string, keep bool) (record, error) {
	r := record{StateDir: stateDir, Kept: keep, folder: folder.Path}
	if stateDir == "" {
		made, err := os.MkdirTemp(stateRoot(), statePrefix)
		if err != nil {
			return record{}, fmt.Errorf("make the node's state directory: %w", err)
		}
		r.StateDir, r.Made = made, true
	}
	absolute, err := filepath.Abs(r.StateDir)
	if err != nil {
		return record{}, fmt.Errorf("find the node's state directory: %w", err)
	}
	r.StateDir = absolute
	data, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = renameio.WriteFile(filepath.Join(folder.Path, recordFile), append(data, '\n'), 0o644)
	}
	if err != nil {
		return record{}, fmt.Errorf("write down where the node is: %w", errors.Join(err, r.removeState()))
	}
	return r, nil
}

// stateRoot is where state directories are made: disks lie in them, so not in a /tmp that
// may be memory.
func stateRoot() string {
	if dir := os.Getenv("TMPDIR"); dir != "" {
		return dir
	}
	return "/var/tmp"
}

func nodeLog(stateDir string) string { return filepath.Join(stateDir, "node.log") }

// remove forgets a node that is gone, and removes what was made for it.
func (r record) remove() error {
	if err := r.removeState(); err != nil {
		return err
	}
	for _, name := range []string{targetFile, recordFile} {
		if err := os.Remove(filepath.Join(r.folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget the embedded node: %w", err)
		}
	}
	return nil
}

func (r record) removeState() error {
	if !r.Made {
		return nil
	}
	if err := os.RemoveAll(r.StateDir); err != nil {
		return fmt.Errorf("remove the node's state directory: %w", err)
	}
	return nil
}

// records reads what the runs below out remember, newest first. That there is no such
// folder yet is no error.
func records(out string) ([]record, error) {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for runs: %w", err)
	}
	var all []record
	for _, entry := range slices.Backward(entries) {
		if !entry.IsDir() {
			continue // `latest` is a link to one of the others
		}
		r, found, err := readRecord(filepath.Join(out, entry.Name()))
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, r)
		}
	}
	return all, nil
}

func readRecord(folder string) (r record, found bool, err error) {
	path := filepath.Join(folder, recordFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("look for embedded nodes: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return record{}, false, fmt.Errorf("read %s: %w", path, err)
	}
	if !filepath.IsAbs(r.StateDir) {
		return record{}, false, fmt.Errorf("read %s: state_dir %q is no absolute path", path, r.StateDir)
	}
	if r.Made && !strings.HasPrefix(filepath.Base(r.StateDir), statePrefix) {
		return record{}, false, fmt.Errorf("read %s: %s is no state directory of labproof's making", path, r.StateDir)
	}
	r.folder = folder
	return r, true, nil
}

// lastKept is the target file of the lab that was kept last.
func lastKept(out string) (path string, found bool, err error) {
	all, err := records(out)
	if err != nil {
		return "", false, err
	}
	for _, r := range all {
		path := filepath.Join(r.folder, targetFile)
		if _, err := os.Stat(path); r.Kept && err == nil {
			return path, true, nil
		}
	}
	return "", false, nil
}
