package tcpdump

// asnKind is what an ASN.1 element holds.
type asnKind int

const (
	asnAny asnKind = iota
	asnNull
	asnOctets
	asnOID
	asnInteger
	asnUnsigned
	asnString
	asnSequence
	asnAddress
	asnPDU
	asnException
)

// asn is an element of ASN.1 in the basic encoding rules.
type asn struct {
	kind       asnKind
	id         int
	at, length int // of its content
	next       int // behind it
	number     int64
	big        uint64
}

// Names of the identifiers of each class.
var (
	asnUniversal = [...]string{
		"U-0", "Boolean", "Integer", "Bitstring", "String", "Null", "ObjID", "ObjectDes", "U-8", "U-9", "U-10", "U-11", "U-12", "U-13", "U-14",
		"U-15", "Sequence", "Set",
	}
	asnApplication = [...]string{"IpAddress", "Counter", "Gauge", "TimeTicks", "Opaque", "C-5", "Counter64"}
	snmpPDUs       = [...]string{"GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap", "GetBulk", "Inform", "V2Trap", "Report"}
	asnPrivate     = [...]string{"P-0"}
	asnClasses     = [...][]string{asnUniversal[:], asnApplication[:], snmpPDUs[:], asnPrivate[:]}
	asnExceptions  = [...]string{"noSuchObject", "noSuchInstance", "endOfMibView"}

	snmpErrors = [...]string{
		"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength", "wrongEncoding", "wrongValue",
		"noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable",
		"inconsistentName",
	}
	snmpTraps    = [...]string{"coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss", "enterpriseSpecific"}
	snmpVersions = [...]string{"SNMPv1", "SNMPv2c", "SNMPv2u", "SNMPv3"}
)

const (
	snmpGetRequest = iota
	snmpGetNext
	snmpGetResponse
	snmpSet
	snmpTrap
	snmpGetBulk
	snmpInform
	snmpTrap2
	snmpReport
)

// element reads the element at at, for which there are length bytes. If ok is
// false, it has told what is wrong.
func (l *line) element(at, length int) (e asn, ok bool) {
	if length < 1 {
		l.str("[nothing to parse]")
		return e, false
	}
	first := l.u8(at)
	constructed, class := first&0x20 != 0, first>>6
	e.id = first & 0x1f
	at++
	length--
	if e.id == 0x1f { // it follows, seven bits in each byte
		id := 0
		for l.u8(at)&0x80 != 0 {
			if length < 1 {
				l.str("[Xtagfield?]")
				return e, false
			}
			id = (id<<7 | l.u8(at)&0x7f) & 0xff
			at++
			length--
		}
		if length < 1 {
			l.str("[Xtagfield?]")
			return e, false
		}
		e.id = (id<<7 | l.u8(at)) & 0xff
		at++
		length--
	}
	if length < 1 {
		l.str("[no asnlen]")
		return e, false
	}
	size := uint32(l.u8(at))
	at++
	length--
	if size&0x80 != 0 {
		n := int(size & 0x7f)
		if length < n {
			l.str("[asnlen? ")
			l.num(length)
			l.str("<")
			l.num(n)
			l.str("]")
			return e, false
		}
		if !l.has(at, n) {
			l.truncated()
			return e, false
		}
		size = 0
		for range n {
			size = size<<8 | uint32(l.u8(at))
			at++
			length--
		}
	}
	form := "P"
	if constructed {
		form = "C"
	}
	switch {
	case l.stopped:
		return e, false
	case uint32(length) < size:
		l.str("[len")
		l.num(length)
		l.str("<asnlen")
		l.unsigned(size)
		l.str("]")
		return e, false
	case e.id >= len(asnClasses[class]):
		l.str("[id?")
		l.str(form)
		l.str("/x/")
		l.num(e.id)
		l.str("]")
		return e, false
	case !l.has(at, int(size)):
		l.truncated()
		return e, false
	}
	e.at, e.length, e.next = at, int(size), at+int(size)
	if constructed {
		l.constructed(&e, class)
		return e, true
	}
	return e, l.primitive(&e, class)
}

func (l *line) constructed(e *asn, class int) {
	switch {
	case class == 0 && e.id == 16:
		e.kind = asnSequence
	case class == 2:
		e.kind = asnPDU
	default:
		e.kind = asnOctets
		if class == 0 {
			l.str("C/U/")
		} else {
			l.str("C/x/")
		}
		l.str(asnClasses[class][e.id])
	}
}

func (l *line) primitive(e *asn, class int) bool {
	unsigned := func() {
		for _, b := range l.frame[e.at:e.next] {
			e.big = e.big<<8 + uint64(b)
		}
	}
	note := ""
	switch {
	case class == 0 && e.id == 4:
		e.kind = asnString
	case class == 0 && e.id == 2:
		e.kind = asnInteger
		if e.length == 0 {
			l.str("[asnlen=0]")
			return false
		}
		n := int32(0)
		if l.frame[e.at]&0x80 != 0 {
			n = -1
		}
		for _, b := range l.frame[e.at:e.next] {
			n = n<<8 | int32(b)
		}
		e.number = int64(n)
	case class == 0 && e.id == 6:
		e.kind = asnOID
	case class == 0 && e.id == 5:
		e.kind = asnNull
	case class == 0:
		e.kind, note = asnOctets, "[P/U/"
	case class == 1 && e.id == 0:
		e.kind = asnAddress
	case class == 1 && e.id <= 3:
		e.kind = asnUnsigned
		unsigned()
		e.big &= 0xffffffff
	case class == 1 && e.id == 6:
		e.kind = asnUnsigned
		unsigned()
	case class == 1:
		e.kind, note = asnOctets, "[P/A/"
	case class == 2 && e.id < len(asnExceptions):
		e.kind = asnException
	case class == 3:
		e.kind, note = asnOctets, "[P/x/"
	}
	if note != "" {
		l.str(note)
		l.str(asnClasses[class][e.id])
		l.str("]")
	}
	return true
}

// asnValue prints what an element holds.
func (l *line) asnValue(e asn) {
	switch e.kind {
	case asnOctets:
		l.asnOctets(e)
	case asnNull:
	case asnOID:
		l.oid(e)
	case asnInteger:
		l.num(int(e.number))
	case asnUnsigned:
		l.unsigned64(e.big)
	case asnString:
		l.asnText(e)
	case asnSequence:
		l.str("Seq(")
		l.num(e.length)
		l.str(")")
	case asnAddress:
		if e.length != 4 {
			l.str("[inetaddr len!=4]")
		}
		for i := range e.length {
			if i > 0 {
				l.str(".")
			}
			l.num(l.u8(e.at + i))
		}
	case asnException:
		l.str("[")
		l.str(asnExceptions[e.id])
		l.str("]")
	case asnPDU:
		l.str(snmpPDUs[e.id])
		l.str("(")
		l.num(e.length)
		l.str(")")
	default:
		l.str("[BE_ANY!?]")
	}
}

func (l *line) asnOctets(e asn) {
	for i := range e.length {
		l.str("_")
		l.hexBytes(e.at+i, 1)
	}
}

// oid prints an object identifier in numbers, ITU-T X.690 section 8.19.
func (l *line) oid(e asn) {
	n, first := int32(0), true
	number := func(n int32) {
		l.str(".")
		l.unsigned(uint32(n))
	}
	for _, b := range l.frame[e.at:e.next] {
		n = n<<7 + int32(b&0x7f)
		if b&0x80 != 0 {
			continue
		}
		if first {
			first = false
			root := min(n/40, 2)
			number(root)
			n -= root * 40
		}
		number(n)
		n = 0
	}
}

// asnText prints text, or bytes in hex if there is one that is not printable.
func (l *line) asnText(e asn) {
	for _, b := range l.frame[e.at:e.next] {
		if b < ' ' || b > '~' {
			for i := range e.length {
				if i > 0 {
					l.str("_")
				}
				l.hexBytes(e.at+i, 1)
			}
			return
		}
	}
	l.quoted(e.at, e.length)
}

// expect reads an element of a kind. If it is another one, that is told and ok
// is false.
func (l *line) expect(at, end int, kind asnKind, otherwise string) (e asn, ok bool) {
	if e, ok = l.element(at, end-at); !ok {
		return e, false
	}
	if e.kind != kind {
		l.str(otherwise)
		l.asnValue(e)
		return e, false
	}
	return e, true
}

// extra tells that end is not where an element ends.
func (l *line) extra(e asn, end int, where string) {
	if e.next < end {
		l.str("[")
		l.num(end - e.next)
		l.str(" extra after ")
		l.str(where)
		l.str("]")
	}
}

// snmp prints messages of SNMP: RFC 1157, 3416 and 3412. Objects are printed
// in numbers.
func (l *line) snmp(at, length int) {
	l.enter("snmp")
	l.str(" ")
	end := at + length
	e, ok := l.expect(at, end, asnSequence, "[!init SEQ]")
	if !ok {
		return
	}
	l.extra(e, end, "iSEQ")
	end = e.next
	version, ok := l.expect(e.at, end, asnInteger, "[version!=INT]")
	if !ok {
		return
	}
	v := version.number
	if v != 0 && v != 1 && v != 3 {
		l.str("SNMP [version = ")
		l.num(int(v))
		l.str("]")
		return
	}
	if l.opt.Verbose > 0 {
		l.str("{ ")
		l.str(snmpVersions[v])
		l.str(" ")
	}
	if v == 3 {
		l.snmp3(version.next, end)
	} else {
		l.snmpCommunity(version.next, end, int(v))
	}
	if l.opt.Verbose > 0 {
		l.str("} ")
	}
}

func (l *line) snmpCommunity(at, end, version int) {
	e, ok := l.expect(at, end, asnString, "[comm!=STR]")
	if !ok {
		return
	}
	if string(l.frame[e.at:e.next]) != "public" {
		l.str("C=")
		l.asnText(e)
		l.str(" ")
	}
	l.snmpPDU(e.next, end, version)
}

// snmpPDU prints a request, an answer or a trap.
func (l *line) snmpPDU(at, end, version int) {
	pdu, ok := l.element(at, end-at)
	if !ok {
		return
	}
	if pdu.kind != asnPDU {
		l.str("[no PDU]")
		return
	}
	l.extra(pdu, end, "PDU")
	if l.opt.Verbose > 0 {
		l.str("{ ")
	}
	l.asnValue(pdu)
	l.str(" ")
	switch {
	case version == 0 && pdu.id >= snmpGetBulk:
		l.str("[v2 PDU in v1 message]")
		return
	case version == 1 && pdu.id == snmpTrap:
		l.str("[v1 PDU in v2 message]")
		return
	case pdu.id == snmpTrap:
		l.snmpTrap(pdu.at, pdu.next)
	default:
		l.snmpRequest(pdu.id, pdu.at, pdu.next)
	}
	if l.opt.Verbose > 0 {
		l.str(" } ")
	}
}

func (l *line) snmpError(n int64) {
	if n >= 0 && n < int64(len(snmpErrors)) {
		l.str(snmpErrors[n])
		return
	}
	l.str("err=")
	l.unsigned(uint32(n))
}

func (l *line) snmpRequest(kind, at, end int) {
	request, ok := l.expect(at, end, asnInteger, "[reqId!=INT]")
	if !ok {
		return
	}
	if l.opt.Verbose > 0 {
		l.str("R=")
		l.num(int(request.number))
		l.str(" ")
	}
	noErrors := kind != snmpGetResponse && kind != snmpGetBulk
	status, ok := l.expect(request.next, end, asnInteger, "[errorStatus!=INT]")
	if !ok {
		return
	}
	failed := false
	switch n := status.number; {
	case noErrors && n != 0:
		l.str("[errorStatus(")
		l.snmpError(n)
		l.str(")!=0]")
	case kind == snmpGetBulk:
		l.str(" N=")
		l.num(int(n))
	case n != 0:
		failed = true
		l.str(" ")
		l.snmpError(n)
	}
	index, ok := l.expect(status.next, end, asnInteger, "[errorIndex!=INT]")
	if !ok {
		return
	}
	switch n := int(index.number); {
	case noErrors && n != 0:
		l.str("[errorIndex(")
		l.num(n)
		l.str(")!=0]")
	case kind == snmpGetBulk:
		l.str(" M=")
		l.num(n)
	case n != 0 && !failed:
		l.str("[errorIndex(")
		l.num(n)
		l.str(") w/o errorStatus]")
	case n != 0:
		l.str("@")
		l.num(n)
	case failed:
		l.str("[errorIndex==0]")
	}
	l.snmpBindings(kind, index.next, end)
}

// snmpTrap prints a trap of version 1.
func (l *line) snmpTrap(at, end int) {
	const enterprise = 6
	l.str(" ")
	e, ok := l.expect(at, end, asnOID, "[enterprise!=OID]")
	if !ok {
		return
	}
	l.asnValue(e)
	l.str(" ")
	if e, ok = l.expect(e.next, end, asnAddress, "[agent-addr!=INETADDR]"); !ok {
		return
	}
	l.asnValue(e)
	generic, ok := l.expect(e.next, end, asnInteger, "[generic-trap!=INT]")
	if !ok {
		return
	}
	l.str(" ")
	if n := generic.number; n >= 0 && n < int64(len(snmpTraps)) {
		l.str(snmpTraps[n])
	} else {
		l.str("gt=")
		l.num(int(n))
	}
	if e, ok = l.expect(generic.next, end, asnInteger, "[specific-trap!=INT]"); !ok {
		return
	}
	if generic.number == enterprise {
		l.str(" s=")
		l.num(int(e.number))
	} else if e.number != 0 {
		l.str("[specific-trap(")
		l.num(int(e.number))
		l.str(")!=0]")
	}
	l.str(" ")
	if e, ok = l.element(e.next, end-e.next); !ok {
		return
	}
	if e.kind != asnUnsigned || e.id == 6 {
		l.str("[time-stamp!=TIMETICKS]")
		l.asnValue(e)
		return
	}
	l.asnValue(e)
	l.snmpBindings(snmpTrap, e.next, end)
}

// snmpBindings prints names and values.
func (l *line) snmpBindings(kind, at, end int) {
	all, ok := l.expect(at, end, asnSequence, "[!SEQ of varbind]")
	if !ok {
		return
	}
	l.extra(all, end, "SEQ of varbind")
	asks := kind == snmpGetRequest || kind == snmpGetNext || kind == snmpGetBulk
	for at = all.at; at < all.next && !l.stopped; {
		l.str(" ")
		binding, ok := l.expect(at, all.next, asnSequence, "[!varbind]")
		if !ok {
			return
		}
		object, ok := l.expect(binding.at, binding.next, asnOID, "[objName!=OID]")
		if !ok {
			return
		}
		l.asnValue(object)
		if !asks {
			l.str("=")
		}
		value, ok := l.element(object.next, binding.next-object.next)
		if !ok {
			return
		}
		if value.kind != asnNull {
			if asks {
				l.str("[objVal!=NULL]")
			}
			l.asnValue(value)
		}
		at = binding.next
	}
}

// snmp3 prints the header of version 3 and what it protects.
func (l *line) snmp3(at, end int) {
	const userBased = 3
	e, ok := l.expect(at, end, asnSequence, "[!message]")
	if !ok {
		return
	}
	header := e
	if l.opt.Verbose > 0 {
		l.str("{ ")
	}
	if e, ok = l.expect(header.at, header.next, asnInteger, "[msgID!=INT]"); !ok {
		return
	}
	if e, ok = l.expect(e.next, header.next, asnInteger, "[msgMaxSize!=INT]"); !ok {
		return
	}
	if e, ok = l.expect(e.next, header.next, asnString, "[msgFlags!=STR]"); !ok {
		return
	}
	if e.length != 1 {
		l.str("[msgFlags size ")
		l.num(e.length)
		l.str("]")
		return
	}
	flags := l.u8(e.at)
	if flags > 7 || flags&3 == 2 {
		l.str("[msgFlags=0x")
		for _, digit := range [...]int{flags >> 4, flags & 15} {
			l.byteChar("0123456789ABCDEF"[digit])
		}
		l.str("]")
		return
	}
	l.str("F=")
	for i, s := range [...]string{"a", "p", "r"} {
		if flags&(1<<i) != 0 {
			l.str(s)
		}
	}
	l.str(" ")
	before := e.next
	if e, ok = l.expect(before, header.next, asnInteger, "[msgSecurityModel!=INT]"); !ok {
		return
	}
	model := e.number
	// tcpdump compares the length of the last element with what is left.
	if last, left := e.next-before, header.next-e.next; last < left {
		l.str("[")
		l.num(left - last)
		l.str(" extra after message SEQ]")
	}
	if l.opt.Verbose > 0 {
		l.str("} ")
	}
	if model != userBased {
		l.str("[security model ")
		l.num(int(model))
		l.str("]")
		return
	}
	if l.opt.Verbose > 0 {
		l.str("{ USM ")
	}
	if e, ok = l.expect(e.next, end, asnString, "[msgSecurityParameters!=STR]"); !ok {
		return
	}
	l.snmpUser(e.at, e.next)
	if l.opt.Verbose > 0 {
		l.str("} { ScopedPDU ")
	}
	l.snmpScoped(e.next, end)
	if l.opt.Verbose > 0 {
		l.str("} ")
	}
}

// snmpUser prints RFC 3414's parameters.
func (l *line) snmpUser(at, end int) {
	e, ok := l.expect(at, end, asnSequence, "[!usm]")
	if !ok {
		return
	}
	end = e.next
	if e, ok = l.expect(e.at, end, asnString, "[msgAuthoritativeEngineID!=STR]"); !ok {
		return
	}
	for _, field := range [...]struct{ title, otherwise string }{
		{"B=", "[msgAuthoritativeEngineBoots!=INT]"}, {"T=", "[msgAuthoritativeEngineTime!=INT]"},
	} {
		if e, ok = l.expect(e.next, end, asnInteger, field.otherwise); !ok {
			return
		}
		if l.opt.Verbose > 0 {
			l.str(field.title)
			l.num(int(e.number))
			l.str(" ")
		}
	}
	if e, ok = l.expect(e.next, end, asnString, "[msgUserName!=STR]"); !ok {
		return
	}
	l.str("U=")
	l.asnText(e)
	l.str(" ")
	if e, ok = l.expect(e.next, end, asnString, "[msgAuthenticationParameters!=STR]"); !ok {
		return
	}
	before := e.next
	if e, ok = l.expect(e.next, end, asnString, "[msgPrivacyParameters!=STR]"); !ok {
		return
	}
	if last, left := e.next-before, end-e.next; last < left {
		l.str("[")
		l.num(left - last)
		l.str(" extra after usm SEQ]")
	}
}

func (l *line) snmpScoped(at, end int) {
	e, ok := l.expect(at, end, asnSequence, "[!scoped PDU]")
	if !ok {
		return
	}
	end = e.next
	if e, ok = l.expect(e.at, end, asnString, "[contextEngineID!=STR]"); !ok {
		return
	}
	l.str("E=")
	l.asnOctets(e)
	l.str(" ")
	if e, ok = l.expect(e.next, end, asnString, "[contextName!=STR]"); !ok {
		return
	}
	l.str("C=")
	l.asnText(e)
	l.str(" ")
	l.snmpPDU(e.next, end, 3)
}
