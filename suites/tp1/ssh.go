package tp1

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// The second rung: SSH by way of the node, where the host still has an address on the
// VM's bridge. Without one the node would send the connection to whatever network its own
// default route leads to.

// logsIn tells whether the target has what logs in to the guests of at least one group.
func (n *Node) logsIn() bool {
	_, all := n.Target.GuestOf(0)
	return all || len(n.Target.Guests) > 0
}

// bySSH tries the addresses that the VM may have, the plan's first.
func bySSH(ctx context.Context, n *Node, vm lab.VM) (*sight, error) {
	status, err := n.API.VMStatus(ctx, vm.ID)
	if err != nil {
		return nil, err
	}
	if status.Status != "running" {
		return nil, noRoute(vm, guest.ErrNotRunning, nil)
	}
	config, err := n.API.CurrentVMConfig(ctx, vm.ID)
	if err != nil {
		return nil, err
	}
	var reasons []error
	for _, g := range n.groupsOf(vm) {
		door, err := n.door(ctx, g, vm, config)
		if err == nil {
			seen, err := door.enter(ctx)
			if err == nil || !unreachable(err) {
				return seen, err
			}
			reasons = append(reasons, err)
			continue
		}
		reasons = append(reasons, err)
	}
	return nil, errors.Join(reasons...)
}

// groupsOf are the groups on whose bridges a VM is: a gateway is on two.
func (n *Node) groupsOf(vm lab.VM) []*Group {
	if g := n.groupOf(vm); g != nil {
		return []*Group{g}
	}
	for _, p := range n.pairs {
		if p.Gateway.ID == vm.ID {
			return p.groups()
		}
	}
	return nil
}

// door is where a VM may let us in: its NIC on a bridge on which the host has an address.
type door struct {
	node  *Node
	group *Group
	vm    lab.VM
	host  netip.Prefix // the host's address there
	mac   string       // of the VM's NIC
	creds config.Guest
}

func (n *Node) door(ctx context.Context, g *Group, vm lab.VM, config proxmox.VMConfig) (door, error) {
	at := door{node: n, group: g, vm: vm}
	var found bool
	if at.creds, found = n.Target.GuestOf(g.Number); !found {
		return at, noRoute(vm, guest.ErrNoLogin, fmt.Errorf("the target has no password and no key for group %d (guests)", g.Number))
	}
	bridge, err := n.API.Interface(ctx, g.Bridge)
	if err != nil {
		return at, noRoute(vm, guest.ErrNoConnection, err)
	}
	if at.host, err = netip.ParsePrefix(bridge.CIDR); err != nil {
		return at, noRoute(vm, guest.ErrNoConnection, fmt.Errorf("the host has no address on %s", g.Bridge))
	}
	for _, nic := range config.NICs() {
		if nic.Bridge == g.Bridge && nic.MAC != "" && nic.VLAN == 0 {
			at.mac = nic.MAC
			return at, nil
		}
	}
	return at, noRoute(vm, guest.ErrNoConnection, fmt.Errorf("it has no NIC on %s that the host reaches", g.Bridge))
}

// enter logs in at the first address that lets us in. Whose VM answers there is told by
// its MAC: the keys of students' VMs are not known beforehand, and all clones share one.
func (d door) enter(ctx context.Context) (*sight, error) {
	reasons := []error{noRoute(d.vm, guest.ErrNoConnection, fmt.Errorf("no address of it is known in %s", d.host.Masked()))}
	var tried []netip.Addr
	for _, find := range []func(context.Context) ([]netip.Addr, error){d.planned, d.known, d.answering} {
		addrs, err := find(ctx)
		if err != nil {
			reasons = append(reasons, noRoute(d.vm, guest.ErrNoConnection, err))
		}
		for _, addr := range addrs {
			if !d.host.Contains(addr) || addr == d.host.Addr() || slices.Contains(tried, addr) {
				continue
			}
			tried = append(tried, addr)
			in := guest.SSH(d.node.Shell, addr.String(), d.creds, hypervisor.FirstUse(), guest.Options{
				Name: d.vm.Name, MAC: d.mac, Timeouts: d.node.Config.Timeouts, Poll: d.node.Config.Poll,
				Only: mayRun(!d.node.Quiet, d.node.Intrusive),
			})
			seen, err := lookThrough(ctx, in, reports.BySSH)
			if err == nil || !unreachable(err) {
				return seen, err
			}
			reasons = append(reasons, err)
		}
	}
	if len(tried) > 0 {
		reasons = reasons[1:]
	}
	return nil, errors.Join(reasons...)
}

// planned is the address that the plan gives the VM there.
func (d door) planned(context.Context) ([]netip.Addr, error) {
	if d.node.groupOf(d.vm) == nil {
		return []netip.Addr{d.group.Gateway}, nil
	}
	return []netip.Addr{d.vm.Addr}, nil
}

// known are the addresses at which the host has met the VM's MAC.
func (d door) known(ctx context.Context) ([]netip.Addr, error) {
	return guest.Neighbours(ctx, d.node.Shell, d.group.Bridge, d.mac)
}

// answering are the addresses for which the VM's MAC answers on the wire.
func (d door) answering(ctx context.Context) ([]netip.Addr, error) {
	if !d.node.probes() {
		return nil, nil
	}
	seen, err := d.group.onWire(ctx)
	if err != nil {
		return nil, err
	}
	return seen.vm(d.vm.ID).Addrs, nil
}

// unreachable tells a VM into which a way does not lead from every other error.
func unreachable(err error) bool {
	var reason *guest.Unreachable
	return errors.As(err, &reason)
}

func noRoute(vm lab.VM, reason, why error) error {
	return &guest.Unreachable{Name: vm.Name, Rung: guest.RungSSH, Reason: reason, Err: why}
}
