package nettools

import (
	"fmt"
	"strings"
	"time"

	"hoplab/sim/shell"
)

// dmesgTool shows what the kernel said: in a lab that is what -j LOG saw.
func dmesgTool() shell.Tool {
	return shell.Tool{Name: "dmesg", Summary: "print the kernel's messages: those of iptables -j LOG", Usage: "[options]", Run: runDmesg, Options: []shell.Option{
		{Flag: "-C, --clear", Help: "clear the kernel ring buffer"},
		{Flag: "-c, --read-clear", Help: "read and clear all messages"},
		{Flag: "-k, --kernel", Help: "display kernel messages: there are no others"},
		{Flag: "-l, --level LIST", Help: "restrict output to defined levels"},
		{Flag: "-n, --console-level LEVEL", Help: "without effect: there is no console"},
		{Flag: "-P, --nopager", Help: "do not pipe output into a pager"},
		{Flag: "-r, --raw", Help: "print the raw message buffer"},
		{Flag: "-T, --ctime", Help: "show human-readable timestamp"},
		{Flag: "-t, --notime", Help: "don't show any timestamp with messages"},
		{Flag: "-V, --version", Help: "display version"},
		{Flag: "-d, --show-delta", Help: "show time delta between printed messages", NotModelled: true},
		{Flag: "-e, --reltime", Help: "show local time and time delta", NotModelled: true},
		{Flag: "-f, --facility LIST", Help: "restrict output to defined facilities", NotModelled: true},
		{Flag: "-F, --file FILE", Help: "use the file instead of the kernel log buffer", NotModelled: true},
		{Flag: "-H, --human", Help: "human readable output", NotModelled: true},
		{Flag: "-J, --json", Help: "use JSON output format", NotModelled: true},
		{Flag: "-L, --color[=WHEN]", Help: "colorize messages", NotModelled: true},
		{Flag: "-S, --syslog", Help: "force to use syslog(2)", NotModelled: true},
		{Flag: "-u, --userspace", Help: "display userspace messages", NotModelled: true},
		{Flag: "-w, --follow", Help: "wait for new messages", NotModelled: true},
		{Flag: "-W, --follow-new", Help: "wait and print only new messages", NotModelled: true},
		{Flag: "-x, --decode", Help: "decode facility and level", NotModelled: true},
	}}
}

var dmesgLevels = [...]string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"}

func runDmesg(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 1, "Try 'dmesg --help' for more information.\n")
	}
	if len(rest) > 0 {
		fmt.Fprintln(c.Err, "dmesg: bad usage\nTry 'dmesg --help' for more information.")
		return 1
	}
	show, clearAll, raw, human, plain := true, false, false, false, false
	var levels []bool
	for _, g := range opts {
		switch g.Name {
		case "-C":
			show, clearAll = false, true
		case "-c":
			clearAll = true
		case "-r":
			raw = true
		case "-T":
			human = true
		case "-t":
			plain = true
		case "-V":
			fmt.Fprintln(c.Out, "dmesg from util-linux 2.38.1")
			return 0
		case "-l":
			levels = make([]bool, len(dmesgLevels))
			for word := range strings.SplitSeq(g.Value, ",") {
				known := false
				for i, name := range dmesgLevels {
					if name == word {
						levels[i], known = true, true
					}
				}
				if !known {
					return c.Fail(1, "unknown level '%s'", word)
				}
			}
		}
	}
	if show {
		for _, m := range c.NS.Messages() {
			if levels != nil && !levels[m.Level&7] {
				continue
			}
			at := time.Duration(m.At)
			switch stamp := fmt.Sprintf("[%5d.%06d] ", at/time.Second, at%time.Second/time.Microsecond); {
			case raw:
				fmt.Fprintf(c.Out, "<%d>%s%s\n", m.Level, stamp, m.Text)
			case plain:
				fmt.Fprintln(c.Out, m.Text)
			case human:
				fmt.Fprintf(c.Out, "[%s] %s\n", c.Lab.Time(m.At).Format("Mon Jan _2 15:04:05 2006"), m.Text)
			default:
				fmt.Fprintf(c.Out, "%s%s\n", stamp, m.Text)
			}
		}
	}
	if clearAll {
		c.NS.ClearMessages()
	}
	return 0
}
