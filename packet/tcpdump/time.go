package tcpdump

import (
	"strconv"
	"time"

	"hoplab/packet/pcap"
)

// stamp is a time as tcpdump has it. fraction counts the units of a second that
// are printed, micro- or nanoseconds; in damaged files it may be less than 0 or
// more than a second, and is printed like that.
type stamp struct{ seconds, fraction int64 }

func (s stamp) before(t stamp) bool {
	return s.seconds < t.seconds || s.seconds == t.seconds && s.fraction < t.fraction
}

// since is the time from t to s.
func (s stamp) since(t stamp, unit int64) stamp {
	d := stamp{s.seconds - t.seconds, s.fraction - t.fraction}
	if d.fraction < 0 {
		d.seconds--
		d.fraction += unit
	}
	return d
}

// appendTime appends the time of a packet and a blank, as the number of -t asks
// for: 0 the time of day, 1 nothing, 2 seconds since 1970, 3 since the packet
// before, 4 day and time, 5 since the first packet. Days begin as in UTC.
func (p *Printer) appendTime(dst []byte, pk *pcap.Packet) []byte {
	if p.Options.Times == 1 {
		return dst
	}
	var now stamp
	now.seconds, now.fraction = pk.Stamp()
	unit, digits := int64(1e9), 9
	if !p.Options.Nano {
		unit, digits = 1e6, 6
		now.fraction /= 1e3
	}
	shown := now
	if p.Options.Times == 3 || p.Options.Times == 5 {
		if p.reference == (stamp{}) {
			p.reference = now
		}
		if now.before(p.reference) {
			dst, shown = append(dst, '-'), p.reference.since(now, unit)
		} else {
			dst, shown = append(dst, ' '), now.since(p.reference, unit)
		}
		if p.Options.Times == 3 {
			p.reference = now
		}
	}
	if uint32(shown.seconds)&0x80000000 != 0 { // after 2038, or before 1970
		return append(dst, "[Error converting time] "...)
	}
	switch p.Options.Times {
	case 2:
		dst = strconv.AppendUint(dst, uint64(uint32(shown.seconds)), 10)
	case 4:
		dst = time.Unix(shown.seconds, 0).UTC().AppendFormat(dst, time.DateOnly)
		dst = appendClock(append(dst, ' '), shown.seconds)
	default:
		dst = appendClock(dst, shown.seconds)
	}
	dst = append(dst, '.')
	dst = appendZeroPadded(dst, uint32(shown.fraction), digits)
	return append(dst, ' ')
}

// appendZeroPadded appends n with at least the given number of digits.
func appendZeroPadded(dst []byte, n uint32, digits int) []byte {
	for limit := uint32(10); digits > 1; digits-- {
		if n < limit {
			dst = append(dst, "00000000"[:digits-1]...)
			break
		}
		limit *= 10
	}
	return strconv.AppendUint(dst, uint64(n), 10)
}

// appendClock appends the time of day: 15:04:05.
func appendClock(dst []byte, s int64) []byte {
	s %= 86400
	h, m := s/3600, s/60%60
	s %= 60
	return append(dst, '0'+byte(h/10), '0'+byte(h%10), ':', '0'+byte(m/10), '0'+byte(m%10), ':', '0'+byte(s/10), '0'+byte(s%10))
}
