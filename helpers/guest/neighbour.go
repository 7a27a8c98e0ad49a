package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
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
	seen, err := askNeighbours(ctx, node, "to", host)
	if err != nil {
		return err
	}
	for _, other := range seen {
		if !strings.EqualFold(other.MAC, mac) {
			return fmt.Errorf("%w: %s is at %s, the VM has %s", ErrOtherMachine, host, other.MAC, strings.ToLower(mac))
		}
	}
	if len(seen) == 0 {
		return fmt.Errorf("%w: the node reaches %s through a router, so nothing shows whose it is", ErrNoConnection, host)
	}
	return nil
}

// Neighbours are the IPv4 addresses on a bridge that the node knows to be at a MAC.
func Neighbours(ctx context.Context, node *hypervisor.Shell, bridge, mac string) ([]netip.Addr, error) {
	seen, err := askNeighbours(ctx, node, "dev", bridge)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, one := range seen {
		if addr, err := netip.ParseAddr(one.Addr); err == nil && addr.Is4() && strings.EqualFold(one.MAC, mac) {
			addrs = append(addrs, addr)
		}
	}
	return addrs, nil
}

var neighbourQuestion = regexp.MustCompile(`^ip -j neigh show (to [0-9.]{7,15}|dev [A-Za-z][A-Za-z0-9_.]{0,14})$`)

// ReadsNeighbours tells whether a command of the node's shell is one by which this package
// reads the node's neighbour table.
func ReadsNeighbours(command string) bool { return neighbourQuestion.MatchString(command) }

// askNeighbours reads the node's neighbour table: "to" an address, or of a "dev".
func askNeighbours(ctx context.Context, node *hypervisor.Shell, by, what string) ([]neighbour, error) {
	answer, err := node.Run(ctx, hypervisor.Quote("ip", "-j", "neigh", "show", by, what))
	if err != nil {
		return nil, err
	}
	if answer.Exit != 0 {
		return nil, fmt.Errorf("%s: exit %d: %s", answer.Command, answer.Exit, output.Line(answer.Stderr, 200))
	}
	seen, err := neighbours(answer.Stdout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", answer.Command, err)
	}
	return seen, nil
}

// neighbour is an entry of the neighbour table.
type neighbour struct {
	Addr string `json:"dst"`
	MAC  string `json:"lladdr"`
}

// neighbours are the entries with a MAC in what `ip -j neigh show` prints.
func neighbours(text string) ([]neighbour, error) {
	var list []neighbour
	if strings.TrimSpace(text) == "" { // some releases print no empty list
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(n neighbour) bool { return n.MAC == "" }), nil
}
