package tcpdump

// pimCursor goes through the fields of a message. It is not ok any more when
// one was cut.
type pimCursor struct {
	*line
	at, left int
	size     int // of addresses without their encoding, 0 with it
	ok       bool
}

// more tells whether n bytes of the message are left.
func (c *pimCursor) more(n int) bool {
	if c.left < n {
		c.ok = false
	}
	return c.ok && !c.stopped
}

func (c *pimCursor) skip(n int) {
	c.at += n
	c.left -= n
}

// labelled prints a label and an address.
func (c *pimCursor) labelled(label string, kind int) bool {
	if !c.ok || c.stopped {
		return false
	}
	c.str(label)
	n := c.pimAddress(c.at, c.left, c.size, kind)
	if n < 0 {
		c.ok = false
		return false
	}
	c.skip(n)
	return !c.stopped
}

// counted prints a label, a number and an address.
func (c *pimCursor) counted(before string, i int, after string, kind int) bool {
	c.str(before)
	c.num(i)
	return c.labelled(after, kind)
}

// message prints a message of PIM version 2.
func (c *pimCursor) message(kind, subtype int) {
	switch kind {
	case pimRegisterStop:
		_ = c.labelled(" group=", pimGroup) && c.labelled(" source=", pimUnicast)
	case pimJoinPrune, pimGraft, pimGraftAck:
		c.joinPrune(kind)
	case pimBootstrap:
		c.bootstrap()
	case pimAssert:
		if !c.labelled(" group=", pimGroup) || !c.labelled(" src=", pimUnicast) || !c.more(8) {
			return
		}
		if !c.has(c.at, 8) {
			c.ok = false
			return
		}
		if c.u8(c.at)&0x80 != 0 {
			c.str(" RPT")
		}
		c.metrics("", c.at)
	case pimCandidate:
		c.candidate()
	case pimRefresh:
		if !c.labelled(" src=", pimUnicast) || !c.labelled(" grp=", pimGroup) || !c.labelled(" forwarder=", pimUnicast) || !c.more(2) {
			return
		}
		c.str(" TUNR ")
		c.span(uint32(c.u16(c.at)))
	case pimElection:
		c.election(subtype)
	default:
		c.str(" [type ")
		c.num(kind)
		c.str("]")
	}
}

// metrics prints the preference and metric of a route.
func (c *pimCursor) metrics(whose string, at int) {
	preference := c.u32(at)
	if whose == "" {
		preference &= 0x7fffffff
	}
	c.str(whose)
	c.str(" pref=")
	c.unsigned(preference)
	metric := c.u32(at + 4)
	c.str(whose)
	c.str(" metric=")
	c.unsigned(metric)
}

func (c *pimCursor) joinPrune(kind int) {
	if kind != pimGraftAck && !c.labelled(", upstream-neighbor: ", pimUnicast) {
		return
	}
	if !c.more(4) {
		return
	}
	if !c.has(c.at, 4) {
		c.ok = false
		return
	}
	groups, hold := c.u8(c.at+1), c.u16(c.at+2)
	c.str("\n\t  ")
	c.num(groups)
	c.str(" group(s)")
	if kind != pimGraftAck {
		c.str(", holdtime: ")
		if hold == 0xffff {
			c.str("infinite")
		} else {
			c.span(uint32(hold))
		}
	}
	c.skip(4)
	for i := 1; i <= groups; i++ {
		if !c.counted("\n\t    group #", i, ": ", pimGroup) || !c.more(4) {
			return
		}
		if !c.has(c.at, 4) {
			c.ok = false
			return
		}
		joined, pruned := c.u16(c.at), c.u16(c.at+2)
		c.str(", joined sources: ")
		c.num(joined)
		c.str(", pruned sources: ")
		c.num(pruned)
		c.skip(4)
		for j := 1; j <= joined; j++ {
			if !c.counted("\n\t      joined source #", j, ": ", pimSource) {
				return
			}
		}
		for j := 1; j <= pruned; j++ {
			if !c.counted("\n\t      pruned source #", j, ": ", pimSource) {
				return
			}
		}
	}
}

func (c *pimCursor) bootstrap() {
	if !c.more(2) {
		return
	}
	tag := c.u16(c.at)
	c.str(" tag=")
	c.hex(uint32(tag), 1)
	c.skip(2)
	if !c.more(1) {
		return
	}
	mask := c.u8(c.at)
	c.str(" hashmlen=")
	c.num(mask)
	if !c.more(2) {
		return
	}
	if !c.has(c.at+2, 1) {
		c.ok = false
		return
	}
	c.str(" BSRprio=")
	c.num(c.u8(c.at + 1))
	c.skip(2)
	if !c.labelled(" BSR=", pimUnicast) {
		return
	}
	for i := 0; c.left > 0; i++ {
		if !c.counted(" (group", i, ": ", pimGroup) || !c.more(1) {
			return
		}
		points := c.u8(c.at)
		c.str(" RPcnt=")
		c.num(points)
		if !c.more(2) {
			return
		}
		here := c.u8(c.at + 1)
		c.str(" FRPcnt=")
		c.num(here)
		if !c.more(4) {
			return
		}
		c.skip(4)
		for j := 0; j < here && c.left > 0; j++ {
			if !c.counted(" RP", j, "=", pimUnicast) || !c.more(2) {
				return
			}
			c.str(",holdtime=")
			c.span(uint32(c.u16(c.at)))
			if !c.more(3) {
				return
			}
			priority := c.u8(c.at + 2)
			c.str(",prio=")
			c.num(priority)
			if !c.more(4) {
				return
			}
			c.skip(4)
		}
		c.str(")")
	}
}

func (c *pimCursor) candidate() {
	if !c.more(1) {
		return
	}
	count := c.u8(c.at)
	c.str(" prefix-cnt=")
	c.num(count)
	if !c.more(2) {
		return
	}
	priority := c.u8(c.at + 1)
	c.str(" prio=")
	c.num(priority)
	if !c.more(4) {
		return
	}
	c.str(" holdtime=")
	c.span(uint32(c.u16(c.at + 2)))
	c.skip(4)
	if !c.labelled(" RP=", pimUnicast) {
		return
	}
	for i := 0; i < count && c.left > 0; i++ {
		if !c.counted(" Group", i, "=", pimGroup) {
			return
		}
	}
}

// election prints RFC 5015's choice of a forwarder.
func (c *pimCursor) election(subtype int) {
	const backoff, pass = 3, 4
	kinds := [...]string{1: "Offer", 2: "Winner", backoff: "Backoff", pass: "Pass"}
	c.str("\n\t  ")
	if subtype > 0 && subtype < len(kinds) {
		c.str(kinds[subtype])
	} else {
		c.str("Unknown")
	}
	c.str(",")
	if !c.labelled(" rpa=", pimUnicast) {
		return
	}
	c.metrics(" sender", c.at)
	c.skip(8)
	if subtype != backoff && subtype != pass {
		return
	}
	who := "new winner"
	if subtype == backoff {
		who = "offer"
	}
	c.str("\n\t  ")
	c.str(who)
	if !c.labelled(" addr=", pimUnicast) {
		return
	}
	if subtype == backoff {
		c.metrics(" offer", c.at)
	} else {
		c.metrics(" new winner", c.at)
	}
	c.skip(8)
	if subtype == backoff {
		interval := c.u16(c.at)
		c.str(" interval ")
		c.num(interval)
		c.str("ms")
	}
}
