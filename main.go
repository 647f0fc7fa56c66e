// Command hoplab is a Kubernetes cluster with Calico in one process: it
// forwards real packets through simulated Linux network namespaces and
// explains every hop.
package main

import (
	"os"

	"hoplab/ui/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cli.OS()))
}
