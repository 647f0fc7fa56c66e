package nettools

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"hoplab/sim/netfilter/iptables"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

// by is who put a rule there that was typed, for explanations.
const by = "shell"

// iptablesTools are iptables, iptables-save and iptables-restore under all
// their names.
func iptablesTools() []shell.Tool {
	var all []shell.Tool
	for _, middle := range []string{"", "-legacy"} {
		all = append(all,
			shell.Tool{Name: "iptables" + middle, Dir: "/usr/sbin", Summary: "administration tool for IPv4 packet filtering and NAT", Usage: "[-t TABLE] COMMAND [CHAIN] [RULE]",
				Options: iptablesOptions(), Run: runIptables},
			shell.Tool{Name: "iptables" + middle + "-save", Dir: "/usr/sbin", Summary: "print the rules of all tables as iptables-restore reads them", Usage: "[-c] [-t TABLE] [-f FILE]",
				Run: runIptablesSave, Options: []shell.Option{
					{Flag: "-c, --counters", Help: "with the counters of all rules"},
					{Flag: "-t, --table TABLE", Help: "only this table"},
					{Flag: "-f, --file FILE", Help: "write to a file"},
					{Flag: "-M, --modprobe PROGRAM", Help: "ignored: there are no modules to load"},
					{Flag: "-V, --version", Help: "print the version"},
				}},
			shell.Tool{Name: "iptables" + middle + "-restore", Dir: "/usr/sbin", Summary: "replace tables by what iptables-save printed", Usage: "[-cnt] [-T TABLE] [FILE]",
				Run: runIptablesRestore, Options: []shell.Option{
					{Flag: "-c, --counters", Help: "take the counters too"},
					{Flag: "-n, --noflush", Help: "keep what is there"},
					{Flag: "-t, --test", Help: "read, but change nothing"},
					{Flag: "-T, --table TABLE", Help: "only this table"},
					{Flag: "-w, --wait[=SECONDS]", Help: "ignored: nobody else holds the lock"},
					{Flag: "-W, --wait-interval USECONDS", Help: "ignored likewise"},
					{Flag: "-M, --modprobe PROGRAM", Help: "ignored: there are no modules to load"},
					{Flag: "-V, --version", Help: "print the version"},
					{Flag: "-v, --verbose", Help: "tell what is done", NotModelled: true},
				}})
	}
	for _, name := range []string{"ip6tables", "ip6tables-save", "ip6tables-restore"} {
		all = append(all, shell.Tool{Name: name, Dir: "/usr/sbin", Summary: "administration tool for IPv6 packet filtering (not modelled)",
			Run: func(c *shell.Call) int { return c.NotModelled(2, "IPv6") }})
	}
	for _, name := range []string{"nft", "iptables-nft", "iptables-nft-save", "iptables-nft-restore", "ebtables", "arptables", "iptables-xml"} {
		all = append(all, shell.Tool{Name: name, Dir: "/usr/sbin", Summary: "packet filtering by nf_tables or for other layers (not modelled)",
			Run: func(c *shell.Call) int {
				return c.NotModelled(2, c.Name()+": the lab has the tables of iptables-legacy; use iptables")
			}})
	}
	return all
}

// iptablesOptions are for reading only: sim/netfilter/iptables takes the
// command line apart, for its options come with matches and targets.
func iptablesOptions() []shell.Option {
	return []shell.Option{
		{Flag: "-A, -I, -R, -D, -C", Help: "append, insert, replace, delete or look for a rule"},
		{Flag: "-N, -E, -X, -P, -F, -Z", Help: "make, rename, delete a chain; set its policy; flush it; zero its counters"},
		{Flag: "-L, -S", Help: "list rules, as a table or as commands (-n -v -x --line-numbers)"},
		{Flag: "-t TABLE", Help: "filter, nat, mangle or raw"},
		{Flag: "-p -s -d -i -o -f", Help: "what a rule matches by itself"},
		{Flag: "-m MATCH", Help: "addrtype comment conntrack connmark dscp icmp iprange length limit mac mark multiport pkttype rpfilter set state statistic tcp tos ttl udp"},
		{Flag: "-j TARGET, -g CHAIN", Help: "ACCEPT DROP RETURN REJECT LOG MARK CONNMARK CT NOTRACK TTL TOS DSCP TCPMSS SNAT DNAT MASQUERADE REDIRECT NETMAP, or a chain"},
		{Flag: "-w, -W, --modprobe", Help: "ignored: nobody else holds the lock, there are no modules"},
		{Flag: "-t security, -m and -j of other names", NotModelled: true},
	}
}

// iptablesError prints an error of the parser or the tables and returns its
// exit code.
func iptablesError(c *shell.Call, err error) int {
	var e *iptables.Error
	if !errors.As(err, &e) {
		return c.Fail(1, "%v", err)
	}
	fmt.Fprintln(c.Err, e.Msg)
	return e.Code
}

func runIptables(c *shell.Call) int {
	cmd, err := iptables.Parse(c.Args[1:])
	if err != nil {
		return iptablesError(c, err)
	}
	io.WriteString(c.Err, cmd.Notice)
	out, err := cmd.Apply(c.NS.Filter, by)
	c.NS.RulesChanged()
	io.WriteString(c.Out, out)
	if err != nil {
		return iptablesError(c, err)
	}
	return 0
}

func runIptablesSave(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 1, "Look at manual page `iptables-save.8' for more information.\n")
	}
	if len(rest) > 0 {
		return c.Fail(1, "Unknown arguments found on commandline")
	}
	o := iptables.SaveOptions{Date: c.Time().UTC().Format("Mon Jan _2 15:04:05 2006")}
	file := ""
	for _, g := range opts {
		switch g.Name {
		case "-c":
			o.Counters = true
		case "-t":
			o.Table = g.Value
		case "-f":
			file = g.Value
		case "-V":
			fmt.Fprintln(c.Out, strings.Replace(iptables.Version, "iptables", "iptables-save", 1))
			return 0
		}
	}
	out, err := iptables.Save(c.NS.Filter, o)
	c.NS.RulesChanged()
	if err != nil {
		return iptablesError(c, err)
	}
	if file == "" {
		io.WriteString(c.Out, out)
		return 0
	}
	w, err := c.Create(file, false)
	if err != nil {
		return c.Fail(1, "cannot open %s: %s", file, vfs.Text(err))
	}
	defer w.Close()
	io.WriteString(w, out)
	return 0
}

func runIptablesRestore(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 1, "Try `iptables-restore -h' for more information.\n")
	}
	var o iptables.RestoreOptions
	for _, g := range opts {
		switch g.Name {
		case "-c":
			o.Counters = true
		case "-n":
			o.NoFlush = true
		case "-t":
			o.Test = true
		case "-T":
			o.Table = g.Value
		case "-V":
			fmt.Fprintln(c.Out, strings.Replace(iptables.Version, "iptables", "iptables-restore", 1))
			return 0
		}
	}
	if len(rest) > 1 {
		fmt.Fprintf(c.Err, "Unknown arguments found on commandline\n")
		return 1
	}
	file := "-"
	if len(rest) == 1 {
		file = rest[0]
	}
	text, err := readAll(c, file)
	if err != nil {
		fmt.Fprintf(c.Err, "Can't open %s: %s\n", file, vfs.Text(err))
		return 1
	}
	out, err := iptables.Restore(c.NS.Filter, text, o, by)
	c.NS.RulesChanged()
	io.WriteString(c.Out, out)
	if err != nil {
		return iptablesError(c, err)
	}
	return 0
}
