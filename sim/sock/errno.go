package sock

import "hoplab/sim/stack"

// Error is an error number of the kernel, as a call on a socket returns it.
type Error struct{ Errno stack.Errno }

// Error is strerror(3).
func (e Error) Error() string { return strerror(e.Errno) }

// failed makes an error of a number; 0 is none.
func failed(e stack.Errno) error {
	if e == 0 {
		return nil
	}
	return Error{e}
}

// strerror is the text of an error number, with those of sockets.
func strerror(e stack.Errno) string {
	switch e {
	case stack.EAGAIN:
		return "Resource temporarily unavailable"
	case stack.EPIPE:
		return "Broken pipe"
	case stack.EPROTO:
		return "Protocol error"
	case stack.EDESTADDRREQ:
		return "Destination address required"
	case stack.EMSGSIZE:
		return "Message too long"
	case stack.ENOPROTOOPT:
		return "Protocol not available"
	case stack.EADDRINUSE:
		return "Address already in use"
	case stack.EADDRNOTAVAIL:
		return "Cannot assign requested address"
	case stack.ECONNABORTED:
		return "Software caused connection abort"
	case stack.ECONNRESET:
		return "Connection reset by peer"
	case stack.ENOBUFS:
		return "No buffer space available"
	case stack.EISCONN:
		return "Transport endpoint is already connected"
	case stack.ENOTCONN:
		return "Transport endpoint is not connected"
	case stack.ETIMEDOUT:
		return "Connection timed out"
	case stack.ECONNREFUSED:
		return "Connection refused"
	}
	return e.String()
}
