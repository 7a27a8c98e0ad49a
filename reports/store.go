package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/renameio/v2"
)

// RunFile is the name of a run's file in its folder.
const RunFile = "run.json"

// maxRunBytes bounds what is read back; a run of 100 groups is about 5 MB.
const maxRunBytes = 128 << 20

// Write checks a run and writes it, replacing the file in one step: whoever reads at
// the same time, or after a crash, finds the old run or the new one, never half of it.
func Write(path string, run *Run) error {
	data, err := Encode(run)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := renameio.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Encode checks a run and gives its JSON, ended by a line end.
func Encode(run *Run) ([]byte, error) {
	if err := run.Check(); err != nil {
		return nil, fmt.Errorf("run %s: %w", run.ID, err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(run); err != nil {
		return nil, fmt.Errorf("run %s: %w", run.ID, err)
	}
	return b.Bytes(), nil
}

// Read reads a run back, strictly: an unknown key, another schema, anything after the
// run or a verdict of the wrong form is an error.
func Read(path string) (*Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	defer f.Close()
	run, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return run, nil
}

// Decode is Read from any reader.
func Decode(r io.Reader) (*Run, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRunBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxRunBytes {
		return nil, fmt.Errorf("larger than %d bytes", maxRunBytes)
	}
	// The schema first, so that a run of another version is told apart from a broken one.
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("schema %d: this labproof reads schema %d", head.Schema, Schema)
	}
	return decodeStrictly(data)
}

func decodeStrictly(data []byte) (*Run, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var run Run
	if err := dec.Decode(&run); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the run")
	}
	if err := run.Check(); err != nil {
		return nil, err
	}
	return &run, nil
}
