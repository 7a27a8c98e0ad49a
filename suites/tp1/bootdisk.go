package tp1

import (
	"context"
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/proxmox"
)

// bootDisk is the volume that a VM boots from. The VM may have others: one for UEFI's
// variables, one that was detached, one that a student added. A student may have chosen
// another storage than the target's.
type bootDisk struct {
	proxmox.Volume
	Elsewhere *student.Disks `json:"elsewhere,omitempty"` // nil: it lies on the target's storage
}

// on is what the volume's storage does with disks.
func (d bootDisk) on(n *Node) student.Disks {
	if d.Elsewhere != nil {
		return *d.Elsewhere
	}
	return n.Disks
}

// storage is the one that the volume lies on.
func (d bootDisk) storage() string {
	storage, _, _ := strings.Cut(d.ID, ":")
	return storage
}

// list is the request that shows the volume.
func (d bootDisk) list() string { return "GET .../storage/" + d.storage() + "/content" }

func (n *Node) bootDisk(ctx context.Context, vmid int) (bootDisk, error) {
	if n.acting() {
		volume, err := student.DiskOf(ctx, n.API, n.Target.Storage, vmid)
		return bootDisk{Volume: volume}, err
	}
	config, err := n.API.VMConfig(ctx, vmid)
	if err != nil {
		return bootDisk{}, err
	}
	storage, id := n.Target.Storage, ""
	var elsewhere *student.Disks
	if disks := config.Disks(); len(disks) > 0 {
		id = disks[0].Volume
	}
	if other, _, found := strings.Cut(id, ":"); found && other != storage {
		disks, err := student.DisksOf(ctx, n.API, other)
		if err != nil {
			return bootDisk{}, err
		}
		storage, elsewhere = other, &disks
	}
	volumes, err := n.API.Content(ctx, storage, "images")
	if err != nil {
		return bootDisk{}, err
	}
	if i := slices.IndexFunc(volumes, func(v proxmox.Volume) bool { return v.ID == id }); i >= 0 {
		return bootDisk{volumes[i], elsewhere}, nil
	}
	volume, err := student.DiskOf(ctx, n.API, storage, vmid)
	return bootDisk{volume, elsewhere}, err
}
