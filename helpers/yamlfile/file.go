// Package yamlfile reads small YAML files that people wrote: bounded before the parser
// sees them, one document each, with the line of what is no YAML.
package yamlfile

import (
	"fmt"
	"io"
	"os"
)

// Read reads a file of at most limit bytes whole.
func Read(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("larger than %d KiB", limit>>10)
	}
	return data, nil
}
