package nettools

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/sim/shell"
)

func (s *Suite) modprobeTool() shell.Tool {
	return shell.Tool{Name: "modprobe", Dir: "/usr/sbin", Summary: "load a kernel module", Usage: "[OPTIONS] MODULE [PARAMETERS]", Run: s.runModprobe, Options: []shell.Option{
		{Flag: "-a, --all", Help: "all words are names of modules"},
		{Flag: "-q, --quiet", Help: "no messages for unknown modules"},
		{Flag: "-n, --dry-run, --show", Help: "load nothing"},
		{Flag: "-v, --verbose", Help: "tell what is loaded"},
		{Flag: "-f, --force", Help: "does nothing more"}, {Flag: "-i, --ignore-install", Help: "does nothing more"}, {Flag: "-s, --syslog", Help: "does nothing more"},
		{Flag: "-V, --version", Help: "show the version"}, {Flag: "-h", Help: "show this help"},
		{Flag: "-r, --remove", Help: "remove modules", NotModelled: true},
		{Flag: "-D, --show-depends", NotModelled: true}, {Flag: "-c, --showconfig", NotModelled: true}, {Flag: "--first-time", NotModelled: true},
	}}
}

func (s *Suite) lsmodTool() shell.Tool {
	return shell.Tool{Name: "lsmod", Dir: "/usr/sbin", Summary: "list the kernel modules that were loaded", Run: s.runLsmod}
}

// moduleSize is the size in bytes that lsmod shows of a module, 0 for one that
// is not known here. Those for devices, rules and sets are always there: loading
// them changes only the list.
func moduleSize(name string) int {
	switch name {
	case "ipip":
		return 20480
	case "vxlan":
		return 139264
	case "tunnel4", "udp_tunnel", "ip_tunnel", "stp", "llc", "dummy", "veth", "bridge", "ip_set", "ip_tables", "x_tables", "iptable_filter", "iptable_nat",
		"iptable_mangle", "iptable_raw", "nf_conntrack", "nf_nat", "nf_defrag_ipv4", "nf_reject_ipv4":
		return 16384
	}
	for _, prefix := range []string{"xt_", "ipt_", "ip_set_hash_", "ip_set_list_"} {
		if strings.HasPrefix(name, prefix) {
			return 16384
		}
	}
	return 0
}

func (s *Suite) runModprobe(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], true)
	if err != nil {
		return usageError(c, err, 1, "")
	}
	var all, quiet, dry, verbose bool
	for _, g := range opts {
		switch g.Name {
		case "-a":
			all = true
		case "-q":
			quiet = true
		case "-n":
			dry = true
		case "-v":
			verbose = true
		case "-V":
			fmt.Fprintln(c.Out, "kmod version 30")
			return 0
		case "-h":
			c.Tool.Help(c.Out)
			return 0
		}
	}
	if len(rest) == 0 {
		fmt.Fprintf(c.Err, "modprobe: ERROR: missing parameters. See -h.\n")
		return 1
	}
	names := rest[:1]
	if all {
		names = rest
	} else if len(rest) > 1 {
		return c.NotModelled(1, "parameters of modules: "+strings.Join(rest[1:], " "))
	}
	status := 0
	for _, name := range names {
		name = strings.ReplaceAll(name, "-", "_")
		switch {
		case moduleSize(name) == 0:
			status = 1
			if !quiet {
				fmt.Fprintf(c.Err, "modprobe: FATAL: Module %s not found in directory /lib/modules/%s\n", name, shell.KernelRelease)
			}
		case !slices.Contains(s.modules, name):
			if verbose {
				fmt.Fprintf(c.Out, "insmod /lib/modules/%s/kernel/%s.ko \n", shell.KernelRelease, name)
			}
			if !dry {
				s.load(name)
			}
		}
	}
	return status
}

// load loads one module.
func (s *Suite) load(name string) {
	s.modules = append(s.modules, name)
	if name == "ipip" {
		s.lab.LoadIPIP()
	}
}

// modulesFile is /proc/modules, the newest first.
func (s *Suite) modulesFile() []byte {
	var b []byte
	for _, name := range slices.Backward(s.modules) {
		b = fmt.Appendf(b, "%s %d 0 - Live 0x0000000000000000\n", name, moduleSize(name))
	}
	return b
}

func (s *Suite) runLsmod(c *shell.Call) int {
	if len(c.Args) > 1 {
		fmt.Fprintf(c.Err, "Usage: %s\n", c.Args[0])
		return 1
	}
	fmt.Fprintln(c.Out, "Module                  Size  Used by")
	for _, name := range slices.Backward(s.modules) {
		fmt.Fprintf(c.Out, "%-19s %8d  %d\n", name, moduleSize(name), 0)
	}
	return 0
}
