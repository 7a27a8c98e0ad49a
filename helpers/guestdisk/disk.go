// Package guestdisk reads files from a VM's disk without the VM's help and without
// writing anything: from VMs that run, that are stopped, and from templates and the
// linked clones on them. The node opens the disk read-only and hands it on through its
// shell; what is on it, partitions and file system, is read here and trusted in nothing.
package guestdisk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxFile is the largest file that is read, as for the other ways into a guest.
const maxFile = 8 << 20

var errTooLarge = fmt.Errorf("the file is larger than %d MiB", maxFile>>20)

// Disk is the root file system on a VM's disk. It is safe for concurrent use; questions
// take turns.
//
// Of a running VM it shows what is written so far: the journal's last commit (5 s at most
// after a change) for names and sizes, and for what stands in a file that was written
// anew up to 30 s more, since Linux writes it late. A guest's own `sync` ends that.
type Disk struct {
	// Volume is the disk's volume id; empty for New.
	Volume string

	release func() error // lets go of the disk, once
	hangUp  func()       // ends a read under way

	mu   sync.Mutex
	w    *window
	root *ext4
	part part
	lost error     // why nothing can be read any more
	seen time.Time // when root was read: a running VM writes
}

// New finds the root file system on a disk of size bytes. An error that is
// ErrNotReadable tells that there is none that can be read.
func New(disk io.ReaderAt, size int64) (*Disk, error) {
	d := newDisk(disk, size)
	if err := guarded(d.findRoot); err != nil {
		return nil, err
	}
	return d, nil
}

func newDisk(disk io.ReaderAt, size int64) *Disk {
	return &Disk{w: newWindow(disk, size), release: func() error { return nil }, hangUp: func() {}}
}

// guarded makes an error of a panic: a disk that nobody foresaw must not end a run that
// grades a whole class.
func guarded(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = damaged("reading it failed: %v\n%s", p, debug.Stack())
		}
	}()
	return read()
}

// findRoot looks for the ext4 that has an /etc.
func (d *Disk) findRoot() error {
	list, err := parts(d.w)
	if err != nil {
		return err
	}
	var others []string
	var trouble error
	for _, p := range list {
		found, err := d.tryRoot(p)
		if err != nil && !errors.Is(err, ErrNotReadable) {
			return err
		}
		if found {
			return nil
		}
		name, nameErr := holds(d.w, p)
		if nameErr == nil && name != "" && !slices.Contains(others, name) {
			others = append(others, name)
		}
		trouble = errors.Join(trouble, err)
	}
	switch {
	case len(others) > 0:
		return notReadable("the disk's root is on %s", strings.Join(others, " or "))
	case trouble != nil:
		return trouble
	}
	return notReadable("no partition of the disk holds a Linux system")
}

func (d *Disk) tryRoot(p part) (bool, error) {
	root, err := openExt4(d.w, p)
	if err != nil || root == nil {
		return false, err
	}
	top, err := root.inode(rootInode)
	if err != nil {
		return false, err
	}
	children, err := root.children(top)
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(children, func(c child) bool { return c.name == "etc" }) {
		return false, nil
	}
	d.root, d.part, d.seen = root, p, time.Now()
	return true, nil
}

// Close lets go of the disk. It may be called again.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost == nil {
		d.lost = fs.ErrClosed
	}
	return d.release()
}

// ask runs one question on the file system as the disk shows it now.
func (d *Disk) ask(ctx context.Context, op, name string, question func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if d.lost != nil {
		return &fs.PathError{Op: op, Path: name, Err: d.lost}
	}
	// The connection knows no deadlines: ending it is the only way out of a read.
	stop := context.AfterFunc(ctx, d.hangUp)
	err := guarded(func() error {
		d.w.refill()
		if err := d.refresh(); err != nil {
			return err
		}
		return question()
	})
	if !stop() {
		d.lost = context.Cause(ctx)
		return context.Cause(ctx)
	}
	var already *fs.PathError
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &fs.PathError{Op: op, Path: d.Volume + ":" + name, Err: err}
}

// freshFor is how long what was read counts as what the disk says.
const freshFor = 2 * time.Second

// refresh reads superblock and journal again where the VM may have written since.
func (d *Disk) refresh() error {
	if time.Since(d.seen) < freshFor {
		return nil
	}
	d.w.forget()
	root, err := openExt4(d.w, d.part)
	if err == nil && root == nil {
		err = notReadable("the file system is gone")
	}
	if err == nil {
		d.root, d.seen = root, time.Now()
	}
	return err
}

// ReadFile reads a file of at most 8 MiB, through links, which never lead out of the
// disk; errors.Is(err, fs.ErrNotExist) where there is none.
func (d *Disk) ReadFile(ctx context.Context, name string) (data []byte, err error) {
	err = d.ask(ctx, "read", name, func() error {
		i, err := d.root.lookup(name)
		if err != nil {
			return err
		}
		if !i.is(modeFile) {
			return fs.ErrInvalid
		}
		data, err = d.root.content(i, maxFile)
		return err
	})
	return data, err
}

// ReadLink tells where a symbolic link leads, as it is written in it; "" for what is no link.
func (d *Disk) ReadLink(ctx context.Context, name string) (target string, err error) {
	err = d.ask(ctx, "readlink", name, func() error {
		target, err = d.root.readLink(name)
		return err
	})
	return target, err
}

// Executable tells whether a file, through links, may be run by its owner.
func (d *Disk) Executable(ctx context.Context, name string) (may bool, err error) {
	err = d.ask(ctx, "stat", name, func() error {
		i, err := d.root.lookup(name)
		may = i.is(modeFile) && i.mode&modeRun != 0
		return err
	})
	return may, err
}

// Entry is a name in a directory.
type Entry struct {
	Name    string
	Regular bool // a plain file, and no link to one
}

// ReadDir lists a directory, sorted by name. The names are the guest's: they may hold
// anything but a slash.
func (d *Disk) ReadDir(ctx context.Context, name string) (list []Entry, err error) {
	err = d.ask(ctx, "list", name, func() error {
		children, err := d.root.list(name)
		for _, c := range children {
			i, inodeErr := d.root.inode(c.inode)
			if inodeErr != nil {
				return inodeErr
			}
			list = append(list, Entry{Name: c.name, Regular: i.is(modeFile)})
		}
		return err
	})
	return list, err
}

// Glob finds the paths that a shell would put in the place of a pattern such as
// /etc/sysctl.d/*.conf, sorted: * and ? match no leading dot. A pattern that matches
// nothing has no paths.
func (d *Disk) Glob(ctx context.Context, pattern string) (paths []string, err error) {
	err = d.ask(ctx, "glob", pattern, func() error {
		paths, err = d.root.glob(pattern)
		return err
	})
	return paths, err
}

// components are the steps of an absolute path. Nothing is resolved by text: /a/../b is
// another file than /b where a is a link.
func components(name string) ([]string, error) {
	if !path.IsAbs(name) || strings.ContainsRune(name, 0) || len(name) > 4096 {
		return nil, fs.ErrInvalid
	}
	return strings.FieldsFunc(name, func(r rune) bool { return r == '/' }), nil
}
