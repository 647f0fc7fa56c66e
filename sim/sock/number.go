package sock

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	second      = time.Second
	millisecond = time.Millisecond

	maxInt  = math.MaxInt32
	maxLong = math.MaxInt64
	maxDup  = 0x10000 // sequence numbers that are told apart: MAX_DUP_CHK
)

// number reads a decimal argument as strtol_or_err of iputils does.
func number[T int | uint16 | uint32](arg string, lo, hi int64, to *T) *ExitError {
	n, rest := strtol(arg, 10)
	switch {
	case arg == "" || rest != "":
		return exitf(1, "invalid argument: '%s'", arg)
	case outOfRange(arg):
		return exitf(1, "invalid argument: '%s': Numerical result out of range", arg)
	case n < lo || n > hi:
		return exitf(1, "invalid argument: '%s': out of range: %d <= value <= %d", arg, lo, hi)
	}
	*to = T(n)
	return nil
}

// strtol is strtol(3) for base 10 and 16: the number that s starts with, and
// what follows it; without a digit that is all of s.
func strtol(s string, base int) (n int64, rest string) {
	body, neg := sign(s)
	i := 0
	for i < len(body) && digit(body[i]) < base {
		i++
	}
	if i == 0 {
		return 0, s
	}
	u, err := strconv.ParseUint(body[:i], base, 63)
	if err != nil {
		u = maxLong
	}
	n = int64(u)
	if neg {
		n = -n
	}
	return n, body[i:]
}

// outOfRange says that a decimal number does not fit into a long.
func outOfRange(s string) bool {
	_, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimLeft(s, " \t\n\v\f\r"), "+"), 10, 64)
	return err != nil
}

// sign takes leading white space and a sign off.
func sign(s string) (body string, neg bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return math.MaxInt
}

func isHex(c byte) bool { return digit(c) < 16 }

// seconds reads the argument of -i and -W: ping_strtod, which so far only
// warns of garbage.
func (o *PingOptions) seconds(arg, what string) (float64, *ExitError) {
	if arg == "" {
		return 0, exitf(2, "%s: : No such file or directory", what)
	}
	v, rest, ranged := strtod(arg)
	if rest != "" || ranged {
		o.warnings += "ping: option argument contains garbage: " + rest + "\nping: this will become fatal error in the future\n"
	}
	if math.IsNaN(v) || math.IsInf(v, 0) || v != 0 && math.Abs(v) < 0x1p-1022 || ranged {
		return 0, exitf(2, "%s: %s: Numerical result out of range", what, arg)
	}
	return v, nil
}

// strtod is strtod(3): the number that s starts with and what follows it.
// ranged says that it is too large or too small for a double.
func strtod(s string) (v float64, rest string, ranged bool) {
	body, neg := sign(s)
	n := floatLen(body)
	if n == 0 {
		return 0, s, false
	}
	num := body[:n]
	if len(num) > 2 && num[1]|0x20 == 'x' && !strings.ContainsAny(num, "pP") {
		num += "p0"
	}
	v, err := strconv.ParseFloat(num, 64)
	if err != nil || v != 0 && v < 0x1p-1022 {
		ranged = true
	}
	if neg {
		v = -v
	}
	return v, body[n:], ranged
}

// floatLen is how many bytes of s are a floating point number of C.
func floatLen(s string) int {
	for _, word := range [...]string{"infinity", "inf", "nan"} {
		if len(s) >= len(word) && strings.EqualFold(s[:len(word)], word) {
			return len(word)
		}
	}
	i, base, mark := 0, 10, byte('e')
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && (isHex(s[2]) || s[2] == '.' && len(s) > 3 && isHex(s[3])) {
		i, base, mark = 2, 16, 'p'
	}
	digits := 0
	for dot := false; i < len(s); i++ {
		if s[i] == '.' && !dot {
			dot = true
			continue
		}
		if digit(s[i]) >= base {
			break
		}
		digits++
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == mark {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && digit(s[j]) < 10 {
			for j < len(s) && digit(s[j]) < 10 {
				j++
			}
			return j
		}
	}
	return i
}

// inetAton is inet_aton(3): one to four numbers, each decimal, octal after 0
// or hexadecimal after 0x; the last one fills the bytes that are left.
func inetAton(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var v uint64
	for i, p := range parts {
		base := 10
		switch {
		case len(p) > 1 && p[0] == '0' && p[1]|0x20 == 'x':
			p, base = p[2:], 16
		case len(p) > 1 && p[0] == '0':
			base = 8
		}
		if p != "" && p[0] == '+' {
			return netip.Addr{}, false
		}
		n, err := strconv.ParseUint(p, base, 32)
		last := i == len(parts)-1
		if err != nil || !last && n > 255 || last && n >= 1<<(8*(4-i)) {
			return netip.Addr{}, false
		}
		if last {
			v |= n
		} else {
			v |= n << (8 * (3 - i))
		}
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	return netip.AddrFrom4(b), true
}
