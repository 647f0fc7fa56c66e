package tcpdump

import "strings"

// http prints the first line of a request or reply, or only the protocol's
// name when the data starts with neither.
func (l *line) http(at, length int) {
	l.enter("http")
	l.str("HTTP")
	if l.stopped {
		return
	}
	data := l.frame[min(at, l.end):min(at+length, l.end)]
	starts := startsHTTP(data)
	if l.opt.Verbose > 0 {
		l.str(", length: ")
		l.num(length)
		l.str(" ")
		l.notModelled("HTTP headers")
		return
	}
	if !starts {
		return
	}
	text, whole := firstLine(data)
	if !whole && text != nil && at+length > l.end {
		l.truncated()
	} else if text != nil {
		l.str(": ")
		l.out = append(l.out, text...)
	}
}

// firstLine returns the printable text up to the end of the line. whole is
// false when the data ends before the line does. Anything that is no text
// gives nil.
func firstLine(data []byte) (text []byte, whole bool) {
	for i, b := range data {
		switch {
		case b == '\n' || b == '\r' && i+1 < len(data) && data[i+1] == '\n':
			return data[:i], true
		case b == '\r' && i+1 == len(data):
			return data[:i], false
		case (b < ' ' || b > '~') && b != '\t':
			return nil, false
		}
	}
	return data, false
}

// httpMethods start a request. The blanks around each are part of the search.
const httpMethods = " GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE NOTIFY" +
	" BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT MKACTIVITY" +
	" MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL "

// startsHTTP tells whether data starts with a method or, as in "HTTP/1.1 200",
// has a status code for its second word.
func startsHTTP(data []byte) bool {
	first, rest := word(data)
	if len(first) == 0 || len(first) > 16 {
		return false
	}
	for at := 0; ; at++ {
		i := strings.IndexByte(httpMethods[at:], ' ')
		if i < 0 {
			break
		}
		at += i
		end := at + 1 + len(first)
		if end < len(httpMethods) && httpMethods[end] == ' ' && equalFold(httpMethods[at+1:end], first) {
			return true
		}
	}
	status, _ := word(rest)
	if len(status) != 3 {
		return false
	}
	for _, b := range status {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

func equalFold(s string, b []byte) bool {
	for i := range s {
		if s[i] != b[i]&^0x20 && s[i] != b[i] {
			return false
		}
	}
	return true
}

// word splits off the bytes up to white space and skips that.
func word(data []byte) (first, rest []byte) {
	i := 0
	for i < len(data) && !isSpace(data[i]) {
		i++
	}
	first = data[:i]
	for i < len(data) && isSpace(data[i]) {
		i++
	}
	return first, data[i:]
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
