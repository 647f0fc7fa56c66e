package nettools

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

func nstatTool() shell.Tool {
	return shell.Tool{Name: "nstat", Summary: "show the counters of /proc/net/snmp and /proc/net/netstat that grew", Usage: "[OPTION] [PATTERN...]", Run: runNstat, Options: []shell.Option{
		{Flag: "-h, --help", Help: "this message"},
		{Flag: "-a, --ignore", Help: "ignore history: show all that was counted"},
		{Flag: "-j, --json", Help: "format output in JSON"},
		{Flag: "-p, --pretty", Help: "pretty print"},
		{Flag: "-n, --nooutput", Help: "do history only"},
		{Flag: "-r, --reset", Help: "reset history"},
		{Flag: "-s, --noupdate", Help: "don't update history"},
		{Flag: "-z, --zeros", Help: "show entries with zero activity"},
		{Flag: "-V, --version", Help: "output version information"},
		{Flag: "-d, --scan=SECS", Help: "sample every SECS", NotModelled: true},
		{Flag: "-t, --interval=SECS", Help: "report average over the last SECS", NotModelled: true},
	}}
}

// snmpCounters are all counters that nstat shows, prefix and name together:
// useless_numbers of iproute2's misc/nstat.c are left out.
func snmpCounters(ns *stack.Namespace) []counter {
	var all []counter
	for _, m := range append(snmpMIBs(ns), netstatMIBs(ns)...) {
		for _, c := range m.counters {
			switch c.name = m.prefix + c.name; c.name {
			case "IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab":
			default:
				all = append(all, c)
			}
		}
	}
	return all
}

func runNstat(c *shell.Call) int {
	opts, patterns, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		var help bytes.Buffer
		c.Tool.Help(&help)
		return usageError(c, err, 255, help.String())
	}
	var ignore, json, pretty, silent, reset, keep, zeros bool
	for _, g := range opts {
		switch g.Name {
		case "-h":
			c.Tool.Help(c.Out)
			return 0
		case "-a":
			ignore = true
		case "-j":
			json = true
		case "-p":
			pretty = true
		case "-n":
			silent = true
		case "-r":
			reset = true
		case "-s":
			keep = true
		case "-z":
			zeros = true
		case "-V":
			fmt.Fprintln(c.Out, "nstat utility, iproute2-6.1.0")
			return 0
		}
	}
	file := c.Getenv("NSTAT_HISTORY")
	if file == "" {
		file = "/tmp/.nstat.u0"
	}
	now := snmpCounters(c.NS)
	var before map[string]int64
	if !ignore && !reset {
		before = nstatHistory(c.View, file)
	}
	var show []counter
	for _, x := range now {
		x.value -= before[x.name]
		if (zeros || x.value != 0) && matchesAny(patterns, x.name) {
			show = append(show, x)
		}
	}
	if !silent {
		if json {
			printNstatJSON(c.Out, show, pretty)
		} else {
			c.Out.Write(nstatText(show))
		}
	}
	if keep {
		return 0
	}
	var grown []counter
	for _, x := range now {
		if x.value != 0 {
			grown = append(grown, x)
		}
	}
	if err := c.View.WriteFile(file, nstatText(grown), 0o600); err != nil {
		return c.Fail(255, "open history file: %s", vfs.Text(err))
	}
	return 0
}

// nstatText is nstat's own form, which its history has too.
func nstatText(list []counter) []byte {
	b := []byte("#kernel\n")
	for _, x := range list {
		b = fmt.Appendf(b, "%-32s%-16d%6.1f\n", x.name, x.value, 0.0)
	}
	return b
}

func nstatHistory(v vfs.View, file string) map[string]int64 {
	data, err := v.ReadFile(file)
	if err != nil {
		return nil
	}
	m := map[string]int64{}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 3 {
			m[f[0]], _ = strconv.ParseInt(f[1], 10, 64)
		}
	}
	return m
}

// matchesAny says that one of the patterns, if there are any, matches the name
// whatever the case of its letters.
func matchesAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(strings.ToLower(p), strings.ToLower(name)); err == nil && ok {
			return true
		}
	}
	return len(patterns) == 0
}

func printNstatJSON(w io.Writer, list []counter, pretty bool) {
	open, sep, end := `{"kernel":{`, ",", "}}\n"
	if pretty {
		open, sep, end = "{\n    \"kernel\": {\n        ", ",\n        ", "\n    }\n}\n"
	}
	var items []string
	for _, x := range list {
		item := fmt.Sprintf("%q:%d", x.name, x.value)
		if pretty {
			item = fmt.Sprintf("%q: %d", x.name, x.value)
		}
		items = append(items, item)
	}
	io.WriteString(w, open+strings.Join(items, sep)+end)
}
