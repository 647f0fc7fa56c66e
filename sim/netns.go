package sim

import (
	"errors"
	"slices"

	"hoplab/sim/netdev"
	"hoplab/sim/stack"
	"hoplab/topology"
)

// HostName is the namespace that a lab without machines starts in: what a
// script calls the host.
const HostName = "host"

// Errors of AddNamespace and DeleteNamespace: those of a file in /run/netns.
var (
	ErrNamespaceExists  = errors.New("File exists")               //nolint:staticcheck // the kernel's text
	ErrNamespaceMissing = errors.New("No such file or directory") //nolint:staticcheck // likewise
)

// Empty is a lab without machines. It has one namespace, the host, which has no
// name in `ip netns`.
func Empty(opts ...Option) *Lab {
	l, err := New(&topology.Lab{Name: "empty"}, opts...)
	if err != nil {
		panic("sim: " + err.Error())
	}
	l.host = l.kernel.NewNamespace(HostName)
	return l
}

// Host is the namespace of a lab without machines; nil for other labs.
func (l *Lab) Host() *stack.Namespace { return l.host }

// AddNamespace makes a namespace with lo only, which is down: `ip netns add`.
func (l *Lab) AddNamespace(name string) (*stack.Namespace, error) {
	if l.byName[name] != nil {
		return nil, ErrNamespaceExists
	}
	ns := l.kernel.NewNamespaceLike(name, l.host)
	l.byName[name] = ns
	if l.ipip {
		ns.AddTunl0()
	}
	return ns, nil
}

// DeleteNamespace takes a namespace away with its devices and the other ends
// of its veths. Packets that wait in it are dropped. Programs that run in it
// stay, in a namespace without devices.
func (l *Lab) DeleteNamespace(name string) error {
	ns := l.byName[name]
	if ns == nil {
		return ErrNamespaceMissing
	}
	delete(l.byName, name)
	delete(l.nodes, name)
	l.kernel.Delete(ns)
	return nil
}

// NamespaceNames lists the names that `ip netns` knows, the newest first, as
// the kernel lists the files of /run/netns.
func (l *Lab) NamespaceNames() []string {
	var names []string
	for _, ns := range slices.Backward(l.kernel.Namespaces()) {
		if ns != l.host {
			names = append(names, ns.Name)
		}
	}
	return names
}

// Named says that `ip netns` has a name for the namespace.
func (l *Lab) Named(ns *stack.Namespace) bool { return l.byName[ns.Name] == ns }

// LoadIPIP is `modprobe ipip`: tunl0 appears in every namespace, down and with
// the namespace's next interface index, and in every later one. A lab whose
// machines have an ipip device has the module already.
func (l *Lab) LoadIPIP() {
	if l.ipip {
		return
	}
	l.ipip = true
	for _, ns := range l.kernel.Namespaces() {
		ns.AddTunl0()
	}
}

// hasIPIP says that some machine was declared with an ipip device.
func (l *Lab) hasIPIP() bool {
	for _, ns := range l.kernel.Namespaces() {
		for _, d := range ns.Devices() {
			if d.Kind == netdev.IPIP {
				return true
			}
		}
	}
	return false
}
