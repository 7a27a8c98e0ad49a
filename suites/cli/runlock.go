package cli

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockRun takes the lock of a run's folder; closing it, or the end of this process
// however it comes, gives it back. It tells a run that is under way from one that died.
// busy is true if somebody else holds it.
func lockRun(folder string) (lock *os.File, busy bool, err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, false, fmt.Errorf("lock the run's folder: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, false, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, true, nil
	}
	return nil, false, fmt.Errorf("lock the run's folder %s: %w", folder, err)
}
