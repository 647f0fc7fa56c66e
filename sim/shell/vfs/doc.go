// Package vfs is the file system of a lab: directories, files and symbolic
// links in memory, with places that others fill (Dynamic): the settings below
// /proc/sys/net, which every network namespace sees differently, or a folder
// of the host that the caller shows read-only.
//
// Nothing here reaches the host. Symbolic links resolve inside the tree only,
// and ".." of the root is the root. There is one user, root, so permission bits
// are kept and shown, and only the x bit decides anything.
//
//	fs.go       the tree, resolution of paths
//	view.go     what a process sees: operations on paths
//	file.go     open files
//	dynamic.go  places that others fill
//	errno.go    errors with the texts of strerror(3)
package vfs
