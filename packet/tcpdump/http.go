package tcpdump

// Words that start a request.
const (
	httpMethods = " GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE NOTIFY" +
		" BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT MKACTIVITY" +
		" MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL "
	rtspMethods = " DESCRIBE ANNOUNCE GET_PARAMETER OPTIONS PAUSE PLAY RECORD REDIRECT SETUP SET_PARAMETER TEARDOWN "
	sipMethods  = " ACK BYE CANCEL DO INFO INVITE MESSAGE NOTIFY OPTIONS PRACK QAUTH REFER REGISTER SPRACK SUBSCRIBE UPDATE PUBLISH "
)

// textProtocol prints the first line of text, or with -v all of them. If there
// are methods, only what starts with one or has a status for its second word.
func (l *line) textProtocol(name, title string, at, length int, methods string) {
	l.enter(name)
	l.str(title)
	if methods != "" && !l.startsMessage(at, at+length, methods) {
		return
	}
	if l.opt.Verbose == 0 {
		l.textLine(at, at+length, ": ")
		return
	}
	l.str(", length: ")
	l.num(length)
	for next, end := at, at+length; next < end && next >= 0; {
		next = l.textLine(next, end, "\n\t")
	}
}

// startsMessage tells whether there is a request or a reply.
func (l *line) startsMessage(at, end int, methods string) bool {
	first, at := l.word(at, end)
	if len(first) == 0 {
		return false
	}
	if inWords(methods, first) {
		return true
	}
	status, _ := l.word(at, end)
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

// inWords tells whether word, in capitals or not, is one of those that blanks
// surround in words.
func inWords(words string, word []byte) bool {
	for at := 0; at < len(words)-1; {
		end := at + 1
		for words[end] != ' ' {
			end++
		}
		if equalFold(words[at+1:end], word) {
			return true
		}
		at = end
	}
	return false
}

func equalFold(s string, b []byte) bool {
	if len(s) != len(b) {
		return false
	}
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// word gives the bytes up to white space, and where the next word starts. It is
// empty if the bytes are no text, too many, or not captured.
func (l *line) word(at, end int) (word []byte, next int) {
	const most = 127
	start := at
	for ; at < end; at++ {
		if !l.has(at, 1) {
			return nil, at
		}
		b := l.frame[at]
		if b == ' ' || b == '\t' || b == '\r' || b == '\n' {
			break
		}
		if b < ' ' || b > '~' || at-start == most {
			return nil, at
		}
	}
	word = l.frame[start:at]
	for at < end && l.has(at, 1) && (l.frame[at] == ' ' || l.frame[at] == '\t') {
		at++
	}
	return word, at
}

// textLine prints a line after the given text, and gives where the next one
// starts. That is -1 if the bytes are no text, or end before the line does.
func (l *line) textLine(at, end int, before string) (next int) {
	start := at
	for ; at < end; at++ {
		b := l.u8(at)
		if l.stopped {
			return -1
		}
		switch {
		case b == '\n':
			next = at + 1
		case b == '\r':
			if at+1 >= end || l.u8(at+1) != '\n' {
				return -1
			}
			next = at + 2
		case (b < ' ' || b > '~') && b != '\t':
			return -1
		}
		if next > 0 {
			break
		}
	}
	l.str(before)
	l.out = append(l.out, l.frame[start:at]...)
	if next == 0 {
		l.truncated()
		return -1
	}
	return next
}

// beep prints RFC 3080's frames.
func (l *line) beep(at, length int) {
	l.enter("beep")
	// tcpdump compares the zero byte after MSG and END, too.
	for _, kind := range [...]string{"MSG\x00", "RPY ", "ERR ", "ANS ", "NUL ", "SEQ ", "END\x00"} {
		if l.has(at, 4) && length >= 4 && string(l.frame[at:at+4]) == kind {
			l.str(" BEEP ")
			l.str(kind[:3])
			return
		}
	}
	l.str(" BEEP (payload or undecoded)")
}

// ssh prints the line with the version, RFC 4253 section 4.2.
func (l *line) ssh(at, length int) {
	l.enter("ssh")
	for i, b := range []byte("SSH-") {
		if l.u8(at+i) != int(b) {
			return
		}
	}
	for i := 4; i < length; i++ {
		b := l.u8(at + i)
		switch {
		case l.stopped:
			return
		case b == '\n' || b == '\r' && i+1 < length && l.u8(at+i+1) == '\n':
			if !l.stopped {
				l.str(": SSH: ")
				l.out = append(l.out, l.frame[at:at+i]...)
			}
			return
		case b < ' ' || b > '~':
			return
		}
	}
}

var (
	syslogSeverities = [...]string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}
	syslogFacilities = []numbered{
		{0, "kernel"}, {1, "user"}, {2, "mail"}, {3, "daemon"}, {4, "auth"}, {5, "syslog"}, {6, "lpr"}, {7, "news"}, {8, "uucp"}, {9, "cron"},
		{10, "authpriv"}, {11, "ftp"}, {12, "ntp"}, {13, "security"}, {14, "console"}, {15, "cron"}, {16, "local0"}, {17, "local1"},
		{18, "local2"}, {19, "local3"}, {20, "local4"}, {21, "local5"}, {22, "local6"}, {23, "local7"},
	}
)

// syslog prints RFC 3164's messages.
func (l *line) syslog(at, length int) {
	const mostDigits = 3
	l.enter("syslog")
	if l.u8(at) != '<' {
		l.invalid()
		return
	}
	skip, priority := 1, 0
	for ; skip <= mostDigits; skip++ {
		d := l.u8(at + skip)
		if d < '0' || d > '9' {
			break
		}
		priority = 10*priority + d - '0'
	}
	if l.u8(at+skip) != '>' {
		l.invalid()
		return
	}
	skip++
	facility, severity := priority>>3&0x7f, priority&7
	l.str("SYSLOG")
	if l.opt.Verbose == 0 {
		l.str(" ")
		l.named(syslogFacilities, "unknown (", facility, ")")
		l.str(".")
		l.str(syslogSeverities[severity])
		l.str(", length: ")
		l.num(length)
		return
	}
	l.str(", length: ")
	l.num(length)
	l.str("\n\tFacility ")
	l.named(syslogFacilities, "unknown (", facility, ")")
	l.str(" (")
	l.num(facility)
	l.str("), Severity ")
	l.str(syslogSeverities[severity])
	l.str(" (")
	l.num(severity)
	l.str(")\n\tMsg: ")
	l.wholeText(at+skip, length-skip)
	if l.opt.Verbose > 1 {
		l.unknown(at, length, "\n\t")
	}
}

var (
	tftpOperations = []numbered{{1, "RRQ"}, {2, "WRQ"}, {3, "DATA"}, {4, "ACK"}, {5, "ERROR"}, {6, "OACK"}}
	tftpErrors     = []numbered{
		{0, "EUNDEF"}, {1, "ENOTFOUND"}, {2, "EACCESS"}, {3, "ENOSPACE"}, {4, "EBADOP"}, {5, "EBADID"}, {6, "EEXISTS"}, {7, "ENOUSER"},
	}
)

// tftp prints RFC 1350's packets with the options of RFC 2347.
func (l *line) tftp(at, length int) {
	l.enter("tftp")
	l.str("TFTP, length ")
	l.num(length)
	if length < 2 || !l.tftpPacket(at, length) {
		l.truncated()
	}
}

func (l *line) tftpPacket(at, length int) (whole bool) {
	operation := l.u16(at)
	l.str(", ")
	l.named(tftpOperations, "tftp-#", operation, "")
	end := at + length
	at += 2
	switch operation {
	case 1, 2:
		if at >= end {
			return false
		}
		l.str(` "`)
		at, whole = l.tftpString(at, end)
		l.str(`"`)
		if !whole || at >= end {
			return false
		}
		l.str(" ")
		if at, whole = l.tftpString(at, end); !whole {
			return false
		}
		return l.tftpOptions(at, end)
	case 6:
		return l.tftpOptions(at, end)
	case 3, 4:
		if end-at < 2 {
			return false
		}
		block := l.u16(at)
		l.str(" block ")
		l.num(block)
	case 5:
		if end-at < 2 {
			return false
		}
		code := l.u16(at)
		l.str(" ")
		l.named(tftpErrors, "tftp-err-#", code, ` "`)
		if at += 2; at >= end {
			return false
		}
		l.str(` "`)
		_, whole = l.tftpString(at, end)
		l.str(`"`)
		return whole
	}
	return true
}

func (l *line) tftpOptions(at, end int) (whole bool) {
	for at < end && !l.stopped {
		if l.u8(at) != 0 {
			l.str(" ")
		}
		if at, whole = l.tftpString(at, end); !whole {
			return false
		}
	}
	return true
}

// tftpString prints text up to a zero byte and gives what is behind that.
func (l *line) tftpString(at, end int) (next int, whole bool) {
	for ; at < end && at < l.end; at++ {
		if l.frame[at] == 0 {
			return at + 1, true
		}
		l.char(l.frame[at])
	}
	return at, false
}
