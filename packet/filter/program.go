package filter

import (
	"fmt"
	"strings"
)

// Instruction is one instruction of classic BPF, encoded as struct sock_filter
// (linux/filter.h): a jump goes JT or JF instructions further than the next.
type Instruction struct {
	Code   uint16
	JT, JF uint8
	K      uint32
}

// The parts of a Code. A class comes with a size and a mode (loads), with an
// operation and a source (arithmetic, jumps) or with an operation (the last).
const (
	classLD   = 0x00
	classLDX  = 0x01
	classST   = 0x02
	classSTX  = 0x03
	classALU  = 0x04
	classJMP  = 0x05
	classRET  = 0x06
	classMISC = 0x07

	sizeWord = 0x00
	sizeHalf = 0x08
	sizeByte = 0x10

	modeIMM = 0x00
	modeABS = 0x20
	modeIND = 0x40
	modeMEM = 0x60
	modeLEN = 0x80
	modeMSH = 0xa0

	aluAdd = 0x00
	aluSub = 0x10
	aluMul = 0x20
	aluDiv = 0x30
	aluOr  = 0x40
	aluAnd = 0x50
	aluLsh = 0x60
	aluRsh = 0x70
	aluNeg = 0x80
	aluMod = 0x90
	aluXor = 0xa0

	jumpAlways = 0x00
	jumpEQ     = 0x10
	jumpGT     = 0x20
	jumpGE     = 0x30
	jumpSet    = 0x40

	sourceK = 0x00
	sourceX = 0x08

	miscTAX = 0x00
	miscTXA = 0x80
)

// Whole codes that occur often.
const (
	loadImm    = classLD | modeIMM
	loadMem    = classLD | modeMEM
	loadLen    = classLD | modeLEN
	loadXImm   = classLDX | modeIMM
	loadXMem   = classLDX | modeMEM
	loadXMSH   = classLDX | modeMSH | sizeByte // X = 4 * (P[k] & 0xf)
	store      = classST
	storeX     = classSTX
	tax        = classMISC | miscTAX
	txa        = classMISC | miscTXA
	ret        = classRET
	jumpIfEQ   = classJMP | jumpEQ
	jumpIfGT   = classJMP | jumpGT
	jumpIfGE   = classJMP | jumpGE
	jumpIfSet  = classJMP | jumpSet
	jump       = classJMP | jumpAlways
	memoryEnd  = 16 // scratch words M[0] to M[15]
	registerA  = memoryEnd
	registerX  = memoryEnd + 1
	registers  = memoryEnd + 2
	bothAX     = registers
	noRegister = -1
)

// Loads from here on are no bytes of the packet but what the kernel knows of
// it: SKF_AD_OFF and what follows in linux/filter.h.
const (
	ancillary            = 0xfffff000
	ancillaryPacketType  = ancillary + 4
	ancillaryIfIndex     = ancillary + 8
	ancillaryVLANTag     = ancillary + 44
	ancillaryVLANPresent = ancillary + 48
)

func class(code int) int     { return code & 0x07 }
func size(code int) int      { return code & 0x18 }
func mode(code int) int      { return code & 0xe0 }
func operation(code int) int { return code & 0xf0 }
func source(code int) int    { return code & 0x08 }

// Program is the compiled filter. It must not be changed.
func (f *Filter) Program() []Instruction { return f.program }

// String lists the program as tcpdump -d does, one line for each instruction.
func (f *Filter) String() string {
	var b strings.Builder
	for i, in := range f.program {
		in.text(&b, i)
		b.WriteByte('\n')
	}
	return b.String()
}

// CArray lists the program as tcpdump -dd does, as C.
func (f *Filter) CArray() string {
	var b strings.Builder
	for _, in := range f.program {
		fmt.Fprintf(&b, "{ 0x%x, %d, %d, 0x%08x },\n", in.Code, in.JT, in.JF, in.K)
	}
	return b.String()
}

// Decimal lists the program as tcpdump -ddd does: the number of instructions,
// then each as numbers.
func (f *Filter) Decimal() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", len(f.program))
	for _, in := range f.program {
		fmt.Fprintf(&b, "%d %d %d %d\n", in.Code, in.JT, in.JF, in.K)
	}
	return b.String()
}

// text appends the instruction as number n of a program. Offsets are printed
// signed and constants in hex, as libpcap does.
func (in Instruction) text(b *strings.Builder, n int) {
	name, operand := in.words(n)
	if class(int(in.Code)) == classJMP && operation(int(in.Code)) != jumpAlways {
		fmt.Fprintf(b, "(%03d) %-8s %-16s jt %d\tjf %d", n, name, operand, n+1+int(in.JT), n+1+int(in.JF))
		return
	}
	fmt.Fprintf(b, "(%03d) %-8s %s", n, name, operand)
}

func (in Instruction) words(n int) (name, operand string) {
	code, k := int(in.Code), int32(in.K)
	switch class(code) {
	case classLD:
		name = map[int]string{sizeWord: "ld", sizeHalf: "ldh", sizeByte: "ldb"}[size(code)]
		switch mode(code) {
		case modeIMM:
			operand = fmt.Sprintf("#0x%x", in.K)
		case modeABS:
			operand = fmt.Sprintf("[%d]", k)
			if s := ancillaryName(in.K); s != "" {
				operand = "[" + s + "]"
			}
		case modeIND:
			operand = fmt.Sprintf("[x + %d]", k)
		case modeMEM:
			operand = fmt.Sprintf("M[%d]", k)
		case modeLEN:
			operand = "#pktlen"
		}
	case classLDX:
		switch mode(code) {
		case modeIMM:
			return "ldx", fmt.Sprintf("#0x%x", in.K)
		case modeMEM:
			return "ldx", fmt.Sprintf("M[%d]", k)
		}
		return "ldxb", fmt.Sprintf("4*([%d]&0xf)", k)
	case classST:
		return "st", fmt.Sprintf("M[%d]", k)
	case classSTX:
		return "stx", fmt.Sprintf("M[%d]", k)
	case classALU:
		if operation(code) == aluNeg {
			return "neg", ""
		}
		name = map[int]string{aluAdd: "add", aluSub: "sub", aluMul: "mul", aluDiv: "div", aluMod: "mod",
			aluOr: "or", aluAnd: "and", aluXor: "xor", aluLsh: "lsh", aluRsh: "rsh"}[operation(code)]
		switch operation(code) {
		case aluOr, aluAnd, aluXor:
			operand = fmt.Sprintf("#0x%x", in.K)
		default:
			operand = fmt.Sprintf("#%d", k)
		}
	case classJMP:
		if operation(code) == jumpAlways {
			return "ja", fmt.Sprintf("%d", n+1+int(k))
		}
		name = map[int]string{jumpEQ: "jeq", jumpGT: "jgt", jumpGE: "jge", jumpSet: "jset"}[operation(code)]
		operand = fmt.Sprintf("#0x%x", in.K)
	case classRET:
		return "ret", fmt.Sprintf("#%d", k)
	case classMISC:
		if code == tax {
			return "tax", ""
		}
		return "txa", ""
	}
	if c := class(code); (c == classALU || c == classJMP) && source(code) == sourceX {
		operand = "x"
	}
	return name, operand
}

func ancillaryName(k uint32) string {
	switch k {
	case ancillaryPacketType:
		return "type"
	case ancillaryIfIndex:
		return "ifidx"
	case ancillaryVLANTag:
		return "vlan_tci"
	case ancillaryVLANPresent:
		return "vlanp"
	}
	return ""
}
