package guestdisk

import (
	"errors"
	"fmt"
)

// ErrNotReadable is found by errors.Is in every error of a disk that is there and cannot
// be read offline. It tells nothing about whoever owns the VM.
var ErrNotReadable = errors.New("not readable offline")

// NotReadableError is a disk whose files cannot be read offline, and why.
type NotReadableError struct {
	Volume string // "local:102/vm-102-disk-0.qcow2"; empty: not known
	Why    string // "the disk's root is on LVM", "the file system is damaged: …"
	Err    error  // what was met; may be nil
}

func (e *NotReadableError) Error() string {
	text := ErrNotReadable.Error() + ": " + e.Why
	if e.Volume != "" {
		text = e.Volume + ": " + text
	}
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

func (e *NotReadableError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrNotReadable}
	}
	return []error{ErrNotReadable, e.Err}
}

// notReadable makes a NotReadableError; Open adds the volume.
func notReadable(format string, args ...any) error {
	met := fmt.Errorf(format, args...)
	return &NotReadableError{Why: met.Error(), Err: errors.Unwrap(met)}
}

// damaged is a file system that does not make sense.
func damaged(format string, args ...any) error {
	return notReadable("the file system is damaged: "+format, args...)
}
