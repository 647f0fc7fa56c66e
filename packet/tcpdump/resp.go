package tcpdump

// What a length of RESP may be instead of one.
const (
	respNull     = -1
	respCut      = -2
	respTooLarge = -3
	respNegative = -4
)

// resp prints the serialization protocol of Redis.
func (l *line) resp(at, length int) {
	l.enter("resp")
	l.str(": RESP")
	for length > 0 && !l.stopped {
		n := l.respValue(at, length)
		if n < 0 {
			l.truncated()
			return
		}
		at += n
		length -= n
	}
}

// respValue prints one value and gives its length, -1 if it is cut.
func (l *line) respValue(at, length int) int {
	if length < 1 {
		return -1
	}
	switch l.u8(at) {
	case '+', '-', ':':
		end, ok := l.respLineEnd(at+1, at+length)
		if !ok {
			return -1
		}
		l.respSegment(at+1, end-at-1)
		return end + 2 - at
	case '$':
		return l.respBulk(at, length)
	case '*':
		return l.respArray(at, length)
	}
	return l.respInline(at, length)
}

// respSegment prints captured text.
func (l *line) respSegment(at, n int) {
	l.str(` "`)
	l.text(at, n)
	l.str(`"`)
}

// respLineEnd finds the end of a line.
func (l *line) respLineEnd(at, end int) (int, bool) {
	for ; at+2 <= end && l.has(at, 2); at++ {
		if l.frame[at] == '\r' && l.frame[at+1] == '\n' {
			return at, true
		}
	}
	return at, false
}

func (l *line) respBulk(at, length int) int {
	end := at + length
	n, data := l.respLength(at+1, end)
	if n < 0 {
		return l.respNoLength(n, data-at)
	}
	if n == 0 {
		l.str(" empty")
	} else {
		if end-data < n || !l.has(data, n) {
			return -1
		}
		l.respSegment(data, n)
		data += n
	}
	next, ok := l.respLineEnd(data, end)
	if !ok {
		return -1
	}
	return next + 2 - at
}

func (l *line) respArray(at, length int) int {
	end := at + length
	n, next := l.respLength(at+1, end)
	if n < 0 {
		return l.respNoLength(n, next-at)
	}
	if n == 0 {
		l.str(" empty")
	}
	for range n {
		size := l.respValue(next, end-next)
		if size < 0 || l.stopped {
			return -1
		}
		next += size
	}
	return next - at
}

// respNoLength says what is in place of a length.
func (l *line) respNoLength(n, used int) int {
	switch n {
	case respNull:
		l.str(" null")
	case respCut:
		return -1
	case respTooLarge:
		l.str(" length too large")
	case respNegative:
		l.str(" length negative and not -1")
	default:
		l.str(" invalid")
	}
	return used
}

// respInline prints a line that somebody typed.
func (l *line) respInline(at, length int) int {
	end := at + length
	start, ok := l.respSkipEnds(at, end)
	if !ok {
		return -1
	}
	stop := start
	for {
		if stop >= end {
			return -1
		}
		if b := l.u8(stop); l.stopped || b == '\r' || b == '\n' {
			break
		}
		stop++
	}
	l.respSegment(start, stop-start)
	next, _ := l.respSkipEnds(stop, end)
	return next - at
}

// respSkipEnds skips line ends; false means that there is nothing at all.
func (l *line) respSkipEnds(at, end int) (int, bool) {
	start := at
	for ; at < end && l.has(at, 1); at++ {
		if l.frame[at] != '\r' && l.frame[at] != '\n' {
			return at, true
		}
	}
	return at, at > start
}

// respLength reads a length and gives what is behind its line.
func (l *line) respLength(at, end int) (n, next int) {
	const largest = 1<<31 - 1
	if at >= end {
		return respCut, at
	}
	negative, tooLarge, first := l.u8(at) == '-', false, true
	if negative {
		at++
	}
	for ; ; at++ {
		if at >= end || l.stopped {
			return respCut, at
		}
		c := l.u8(at)
		if c < '0' || c > '9' {
			break
		}
		first = false
		if c -= '0'; n > largest/10 || n == largest/10 && c > largest%10 {
			tooLarge = true
			if n <= largest/10 {
				n *= 10
			}
		} else {
			n = 10*n + c
		}
	}
	const invalid = -5
	if first || l.u8(at) != '\r' {
		return invalid, at + 1
	}
	if at++; at >= end {
		return respCut, at
	}
	if l.u8(at) != '\n' {
		return invalid, at + 1
	}
	at++
	switch {
	case negative && (tooLarge || n != 1):
		return respNegative, at
	case negative:
		return respNull, at
	case tooLarge:
		return respTooLarge, at
	}
	return n, at
}
