package vfs

import (
	"errors"
	"io/fs"
)

// Errno is an error number of the kernel; its text is that of strerror(3).
type Errno uint8

// The error numbers that the file system and the shell know, with the values of
// include/uapi/asm-generic/errno-base.h and errno.h.
const (
	EPERM        Errno = 1
	ENOENT       Errno = 2
	ESRCH        Errno = 3
	EINTR        Errno = 4
	EIO          Errno = 5
	ENOEXEC      Errno = 8
	EBADF        Errno = 9
	ECHILD       Errno = 10
	EAGAIN       Errno = 11
	ENOMEM       Errno = 12
	EACCES       Errno = 13
	EBUSY        Errno = 16
	EEXIST       Errno = 17
	EXDEV        Errno = 18
	ENODEV       Errno = 19
	ENOTDIR      Errno = 20
	EISDIR       Errno = 21
	EINVAL       Errno = 22
	EMFILE       Errno = 24
	EFBIG        Errno = 27
	ENOSPC       Errno = 28
	ESPIPE       Errno = 29
	EROFS        Errno = 30
	EMLINK       Errno = 31
	EPIPE        Errno = 32
	ENAMETOOLONG Errno = 36
	ENOTEMPTY    Errno = 39
	ELOOP        Errno = 40
	EOPNOTSUPP   Errno = 95
)

// Error is the text of strerror(3).
func (e Errno) Error() string {
	switch e {
	case EPERM:
		return "Operation not permitted"
	case ENOENT:
		return "No such file or directory"
	case ESRCH:
		return "No such process"
	case EINTR:
		return "Interrupted system call"
	case EIO:
		return "Input/output error"
	case ENOEXEC:
		return "Exec format error"
	case EBADF:
		return "Bad file descriptor"
	case ECHILD:
		return "No child processes"
	case EAGAIN:
		return "Resource temporarily unavailable"
	case ENOMEM:
		return "Cannot allocate memory"
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
	case ENOTDIR:
		return "Not a directory"
	case EISDIR:
		return "Is a directory"
	case EINVAL:
		return "Invalid argument"
	case EMFILE:
		return "Too many open files"
	case EFBIG:
		return "File too large"
	case ENOSPC:
		return "No space left on device"
	case ESPIPE:
		return "Illegal seek"
	case EROFS:
		return "Read-only file system"
	case EMLINK:
		return "Too many links"
	case EPIPE:
		return "Broken pipe"
	case ENAMETOOLONG:
		return "File name too long"
	case ENOTEMPTY:
		return "Directory not empty"
	case ELOOP:
		return "Too many levels of symbolic links"
	case EOPNOTSUPP:
		return "Operation not supported"
	}
	return "Unknown error"
}

// Is lets errors.Is find the general errors of io/fs.
func (e Errno) Is(target error) bool {
	switch target { //nolint:errorlint // this is what Is is for
	case fs.ErrNotExist:
		return e == ENOENT
	case fs.ErrExist:
		return e == EEXIST || e == ENOTEMPTY
	case fs.ErrPermission:
		return e == EACCES || e == EPERM
	}
	return false
}

// Text is what perror prints for err: the Errno's text alone where there is
// one.
func Text(err error) string {
	var e Errno
	if errors.As(err, &e) {
		return e.Error()
	}
	return err.Error()
}

// toErrno makes an Errno of what an fs.FS returns.
func toErrno(err error) error {
	var e Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return ENOENT
	case errors.Is(err, fs.ErrPermission):
		return EACCES
	}
	return EIO
}
