package wire

import (
	"context"
	"fmt"
	"regexp"

	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/output"
)

// portLine is a port in the output of `ip -o link show`.
var portLine = regexp.MustCompile(`(?m)^\d+: (` + namePrefix + `[0-9a-f]{8}): `)

// Ports are the names of all probe ports on the node: of looks under way, and of those
// whose connection hangs.
func Ports(ctx context.Context, shell *hypervisor.Shell) ([]string, error) {
	listed, err := shell.Run(ctx, "ip -o link show")
	if err != nil {
		return nil, fmt.Errorf("looking for probe ports: %w", err)
	}
	if listed.Exit != 0 || listed.Truncated {
		return nil, fmt.Errorf("looking for probe ports: ip link show: exit %d: %s", listed.Exit, output.Line(listed.Stderr, 200))
	}
	var names []string
	for _, found := range portLine.FindAllStringSubmatch(listed.Stdout, -1) {
		names = append(names, found[1])
	}
	return names, nil
}

// RemovePorts removes all probe ports from the node and says which: a look under way
// ends with an error. A crashed one leaves none, so this is only for connections that
// hang, before their Limits.Life is over.
func RemovePorts(ctx context.Context, shell *hypervisor.Shell) ([]string, error) {
	names, err := Ports(ctx, shell)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		removed, err := shell.Run(ctx, hypervisor.Quote("ip", "link", "delete", "dev", name))
		if err != nil {
			return names[:i], fmt.Errorf("removing the probe port %s: %w", name, err)
		}
		if removed.Exit != 0 && !goneMeanwhile.MatchString(removed.Stderr) {
			return names[:i], fmt.Errorf("removing the probe port %s: %s", name, output.Line(removed.Stderr, 200))
		}
	}
	return names, nil
}

var goneMeanwhile = regexp.MustCompile(`Cannot find device`)
