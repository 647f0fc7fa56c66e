package filter

import (
	"fmt"

	"hoplab/packet/pcap"
)

// Filter is a compiled expression. It may be used by several goroutines.
type Filter struct {
	nodes   []node
	root    int32
	network uint32 // offset of the network header in bytes
}

// Error is a fault in an expression.
type Error struct {
	Column int    // in bytes, counted from 1
	Near   string // the token there; empty when the place tells nothing
	Text   string // what is wrong, in libpcap's words where it has some
}

func (e *Error) Error() string {
	if e.Near == "" {
		return fmt.Sprintf("column %d: %s", e.Column, e.Text)
	}
	return fmt.Sprintf("column %d, at %q: %s", e.Column, e.Near, e.Text)
}

// Limits that keep a hostile expression small.
const (
	maxNodes   = 1 << 16
	maxNesting = 200
)

// Compile turns an expression into a filter for frames of a link type: Ethernet,
// raw IP or one of the Linux cooked ones. The empty expression matches every
// frame. An error is an *Error.
func Compile(expr string, linkType int) (*Filter, error) {
	c := compiler{lexer: lexer{expr: expr}, link: linkType}
	switch linkType {
	case pcap.LinkEthernet:
		c.f.network, c.etherType = 14, 12
	case pcap.LinkRaw:
	case pcap.LinkLinuxSLL:
		c.f.network, c.etherType = 16, 14
	case pcap.LinkLinuxSLL2:
		c.f.network, c.etherType = 20, 0
	default:
		return nil, &Error{Column: 1, Text: fmt.Sprintf("not modelled: filters for link type %d", linkType)}
	}
	c.add(node{op: opFalse})
	c.add(node{op: opTrue})
	c.advance()
	c.f.root = isTrue
	if c.tok.kind != tokEnd {
		c.f.root, _ = c.expression(qualifiers{invalid: true}, false)
		if c.err == nil && c.tok.kind != tokEnd {
			c.syntaxError()
		}
	}
	switch {
	case c.err != nil:
		return nil, c.err
	case c.f.root == isFalse:
		return nil, &Error{Column: 1, Text: "expression rejects all packets"}
	}
	return &c.f, nil
}
