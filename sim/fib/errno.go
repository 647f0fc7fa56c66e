package fib

import "strconv"

// Errno is a Linux error number of rtnetlink; this package has no syscall, so
// that numbers and texts are the same on every host.
type Errno uint16

// The errors that changing routes and rules can give.
const (
	EPERM         Errno = 1
	ENOENT        Errno = 2
	ESRCH         Errno = 3
	EACCES        Errno = 13
	EBUSY         Errno = 16
	EEXIST        Errno = 17
	EXDEV         Errno = 18
	ENODEV        Errno = 19
	EINVAL        Errno = 22
	ENOSPC        Errno = 28
	ERANGE        Errno = 34
	ELOOP         Errno = 40
	EOPNOTSUPP    Errno = 95
	EAFNOSUPPORT  Errno = 97
	EADDRINUSE    Errno = 98
	EADDRNOTAVAIL Errno = 99
	ENETDOWN      Errno = 100
	ENETUNREACH   Errno = 101
	EHOSTUNREACH  Errno = 113
)

// String is the text of strerror(3).
func (e Errno) String() string {
	switch e {
	case EPERM:
		return "Operation not permitted"
	case ENOENT:
		return "No such file or directory"
	case ESRCH:
		return "No such process"
	case EACCES:
		return "Permission denied"
	case EBUSY:
		return "Device or resource busy"
	case EEXIST:
		return "File exists"
	case EXDEV:
		return "Invalid cross-device link"
	case ENODEV:
		return "No such device"
	case EINVAL:
		return "Invalid argument"
	case ENOSPC:
		return "No space left on device"
	case EADDRINUSE:
		return "Address already in use"
	case ERANGE:
		return "Numerical result out of range"
	case ELOOP:
		return "Too many levels of symbolic links"
	case EOPNOTSUPP:
		return "Operation not supported"
	case EAFNOSUPPORT:
		return "Address family not supported by protocol"
	case EADDRNOTAVAIL:
		return "Cannot assign requested address"
	case ENETDOWN:
		return "Network is down"
	case ENETUNREACH:
		return "Network is unreachable"
	case EHOSTUNREACH:
		return "No route to host"
	}
	return "errno " + strconv.Itoa(int(e))
}

// Error is a refusal of the kernel. Its text is the line that iproute2 prints.
type Error struct {
	Errno Errno
	Msg   string // the kernel's extended text (extack), empty when it gives none
}

// Error is iproute2's line: the extended text when there is one, otherwise
// that of the number.
func (e *Error) Error() string {
	if e.Msg != "" {
		return "Error: " + e.Msg + "."
	}
	return "RTNETLINK answers: " + e.Errno.String()
}
