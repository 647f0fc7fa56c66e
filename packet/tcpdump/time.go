package tcpdump

import (
	"strconv"
	"time"
)

// appendTime appends the time of a packet in ns since 1970 and a blank, as the
// number of -t asks for: 0 the time of day, 1 nothing, 2 seconds since 1970, 3
// since the packet before, 4 day and time, 5 since the first packet. Days begin
// as in UTC.
func (p *Printer) appendTime(dst []byte, ns int64) []byte {
	if !p.Options.Nano {
		ns -= ns % 1000
	}
	switch p.Options.Times {
	case 1:
		return dst
	case 3, 5:
		if !p.hasTime {
			p.reference, p.hasTime = ns, true
		}
		delta, sign := ns-p.reference, byte(' ')
		if delta < 0 {
			delta, sign = -delta, '-'
		}
		if p.Options.Times == 3 {
			p.reference = ns
		}
		dst = appendClock(append(dst, sign), delta)
		ns = delta
	default:
		if uint32(ns/1e9)&0x80000000 != 0 { // after 2038
			return append(dst, "[Error converting time] "...)
		}
		switch p.Options.Times {
		case 0:
			dst = appendClock(dst, ns)
		case 2:
			dst = strconv.AppendInt(dst, ns/1e9, 10)
		default:
			dst = time.Unix(ns/1e9, 0).UTC().AppendFormat(dst, time.DateOnly)
			dst = appendClock(append(dst, ' '), ns)
		}
	}
	dst = append(dst, '.')
	fraction, unit := ns%1e9, int64(1e5)
	if p.Options.Nano {
		unit = 1e8
	} else {
		fraction /= 1e3
	}
	for ; unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(fraction/unit%10))
	}
	return append(dst, ' ')
}

// appendClock appends the time of day: 15:04:05.
func appendClock(dst []byte, ns int64) []byte {
	s := ns / 1e9 % 86400
	h, m := s/3600, s/60%60
	s %= 60
	return append(dst, '0'+byte(h/10), '0'+byte(h%10), ':', '0'+byte(m/10), '0'+byte(m%10), ':', '0'+byte(s/10), '0'+byte(s%10))
}
