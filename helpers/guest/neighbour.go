package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
)

// ErrOtherMachine is an address at which another machine answers than the VM that was
// meant: two VMs have it, or one answers for it that should not.
var ErrOtherMachine = errors.New("another machine answers at the guest's address")

// checkNeighbour compares the MAC behind an address that the node has just connected to
// with the VM's own. Host keys cannot tell guests apart, since clones share theirs: this
// is what keeps a password from a neighbour's VM with the same address. It notices a
// duplicate address; it does not hold against who forges ARP between two looks.
func checkNeighbour(ctx context.Context, node *hypervisor.Shell, addr, mac string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	answer, err := node.Run(ctx, hypervisor.Quote("ip", "-j", "neigh", "show", "to", host))
	if err != nil {
		return err
	}
	if answer.Exit != 0 {
		return fmt.Errorf("%s: exit %d: %s", answer.Command, answer.Exit, output.Line(answer.Stderr, 200))
	}
	seen, err := neighbours(answer.Stdout)
	if err != nil {
		return fmt.Errorf("%s: %w", answer.Command, err)
	}
	for _, other := range seen {
		if !strings.EqualFold(other, mac) {
			return fmt.Errorf("%w: %s is at %s, the VM has %s", ErrOtherMachine, host, other, strings.ToLower(mac))
		}
	}
	if len(seen) == 0 {
		return fmt.Errorf("%w: the node reaches %s through a router, so nothing shows whose it is", ErrNoConnection, host)
	}
	return nil
}

// neighbours are the MACs in what `ip -j neigh show` prints.
func neighbours(text string) ([]string, error) {
	var list []struct {
		MAC string `json:"lladdr"`
	}
	if strings.TrimSpace(text) == "" { // some releases print no empty list
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	var macs []string
	for _, entry := range list {
		if entry.MAC != "" {
			macs = append(macs, entry.MAC)
		}
	}
	return macs, nil
}
