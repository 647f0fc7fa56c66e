// Package tools puts a lab's shell together: the shell, the commands of all
// packages beside this one, and the files of /proc and /sys.
package tools

import (
	"slices"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/coreutils"
	"hoplab/sim/shell/iproute"
	"hoplab/sim/shell/netprogs"
	"hoplab/sim/shell/nettools"
)

// NewShell returns a shell on a lab with all commands there are. Those of
// o.Tools come in addition, and first.
func NewShell(lab *sim.Lab, o shell.Options) (*shell.Shell, error) {
	net := nettools.New(lab)
	o.Tools = slices.Concat(o.Tools, coreutils.Tools(), iproute.Tools(), netprogs.Tools(), net.Tools())
	sh, err := shell.New(lab, o)
	if err != nil {
		return nil, err
	}
	return sh, net.Mount(sh)
}
