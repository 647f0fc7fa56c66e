package nettools

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// Suite is the tools of one lab and what they remember: the kernel modules that
// were loaded.
type Suite struct {
	lab     *sim.Lab
	modules []string // in order of loading
}

// New returns the tools for a lab.
func New(lab *sim.Lab) *Suite { return &Suite{lab: lab} }

// Tools lists the tools.
func (s *Suite) Tools() []shell.Tool {
	return slices.Concat(iptablesTools(), []shell.Tool{
		ipsetTool(), conntrackTool(), sysctlTool(),
		arpTool(), routeTool(), ifconfigTool(),
		nstatTool(), netstatTool(), ssTool(), ethtoolTool(),
		s.modprobeTool(), s.lsmodTool(), nsenterTool(), arpingTool(), dmesgTool(),
	})
}

// Mount puts the files below /proc and /sys into a shell's file system.
func (s *Suite) Mount(sh *shell.Shell) error {
	v := sh.View()
	tree := newSysctlTree()
	for _, m := range []struct {
		at string
		d  vfs.Dynamic
	}{
		{"/proc/net", s.procNet()},
		{"/proc/sys/net", &place{s.lab, tree.find}},
		{"/sys/class/net", &place{s.lab, classNet}},
		{"/proc/.kernel", &place{s.lab, s.procKernel}},
	} {
		if err := v.Mount(m.at, m.d); err != nil {
			return err
		}
	}
	// Only folders can be mounted.
	for _, name := range []string{"modules", "uptime"} {
		if err := v.Symlink(".kernel/"+name, "/proc/"+name); err != nil {
			return err
		}
	}
	return nil
}

// procKernel are the files of /proc itself.
func (s *Suite) procKernel(_ *stack.Namespace, parts []string) (entry, error) {
	switch strings.Join(parts, "/") {
	case "":
		return folder("modules", "uptime"), nil
	case "modules":
		return text(s.modulesFile), nil
	case "uptime": // of the machine, and of its idle processor
		return text(func() []byte {
			up := time.Duration(s.lab.Now()).Seconds()
			return fmt.Appendf(nil, "%.2f %.2f\n", up, up)
		}), nil
	}
	return entry{}, vfs.ENOENT
}

// usageError ends a tool whose command line is wrong: "NAME: …" and what the
// tool says after it.
func usageError(c *shell.Call, err error, status int, after string) int {
	c.Errorf("%v", err)
	var o *shell.OptError
	if after != "" && (!errors.As(err, &o) || !o.NotModelled) {
		io.WriteString(c.Err, after)
	}
	return status
}

// lookupHost is an IPv4 address given in numbers or by a name of /etc/hosts.
func lookupHost(c *shell.Call, name string) (string, bool) {
	if isIPv4(name) {
		return name, true
	}
	for addr, names := range hosts(c) {
		if slices.Contains(names, name) {
			return addr, true
		}
	}
	return "", false
}

// hostName is the first name that /etc/hosts has for an address, empty if it
// has none.
func hostName(c *shell.Call, addr string) string {
	for a, names := range hosts(c) {
		if a == addr {
			return names[0]
		}
	}
	return ""
}

// hosts yields the IPv4 lines of /etc/hosts.
func hosts(c *shell.Call) func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		data, err := c.View.ReadFile("/etc/hosts")
		if err != nil {
			return
		}
		for line := range strings.Lines(string(data)) {
			line, _, _ = strings.Cut(line, "#")
			if f := strings.Fields(line); len(f) > 1 && isIPv4(f[0]) && !yield(f[0], f[1:]) {
				return
			}
		}
	}
}

// readAll is the content of a file, or of standard input for "-" and "".
func readAll(c *shell.Call, name string) (string, error) {
	in := io.NopCloser(c.In)
	if name != "-" && name != "" {
		f, err := c.Open(name)
		if err != nil {
			return "", err
		}
		in = f
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	return string(b), err
}

// countConnections is the number of conntrack entries.
func countConnections(ns *stack.Namespace) int {
	if ns.Conn == nil {
		return 0
	}
	return ns.Conn.Len()
}
