package tp1

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/guestdisk"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// ladder is the rungs that the target offers: the agent always, the others through the
// node's shell. The wire is no rung of its own: it shows no file and runs no command.
func (n *Node) ladder() []rung {
	all := []rung{agentRung}
	if n.Shell == nil {
		return all
	}
	if n.Target.Guest.User != "" {
		all = append(all, rung{reports.BySSH, bySSH})
	}
	return append(all, rung{reports.ByDisk, byDisk})
}

// bySSH logs in through the node, at the address that the plan gives the VM. It asks only
// where the host has an address on the VM's bridge: without one the node would send the
// connection to whatever network its own default route leads to.
func bySSH(ctx context.Context, n *Node, vm lab.VM) (*sight, error) {
	g := n.groupOf(vm)
	if g == nil || !vm.Addr.IsValid() {
		return nil, noRoute(vm, errors.New("the plan gives the VM no address"))
	}
	bridge, err := n.API.Interface(ctx, g.Bridge)
	if err != nil {
		return nil, err
	}
	if host, err := netip.ParsePrefix(bridge.CIDR); err != nil || !host.Contains(vm.Addr) {
		return nil, noRoute(vm, fmt.Errorf("the host has no address in the network of %s", g.Bridge))
	}
	vmConfig, err := n.API.VMConfig(ctx, vm.ID)
	if err != nil {
		return nil, err
	}
	nics := vmConfig.NICs()
	i := slices.IndexFunc(nics, func(nic proxmox.NIC) bool { return nic.Bridge == g.Bridge && nic.MAC != "" })
	if i < 0 {
		return nil, noRoute(vm, fmt.Errorf("it has no NIC on %s", g.Bridge))
	}
	// The keys of students' VMs are not known beforehand, and all clones share one: whose
	// VM answers is told by its MAC.
	in := guest.SSH(n.Shell, vm.Addr.String(), n.Target.Guest, hypervisor.FirstUse(), guest.Options{
		Name: vm.Name, MAC: nics[i].MAC, Timeouts: n.Config.Timeouts, Poll: n.Config.Poll,
	})
	return lookThrough(ctx, in, reports.BySSH)
}

func noRoute(vm lab.VM, why error) error {
	return &guest.Unreachable{Name: vm.Name, Rung: guest.RungSSH, Reason: guest.ErrNoConnection, Err: why}
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
	disk, err := guestdisk.OpenVM(ctx, n.API, n.Shell, vm.ID)
	if err != nil {
		return nil, noDisk(vm, err)
	}
	defer disk.Close()
	seen := &sight{Rung: reports.ByDisk, Files: linuxnet.Files{}}
	for _, pattern := range onDisk(slices.Concat(interfacesFiles, sysctlFiles)) {
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

// readDisk adds the files of a disk that match a pattern. A link that leads nowhere is a
// file without content, as it is for those who read it.
func readDisk(ctx context.Context, disk *guestdisk.Disk, pattern string, files linuxnet.Files) error {
	names, err := disk.Glob(ctx, pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		link, err := disk.ReadLink(ctx, name)
		if err != nil {
			return err
		}
		data, err := disk.ReadFile(ctx, name)
		switch nowhere := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid); {
		case nowhere && link == "": // a directory
			continue
		case err != nil && !nowhere:
			return err
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
