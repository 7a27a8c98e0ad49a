package tp1

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/guestdisk"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

// ladder is the rungs that the target offers: the agent always, the others through the
// node's shell. The wire is no rung of its own: it shows no file and runs no command.
func (n *Node) ladder() []rung {
	all := []rung{agentRung}
	if n.Shell == nil {
		return all
	}
	if n.logsIn() {
		all = append(all, rung{name: reports.BySSH, look: bySSH})
	}
	return append(all, rung{name: reports.ByDisk, look: byDisk})
}

// groupOf is the group that a VM belongs to; nil: it is a gateway.
func (n *Node) groupOf(vm lab.VM) *Group {
	for _, g := range n.groups {
		if slices.ContainsFunc(g.VMs(), func(own lab.VM) bool { return own.ID == vm.ID }) {
			return g
		}
	}
	return nil
}

// byDisk reads the VM's disk, whether it runs or not.
func byDisk(ctx context.Context, n *Node, vm lab.VM) (*sight, error) {
	slow := &guestdisk.NotReadableError{Why: fmt.Sprintf("reading it takes longer than %v (timeouts.task)", n.Config.Timeouts.Task)}
	ctx, cancel := context.WithTimeoutCause(ctx, n.Config.Timeouts.Task, slow)
	defer cancel()
	disk, err := guestdisk.OpenVM(ctx, n.API, n.Shell, vm.ID)
	if err != nil {
		return nil, noDisk(vm, err)
	}
	defer disk.Close()
	seen := &sight{Rung: reports.ByDisk, Files: linuxnet.Files{}}
	patterns := onDisk(slices.Concat(interfacesFiles, sysctlFiles))
	if n.groupOf(vm) == nil {
		patterns = append(patterns, linuxnet.StartFiles()...)
	}
	for _, pattern := range patterns {
		if err := readDisk(ctx, disk, pattern, seen.Files); err != nil {
			return nil, noDisk(vm, err)
		}
	}
	seen.Root, err = rootOnDisk(ctx, disk)
	return seen, noDisk(vm, err)
}

// noDisk tells a disk that cannot be read from every other error.
func noDisk(vm lab.VM, err error) error {
	if errors.Is(err, guestdisk.ErrNotReadable) {
		return &guest.Unreachable{Name: vm.Name, Rung: guest.RungDisk, Reason: guest.ErrNoDisk, Err: err}
	}
	return err
}

// readDisk adds the files of a disk that match a pattern, as filesScript prints them. A link
// that leads nowhere is a file without content, as it is for those who read it.
func readDisk(ctx context.Context, disk *guestdisk.Disk, pattern string, files linuxnet.Files) error {
	names, err := disk.Glob(ctx, pattern)
	if err != nil {
		return err
	}
	bytes := 0
	for _, file := range files {
		bytes += len(file.Content)
	}
	for _, name := range names {
		link, err := disk.ReadLink(ctx, name)
		if err != nil {
			return err
		}
		data, err := disk.ReadFile(ctx, name)
		if err == nil && linuxnet.IsProgram(name) {
			may, err := disk.Executable(ctx, name)
			if err != nil {
				return err
			}
			if !may {
				continue
			}
		}
		switch nowhere := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid); {
		case nowhere && link == "": // a directory
			continue
		case err != nil && !nowhere:
			return err
		}
		if len(files) == maxFiles {
			return fmt.Errorf("more than %d files of configuration: %w", maxFiles, guestdisk.ErrNotReadable)
		}
		data = data[:min(len(data), maxConfig)]
		if bytes += len(data); bytes > maxConfigs {
			return fmt.Errorf("more than %d bytes of configuration: %w", maxConfigs, guestdisk.ErrNotReadable)
		}
		files[name] = linuxnet.File{Content: string(data), Link: link}
	}
	return nil
}

// rootOnDisk is what rootScript prints, read from a disk.
func rootOnDisk(ctx context.Context, disk *guestdisk.Disk) ([]string, error) {
	entries, err := disk.ReadDir(ctx, "/root")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		if e.Regular && !strings.HasPrefix(e.Name, ".") {
			found = append(found, path.Join("/root", e.Name))
		}
	}
	return found, nil
}
