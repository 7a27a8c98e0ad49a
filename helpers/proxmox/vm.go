package proxmox

import (
	"context"
	"strconv"
)

// VM is a virtual machine as the node lists it. Sizes are in bytes.
type VM struct {
	ID       int
	Name     string
	Status   string // "running", "stopped"; Proxmox lists a template as stopped
	QMP      string // QEMU's own state, in VMStatus only: "running", "paused", …
	Template bool
	Lock     string // "clone", …; empty: none
	CPUs     float64
	MaxMem   int64
	MaxDisk  int64
	PID      int
	Uptime   int64 // seconds
	Tags     []string
	Agent    bool // the agent option is on, in VMStatus only
}

// Running tells whether the VM runs.
func (v VM) Running() bool { return v.Status == "running" }

// VMs lists the node's VMs that the user may see (VM.Audit), at once and complete,
// unlike Resources.
func (s *Session) VMs(ctx context.Context) ([]VM, error) {
	list, err := s.list(ctx, s.NodePath("qemu"), nil)
	if err != nil {
		return nil, err
	}
	vms := make([]VM, 0, len(list))
	for _, f := range list {
		vms = append(vms, parseVM(f))
	}
	return vms, nil
}

// VMStatus reads the current state of one VM.
func (s *Session) VMStatus(ctx context.Context, id int) (VM, error) {
	f, err := s.object(ctx, s.VMPath(id, "status/current"), nil)
	if err != nil {
		return VM{}, err
	}
	vm := parseVM(f)
	vm.ID = id
	return vm, nil
}

// VMPath is /nodes/{node}/qemu/{id}/rest.
func (s *Session) VMPath(id int, rest string) string {
	path := s.NodePath("qemu/" + strconv.Itoa(id))
	if rest != "" {
		path += "/" + rest
	}
	return path
}

func parseVM(f fields) VM {
	return VM{
		ID: int(f.integer("vmid")), Name: f.text("name"), Status: f.text("status"), QMP: f.text("qmpstatus"),
		Template: f.flag("template"), Lock: f.text("lock"), CPUs: f.float("cpus"),
		MaxMem: f.integer("maxmem"), MaxDisk: f.integer("maxdisk"), PID: int(f.integer("pid")),
		Uptime: f.integer("uptime"), Tags: splitList(f.text("tags")), Agent: f.flag("agent"),
	}
}
