package filter

import "encoding/binary"

// machineOp is what the machine below switches on: codes packed densely, so
// that the compiler makes a jump table of them.
type machineOp uint8

const (
	opRet machineOp = iota
	opLoadWord
	opLoadHalf
	opLoadByte
	opLoadWordX
	opLoadHalfX
	opLoadByteX
	opLoadKnown
	opLoadLen
	opLoadImm
	opLoadMem
	opLoadXImm
	opLoadXMem
	opLoadXHeader
	opStore
	opStoreX
	opTAX
	opTXA
	opNeg
	opAdd
	opSub
	opMul
	opDiv
	opMod
	opAnd
	opOr
	opXor
	opLsh
	opRsh
	opAddX
	opSubX
	opMulX
	opDivX
	opModX
	opAndX
	opOrX
	opXorX
	opLshX
	opRshX
	opJump
	opJumpEQ
	opJumpGT
	opJumpGE
	opJumpSet
	opJumpEQX
	opJumpGTX
	opJumpGEX
	opJumpSetX
	opWordEQ // a load and the comparison behind it
	opHalfEQ
	opByteEQ
)

// step is an instruction of the machine.
type step struct {
	op     machineOp
	jt, jf uint16 // further than the next
	k      uint32
	value  uint32 // what opWordEQ and its kin compare with
}

// Packet is a packet with what a kernel knows of it besides its bytes.
type Packet struct {
	Data     []byte // captured bytes, from the link header on
	Length   int    // bytes on the wire
	Outgoing bool   // sent by this machine (PACKET_OUTGOING), for filters of Options.Live
	IfIndex  int    // number of the interface, for filters of Options.Live
}

// packetOutgoing is PACKET_OUTGOING of linux/if_packet.h.
const packetOutgoing = 4

// Match tells whether a frame that is wholly there passes.
func (f *Filter) Match(frame []byte) bool {
	p := Packet{Data: frame, Length: len(frame)}
	return f.run(&p) != 0
}

// MatchLength tells whether a frame passes of which data was captured and that
// had length bytes on the wire.
func (f *Filter) MatchLength(data []byte, length int) bool {
	p := Packet{Data: data, Length: length}
	return f.run(&p) != 0
}

// MatchCrossing tells whether a frame passes that crosses an interface inwards or
// outwards.
func (f *Filter) MatchCrossing(frame []byte, outgoing bool) bool {
	return f.run(&Packet{Data: frame, Length: len(frame), Outgoing: outgoing}) != 0
}

// MatchPacket tells whether a packet passes.
func (f *Filter) MatchPacket(p *Packet) bool { return f.run(p) != 0 }

// maxLoops bounds how often a program may jump back. Only protochain does, once
// for each header; a crafted authentication header would make it turn for ever.
const maxLoops = 1 << 12

// run executes the program and returns its verdict: how many bytes of the
// packet to keep, 0 for none. A load behind the captured bytes and a division
// by zero end it with 0.
func (f *Filter) run(p *Packet) uint32 {
	var a, x uint32
	var memory [memoryEnd]uint32
	data, steps, loops := p.Data, f.steps, 0
	size := uint64(len(data))
	for pc := 0; uint(pc) < uint(len(steps)); pc++ {
		s := &steps[pc]
		switch s.op {
		case opRet:
			return s.k
		case opWordEQ:
			if at := uint64(s.k); at+4 <= size {
				a = binary.BigEndian.Uint32(data[at:])
				pc += s.way(a == s.value)
				continue
			}
			return 0
		case opHalfEQ:
			if at := uint64(s.k); at+2 <= size {
				a = uint32(binary.BigEndian.Uint16(data[at:]))
				pc += s.way(a == s.value)
				continue
			}
			return 0
		case opByteEQ:
			if at := uint64(s.k); at < size {
				a = uint32(data[at])
				pc += s.way(a == s.value)
				continue
			}
			return 0
		case opLoadWord:
			at := uint64(s.k)
			if at+4 > size {
				return 0
			}
			a = binary.BigEndian.Uint32(data[at:])
		case opLoadHalf:
			at := uint64(s.k)
			if at+2 > size {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(data[at:]))
		case opLoadByte:
			at := uint64(s.k)
			if at >= size {
				return 0
			}
			a = uint32(data[at])
		case opLoadWordX:
			at := uint64(s.k) + uint64(x)
			if at+4 > size {
				return 0
			}
			a = binary.BigEndian.Uint32(data[at:])
		case opLoadHalfX:
			at := uint64(s.k) + uint64(x)
			if at+2 > size {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(data[at:]))
		case opLoadByteX:
			at := uint64(s.k) + uint64(x)
			if at >= size {
				return 0
			}
			a = uint32(data[at])
		case opLoadKnown:
			a = p.known(s.k)
		case opLoadLen:
			a = uint32(p.Length)
		case opLoadImm:
			a = s.k
		case opLoadMem:
			a = memory[s.k%memoryEnd]
		case opLoadXImm:
			x = s.k
		case opLoadXMem:
			x = memory[s.k%memoryEnd]
		case opLoadXHeader:
			if uint64(s.k) >= size {
				return 0
			}
			x = uint32(data[s.k]) & 0xf << 2
		case opStore:
			memory[s.k%memoryEnd] = a
		case opStoreX:
			memory[s.k%memoryEnd] = x
		case opTAX:
			x = a
		case opTXA:
			a = x
		case opNeg:
			a = -a
		case opAdd:
			a += s.k
		case opSub:
			a -= s.k
		case opMul:
			a *= s.k
		case opDiv, opMod, opDivX, opModX:
			by := s.k
			if s.op >= opAddX {
				by = x
			}
			if by == 0 {
				return 0
			}
			if s.op == opDiv || s.op == opDivX {
				a /= by
			} else {
				a %= by
			}
		case opAnd:
			a &= s.k
		case opOr:
			a |= s.k
		case opXor:
			a ^= s.k
		case opLsh:
			a <<= s.k
		case opRsh:
			a >>= s.k
		case opAddX:
			a += x
		case opSubX:
			a -= x
		case opMulX:
			a *= x
		case opAndX:
			a &= x
		case opOrX:
			a |= x
		case opXorX:
			a ^= x
		case opLshX:
			a <<= x
		case opRshX:
			a >>= x
		case opJump:
			if int32(s.k) < 0 {
				if loops++; loops > maxLoops {
					return 0
				}
			}
			pc += int(int32(s.k))
		case opJumpEQ:
			pc += s.way(a == s.k)
		case opJumpGT:
			pc += s.way(a > s.k)
		case opJumpGE:
			pc += s.way(a >= s.k)
		case opJumpSet:
			pc += s.way(a&s.k != 0)
		case opJumpEQX:
			pc += s.way(a == x)
		case opJumpGTX:
			pc += s.way(a > x)
		case opJumpGEX:
			pc += s.way(a >= x)
		case opJumpSetX:
			pc += s.way(a&x != 0)
		}
	}
	return 0
}

func (s *step) way(holds bool) int {
	if holds {
		return int(s.jt)
	}
	return int(s.jf)
}

// known gives what a kernel knows of a packet besides its bytes.
func (p *Packet) known(what uint32) uint32 {
	switch {
	case what == ancillaryPacketType && p.Outgoing:
		return packetOutgoing
	case what == ancillaryIfIndex:
		return uint32(p.IfIndex)
	}
	return 0 // a VLAN tag is in the frame
}

// steps translates a program for the machine. In a capture file nothing is known
// besides the bytes.
func steps(program []Instruction, live bool) []step {
	list := make([]step, len(program))
	for i, in := range program {
		s := &list[i]
		*s = step{op: in.machineOp(), jt: uint16(in.JT), jf: uint16(in.JF), k: in.K}
		if in.K >= ancillary && s.op <= opLoadByte && s.op >= opLoadWord && live {
			s.op = opLoadKnown
		}
		// The comparison stays behind the two in one, for those who jump to it.
		if s.op >= opLoadWord && s.op <= opLoadByte && i+1 < len(program) && program[i+1].Code == jumpIfEQ {
			next := program[i+1]
			s.op += opWordEQ - opLoadWord
			s.value, s.jt, s.jf = next.K, uint16(next.JT)+1, uint16(next.JF)+1
		}
	}
	return list
}

func (in Instruction) machineOp() machineOp {
	code := int(in.Code)
	switch class(code) {
	case classLD:
		switch mode(code) {
		case modeABS:
			return opLoadWord + machineOp(size(code)/sizeHalf)
		case modeIND:
			return opLoadWordX + machineOp(size(code)/sizeHalf)
		case modeMEM:
			return opLoadMem
		case modeLEN:
			return opLoadLen
		}
		return opLoadImm
	case classLDX:
		switch mode(code) {
		case modeMEM:
			return opLoadXMem
		case modeMSH:
			return opLoadXHeader
		}
		return opLoadXImm
	case classST:
		return opStore
	case classSTX:
		return opStoreX
	case classALU:
		return arithmeticOp(operation(code), source(code) == sourceX)
	case classJMP:
		return jumpOp(operation(code), source(code) == sourceX)
	case classMISC:
		if code == tax {
			return opTAX
		}
		return opTXA
	}
	return opRet
}

func arithmeticOp(operation int, x bool) machineOp {
	var op machineOp
	switch operation {
	case aluNeg:
		return opNeg
	case aluAdd:
		op = opAdd
	case aluSub:
		op = opSub
	case aluMul:
		op = opMul
	case aluDiv:
		op = opDiv
	case aluMod:
		op = opMod
	case aluAnd:
		op = opAnd
	case aluOr:
		op = opOr
	case aluXor:
		op = opXor
	case aluLsh:
		op = opLsh
	case aluRsh:
		op = opRsh
	}
	if x {
		op += opAddX - opAdd
	}
	return op
}

func jumpOp(operation int, x bool) machineOp {
	var op machineOp
	switch operation {
	case jumpAlways:
		return opJump
	case jumpEQ:
		op = opJumpEQ
	case jumpGT:
		op = opJumpGT
	case jumpGE:
		op = opJumpGE
	case jumpSet:
		op = opJumpSet
	}
	if x {
		op += opJumpEQX - opJumpEQ
	}
	return op
}
