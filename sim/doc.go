// Package sim is a lab: a whole network of simulated Linux namespaces in one
// process, built from a topology, driven by one virtual clock.
//
//	lab, _, err := sim.Load("lab.yaml", src) // YAML; New takes a topology.Lab
//	lab.Subscribe(func(e *sim.Event) { … })
//	res, err := lab.Ping("pod1", dst, 3)     // runs the clock until the ping is over
//
// Where to look:
//
//	lab.go      New, running and stepping
//	build.go    a topology.Lab becomes namespaces, devices, routes and rules
//	command.go  the command lines of a Lab's setup, and what a program is started with
//	event.go    records of the walk become Events with names, texts and reasons
//	capture.go  taps
//
// Below it: sim/stack is one namespace and the packet's walk through it,
// sim/netdev the devices and wires between them, sim/fib, sim/neigh,
// sim/netfilter, sim/conntrack and sim/ipfrag the tables, sim/trace the
// vocabulary of explanations, sim/clock time, sim/proc programs.
//
// A lab is not safe for concurrent use; several labs are independent of each
// other.
package sim
