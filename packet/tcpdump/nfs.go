package tcpdump

const portNFS = 2049

// Directions of an RPC message, RFC 5531 section 9.
const (
	rpcCall  = 0
	rpcReply = 1
)

// nfs prints the head of an RPC message of length bytes after the given text, if
// it is a call to NFS or a reply from it. tcpdump goes on with the operation.
func (l *line) nfs(before string, src, dst, at, length int) bool {
	if src != portNFS && dst != portNFS || !l.has(at, 8) {
		return false
	}
	xid, kind := l.u32(at), l.u32(at+4)
	switch {
	case dst == portNFS && kind == rpcCall:
		l.str(before)
		l.str("NFS request xid ")
		l.unsigned(xid)
		l.str(" ")
		l.num(length)
	case src == portNFS && kind == rpcReply:
		l.str(before)
		l.str("NFS reply xid ")
		l.unsigned(xid)
	default:
		return false
	}
	l.str(" ")
	l.notModelled("NFS")
	return true
}
