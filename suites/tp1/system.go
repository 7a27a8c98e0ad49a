package tp1

import (
	"context"
	"fmt"
	"strings"

	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
)

// guestNetwork is a guest's network as `ip` shows it.
type guestNetwork struct {
	Answer guest.Result     `json:"answer"`
	Links  []linuxnet.Link  `json:"links"`
	Routes []linuxnet.Route `json:"routes"`
}

// link finds a NIC by its name.
func (n guestNetwork) link(name string) linuxnet.Link {
	link, _ := linuxnet.FindLink(n.Links, name)
	return link
}

// lookNetwork reads `ip address` and `ip route` of a guest.
func lookNetwork(ctx context.Context, g guest.Guest) (guestNetwork, error) {
	answer, err := g.Run(ctx, guest.Sh(networkScript))
	look := guestNetwork{Answer: answer}
	if err != nil {
		return look, err
	}
	addresses, routes, _ := strings.Cut(strings.TrimSpace(answer.Stdout), "\n")
	if look.Links, err = linuxnet.ParseAddrs([]byte(addresses)); err != nil {
		return look, fmt.Errorf("%s: %s: %w", g.Name(), answer.Command, err)
	}
	if look.Routes, err = linuxnet.ParseRoutes([]byte(strings.TrimSpace(routes))); err != nil {
		return look, fmt.Errorf("%s: %s: %w", g.Name(), answer.Command, err)
	}
	return look, nil
}
