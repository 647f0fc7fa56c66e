package nettools

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

func nsenterTool() shell.Tool {
	return shell.Tool{Name: "nsenter", Summary: "run a program in the namespace of another process", Usage: "[OPTIONS] [PROGRAM [ARGUMENTS...]]", Run: runNsenter, Options: []shell.Option{
		{Flag: "-t, --target PID", Help: "the process whose namespaces are entered"},
		{Flag: "-n, --net[=FILE]", Help: "enter the network namespace, of the target or of /run/netns/NAME"},
		{Flag: "-a, --all", Help: "enter all namespaces"},
		{Flag: "-m, --mount[=FILE]", Help: "no effect: there is one"}, {Flag: "-u, --uts[=FILE]", Help: "no effect: there is one"},
		{Flag: "-i, --ipc[=FILE]", Help: "no effect: there is one"}, {Flag: "-p, --pid[=FILE]", Help: "no effect: there is one"},
		{Flag: "-C, --cgroup[=FILE]", Help: "no effect: there is one"}, {Flag: "-F, --no-fork", Help: "no effect"},
		{Flag: "-U, --user[=FILE]", NotModelled: true}, {Flag: "-T, --time[=FILE]", NotModelled: true}, {Flag: "-S, --setuid UID", NotModelled: true},
		{Flag: "-G, --setgid GID", NotModelled: true}, {Flag: "-r, --root[=DIR]", NotModelled: true}, {Flag: "-w, --wd[=DIR]", NotModelled: true},
		{Flag: "-W, --wdns DIR", NotModelled: true}, {Flag: "-Z, --follow-context", NotModelled: true}, {Flag: "-e, --env", NotModelled: true},
		{Flag: "-V, --version", Help: "print the version"}, {Flag: "-h", Help: "show this help"},
	}}
}

func runNsenter(c *shell.Call) int {
	opts, argv, err := shell.Getopt(c.Tool.Options, c.Args[1:], true)
	if err != nil {
		return usageError(c, err, 1, "Try 'nsenter --help' for more information.\n")
	}
	var target, file string
	var net bool
	for _, g := range opts {
		switch g.Name {
		case "-t":
			target = g.Value
		case "-n":
			net, file = true, g.Value
		case "-a":
			net = true
		case "-V":
			fmt.Fprintln(c.Out, "nsenter from util-linux 2.38.1")
			return 0
		case "-h":
			c.Tool.Help(c.Out)
			return 0
		}
	}
	ns := c.NS
	if net {
		var status int
		if ns, status = enter(c, target, file); ns == nil {
			return status
		}
	}
	if len(argv) == 0 {
		argv = []string{"bash"}
	}
	status, found := c.Exec(ns, argv)
	if !found {
		return c.Fail(status, "failed to execute %s: %s", argv[0], vfs.Text(vfs.ENOENT))
	}
	return status
}

// enter finds the namespace that the options mean; nil and an exit status where
// there is none.
func enter(c *shell.Call, target, file string) (*stack.Namespace, int) {
	if file != "" {
		dir, name := path.Split(c.View.Abs(file))
		if dir == "/run/netns/" || dir == "/var/run/netns/" {
			if ns := c.Lab.Namespace(name); ns != nil {
				return ns, 0
			}
		}
		if pid, ok := strings.CutPrefix(dir, "/proc/"); ok && name == "net" && strings.HasSuffix(pid, "/ns/") {
			target = strings.TrimSuffix(pid, "/ns/")
		} else {
			return nil, c.Fail(1, "cannot open %s: %s", file, vfs.Text(vfs.ENOENT))
		}
	}
	if target == "" {
		return nil, c.Fail(1, "no target PID specified")
	}
	pid, err := strconv.Atoi(target)
	if err != nil {
		return nil, c.Fail(1, "failed to parse pid: '%s'", target)
	}
	for _, p := range c.Shell.Processes() {
		if p.PID == pid {
			return p.NS, 0
		}
	}
	return nil, c.Fail(1, "cannot open /proc/%d/ns/net: %s", pid, vfs.Text(vfs.ENOENT))
}
