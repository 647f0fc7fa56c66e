// Command hoplab is a Kubernetes cluster with Calico in one process: it
// forwards real packets through simulated Linux network namespaces and
// explains every hop.
package main

import (
	"os"

	"hoplab/ui/cli"
	"hoplab/ui/still"
)

func main() {
	still.Restore()
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cli.OS()))
}
