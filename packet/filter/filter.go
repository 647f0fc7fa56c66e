package filter

import (
	"fmt"
	"math/bits"

	"hoplab/packet/pcap"
)

// Filter is a compiled expression. It may be used by several goroutines.
type Filter struct {
	program []Instruction
	steps   []step
}

// Options say for what an expression is compiled. The zero value of all but
// LinkType fits capture files.
type Options struct {
	LinkType   int
	SnapLen    int    // bytes to keep of a packet that passes; 0 means pcap.MaxSnapLen
	Netmask    uint32 // of the interface, for "ip broadcast": see Netmask; NetmaskUnknown makes that a fault
	Live       bool   // for an interface: direction and interface are known, see Packet
	NoIfIndex  bool   // only the direction is: "ifindex" is a fault
	BigEndian  bool   // the file is from a big-endian machine: matters with LinkNull
	Unoptimize bool   // leave the program as it was generated: tcpdump -O
	Names      Names
}

// NetmaskUnknown is PCAP_NETMASK_UNKNOWN of pcap(3).
const NetmaskUnknown = 0xffffffff

// Netmask gives a netmask as programs of libpcap have it: pcap_lookupnet(3) reads
// the bytes of the address in the order of the machine, a little-endian one, and
// pcap_compile(3) takes that for a number. So "ip broadcast" on a network
// 172.16.0.0/16 looks at the first two bytes of an address, not the last, and the
// mask of a /32 is that of an unknown network.
func Netmask(length int) uint32 { return bits.ReverseBytes32(^uint32(0) << (32 - length)) }

// Error is a fault in an expression.
type Error struct {
	Offset int    // of the faulty part, in bytes
	Length int    // of that part, in bytes; 0 at the end of the expression
	Near   string // that part; empty when the place tells nothing
	Text   string // what is wrong: what tcpdump prints, or "not modelled: ..."
}

func (e *Error) Error() string {
	if e.Near == "" {
		return fmt.Sprintf("column %d: %s", e.Offset+1, e.Text)
	}
	return fmt.Sprintf("column %d, at %q: %s", e.Offset+1, e.Near, e.Text)
}

// rejectsAll is the text of the fault of an expression that no packet can match.
const rejectsAll = "expression rejects all packets"

// maxBlocks keeps a hostile expression small.
const maxBlocks = 1 << 14

// Compile turns an expression into a filter for frames of a link type, as from a
// capture file. The empty expression matches every frame. An error is an *Error.
func Compile(expr string, linkType int) (*Filter, error) {
	return Options{LinkType: linkType}.Compile(expr)
}

// CompileCrossing is Compile for frames that cross an interface, whose direction
// is known: see MatchCrossing.
func CompileCrossing(expr string, linkType int) (*Filter, error) {
	return Options{LinkType: linkType, Live: true, NoIfIndex: true}.Compile(expr)
}

// Compile turns an expression into a filter. An error is an *Error.
func (o Options) Compile(expr string) (f *Filter, err error) {
	if o.SnapLen == 0 {
		o.SnapLen = pcap.MaxSnapLen
	}
	p := parser{lexer: lexer{expr: expr}, gen: newGenerator(o), names: o.Names}
	p.gen.fail = p.failf
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case *Error:
			f, err = nil, fault
		default:
			panic(fault)
		}
	}()
	p.gen.checkLink()
	g := graph{root: newVerdict(uint32(o.SnapLen))}
	if t := p.parse(); t != nil {
		p.gen.computeOffsets(t)
		g.root = t.finish(uint32(o.SnapLen))
	}
	if !o.Unoptimize && !p.gen.unoptimized {
		if err := g.optimize(); err != nil {
			return nil, &Error{Text: err.Error()}
		}
		if g.root.last.code == ret && g.root.last.k == 0 {
			return nil, &Error{Text: rejectsAll}
		}
	}
	f = &Filter{program: g.assemble()}
	f.steps = steps(f.program, o.Live)
	return f, nil
}
