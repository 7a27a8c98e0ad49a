package tp1

import (
	"context"
	"encoding/base64"
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

// readFiles reads all files of a guest that match the patterns, links included. One
// command reads them all: each costs a guest under TCG a good part of a second.
func readFiles(ctx context.Context, g guest.Guest, patterns ...string) (linuxnet.Files, error) {
	result, err := g.Run(ctx, guest.Sh(filesScript(patterns)))
	if err != nil {
		return nil, err
	}
	return parseFiles(result.Stdout)
}

// parseFiles reads lines of "path TAB link TAB base64".
func parseFiles(out string) (linuxnet.Files, error) {
	files := linuxnet.Files{}
	for line := range strings.Lines(out) {
		parts := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(parts) != 3 {
			return nil, fmt.Errorf("list of files: %q is no line of path, link and content", line)
		}
		content, err := base64.StdEncoding.DecodeString(parts[2])
		if err != nil {
			return nil, fmt.Errorf("content of %q: %w", parts[0], err)
		}
		files[parts[0]] = linuxnet.File{Content: string(content), Link: parts[1]}
	}
	return files, nil
}
