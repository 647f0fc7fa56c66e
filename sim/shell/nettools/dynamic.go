package nettools

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"hoplab/sim"
	"hoplab/sim/netdev"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// entry is one file or folder of a dynamic place.
type entry struct {
	names []string // of a folder, sorted; nil for a file
	read  func() ([]byte, error)
	write func(data []byte) error
}

// folder is an entry with these names in it.
func folder(names ...string) entry {
	slices.Sort(names)
	if names == nil {
		names = []string{}
	}
	return entry{names: names}
}

// text is a file that can only be read.
func text(f func() []byte) entry {
	return entry{read: func() ([]byte, error) { return f(), nil }}
}

// place is a vfs.Dynamic: a function that knows what is at each path.
type place struct {
	lab  *sim.Lab
	find func(ns *stack.Namespace, parts []string) (entry, error)
}

func (p *place) entry(ns *stack.Namespace, name string) (entry, error) {
	var parts []string
	if name != "" {
		parts = strings.Split(name, "/")
	}
	return p.find(ns, parts)
}

// Stat describes a path.
func (p *place) Stat(ns *stack.Namespace, name string) (vfs.Info, error) {
	e, err := p.entry(ns, name)
	if err != nil {
		return vfs.Info{}, err
	}
	i := vfs.Info{FileName: path.Base(name), Time: p.lab.Time(p.lab.Now()), Links: 1}
	if e.names != nil {
		i.FileMode = fs.ModeDir | 0o555
		return i, nil
	}
	if e.read != nil {
		i.FileMode |= 0o444
	}
	if e.write != nil {
		i.FileMode |= 0o200
	}
	return i, nil
}

// List names what is in a folder.
func (p *place) List(ns *stack.Namespace, name string) ([]vfs.Info, error) {
	e, err := p.entry(ns, name)
	switch {
	case err != nil:
		return nil, err
	case e.names == nil:
		return nil, vfs.ENOTDIR
	}
	var all []vfs.Info
	for _, n := range e.names {
		if i, err := p.Stat(ns, path.Join(name, n)); err == nil {
			all = append(all, i)
		}
	}
	return all, nil
}

// Read is the content at this moment.
func (p *place) Read(ns *stack.Namespace, name string) ([]byte, error) {
	e, err := p.entry(ns, name)
	switch {
	case err != nil:
		return nil, err
	case e.names != nil:
		return nil, vfs.EISDIR
	case e.read == nil:
		return nil, nil // write-only files give nothing to root
	}
	return e.read()
}

// Write hands on what one write(2) writes.
func (p *place) Write(ns *stack.Namespace, name string, data []byte) error {
	e, err := p.entry(ns, name)
	switch {
	case err != nil:
		return err
	case e.names != nil:
		return vfs.EISDIR
	case e.write == nil:
		return vfs.EACCES
	}
	return e.write(data)
}

// The flags of a device in include/uapi/linux/if.h.
const (
	iffUp        = 0x1
	iffBroadcast = 0x2
	iffLoopback  = 0x8
	iffRunning   = 0x40
	iffNoARP     = 0x80
	iffMulticast = 0x1000
)

// deviceFlags are the flags that the kernel shows of a device: dev_get_flags.
func deviceFlags(d *netdev.Device) int {
	f := 0
	switch d.Kind {
	case netdev.Loopback:
		f = iffLoopback
	case netdev.IPIP:
		f = iffNoARP
	case netdev.Dummy:
		f = iffBroadcast | iffNoARP
	default:
		f = iffBroadcast | iffMulticast
	}
	if d.Up() {
		f |= iffUp
		if d.Carrier() {
			f |= iffRunning
		}
	}
	return f
}

// hardwareType is the device's ARPHRD_* number of include/uapi/linux/if_arp.h.
func hardwareType(d *netdev.Device) int {
	switch d.Kind {
	case netdev.Loopback:
		return 772
	case netdev.IPIP:
		return 768
	}
	return 1
}
