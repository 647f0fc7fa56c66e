package tcpdump

// Types of resource records that have a text of their own,
// https://www.iana.org/assignments/dns-parameters.
const (
	dnsA     = 1
	dnsNS    = 2
	dnsCNAME = 5
	dnsSOA   = 6
	dnsPTR   = 12
	dnsMX    = 15
	dnsTXT   = 16
	dnsAAAA  = 28
	dnsSRV   = 33
	dnsA6    = 38
	dnsDNAME = 39
	dnsOPT   = 41
	dnsUNSPA = 104
	dnsTSIG  = 250
	dnsURI   = 256
)

const (
	dnsHeaderLen = 12
	dnsClassIN   = 1
	dnsClassTop  = 0x8000 // mDNS: unicast answer wanted, or cache flush
	dnsMaxName   = 255
)

var dnsTypes = [...]string{
	1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS",
	12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT",
	22: "NSAP", 23: "NSAP_PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT", 31: "EID",
	32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT", 38: "A6", 39: "DNAME", 40: "SINK", 41: "OPT",
	42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY",
	99: "SPF", 100: "UINFO", 101: "UID", 102: "GID", 103: "UNSPEC", 104: "UNSPECA",
	249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI",
}

var dnsOperations = [16]string{
	"", " inv_q", " stat", " op3", " notify", " update", " op6", " op7",
	" op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef",
}

// The blanks that are missing are missing in tcpdump.
var dnsResponses = [...]string{
	"", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet",
	" NXRRSet", " NotAuth", " NotZone", " Resp11", " Resp12", " Resp13", " Resp14", " NoChange",
	" BadVers", "Resp17", " Resp18", " Resp19", " Resp20", "Resp21", " Resp22", " BadCookie",
}

var ednsOptions = [...]string{
	1: "LLQ", 2: "UL", 3: "NSID", 5: "DAU", 6: "DHU", 7: "N3U", 8: "ECS", 9: "EXPIRE", 10: "COOKIE",
	11: "KEEPALIVE", 12: "PADDING", 13: "CHAIN", 14: "KEY-TAG", 16: "CLIENT-TAG", 17: "SERVER-TAG",
}

var dnssecAlgorithms = []numbered{
	{0, "DELETE"}, {1, "RSAMD5"}, {2, "DH"}, {3, "DS"}, {5, "RSASHA1"}, {6, "DSA-NSEC3-SHA1"}, {7, "RSASHA1-NSEC3-SHA1"},
	{8, "RSASHA256"}, {10, "RSASHA512"}, {12, "ECC-GOST"}, {13, "ECDSAP256SHA256"}, {14, "ECDSAP384SHA384"},
	{15, "ED25519"}, {16, "ED448"}, {252, "INDIRECT"}, {253, "PRIVATEDNS"}, {254, "PRIVATEOID"},
}

var (
	dsDigests   = []numbered{{1, "SHA-1"}, {2, "SHA-256"}, {3, "GOST_R_34.11-94"}, {4, "SHA-384"}}
	nsec3Hashes = []numbered{{1, "SHA-1"}}
)

// dns is a message while it is printed.
type dns struct {
	*line
	at        int // of the header
	multicast bool
}

// domain prints a DNS message (RFC 1035) of length bytes.
func (l *line) domain(at, length int, tcp, multicast bool) {
	l.enter("domain")
	if tcp {
		if length < 2 {
			l.str(" [DNS over TCP: length ")
			l.num(length)
			l.str(" < 2]")
			l.invalid()
			return
		}
		length -= 2
		if prefix := l.u16(at); prefix != length {
			l.str(" [prefix length(")
			l.num(prefix)
			l.str(") != length(")
			l.num(length)
			l.str(")]")
			l.invalid()
			return
		}
		at += 2
		l.str(" ")
	}
	if length < dnsHeaderLen {
		l.str("domain [length ")
		l.num(length)
		l.str(" < 12]")
		l.invalid()
		return
	}
	if !l.has(at, dnsHeaderLen) {
		l.truncated()
		return
	}
	d := dns{l, at, multicast}
	flags := l.u16(at + 2)
	whole := false
	if flags&0x8000 != 0 {
		whole = d.response(flags)
	} else {
		whole = d.query(flags)
	}
	if !whole {
		l.truncated()
		return
	}
	l.str(" (")
	l.num(length)
	l.str(")")
}

// count reads one of the four numbers of records in the header.
func (d *dns) count(section int) int { return d.u16(d.at + 4 + 2*section) }

// response prints a reply; false means that it was cut.
func (d *dns) response(flags int) bool {
	d.num(d.u16(d.at))
	d.str(dnsOperations[flags>>11&15])
	if code := d.responseCode(flags); code < len(dnsResponses) {
		d.str(dnsResponses[code])
	} else {
		d.str(" Resp")
		d.num(code)
	}
	for _, f := range [...]struct {
		set  bool
		text string
	}{{flags&0x400 != 0, "*"}, {flags&0x80 == 0, "-"}, {flags&0x200 != 0, "|"}, {flags&0x20 != 0, "$"}} {
		if f.set {
			d.str(f.text)
		}
	}
	questions := d.count(0)
	if questions != 1 {
		d.counted(questions, "q]")
	}
	at, ok := d.at+dnsHeaderLen, true
	for i := range questions {
		if i > 0 {
			d.str(",")
		}
		if d.opt.Verbose > 1 {
			d.str(" q:")
			if at, ok = d.question(at); !ok {
				return false
			}
			continue
		}
		if at, ok = d.skipName(at); !ok {
			return false
		}
		at += 4
	}
	answers := d.count(1)
	d.str(" ")
	d.num(answers)
	d.str("/")
	d.num(d.count(2))
	d.str("/")
	d.num(d.count(3))
	if answers > 0 {
		if at, ok = d.records(at, answers); !ok {
			return false
		}
	}
	return d.moreSections(at)
}

// moreSections prints the authority and the additional records with -vv.
func (d *dns) moreSections(at int) (ok bool) {
	if d.opt.Verbose < 2 {
		return true
	}
	for section, title := range [...]string{2: " ns:", 3: " ar:"} {
		n := 0
		if title != "" {
			n = d.count(section)
		}
		if n == 0 {
			continue
		}
		if at >= d.end {
			return false
		}
		d.str(title)
		if at, ok = d.records(at, n); !ok {
			return false
		}
	}
	return true
}

// counted prints " [3q]".
func (d *dns) counted(n int, what string) {
	d.str(" [")
	d.num(n)
	d.str(what)
}

// query prints a request; false means that it was cut.
func (d *dns) query(flags int) bool {
	const (
		inverse = 1
		strange = 0x6cf // bits that a request should not have
	)
	operation := flags >> 11 & 15
	d.num(d.u16(d.at))
	d.str(dnsOperations[operation])
	if flags&0x100 != 0 {
		d.str("+")
	}
	if flags&0x10 != 0 {
		d.str("%")
	}
	if flags&strange != 0 {
		d.str(" [b2&3=0x")
		d.hex(uint32(flags), 1)
		d.str("]")
	}
	questions, answers := d.count(0), d.count(1)
	if operation == inverse {
		if questions > 0 {
			d.counted(questions, "q]")
		}
		if answers != 1 {
			d.counted(answers, "a]")
		}
	} else {
		if answers > 0 {
			d.counted(answers, "a]")
		}
		if questions != 1 {
			d.counted(questions, "q]")
		}
	}
	if n := d.count(2); n > 0 {
		d.counted(n, "n]")
	}
	if n := d.count(3); n > 0 {
		d.counted(n, "au]")
	}
	at, ok := d.at+dnsHeaderLen, true
	for i := 0; i < questions; i++ {
		if i > 0 && at >= d.end {
			return false
		}
		if at, ok = d.question(at); !ok {
			return false
		}
	}
	if d.opt.Verbose > 1 && answers > 0 {
		if at, ok = d.records(at, answers); !ok {
			return false
		}
	}
	return d.moreSections(at)
}

// records prints n > 0 resource records with commas between them.
func (d *dns) records(at, n int) (next int, ok bool) {
	for i := range n {
		if i > 0 {
			if at >= d.end {
				return at, false
			}
			d.str(",")
		}
		if at, ok = d.record(at); !ok {
			return at, false
		}
	}
	return at, true
}

// responseCode is the code of the header with the upper bits of an OPT record,
// RFC 6891.
func (d *dns) responseCode(flags int) int {
	code := flags & 15
	at, ok := d.at+dnsHeaderLen, true
	for range d.count(0) {
		if at, ok = d.skipName(at); !ok || at+4 >= d.end {
			return code
		}
		at += 4
	}
	skipRest := func() bool { // from the type on
		if at+10 > d.end {
			return false
		}
		at += 10 + d.u16(at+8)
		return at < d.end
	}
	for range d.count(1) + d.count(2) {
		if at, ok = d.skipName(at); !ok || !skipRest() {
			return code
		}
	}
	for range d.count(3) {
		if at, ok = d.skipName(at); !ok || at+2 > d.end {
			return code
		}
		if d.u16(at) == dnsOPT {
			if at+5 <= d.end {
				code |= d.u8(at+4) << 4
			}
			return code
		}
		if !skipRest() {
			return code
		}
	}
	return code
}

// typeName prints the type of a record.
func (d *dns) typeName(kind int) {
	d.str(" ")
	if kind < len(dnsTypes) && dnsTypes[kind] != "" {
		d.str(dnsTypes[kind])
		return
	}
	d.str("Type")
	d.num(kind)
}

// className prints every class but IN.
func (d *dns) className(class int) {
	switch class {
	case dnsClassIN:
	case 3:
		d.str(" CHAOS")
	case 4:
		d.str(" HS")
	case 255:
		d.str(" ANY")
	default:
		d.str(" (Class ")
		d.num(class)
		d.str(")")
	}
}

// question prints " A? name".
func (d *dns) question(at int) (next int, ok bool) {
	owner := at
	if at, ok = d.skipName(at); !ok || !d.has(at, 4) {
		return at, false
	}
	d.typeName(d.u16(at))
	class := d.u16(at + 2)
	if d.multicast {
		d.className(class &^ dnsClassTop)
		if class&dnsClassTop != 0 {
			d.str(" (QU)")
		} else {
			d.str(" (QM)")
		}
	} else {
		d.className(class)
	}
	d.str("? ")
	at, ok = d.name(owner, d.at)
	return at + 4, ok
}

// record prints a resource record.
func (d *dns) record(at int) (next int, ok bool) {
	if d.opt.Verbose > 0 {
		d.str(" ")
		if at, ok = d.name(at, d.at); !ok {
			return at, false
		}
	} else {
		at, ok = d.skipName(at)
	}
	if !ok || !d.has(at, 10) {
		return d.end, true
	}
	kind, class := d.u16(at), d.u16(at+2)
	flush := d.multicast && class&dnsClassTop != 0
	if d.multicast {
		class &^= dnsClassTop
	}
	if kind != dnsOPT {
		d.className(class)
	}
	if flush {
		d.str(" (Cache flush)")
	}
	if kind != dnsOPT && d.opt.Verbose > 2 {
		d.str(" [")
		d.span(d.u32(at + 4))
		d.str("]")
	}
	extended := d.u16(at + 6) // of an OPT record
	data := at + 10
	next = data + d.u16(at+8)
	d.typeName(kind)
	if next > d.end {
		return next, false
	}
	if kind == dnsOPT {
		return next, d.edns(class, extended, data, next)
	}
	return next, d.recordData(kind, data, next)
}

// recordData prints what a record says.
func (d *dns) recordData(kind, at, next int) (ok bool) {
	switch kind {
	case dnsA:
		if !d.has(at, 4) {
			return false
		}
		d.str(" ")
		d.dotted(at)
	case dnsAAAA:
		if !d.has(at, 16) {
			return false
		}
		d.str(" ")
		d.address6(at)
	case dnsNS, dnsCNAME, dnsPTR, dnsDNAME:
		d.str(" ")
		_, ok = d.name(at, d.at)
		return ok
	case dnsMX:
		d.str(" ")
		if !d.has(at, 2) {
			return false
		}
		if _, ok = d.name(at+2, d.at); !ok {
			return false
		}
		d.str(" ")
		d.num(d.u16(at))
	case dnsSRV:
		d.str(" ")
		if !d.has(at, 6) {
			return false
		}
		if _, ok = d.name(at+6, d.at); !ok {
			return false
		}
		d.str(":")
		d.num(d.u16(at + 4))
		d.str(" ")
		d.num(d.u16(at))
		d.str(" ")
		d.num(d.u16(at + 2))
	case dnsTXT:
		return d.strings(at, next)
	case dnsSOA:
		return d.opt.Verbose == 0 || d.authority(at)
	case dnsURI:
		d.str(" ")
		d.num(d.u16(at))
		d.str(" ")
		d.num(d.u16(at + 2))
		d.str(" ")
		return d.text(at+4, d.unsignedLength(next-at-4))
	case dnsUNSPA:
		return d.text(at, next-at)
	case dnsA6:
		return d.prefix6(at)
	case dnsTSIG:
		return d.opt.Verbose == 0 || d.signature(at)
	}
	return true
}

// unsignedLength makes a negative length what it is in unsigned arithmetic: more
// than there is.
func (d *dns) unsignedLength(n int) int {
	if n < 0 {
		return len(d.frame) + 1
	}
	return n
}

func (d *dns) strings(at, next int) bool {
	for at < next {
		d.str(` "`)
		if !d.has(at, 1) {
			return false
		}
		n := d.u8(at)
		if !d.text(at+1, n) {
			return false
		}
		at += 1 + n
		d.str(`"`)
	}
	return true
}

// authority prints the start of a zone of authority.
func (d *dns) authority(at int) (ok bool) {
	for range 2 {
		d.str(" ")
		if at, ok = d.name(at, d.at); !ok {
			return false
		}
	}
	if !d.has(at, 20) {
		return false
	}
	for i := range 5 {
		d.str(" ")
		d.unsigned(d.u32(at + 4*i))
	}
	return true
}

// prefix6 prints an A6 record, RFC 2874.
func (d *dns) prefix6(at int) bool {
	if !d.has(at, 1) {
		return false
	}
	bits := d.u8(at)
	skipped := bits / 8
	switch {
	case bits > 128:
		d.str(" ")
		d.num(bits)
		d.str("(bad plen)")
		return true
	case bits < 128:
		if !d.need(at+1, 16-skipped) {
			return true
		}
		var a [16]byte
		copy(a[skipped:], d.frame[at+1:])
		d.str(" ")
		d.num(bits)
		d.str(" ")
		d.numeric6(a)
	}
	if bits > 0 {
		d.str(" ")
		_, ok := d.name(at+1+16-skipped, d.at)
		return ok
	}
	return true
}

// signature prints a TSIG record, RFC 8945.
func (d *dns) signature(at int) (ok bool) {
	d.str(" ")
	if at, ok = d.name(at, d.at); !ok {
		return false
	}
	at += 6
	for _, field := range [...]string{" fudge=", " maclen=", " origid=", " error=", " otherlen="} {
		if !d.has(at, 2) {
			return false
		}
		n := d.u16(at)
		d.str(field)
		d.num(n)
		at += 2
		if field == " maclen=" {
			at += n
		}
	}
	return true
}

// edns prints an OPT record.
func (d *dns) edns(size, extended, at, next int) (ok bool) {
	d.str(" UDPsize=")
	d.num(size)
	if extended&0x8000 != 0 {
		d.str(" DO")
	}
	if at >= next {
		return true
	}
	d.str(" [")
	for at < next {
		if at, ok = d.ednsOption(at); !ok {
			return false
		}
		if at < next {
			d.str(",")
		}
	}
	d.str("]")
	return true
}

func (d *dns) ednsOption(at int) (next int, ok bool) {
	if !d.has(at, 2) {
		return at, false
	}
	option := d.u16(at)
	if option < len(ednsOptions) && ednsOptions[option] != "" {
		d.str(ednsOptions[option])
	} else {
		d.str("Opt")
		d.num(option)
	}
	if !d.has(at+2, 2) {
		return at, false
	}
	length := d.u16(at + 2)
	at += 4
	if !d.has(at, length) {
		return at, false
	}
	if length > 0 {
		d.str(" ")
		d.ednsData(option, at, length)
	}
	return at + length, true
}

func (d *dns) ednsData(option, at, length int) {
	bad := false
	switch option {
	case 5, 6, 7:
		names := [...][]numbered{dnssecAlgorithms, dsDigests, nsec3Hashes}[option-5]
		for i := range length {
			if i > 0 {
				d.str(" ")
			}
			d.named(names, "Alg_", d.u8(at+i), "")
		}
	case 8:
		d.clientSubnet(at, length)
	case 9:
		if bad = length != 4; !bad {
			d.unsigned(d.u32(at))
			d.str(" sec")
		}
	case 10: // a client's half and a server's
		if bad = length < 8 || length > 8 && length < 16 || length > 40; !bad {
			d.hexBytes(at, 8)
			if length > 8 {
				d.str(" ")
				d.hexBytes(at+8, length-8)
			}
		}
	case 11: // in 100 ms
		if bad = length != 2; !bad {
			d.num(d.u16(at) / 10)
			d.str(".")
			d.num(d.u16(at) % 10)
			d.str(" sec")
		}
	case 12:
		d.str("(")
		d.num(length)
		d.str(")")
	case 13:
		d.name(at, at+length)
	case 14:
		if bad = length%2 != 0; bad {
			break
		}
		for i := 0; i < length; i += 2 {
			if i > 0 {
				d.str(" ")
			}
			d.num(d.u16(at + i))
		}
	default:
		d.hexBytes(at, length)
	}
	if bad {
		d.invalid()
	}
}

// clientSubnet prints RFC 7871's option.
func (d *dns) clientSubnet(at, length int) {
	bytes := 0
	if length >= 4 {
		switch d.u16(at) {
		case 1:
			bytes = 4
		case 2:
			bytes = 16
		}
	}
	if bytes == 0 || length-4 > bytes {
		d.invalid()
		return
	}
	source, scope := d.u8(at+2), d.u8(at+3)
	if source > 8*bytes || scope > 8*bytes || (source+7)/8 != length-4 {
		d.invalid()
		return
	}
	var a [16]byte
	copy(a[:], d.frame[at+4:at+length])
	if bytes == 4 {
		d.dottedBytes([4]byte(a[:]))
	} else {
		d.numeric6(a)
	}
	d.str("/")
	d.num(source)
	d.str("/")
	d.num(scope)
}

// Kinds of labels: the upper two bits of their first byte.
const (
	labelMask     = 0xc0
	labelPointer  = 0xc0
	labelReserved = 0x80
	labelExtended = 0x40 // RFC 2671, of which only the bit string was ever used
	labelBits     = 1
)

// skipName gives where a name ends.
func (d *dns) skipName(at int) (next int, ok bool) {
	for {
		if !d.has(at, 1) {
			return at, false
		}
		n := d.u8(at)
		at++
		switch n & labelMask {
		case labelPointer:
			return at + 1, true
		case labelExtended:
			if n&^labelMask != labelBits || !d.has(at, 1) {
				return at, false
			}
			at += 1 + (d.bitCount(at)+7)/8
		case labelReserved:
			return at, false
		default:
			if n == 0 {
				return at, true
			}
			at += n
		}
	}
}

func (d *dns) bitCount(at int) int {
	if n := d.u8(at); n > 0 {
		return n
	}
	return 256
}

// labelLen is how many bytes follow a label's first one.
func (d *dns) labelLen(at int) (n int, ok bool) {
	if !d.has(at, 1) {
		return 0, false
	}
	switch n = d.u8(at); n & labelMask {
	case labelExtended:
		if n&^labelMask != labelBits {
			d.str("<ELT ")
			d.num(n &^ labelMask)
			d.str(">")
			return 0, false
		}
		if !d.has(at+1, 1) {
			return 0, false
		}
		return (d.bitCount(at+1)+7)/8 + 1, true
	case labelReserved:
		d.str("<BAD LABEL TYPE>")
		return 0, false
	}
	return n, true
}

// name prints a domain name whose pointers count from base and gives where it
// ends. Pointers must lead backwards, so it ends.
func (l *line) name(at, base int) (next int, ok bool) {
	d := dns{line: l}
	length, ok := d.labelLen(at)
	if !ok {
		return at, false
	}
	limit := uint32(at - base)
	first := d.u8(at)
	at++
	if first == 0 {
		d.str(".")
		return at, true
	}
	next = at + length
	jumped, printed := false, 0
	for n := first; n != 0 && at < d.end; {
		switch n & labelMask {
		case labelPointer:
			if !jumped {
				next, jumped = at+1, true
			}
			if !d.has(at, 1) {
				return at, false
			}
			offset := uint32(n<<8|d.u8(at)) & 0x3fff
			if offset >= limit {
				d.str("<BAD PTR>")
				return at, false
			}
			limit = offset
			at = base + int(offset)
		case labelExtended:
			if !d.bitLabel(at) {
				return at, false
			}
			if at, ok = d.nameStep(at+length, &printed); !ok {
				return at, false
			}
		default:
			if room := dnsMaxName - printed; room > 0 && !d.text(at, min(length, room)) {
				return at, false
			}
			printed += length
			if at, ok = d.nameStep(at+length, &printed); !ok {
				return at, false
			}
		}
		if !d.has(at, 1) {
			return at, false
		}
		n = d.u8(at)
		if length, ok = d.labelLen(at); !ok {
			return at, false
		}
		at++
		if !jumped {
			next = at + length
		}
	}
	if first&labelMask == labelPointer && !jumped {
		return at, false
	}
	if printed > dnsMaxName {
		d.str("<DOMAIN NAME TOO LONG>")
	}
	return next, true
}

// nameStep prints the dot behind a label.
func (d *dns) nameStep(at int, printed *int) (next int, ok bool) {
	if *printed <= dnsMaxName {
		d.str(".")
	}
	*printed++
	return at, d.has(at, 1)
}

// bitLabel prints a bit string of RFC 2673: \[xff/8].
func (d *dns) bitLabel(at int) bool {
	if !d.has(at, 1) {
		return false
	}
	bits := d.bitCount(at)
	end := at + 1 + (bits+3)/4
	d.str(`\[x`)
	left := bits
	for at++; at < end && left > 7; at++ {
		d.hex(uint32(d.u8(at)), 2)
		left -= 8
	}
	switch {
	case left > 4:
		d.hex(uint32(d.u8(at)&(0xff<<(8-left))), 2)
	case left > 0:
		d.hex(uint32(d.u8(at)>>4&15&(15<<(4-left))), 1)
	}
	d.str("/")
	d.num(bits)
	d.str("]")
	return true
}
