package iproute

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"hoplab/sim"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/stack"
)

// system is what the commands need of the shell that runs them.
type system interface {
	// Exec runs a command in a namespace in place of this one, or with child as
	// a child; found is false where there is no such command.
	Exec(ns *stack.Namespace, argv []string, child bool) (status int, found bool)
	// Open opens a file for reading; the error's text is strerror's.
	Open(name string) (io.ReadCloser, error)
	// Processes lists what runs.
	Processes() []process
	// Follow calls start, then drain whenever start's wake was called, until
	// a signal ends the program; then the cancel that start returned.
	Follow(start func(wake func()) (cancel func()), drain func())
	// Terminal says that the output is one.
	Terminal() bool
}

type process struct {
	PID int
	NS  *stack.Namespace
}

// command is one run of ip or bridge.
type command struct {
	name string
	lab  *sim.Lab
	home *stack.Namespace // that the command was started in
	ns   *stack.Namespace // that it works in
	in   io.Reader
	out  io.Writer
	err  io.Writer
	sys  system

	opt    options
	family family
	p      printer
	batch  bool         // a line of a batch runs
	event  *stack.Event // that `ip monitor` prints; nil for other commands
}

// stampKind is how `ip monitor` tells the time.
type stampKind uint8

const (
	longStamp  stampKind = 1 // -t
	shortStamp stampKind = 2 // -ts
)

// options are those in front of the object.
type options struct {
	details, oneline, brief bool
	json, pretty, numeric   bool
	all, force              bool
	stamp                   stampKind
	stats                   int
}

// maxBuffer is how many bytes of output are kept before they are written.
const maxBuffer = 1 << 16

// flush writes what was printed so far.
func (c *command) flush() {
	c.p.spill()
	if c.p.buf.Len() > 0 {
		_, _ = c.out.Write(c.p.buf.Bytes())
		c.p.buf.Reset()
	}
}

// errorf prints on stderr, behind what was printed before.
func (c *command) errorf(format string, args ...any) {
	if c.p.json == nil { // JSON that was begun comes when ip ends
		c.flush()
	}
	fmt.Fprintf(c.err, format, args...)
}

// report prints an error as the command does, and returns the exit status.
func (c *command) report(err error) int {
	if err == nil {
		c.flush()
		return 0
	}
	text, status := strings.TrimSuffix(err.Error(), "\n"), 2 // the kernel's refusals
	var f *fault
	var routes *fib.UsageError
	var neighs *neigh.UsageError
	switch {
	case errors.As(err, &f):
		text, status = f.text, f.status
	case errors.Is(err, fib.ErrShowUsage):
		return c.report(c.usage("route"))
	case errors.As(err, &routes):
		text, status = routes.Msg, routes.Status
	case errors.As(err, &neighs):
		text, status = neighs.Msg, neighs.Status
	}
	if strings.HasPrefix(text, "not modelled:") {
		text = c.name + ": " + text
	}
	if text != "" {
		c.errorf("%s\n", text)
	}
	c.flush()
	return status
}

// runIP runs the command ip.
func (c *command) runIP(words []string) int {
	a := args{words}
	batch := ""
	for a.more() {
		w := a.peek()
		if w == "--" {
			_, _ = a.next()
			break
		}
		if !strings.HasPrefix(w, "-") {
			break
		}
		_, _ = a.next()
		if w == "-V" || matchesOption(w, "-Version") {
			c.p.text("ip utility, iproute2-6.1.0, libbpf 1.1.2\n")
			c.flush()
			return 0
		}
		if err := c.option(w, &a, &batch); err != nil {
			return c.report(err)
		}
	}
	c.p.oneline = c.opt.oneline
	c.p.color = c.p.color && !c.opt.json
	switch {
	case batch != "":
		return c.runBatch(batch)
	case !a.more():
		return c.report(c.usage("ip"))
	}
	return c.report(c.object(a))
}

// matchesOption says that w abbreviates an option; a second dash is ignored.
func matchesOption(w, full string) bool {
	if strings.HasPrefix(w, "--") {
		w = w[1:]
	}
	return len(w) > 1 && strings.HasPrefix(full, w)
}

// option reads one option: main of ip/ip.c, in its order.
func (c *command) option(w string, a *args, batch *string) (err error) {
	switch {
	case matchesOption(w, "-loops"):
		_, err = a.number("loops must be a number")
	case matchesOption(w, "-family"):
		if w, err = a.next(); err == nil {
			switch w {
			case "help":
				return c.usage("ip")
			case "inet":
				c.family = inet
			case "inet6":
				c.family = inet6
			case "link":
				c.family = link
			case "bridge", "mpls", "ipx":
				return notModelled("-family %s", w)
			default:
				return fail(255, `Error: argument "%s" is wrong: invalid protocol family`, w)
			}
		}
	case w == "-4":
		c.family = inet
	case w == "-6":
		c.family = inet6
	case w == "-0":
		c.family = link
	case w == "-M", w == "-B":
		err = notModelled("%s", w)
	case matchesOption(w, "-human-readable"), matchesOption(w, "-iec"), matchesOption(w, "-resolve"):
		err = notModelled("%s", w)
	case matchesOption(w, "-stats"), matchesOption(w, "-statistics"):
		c.opt.stats++
	case matchesOption(w, "-details"):
		c.opt.details = true
	case matchesOption(w, "-oneline"):
		c.opt.oneline = true
	case matchesOption(w, "-timestamp"):
		c.opt.stamp = max(c.opt.stamp, longStamp)
	case matchesOption(w, "-tshort"):
		c.opt.stamp = shortStamp
	case matchesOption(w, "-force"):
		c.opt.force = true
	case matchesOption(w, "-batch"):
		*batch, err = a.next()
	case matchesOption(w, "-brief"):
		c.opt.brief = true
	case matchesOption(w, "-json"):
		c.opt.json = true
	case matchesOption(w, "-pretty"):
		c.opt.pretty = true
	case matchesOption(w, "-rcvbuf"):
		_, err = a.number("rcvbuf size")
	case c.colorOption(w):
	case matchesOption(w, "-help"):
		err = c.usage("ip")
	case matchesOption(w, "-netns"):
		if !a.more() {
			return fail(255, `Cannot open network namespace "(null)": No such file or directory`)
		}
		w, _ = a.next()
		err = c.switchNetNS(w)
	case matchesOption(w, "-Numeric"):
		c.opt.numeric = true
	case matchesOption(w, "-all"):
		c.opt.all = true
	default:
		err = fail(255, `Option "%s" is unknown, try "ip -help".`, w)
	}
	return err
}

// colorOption reads -c[olor][={always|auto|never}].
func (c *command) colorOption(w string) bool {
	opt, when, given := strings.Cut(w, "=")
	if !matchesOption(opt, "-color") {
		return false
	}
	switch {
	case !given || when == "always":
		c.p.color = true
	case when == "auto":
		c.p.color = c.sys.Terminal()
	case when == "never":
		c.p.color = false
	default:
		return false
	}
	return true
}

// object runs one command line behind the options: do_cmd of ip/ip.c.
func (c *command) object(a args) error {
	w, _ := a.next()
	for _, o := range []struct {
		name string
		run  func(args) error
	}{
		{"address", c.doAddress}, {"addrlabel", nil}, {"maddress", nil},
		{"route", c.doRoute}, {"rule", c.doRule}, {"neighbor", c.doNeigh}, {"neighbour", c.doNeigh},
		{"ntable", nil}, {"ntbl", nil}, {"link", c.doLink}, {"l2tp", nil}, {"fou", nil}, {"ila", nil}, {"macsec", nil},
		{"tunnel", c.doTunnel}, {"tunl", c.doTunnel}, {"tuntap", nil}, {"tap", nil}, {"token", nil}, {"tcpmetrics", nil}, {"tcp_metrics", nil},
		{"monitor", c.doMonitor}, {"xfrm", nil}, {"mroute", nil}, {"mrule", nil}, {"netns", c.doNetNS}, {"netconf", c.doNetConf}, {"vrf", c.doVRF},
		{"sr", nil}, {"nexthop", c.doNextHop}, {"mptcp", nil}, {"ioam", nil}, {"amt", nil}, {"stats", nil},
	} {
		if !matches(w, o.name) {
			continue
		}
		if o.run == nil {
			return notModelled("ip %s", o.name)
		}
		return o.run(a)
	}
	if matches(w, "help") {
		return c.usage("ip")
	}
	return fail(1, `Object "%s" is unknown, try "ip help".`, w)
}

// runBatch runs the lines of a file: do_batch.
func (c *command) runBatch(name string) int {
	in := c.in
	if name != "-" {
		f, err := c.sys.Open(name)
		if err != nil {
			return c.report(fail(1, `Cannot open file "%s" for reading: %v`, name, err))
		}
		defer f.Close()
		in = f
	}
	c.batch = true
	status, line := 0, 0
	r := bufio.NewReader(in)
	family := c.family
	for {
		text, n, err := batchLine(r)
		if n == 0 {
			break
		}
		line += n
		words, bad := batchWords(text)
		if bad {
			return c.report(fail(1, "Unterminated quoted string"))
		}
		if len(words) > 0 {
			c.family = family
			object := c.object
			if c.name == "tc" {
				object = c.tcObject
			}
			err := object(args{words})
			status1 := 0
			if err != nil {
				status1 = c.report(err)
			} else if c.p.buf.Len() >= maxBuffer {
				c.flush()
			}
			if status1 == 255 {
				return 255
			}
			if status1 != 0 {
				status = 1
				c.errorf("Command failed %s:%d\n", name, line)
				if !c.opt.force {
					break
				}
			}
		}
		if err != nil {
			break
		}
	}
	c.flush()
	return status
}

// batchLine reads a line and those that a backslash joins to it, n in all,
// without comment: getcmdline.
func batchLine(r *bufio.Reader) (text string, n int, err error) {
	for {
		s, e := r.ReadString('\n')
		if s == "" {
			return text, n, e
		}
		n++
		s, _, comment := strings.Cut(s, "#")
		cut, more := strings.CutSuffix(s, "\\\n")
		text += cut
		if comment || !more || e != nil {
			return text, n, e
		}
	}
}

// batchWords splits a line at blanks outside quotes: makeargs. bad says that a
// quote has no end.
func batchWords(s string) (words []string, bad bool) {
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return words, false
		}
		end := " \t\r\n"
		if s[0] == '\'' || s[0] == '"' {
			i := strings.IndexByte(s[1:], s[0])
			if i < 0 {
				return nil, true
			}
			words, s = append(words, s[1:1+i]), s[2+i:]
			continue
		}
		i := strings.IndexAny(s, end)
		if i < 0 {
			i = len(s)
		}
		words, s = append(words, s[:i]), s[i:]
	}
}
