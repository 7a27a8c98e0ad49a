package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/proxmox"
)

// Facts are what a node says of itself. What could not be read is in Unread, by the name of
// the part, and its value is zero.
type Facts struct {
	User     string
	Node     string
	Version  proxmox.Version
	Status   proxmox.NodeStatus
	Rights   map[string]proxmox.Permissions // by path
	Storages []proxmox.Storage
	ISOs     []string
	Images   []string
	Network  proxmox.NetworkState
	VMs      []proxmox.VM
	Snapshot student.Snapshot
	Forwards string // the host's ip_forward: "0", "1", or "" where nobody looked
	Unread   map[string]error
}

// Gather reads what the checks need. Only a node that cannot be reached or logged in to is
// an error.
func Gather(ctx context.Context, target config.Target, timeouts config.Timeouts) (*Facts, error) {
	s, err := proxmox.Login(ctx, target, proxmox.WithReadOnly(nil), proxmox.WithTimeouts(timeouts))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	f := &Facts{User: s.User(), Node: s.Node(), Rights: map[string]proxmox.Permissions{}, Unread: map[string]error{}}
	read := func(part string, look func() error) {
		if err := look(); err != nil {
			f.Unread[part] = err
		}
	}
	read("version", func() (err error) { f.Version, err = s.Version(ctx); return err })
	read("status", func() (err error) { f.Status, err = s.NodeStatus(ctx); return err })
	read("storage", func() (err error) { f.Storages, err = s.Storages(ctx); return err })
	read("network", func() (err error) { f.Network, err = s.Networks(ctx); return err })
	read("vms", func() (err error) { f.VMs, err = s.VMs(ctx); return err })
	read("iso", func() (err error) { f.ISOs, err = volumes(ctx, s, target.ISOStorage, "iso"); return err })
	read("image", func() (err error) { f.Images, err = volumes(ctx, s, target.ISOStorage, "import"); return err })
	read("snapshot", func() (err error) { f.Snapshot, err = student.TakeSnapshot(ctx, s); return err })
	for _, path := range paths(target) {
		read("rights "+path, func() (err error) { f.Rights[path], err = s.Permissions(ctx, path); return err })
	}
	read("forwarding", func() (err error) { f.Forwards, err = forwards(ctx, target.SSH); return err })
	return f, ctx.Err()
}

// Defaults fills in what most targets leave out.
func Defaults(t config.Target) config.Target {
	for field, value := range map[*string]string{&t.Storage: "local", &t.ISOStorage: "local", &t.Bridge: "vmbr0"} {
		if *field == "" {
			*field = value
		}
	}
	return t
}

func volumes(ctx context.Context, s *proxmox.Session, storage, kind string) ([]string, error) {
	list, err := s.Content(ctx, storage, kind)
	var ids []string
	for _, v := range list {
		ids = append(ids, v.ID)
	}
	return ids, err
}

// errNoShell is why the host itself could not be looked at.
var errNoShell = errors.New("the target has no shell (ssh:)")

// forwards reads whether the host routes between its interfaces, which ip-sysctl tells.
func forwards(ctx context.Context, access *config.SSH) (string, error) {
	if access == nil {
		return "", errNoShell
	}
	shell, err := hypervisor.Dial(ctx, *access)
	if err != nil {
		return "", err
	}
	defer shell.Close()
	result, err := shell.Run(ctx, "cat /proc/sys/net/ipv4/ip_forward")
	if err != nil {
		return "", fmt.Errorf("read ip_forward: %w", err)
	}
	return strings.TrimSpace(result.Stdout), nil
}
