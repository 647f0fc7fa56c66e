package filter

import (
	"slices"
	"strings"
)

// Words of link types that do not occur here are read as far as it takes to give
// libpcap's fault.

// foreign reads a primitive of ATM, SS7 or PF; it does not return for one.
func (p *parser) foreign(word token) {
	switch word.text {
	case "ifname", "ruleset":
		p.take()
		p.expectKind(tokName)
		p.failf("%s supported only on PF linktype", word.text)
	case "rnr", "srnr":
		p.take()
		p.expectKind(tokNumber)
		p.failf("%s supported only on PF linktype", word.text)
	case "reason":
		p.take()
		if t := p.peek(); t.kind != tokNumber {
			if t = p.expectKind(tokName); !slices.Contains(reasonsPF(), strings.ToLower(t.text)) {
				p.failf("unknown PF reason \"%s\"", t.text)
			}
		} else {
			p.take()
		}
		p.failf("reason supported only on PF linktype")
	case "action":
		p.take()
		if t := p.expectKind(tokName); !slices.Contains(actionsPF(), strings.ToLower(t.text)) {
			p.failf("unknown PF action \"%s\"", t.text)
		}
		p.failf("action supported only on PF linktype")
	case "lane", "metac", "bcc", "sc", "ilmic", "oam", "oamf4", "connectmsg", "metaconnect":
		p.take()
		p.failf("'%s' supported only on raw ATM", word.text)
	case "oamf4sc", "oamf4ec":
		p.take()
		p.failf("'oam4%s' supported only on raw ATM", word.text[5:])
	case "vpi", "vci":
		p.take()
		p.fieldValue()
		p.failf("'%s' supported only on raw ATM", word.text)
	case "fisu", "lssu", "msu":
		p.take()
		p.failf("'%s' supported only on MTP2", word.text)
	case "hfisu", "hlssu", "hmsu":
		p.take()
		p.failf("'%s' supported only on MTP2_HSL", word.text)
	case "sio", "opc", "dpc", "sls":
		p.take()
		p.fieldValue()
		p.failf("'%s' supported only on SS7", word.text)
	case "hsio", "hopc", "hdpc", "hsls":
		p.take()
		p.fieldValue()
		p.failf("'%s' supported only on SS7", word.text[1:])
	}
}

// fieldValue reads the number behind a field of ATM or SS7.
func (p *parser) fieldValue() {
	if _, _, ok := relation(p.peek()); ok || p.peek().is("(") {
		p.take()
	}
	p.expectKind(tokNumber)
}

// wireless reads a primitive of 802.11; it does not return.
func (p *parser) wireless(word string) {
	name := func() (token, bool) {
		t := p.peek()
		if t.kind != tokNumber && t.kind != tokName {
			p.syntaxError()
		}
		return p.take(), t.kind == tokName
	}
	switch word {
	case "dir":
		if t, named := name(); named && !slices.Contains([]string{"nods", "tods", "fromds", "dstods"}, strings.ToLower(t.text)) {
			p.failf("unknown 802.11 direction")
		}
		p.failf("frame direction supported only with 802.11 headers")
	case "subtype":
		t := p.expectKind(tokName)
		known := false
		for _, kind := range []string{"mgt", "ctl", "data"} {
			known = known || slices.Contains(subtypesWLAN(kind), strings.ToLower(t.text))
		}
		if !known {
			p.failf("unknown 802.11 type name")
		}
	default:
		p.wirelessType(name)
	}
	p.failf("802.11 link-layer types supported only on 802.11")
}

// wirelessType reads "type T" and perhaps "subtype S".
func (p *parser) wirelessType(name func() (token, bool)) {
	t, named := name()
	kind := map[string]string{"data": "data", "mgt": "mgt", "management": "mgt", "ctl": "ctl", "control": "ctl"}[strings.ToLower(t.text)]
	switch {
	case named && kind == "":
		p.failf("unknown 802.11 type name \"%s\"", t.text)
	case !named && t.number&^0x0c != 0:
		p.failf("invalid 802.11 type value 0x%02x", t.number)
	case !named:
		kind = []string{"mgt", "ctl", "data", ""}[t.number>>2]
	}
	if !p.accept("subtype") {
		return
	}
	s, named := name()
	switch {
	case !named && s.number&^0xf0 != 0:
		p.failf("invalid 802.11 subtype value 0x%02x", s.number)
	case named && kind == "":
		p.failf("unknown 802.11 type")
	case named && !slices.Contains(subtypesWLAN(kind), strings.ToLower(s.text)):
		p.failf("unknown 802.11 subtype name \"%s\"", s.text)
	}
}

func subtypesWLAN(kind string) []string {
	switch kind {
	case "mgt":
		return []string{"assocreq", "assoc-req", "assocresp", "assoc-resp", "reassocreq", "reassoc-req", "reassocresp", "reassoc-resp",
			"probereq", "probe-req", "proberesp", "probe-resp", "beacon", "atim", "disassoc", "disassociation", "auth", "authentication",
			"deauth", "deauthentication"}
	case "ctl":
		return []string{"ps-poll", "rts", "cts", "ack", "cf-end", "cf-end-ack"}
	}
	return []string{"data", "data-cf-ack", "data-cf-poll", "data-cf-ack-poll", "null", "cf-ack", "cf-poll", "cf-ack-poll", "qos-data",
		"qos-data-cf-ack", "qos-data-cf-poll", "qos-data-cf-ack-poll", "qos", "qos-cf-poll", "qos-cf-ack-poll"}
}

func reasonsPF() []string {
	return []string{"match", "bad-offset", "fragment", "short", "normalize", "memory", "bad-timestamp", "congestion", "ip-option", "proto-cksum",
		"state-mismatch", "state-insert", "state-limit", "src-limit", "synproxy"}
}

func actionsPF() []string {
	return []string{"pass", "accept", "drop", "block", "scrub", "noscrub", "nat", "nonat", "binat", "nobinat", "rdr", "nordr", "synproxy-drop"}
}
