// Command labproof proves a Proxmox lab. See internal/cli for its command line.
package main

import (
	"os"

	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/internal/cli"
)

func main() {
	node.RunIfChild()
	os.Exit(cli.Main(os.Args[1:]))
}
