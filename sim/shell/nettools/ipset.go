package nettools

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"hoplab/sim/netfilter/ipset"
	"hoplab/sim/netfilter/iptables"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func ipsetTool() shell.Tool {
	return shell.Tool{Name: "ipset", Dir: "/usr/sbin", Summary: "administration tool for IP sets", Usage: "[OPTIONS] COMMAND [SET] [ARGUMENTS]", Run: runIpset, Options: []shell.Option{
		{Flag: "create, add, del, test", Help: "a set, and the elements of one (hash:ip hash:net hash:ip,port hash:net,port hash:ip,port,ip bitmap:port list:set), with timeout, counters and comment"},
		{Flag: "destroy, list, save, flush", Help: "one set or all of them"},
		{Flag: "rename, swap, restore, version", Help: "what they say"},
		{Flag: "-exist, -!", Help: "no error when it is so already"},
		{Flag: "-quiet, -q", Help: "no errors on stderr"},
		{Flag: "-sorted, -s", Help: "list and save in order"},
		{Flag: "-terse, -t", Help: "list without elements"},
		{Flag: "-name, -n", Help: "list names only"},
		{Flag: "-output, -o plain|save", Help: "how to list"},
		{Flag: "-file, -f FILE", Help: "restore from a file, list and save to one"},
		{Flag: "-o xml|json, -output xml|json", Help: "other forms of the list", NotModelled: true},
		{Flag: "-resolve, -r", NotModelled: true},
		{Flag: "-", Help: "interactive mode", NotModelled: true},
	}}
}

// ipsetUsage is what `ipset help` begins with.
const ipsetUsage = "ipset v7.17\n\nUsage: ipset [options] COMMAND\n"

func runIpset(c *shell.Call) int {
	args := slices.Clone(c.Args[1:])
	file := ""
	if i := slices.IndexFunc(args, func(a string) bool { return a == "-f" || a == "-file" || a == "--file" }); i >= 0 {
		if i+1 == len(args) {
			fmt.Fprintf(c.Err, "%s: Missing mandatory argument to option %s\nTry `ipset help' for more information.\n", ipset.Version, args[i])
			return 2
		}
		file = args[i+1]
		args = slices.Delete(args, i, i+2)
	}
	if slices.ContainsFunc(args, func(a string) bool { return a == "restore" || a == "-R" || a == "--restore" }) {
		return ipsetRestore(c, file, args)
	}
	if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "-H" || args[0] == "--help") {
		io.WriteString(c.Out, ipsetUsage)
		c.Tool.Help(c.Out)
		return 0
	}
	if len(args) == 1 && args[0] == "-" {
		return c.NotModelled(2, "interactive mode")
	}
	out, err := ipsetLine(c, args)
	if err != nil {
		return ipsetError(c, err, "")
	}
	if file == "" {
		io.WriteString(c.Out, out)
		return 0
	}
	w, err := c.Create(file, false)
	if err != nil {
		return c.Fail(1, "Cannot open %s for writing: %s", file, vfs.Text(err))
	}
	defer w.Close()
	io.WriteString(w, out)
	return 0
}

// ipsetLine runs one command.
func ipsetLine(c *shell.Call, args []string) (string, error) {
	cmd, err := ipset.Parse(args)
	if err != nil {
		return "", err
	}
	out, err := cmd.Apply(c.NS.Filter.Sets())
	if cmd.Notice != "" {
		fmt.Fprintln(c.Err, cmd.Notice)
	}
	return out, err
}

// ipsetError prints an error; where says in which line of restore.
func ipsetError(c *shell.Call, err error, where string) int {
	var e *ipset.Error
	if !errors.As(err, &e) {
		return c.Fail(1, "%v", err)
	}
	if e.Msg != "" {
		fmt.Fprintln(c.Err, strings.Replace(e.Msg, ipset.Version+": ", ipset.Version+": "+where, 1))
	}
	return e.Code
}

// ipsetRestore runs the lines that ipset save printed; flags are the global
// options beside the command.
func ipsetRestore(c *shell.Call, file string, args []string) int {
	var flags []string
	for _, a := range args {
		switch a {
		case "restore", "-R", "--restore":
		default:
			flags = append(flags, a)
		}
	}
	text, err := readAll(c, file)
	if err != nil {
		fmt.Fprintf(c.Err, "%s: Cannot open %s for reading: %s\n", ipset.Version, file, vfs.Text(err))
		return 1
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line == "COMMIT" {
			continue
		}
		where := fmt.Sprintf("Error in line %d: ", n)
		words, err := iptables.Split(line)
		if err == nil {
			_, err = ipsetLine(c, append(slices.Clone(flags), words...))
		}
		if err != nil {
			return ipsetError(c, err, where)
		}
	}
	return 0
}
