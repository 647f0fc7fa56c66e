package tcpdump

// Subtypes of the option of RFC 8684.
var mptcpOptions = [...]string{"capable", "join", "dss", "add-addr", "rem-addr", "prio", "fail", "fast-close", "unknown"}

// mptcp prints an option of n bytes, its head included. It returns false when
// its length is wrong.
func (l *line) mptcp(at, n, flags int) bool {
	l.enter("mptcp")
	if n < 3 {
		return false
	}
	outer := l.end
	l.end = min(at+n, l.end)
	subtype := min(l.u8(at+2)>>4, len(mptcpOptions)-1)
	l.str(" ")
	l.num(n)
	l.str(" ")
	l.str(mptcpOptions[subtype])
	ok := true
	switch subtype {
	case 0:
		ok = l.mptcpCapable(at, n, flags)
	case 1:
		ok = l.mptcpJoin(at, n, flags)
	case 2:
		ok = l.mptcpData(at, n, flags)
	case 3:
		ok = l.mptcpAddAddress(at, n)
	case 4:
		if ok = n >= 4; ok {
			l.str(" id")
			for i := 3; i < n; i++ {
				l.str(" ")
				l.num(l.u8(at + i))
			}
		}
	case 5:
		if ok = n == 3 || n == 4; ok {
			l.str(pick(l.u8(at+2)&1, " non-backup", " backup"))
			if n == 4 {
				l.str(" id ")
				l.num(l.u8(at + 3))
			}
		}
	case 6:
		if ok = n == 12; ok {
			l.str(" seq ")
			l.unsigned64(l.u64(at + 4))
		}
	case 7:
		if ok = n == 12; ok {
			l.str(" key 0x")
			l.hex64(l.u64(at+4), 1)
		}
	}
	l.end = outer
	return ok
}

func (l *line) mptcpCapable(at, n, flags int) bool {
	syn := (n == 12 || n == 4) && flags&tcpSYN != 0
	ack := (n == 20 || n == 22) && flags&(tcpSYN|tcpACK) == tcpACK
	if !syn && !ack {
		return false
	}
	version := l.u8(at+2) & 15
	if version > 1 {
		l.str(" Unknown Version (")
		l.num(version)
		l.str(")")
		return true
	}
	l.str(" v")
	l.num(version)
	if l.u8(at+3)&0x80 != 0 {
		l.str(" csum")
	}
	if n >= 12 {
		l.str(" {0x")
		l.hex64(l.u64(at+4), 1)
		if n >= 20 {
			l.str(",0x")
			l.hex64(l.u64(at+12), 1)
		}
		l.str("}")
	}
	return true
}

func (l *line) mptcpJoin(at, n, flags int) bool {
	switch {
	case n == 12 && flags&tcpSYN != 0:
		l.mptcpJoinID(at)
		l.str(" token 0x")
		l.hex(l.u32(at+4), 1)
		l.str(" nonce 0x")
		l.hex(l.u32(at+8), 1)
	case n == 16 && flags&(tcpSYN|tcpACK) == tcpSYN|tcpACK:
		l.mptcpJoinID(at)
		l.str(" hmac 0x")
		l.hex64(l.u64(at+4), 1)
		l.str(" nonce 0x")
		l.hex(l.u32(at+12), 1)
	case n == 24 && flags&tcpACK != 0:
		l.str(" hmac 0x")
		l.hexBytes(at+4, 20)
	default:
		return false
	}
	return true
}

func (l *line) mptcpJoinID(at int) {
	if l.u8(at+2)&1 != 0 {
		l.str(" backup")
	}
	l.str(" id ")
	l.num(l.u8(at + 3))
}

// mptcpData prints the sequence signal.
func (l *line) mptcpData(at, n, flags int) bool {
	const fin, longSeq, hasSeq, longAck, hasAck = 0x10, 8, 4, 2, 1
	if n < 4 || flags&tcpSYN != 0 {
		return false
	}
	signal := l.u8(at + 3)
	if signal&fin != 0 {
		l.str(" fin")
	}
	at += 4
	n -= 4
	number := func(long bool) bool {
		size := 4
		if long {
			size = 8
		}
		if n < size {
			return false
		}
		if long {
			l.unsigned64(l.u64(at))
		} else {
			l.unsigned(l.u32(at))
		}
		at += size
		n -= size
		return true
	}
	if signal&hasAck != 0 {
		l.str(" ack ")
		if !number(signal&longAck != 0) {
			return false
		}
	}
	if signal&hasSeq != 0 {
		l.str(" seq ")
		if !number(signal&longSeq != 0) || n < 4 {
			return false
		}
		l.str(" subseq ")
		l.unsigned(l.u32(at))
		if n < 6 {
			return false
		}
		l.str(" len ")
		l.num(l.u16(at + 4))
		at += 6
		n -= 6
		if n >= 2 {
			l.str(" csum 0x")
			l.hex(uint32(l.u16(at)), 1)
			n -= 2
		}
	}
	return n == 0
}

func (l *line) mptcpAddAddress(at, n int) bool {
	size := 4
	switch n {
	case 8, 10, 16, 18:
	case 20, 22, 28, 30:
		size = 16
	default:
		return false
	}
	switch l.u8(at+2) & 15 {
	case 0:
		l.str(" v1")
	case 1:
		l.str(" v1-echo")
	case 4:
		l.str(" v0-ip4")
	case 6:
		l.str(" v0-ip6")
	default:
		l.str(" [bad version/echo]")
	}
	l.str(" id ")
	l.num(l.u8(at + 3))
	l.str(" ")
	l.address(at+4, size)
	rest := n - 4 - size // a port and what proves that it is wanted, each or both
	at += 4 + size
	if rest == 2 || rest == 10 {
		l.str(":")
		l.num(l.u16(at))
		at += 2
	}
	if rest >= 8 {
		l.str(" hmac 0x")
		l.hex64(l.u64(at), 1)
	}
	return true
}
