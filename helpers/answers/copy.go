package answers

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
)

// Copy copies a group's file as it is, whatever is in it. Of one that is larger than Read
// takes enough is copied to meet the same error.
func Copy(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return fmt.Errorf("%s is no regular file: %w", from, fs.ErrInvalid)
	}
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return err
	}
	return renameio.WriteFile(to, data, 0o644)
}
