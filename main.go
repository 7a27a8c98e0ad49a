// Command labproof proves a Proxmox lab. See suites/cli for its command line.
package main

import (
	"os"

	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/suites/cli"
)

func main() {
	node.RunIfChild()
	os.Exit(cli.Main(os.Args[1:]))
}
