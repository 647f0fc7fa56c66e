package iproute

import (
	"math"
	"strconv"
	"strings"

	"hoplab/sim/clock"
	"hoplab/sim/netdev"
)

// runTC runs the command tc: queueing disciplines at the root of a device.
func (c *command) runTC(words []string) int {
	a := args{words}
	batch := ""
	for a.more() && strings.HasPrefix(a.peek(), "-") {
		w, _ := a.next()
		var err error
		switch {
		case matches(w, "-stats"), matches(w, "-statistics"):
			c.opt.stats++
		case matches(w, "-details"):
			c.opt.details = true
		case matches(w, "-pretty"):
			c.opt.pretty = true
		case matches(w, "-Version"):
			c.p.text("tc utility, iproute2-6.1.0, libbpf 1.1.2\n")
			c.flush()
			return 0
		case matches(w, "-help"):
			_ = c.report(c.usage("tc"))
			return 0
		case matches(w, "-force"):
			c.opt.force = true
		case matches(w, "-batch"):
			batch, err = a.next()
		case matches(w, "-netns"):
			if w, err = a.next(); err == nil {
				err = c.switchNetNS(w)
			}
		case matches(w, "-json"):
			c.opt.json = true
		case matches(w, "-oneline"):
			c.opt.oneline = true
		case matches(w, "-Numeric"), matches(w, "-names"), w == "-nm", matches(w, "-timestamp"), matches(w, "-tshort"), matches(w, "-brief"):
		case c.colorOption(w):
		case matches(w, "-raw"), matches(w, "-graph"), matches(w, "-iec"), w == "-cf", w == "-conf":
			err = notModelled("%s", w)
		default:
			err = fail(255, `Option "%s" is unknown, try "tc -help".`, w)
		}
		if err != nil {
			return c.report(err)
		}
	}
	c.p.oneline = c.opt.oneline
	switch {
	case batch != "":
		return c.runBatch(batch)
	case !a.more():
		_ = c.report(c.usage("tc"))
		return 0
	}
	return c.report(c.tcObject(a))
}

// tcObject is do_cmd of tc/tc.c.
func (c *command) tcObject(a args) error {
	w, _ := a.next()
	switch {
	case matches(w, "qdisc"):
		return c.doQdisc(a)
	case matches(w, "class"), matches(w, "filter"), matches(w, "chain"):
		verb := "show"
		if a.more() {
			verb, _ = a.next()
		}
		if !matches(verb, "show") && !matches(verb, "list") && !matches(verb, "lst") {
			return notModelled("tc %s %s", w, verb)
		}
		return c.showNothing(a)
	case matches(w, "actions"), matches(w, "monitor"), matches(w, "exec"):
		return notModelled("tc %s", w)
	case matches(w, "help"):
		return c.usage("tc")
	}
	return fail(255, `Object "%s" is unknown, try "tc help".`, w)
}

// showNothing lists classes or filters of a device, of which there are none.
func (c *command) showNothing(a args) error {
	for a.more() {
		if w, _ := a.next(); w == "dev" {
			w, err := a.next()
			if err != nil {
				return err
			}
			if c.ns.Device(w) == nil {
				return noDevice(w)
			}
		}
	}
	c.p.start(c.opt.json, c.opt.pretty)
	c.p.finish()
	return nil
}

type qdiscVerb uint8

const (
	addQdisc qdiscVerb = iota
	changeQdisc
	replaceQdisc
	delQdisc
)

// doQdisc is do_qdisc of tc/tc_qdisc.c.
func (c *command) doQdisc(a args) error {
	if !a.more() {
		return c.showQdiscs(a)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "add"):
		return c.changeQdisc(a, addQdisc)
	case matches(verb, "change"):
		return c.changeQdisc(a, changeQdisc)
	case matches(verb, "replace"):
		return c.changeQdisc(a, replaceQdisc)
	case matches(verb, "link"):
		return notModelled("tc qdisc link")
	case matches(verb, "delete"):
		return c.changeQdisc(a, delQdisc)
	case matches(verb, "list"), matches(verb, "show"), matches(verb, "lst"):
		return c.showQdiscs(a)
	case matches(verb, "help"):
		return c.usage("qdisc")
	}
	return fail(255, `Command "%s" is unknown, try "tc qdisc help".`, verb)
}

// qdiscKinds are those of the kernel; true where they are modelled.
var qdiscKinds = map[string]bool{"netem": true, "tbf": true, "pfifo": true, "bfifo": true, "cake": false, "cbq": false, "cbs": false, "choke": false, "clsact": false,
	"codel": false, "drr": false, "ets": false, "etf": false, "fq": false, "fq_codel": false, "fq_pie": false, "gred": false, "hfsc": false, "hhf": false, "htb": false,
	"ingress": false, "mq": false, "mqprio": false, "multiq": false, "noqueue": false, "pfifo_fast": false, "pie": false, "plug": false, "prio": false, "qfq": false,
	"red": false, "sfb": false, "sfq": false, "skbprio": false, "taprio": false}

// changeQdisc is tc_qdisc_modify.
func (c *command) changeQdisc(a args, verb qdiscVerb) error {
	var dev, kind string
	handle, root := -1, false
	for a.more() && kind == "" {
		w, _ := a.next()
		var err error
		switch {
		case w == "dev":
			if w, err = a.next(); err == nil && dev != "" {
				err = duplicate("dev", w)
			}
			dev = w
		case w == "handle":
			if w, err = a.next(); err == nil {
				major, rest, _ := strings.Cut(w, ":")
				n, e := strconv.ParseUint(major, 16, 16)
				if e != nil || rest != "" {
					err = invalid("invalid qdisc ID", w)
				}
				handle = int(n)
			}
		case w == "root":
			if root {
				err = fail(255, `Error: "root" is duplicate parent ID`)
			}
			root = true
		case w == "clsact", w == "ingress", w == "parent", matches(w, "estimator"), matches(w, "stab"), matches(w, "ingress_block"), matches(w, "egress_block"):
			err = notModelled("tc qdisc … %s", w)
		case matches(w, "help"):
			err = c.usage("qdisc")
		default:
			kind = w
		}
		if err != nil {
			return err
		}
	}
	var conf netdev.QdiscConfig
	known, listed := qdiscKinds[kind]
	switch {
	case kind == "" && a.more():
		return fail(255, `Garbage instead of arguments "%s ...". Try "tc qdisc help".`, a.peek())
	case listed && !known:
		return notModelled("tc qdisc … %s", kind)
	case kind != "" && !listed && a.more():
		return fail(1, `Unknown qdisc "%s", hence option "%s" is unparsable`, kind, a.peek())
	}
	var parsed error
	switch kind {
	case "netem":
		conf, parsed = c.netemWords(a)
	case "tbf":
		conf, parsed = c.tbfWords(a)
	case "pfifo", "bfifo":
		conf, parsed = c.fifoWords(a, kind)
	}
	if parsed != nil {
		return parsed
	}
	if dev == "" {
		return fail(2, "RTNETLINK answers: No such device")
	}
	d := c.ns.Device(dev)
	if d == nil {
		return noDevice(dev)
	}
	if kind == "pfifo" || kind == "bfifo" {
		if conf.Limit == math.MaxUint32 { // not given: the device's queue length
			conf.Limit = uint32(max(d.Attrs.QueueLen, 1))
			if kind == "bfifo" {
				conf.Limit *= uint32(d.MTU + d.HeaderLen())
			}
		}
	}
	return c.applyQdisc(d, verb, kind, conf, handle, root)
}

// applyQdisc is tc_modify_qdisc and tc_get_qdisc of net/sched/sch_api.c.
func (c *command) applyQdisc(d *netdev.Device, verb qdiscVerb, kind string, conf netdev.QdiscConfig, handle int, root bool) error {
	refuse := func(text string) error { return fail(2, "Error: %s.", text) }
	q := d.Qdisc()
	if verb == delQdisc {
		switch {
		case !root && handle < 0:
			return refuse("Classid cannot be zero")
		case q == nil && root:
			return refuse("Cannot delete qdisc with handle of zero")
		case q == nil:
			return refuse("Failed to find qdisc with specified handle")
		case handle >= 0 && handle != int(q.Handle):
			return refuse("Invalid handle")
		case kind != "" && kind != q.Kind.String():
			return refuse("Invalid qdisc name")
		}
		d.DropQdisc()
		return nil
	}
	if !root {
		if handle <= 0 {
			return refuse("Handle cannot be zero")
		}
		return notModelled("tc qdisc … without root")
	}
	switch {
	case verb == changeQdisc && q == nil:
		return refuse("Qdisc not found. To create specify NLM_F_CREATE flag")
	case verb == addQdisc && q != nil:
		return refuse("Exclusivity flag on, cannot modify")
	case q != nil && verb == changeQdisc && kind != "" && kind != q.Kind.String():
		return refuse("Invalid qdisc name")
	case q != nil && (handle < 0 || handle == int(q.Handle)) && (kind == q.Kind.String() || kind == ""):
		conf.Handle = q.Handle
		if kind != "" {
			d.ChangeQdisc(conf)
		}
		return nil
	case kind == "" || !qdiscKinds[kind]:
		return refuse("Specified qdisc kind is unknown")
	}
	conf.Handle = uint16(max(handle, 0))
	if handle <= 0 {
		conf.Handle = c.lab.World().NextHandle()
	}
	d.SetQdisc(conf)
	c.ns.NotifyLink(d)
	return nil
}

// illegal is explain1 of a discipline.
func illegal(what string) error { return fail(1, `Illegal "%s"`, what) }

// netemWords is netem_parse_opt of tc/q_netem.c.
func (c *command) netemWords(a args) (q netdev.QdiscConfig, err error) {
	q = netdev.QdiscConfig{Kind: netdev.Netem, Limit: 1000}
	number := func() bool { w := a.peek(); return w != "" && w[0] >= '0' && w[0] <= '9' }
	signed := func() bool { return number() || strings.HasPrefix(a.peek(), "-") }
	percent := func(p *uint32, what string) error {
		w, err := a.next()
		if err != nil {
			return err
		}
		v, ok := parsePercent(w)
		if !ok {
			return illegal(what)
		}
		*p = uint32(math.RoundToEven(v * math.MaxUint32))
		return nil
	}
	correlated := func(x *netdev.Correlated, what, corr string) error {
		err := percent(&x.P, what)
		if err == nil && number() {
			q.HasCorrelation = q.HasCorrelation || x == &q.Loss || x == &q.Duplicate
			err = percent(&x.Rho, corr)
		}
		return err
	}
	duration := func(d *clock.Duration) error {
		w, err := a.next()
		if err != nil {
			return err
		}
		us, ok := parseTime(w)
		if !ok {
			return illegal("latency")
		}
		*d = ticksOf(us) * 64
		return nil
	}
	distribution := false
	for a.more() && err == nil {
		w, _ := a.next()
		switch {
		case matches(w, "limit"):
			if w, err = a.next(); err == nil {
				var ok bool
				if q.Limit, ok = parseSize(w); !ok {
					err = illegal("limit")
				}
			}
		case matches(w, "latency"), matches(w, "delay"):
			if err = duration(&q.Delay); err == nil && number() {
				if err = duration(&q.Jitter); err == nil && number() {
					q.HasCorrelation = true
					err = percent(&q.DelayRho, "latency")
				}
			}
		case matches(w, "loss"), matches(w, "drop"):
			switch {
			case q.Loss.P > 0:
				err = illegal("duplicate loss argument\n")
			case a.peek() == "state", a.peek() == "gemodel":
				err = notModelled("tc qdisc … netem loss %s", a.peek())
			case number():
				err = correlated(&q.Loss, "loss percent", "loss correlation")
			default:
				if w, err = a.next(); err == nil && w != "random" {
					err = fail(1, "Unknown loss parameter: %s", w)
				} else if err == nil {
					err = correlated(&q.Loss, "loss percent", "loss correlation")
				}
			}
		case matches(w, "ecn"), matches(w, "slot"):
			err = notModelled("tc qdisc … netem %s", w)
		case matches(w, "reorder"):
			q.HasReorder = true
			err = correlated(&q.Reorder, "reorder", "reorder")
		case matches(w, "corrupt"):
			q.HasCorrupt = true
			err = correlated(&q.Corrupt, "corrupt", "corrupt")
		case matches(w, "gap"):
			var n int
			if w, err = a.next(); err == nil {
				var ok bool
				if n, ok = parseNumber(w); !ok {
					err = illegal("gap")
				}
				q.Gap = uint32(n)
			}
		case matches(w, "duplicate"):
			err = correlated(&q.Duplicate, "duplicate", "duplicate")
		case matches(w, "distribution"):
			distribution = true
			if w, err = a.next(); err == nil {
				switch w {
				case "normal":
					q.Normal = true
				case "pareto", "paretonormal", "experimental":
					err = notModelled("tc qdisc … netem distribution %s", w)
				default:
					err = fail(1, "No distribution data for %s (/usr/lib/tc//%s.dist: No such file or directory)", w, w)
				}
			}
		case matches(w, "rate"):
			q.HasRate = true
			if w, err = a.next(); err != nil {
				break
			}
			var ok bool
			if q.Rate, ok = parseRate(w); !ok {
				err = illegal("rate")
				break
			}
			if signed() {
				q.PacketOverhead, err = a.signed("rate")
			}
			if err == nil && number() {
				w, _ := a.next()
				n, ok := parseNumber(w)
				if !ok {
					err = illegal("rate")
				}
				q.CellSize = uint32(n)
			}
			if err == nil && signed() {
				q.CellOverhead, err = a.signed("rate")
			}
		default:
			text := ""
			if w != "help" {
				text = `What is "` + w + "\"?\n"
			}
			err = c.usageText(1, text+netemUsage)
		}
	}
	switch {
	case err != nil:
	case q.Reorder.P != 0 && q.Delay == 0:
		err = c.usageText(1, "reordering not possible without specifying some delay\n"+netemUsage)
	case q.Reorder.P != 0:
		q.Gap = max(q.Gap, 1)
	case q.Gap > 0:
		err = c.usageText(1, "gap specified without reorder probability\n"+netemUsage)
	}
	if err == nil && distribution && (q.Delay == 0 || q.Jitter == 0) {
		err = c.usageText(1, "distribution specified but no latency and jitter values\n"+netemUsage)
	}
	return q, err
}

func (a *args) signed(what string) (int32, error) {
	w, err := a.next()
	if err != nil {
		return 0, err
	}
	n, e := strconv.ParseInt(w, 0, 32)
	if e != nil {
		return 0, illegal(what)
	}
	return int32(n), nil
}

const netemUsage = `Usage: ... netem [ limit PACKETS ]
                 [ delay TIME [ JITTER [CORRELATION]]]
                 [ distribution normal ]
                 [ corrupt PERCENT [CORRELATION]]
                 [ duplicate PERCENT [CORRELATION]]
                 [ loss random PERCENT [CORRELATION]]
                 [ reorder PERCENT [CORRELATION] [ gap DISTANCE ]]
                 [ rate RATE [PACKETOVERHEAD] [CELLSIZE] [CELLOVERHEAD]]`

// tbfWords is tbf_parse_opt of tc/q_tbf.c.
func (c *command) tbfWords(a args) (q netdev.QdiscConfig, err error) {
	q.Kind = netdev.TBF
	latency := uint32(0)
	bad := func(what, w string) error { return fail(1, `tbf: illegal value for "%s": "%s"`, what, w) }
	for a.more() && err == nil {
		w, _ := a.next()
		what := w
		var ok bool
		switch {
		case matches(w, "limit"):
			switch {
			case q.Limit != 0:
				return q, fail(1, `tbf: duplicate "limit" specification`)
			case latency != 0:
				return q, fail(1, `tbf: specifying both "latency" and "limit" is not allowed`)
			}
			if w, err = a.next(); err == nil {
				if q.Limit, ok = parseSize(w); !ok {
					err = bad("limit", w)
				}
			}
		case matches(w, "latency"):
			if w, err = a.next(); err != nil {
				break
			}
			switch {
			case latency != 0:
				return q, fail(1, `tbf: duplicate "latency" specification`)
			case q.Limit != 0:
				return q, fail(1, `tbf: specifying both "limit" and "/latency" is not allowed`)
			}
			var us float64
			if us, ok = parseTime(w); !ok {
				err = bad("latency", w)
			}
			latency = uint32(us)
		case matches(w, "burst"), w == "buffer", w == "maxburst":
			if q.Burst != 0 {
				return q, fail(1, `tbf: duplicate "buffer/burst/maxburst" specification`)
			}
			if w, err = a.next(); err == nil {
				size, _, _ := strings.Cut(w, "/")
				if q.Burst, ok = parseSize(size); !ok {
					err = bad(what, w)
				}
			}
		case w == "rate":
			if q.Rate != 0 {
				return q, fail(1, `tbf: duplicate "rate" specification`)
			}
			if w, err = a.next(); err == nil {
				if q.Rate, ok = parseRate(w); !ok {
					err = bad("rate", w)
				}
			}
		case w == "mtu", w == "minburst", w == "mpu", matches(w, "peakrate"), matches(w, "overhead"), matches(w, "linklayer"):
			err = notModelled("tc qdisc … tbf %s", w)
		case w == "help":
			err = c.usageText(1, tbfUsage)
		default:
			err = c.usageText(1, `tbf: unknown parameter "`+w+"\"\n"+tbfUsage)
		}
	}
	if err != nil {
		return q, err
	}
	var text strings.Builder
	if q.Rate == 0 {
		text.WriteString("tbf: the \"rate\" parameter is mandatory.\n")
	}
	if q.Burst == 0 {
		text.WriteString("tbf: the \"burst\" parameter is mandatory.\n")
	}
	if q.Limit == 0 && latency == 0 {
		text.WriteString("tbf: either \"limit\" or \"latency\" is required.\n")
	}
	if text.Len() > 0 {
		return q, c.usageText(1, text.String()+tbfUsage)
	}
	if q.Limit == 0 {
		q.Limit = uint32(float64(q.Rate)*float64(latency)/1e6 + float64(q.Burst))
	}
	return q, nil
}

const tbfUsage = `Usage: ... tbf limit BYTES burst BYTES[/BYTES] rate KBPS
	[ latency TIME ]`

// fifoWords is fifo_parse_opt of tc/q_fifo.c.
func (c *command) fifoWords(a args, kind string) (q netdev.QdiscConfig, err error) {
	q = netdev.QdiscConfig{Kind: netdev.PFIFO, Limit: math.MaxUint32}
	if kind == "bfifo" {
		q.Kind = netdev.BFIFO
	}
	for a.more() && err == nil {
		w, _ := a.next()
		switch {
		case w == "limit":
			if w, err = a.next(); err == nil {
				var ok bool
				if q.Limit, ok = parseSize(w); !ok {
					err = fail(1, `%s: Illegal value for "limit": "%s"`, kind, w)
				}
			}
		case w == "help":
			err = c.usageText(1, "Usage: ... "+kind+" [ limit NUMBER ]")
		default:
			err = c.usageText(1, kind+`: unknown parameter "`+w+"\"\nUsage: ... "+kind+" [ limit NUMBER ]")
		}
	}
	return q, err
}

// showQdiscs is tc_qdisc_list.
func (c *command) showQdiscs(a args) error {
	var dev *netdev.Device
	root, handle := false, -1
	for a.more() {
		w, _ := a.next()
		switch {
		case w == "dev":
			w, err := a.next()
			if err != nil {
				return err
			}
			if dev = c.ns.Device(w); dev == nil {
				return noDevice(w)
			}
		case w == "root":
			root = true
		case w == "invisible":
		case matches(w, "handle"):
			w, err := a.next()
			if err != nil {
				return err
			}
			major, _, _ := strings.Cut(w, ":")
			n, e := strconv.ParseUint(major, 16, 16)
			if e != nil {
				return invalid("invalid handle ID", w)
			}
			handle = int(n)
		case w == "ingress", w == "clsact", matches(w, "parent"):
			return c.showNothing(a)
		case matches(w, "help"):
			return c.usage("tc")
		default:
			return fail(255, `What is "%s"? Try "tc qdisc help".`, w)
		}
	}
	_ = root // there is nothing but roots
	c.p.start(c.opt.json, c.opt.pretty)
	for _, d := range c.ns.Devices() {
		q := d.Qdisc()
		switch {
		case dev != nil && d != dev, q == nil && !d.Opened(), handle > 0 && (q == nil || int(q.Handle) != handle):
			continue
		}
		c.printQdisc(d, q, dev == nil)
	}
	c.p.finish()
	return nil
}

// printQdisc is print_qdisc; q is nil for the device's own.
func (c *command) printQdisc(d *netdev.Device, q *netdev.Qdisc, name bool) {
	p := &c.p
	p.object()
	handle, refs := "0:", int64(2)
	if q != nil {
		handle, refs = strconv.FormatUint(uint64(q.Handle), 16)+":", int64(1+max(d.Attrs.TxQueues, 1))
	}
	p.str("kind", "qdisc ", qdisc(d), "")
	p.str("handle", " ", handle, " ")
	if name {
		p.str("dev", "dev ", d.Name, " ")
	}
	p.truth("root", "root ")
	if d.Kind != netdev.NIC || q != nil {
		p.num("refcnt", "refcnt ", refs, " ")
	}
	p.member("options")
	if q != nil {
		c.printQdiscOptions(q)
	}
	p.endObject()
	p.newline()
	if c.opt.stats > 0 {
		var s netdev.Qdisc
		if q != nil {
			s = *q
		}
		bytes, packets := s.Backlog()
		p.num("bytes", " Sent ", int64(s.Bytes), " bytes")
		p.num("packets", " ", int64(s.Packets), " pkt")
		p.num("drops", " (dropped ", int64(s.Dropped), "")
		p.num("overlimits", ", overlimits ", int64(s.Overlimits), "")
		p.num("requeues", " requeues ", int64(s.Requeues), ") ")
		p.newline()
		if p.json != nil {
			p.num("backlog", "", int64(bytes), "")
			p.num("qlen", "", int64(packets), "")
		} else {
			p.text(" backlog " + sizeText(uint32(bytes)) + " " + strconv.Itoa(packets) + "p requeues " + strconv.FormatUint(s.Requeues, 10))
		}
		p.newline()
	}
	p.endObject()
}

func (c *command) printQdiscOptions(q *netdev.Qdisc) {
	p := &c.p
	switch q.Kind {
	case netdev.PFIFO:
		p.num("limit", "limit ", int64(q.Limit), "p")
	case netdev.BFIFO:
		if p.json != nil {
			p.num("limit", "", int64(q.Limit), "")
		} else {
			p.text("limit " + sizeText(q.Limit))
		}
	case netdev.TBF:
		ticks := netdev.Ticks(q.Rate, q.Burst)
		burst := uint32(float64(q.Rate) * (float64(ticks) / ticksPerUS) / 1e6)
		lat := 1e6*(float64(q.Limit)/float64(q.Rate)) - float64(ticks)/ticksPerUS
		if p.json != nil {
			p.num("rate", "", int64(q.Rate), "")
			p.num("burst", "", int64(burst), "")
			if lat >= 0 {
				p.num("lat", "", int64(uint32(lat)), "")
			}
			return
		}
		p.text("rate " + rateText(q.Rate) + " burst " + sizeText(burst))
		if c.opt.details {
			p.text("/1 mpu 0b")
		}
		if lat >= 0 {
			p.text(" lat " + timeText(lat))
		} else {
			p.text(" limit " + sizeText(q.Limit))
		}
		p.text(" ")
		if c.opt.details {
			p.text("linklayer ethernet ")
		}
	case netdev.Netem:
		c.printNetem(q)
	}
}

// printNetem is netem_print_opt.
func (c *command) printNetem(q *netdev.Qdisc) {
	p := &c.p
	p.num("limit", "limit ", int64(q.Limit), "")
	fraction := func(key string, v uint32) {
		p.raw(key, "", cFloat(float64(v)/math.MaxUint32))
	}
	text := func(v uint32) string { return cFloat(100*float64(v)/math.MaxUint32) + "%" }
	us := func(d clock.Duration) float64 { return float64(d/64) / ticksPerUS }
	if q.Delay != 0 {
		p.member("delay")
		p.text(" delay " + timeText(us(q.Delay)))
		if q.Jitter != 0 {
			p.text("  " + timeText(us(q.Jitter)))
			if q.DelayRho != 0 {
				p.text(" " + text(q.DelayRho))
			}
		}
		p.raw("delay", "", cFloat(us(q.Delay)/1e6))
		p.raw("jitter", "", cFloat(us(q.Jitter)/1e6))
		fraction("correlation", q.DelayRho)
		p.endObject()
	}
	for _, x := range []struct {
		object, key string
		v           netdev.Correlated
	}{{"loss-random", "loss", q.Loss}, {"duplicate", "duplicate", q.Duplicate}, {"reorder", "reorder", q.Reorder}, {"corrupt", "corrupt", q.Corrupt}} {
		if x.v.P == 0 {
			continue
		}
		p.member(x.object)
		p.text(" " + x.key + " " + text(x.v.P))
		if x.v.Rho != 0 {
			p.text(" " + text(x.v.Rho))
		}
		fraction(x.key, x.v.P)
		fraction("correlation", x.v.Rho)
		p.endObject()
	}
	if q.Rate != 0 {
		p.member("rate")
		p.text(" rate " + rateText(q.Rate))
		for _, x := range []struct {
			key string
			n   int64
		}{{"packetoverhead", int64(q.PacketOverhead)}, {"cellsize", int64(q.CellSize)}, {"celloverhead", int64(q.CellOverhead)}} {
			if x.key == "packetoverhead" {
				p.raw("rate", "", strconv.FormatUint(q.Rate, 10))
			}
			n := strconv.FormatInt(x.n, 10)
			shown := ""
			if x.n != 0 {
				shown = " " + x.key + " " + n
			}
			p.raw(x.key, shown, n)
		}
		p.endObject()
	}
	p.raw("ecn", "", "false")
	gap := ""
	if q.Gap != 0 {
		gap = " gap " + strconv.FormatUint(uint64(q.Gap), 10)
	}
	p.raw("gap", gap, strconv.FormatUint(uint64(q.Gap), 10))
}

// cFloat is C's %g.
func cFloat(v float64) string {
	s := strconv.FormatFloat(v, 'g', 6, 64)
	mantissa, exp, has := strings.Cut(s, "e")
	if !has {
		return s
	}
	if n, err := strconv.Atoi(exp); err == nil && n >= -4 && n < 6 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return mantissa + "e" + exp
}

// cFloat3 is C's %.3g.
func cFloat3(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	return cFloat(v)
}

// ticksPerUS is how many units of 64 ns a microsecond has.
const ticksPerUS = 15.625

// ticksOf is tc_core_time2tick.
func ticksOf(us float64) clock.Duration { return clock.Duration(uint32(us) * 125 / 8) }

// timeText is sprint_time.
func timeText(us float64) string {
	n := uint32(us)
	switch {
	case n >= 1_000_000:
		return cFloat3(float64(n)/1e6) + "s"
	case n >= 1000:
		return cFloat3(float64(n)/1e3) + "ms"
	}
	return strconv.FormatUint(uint64(n), 10) + "us"
}

// sizeText is sprint_size.
func sizeText(n uint32) string {
	const kilo, mega = 1024, 1024 * 1024
	v := float64(n)
	switch {
	case n >= mega && math.Abs(mega*math.RoundToEven(v/mega)-v) < 1024:
		return cFloat(math.RoundToEven(v/mega)) + "Mb"
	case n >= kilo && math.Abs(kilo*math.RoundToEven(v/kilo)-v) < 16:
		return cFloat(math.RoundToEven(v/kilo)) + "Kb"
	}
	return strconv.FormatUint(uint64(n), 10) + "b"
}

// rateText is print_rate: bytes per second as bits.
func rateText(n uint64) string {
	units := []string{"", "K", "M", "G", "T"}
	n *= 8
	i := 0
	for ; i < len(units)-1; i++ {
		if n < 1000 || n%1000 != 0 && n < 1000*1000 {
			break
		}
		n /= 1000
	}
	return strconv.FormatUint(n, 10) + units[i] + "bit"
}

// splitNumber splits a number from its unit, as strtod(3) does.
func splitNumber(w string) (v float64, unit string, ok bool) {
	n := 0
	for n < len(w) && (w[n] >= '0' && w[n] <= '9' || w[n] == '.') {
		n++
	}
	v, err := strconv.ParseFloat(w[:n], 64)
	return v, strings.ToLower(w[n:]), err == nil
}

// parsePercent is parse_percent: from 0 to 1.
func parsePercent(w string) (float64, bool) {
	v, unit, ok := splitNumber(w)
	return v / 100, ok && v <= 100 && (unit == "" || unit == "%")
}

// parseTime is get_time: microseconds.
func parseTime(w string) (us float64, ok bool) {
	v, unit, ok := splitNumber(w)
	switch unit {
	case "s", "sec", "secs":
		v *= 1e6
	case "ms", "msec", "msecs":
		v *= 1e3
	case "", "us", "usec", "usecs":
	default:
		return 0, false
	}
	return math.Trunc(v), ok && v < 1<<32
}

// parseSize is get_size: bytes.
func parseSize(w string) (uint32, bool) {
	v, unit, ok := splitNumber(w)
	switch unit {
	case "kb", "k":
		v *= 1024
	case "gb", "g":
		v *= 1024 * 1024 * 1024
	case "gbit":
		v *= 1024 * 1024 * 1024 / 8
	case "mb", "m":
		v *= 1024 * 1024
	case "mbit":
		v *= 1024 * 1024 / 8
	case "kbit":
		v *= 1024 / 8
	case "", "b":
	default:
		return 0, false
	}
	return uint32(v), ok && v < 1<<32
}

// parseRate is get_rate64: bytes per second.
func parseRate(w string) (uint64, bool) {
	v, unit, ok := splitNumber(w)
	bits := true
	if u, found := strings.CutSuffix(unit, "bps"); found {
		unit, bits = u, false
	} else {
		unit = strings.TrimSuffix(unit, "bit")
	}
	if s, isIEC := strings.CutSuffix(unit, "i"); isIEC {
		i := strings.Index("kmgt", s)
		if s == "" || i < 0 {
			return 0, false
		}
		v *= math.Pow(1024, float64(i+1))
	} else if unit != "" {
		i := strings.Index("kmgt", unit)
		if i < 0 || len(unit) != 1 {
			return 0, false
		}
		v *= math.Pow(1000, float64(i+1))
	}
	if bits {
		v /= 8
	}
	return uint64(v), ok && v < 1<<63
}
