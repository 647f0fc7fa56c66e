// Package topology holds what a user declared: a lab's segments and machines,
// the Kubernetes and Calico objects beside it, and the scenarios that run on it.
// It reads one YAML stream, checks it, and keeps for every declared thing the
// place in the file where it stands. It knows no packet and no simulator.
//
// Start at [Parse], which turns text into a [Bundle], then at [Lab], [Machine]
// and [Interface]. [PrintLab] writes a Lab back in its canonical form.
//
// Two kinds are ours (apiVersion hoplab/v1: Lab and Scenario) and are read
// strictly: an unknown field is an error. Objects of Kubernetes and Calico are
// read as they come: fields that the lab does not model are kept, and each of
// them is listed once in [Bundle.Notes].
//
// What leaves this package has one form only: declaration order is kept in
// slices, defaults are filled in (each field says which), the two ends of an
// explicit veth pair are both present, and routes are lines of iproute2.
//
// Left out: YAML merge keys and application tags, IPv6 addresses on machines,
// and ipip devices other than tunl0. Each is an error that begins with
// "not modelled".
package topology
