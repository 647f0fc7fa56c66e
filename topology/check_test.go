package topology

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// labWith gives a Lab with two segments, two nodes and a router, and more
// machines, one a line, from line 12 on.
func labWith(machines ...string) string {
	return `apiVersion: hoplab/v1
kind: Lab
metadata: {name: study}
spec:
  segments:
    lan: {cidr: 10.0.0.0/24, mtu: 9000}
    any: {}
  machines:
    w1: {role: node, interfaces: {ens5: {segment: lan, address: 10.0.0.1/24}}}
    w2: {role: node}
    r1: {role: router, interfaces: {v0: {veth: "w2:v0"}}}
` + indented(machines)
}

func indented(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("    " + l + "\n")
	}
	return b.String()
}

// with puts documents behind a Lab; the first begins in line 13.
func documents(docs ...string) string {
	return labWith() + "---\n" + strings.Join(docs, "\n---\n") + "\n"
}

func pod(name, more string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: c}]%s}}", name, more)
}

func pinned(name, addr string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s, annotations: {cni.projectcalico.org/ipAddrs: '%s'}}, spec: {containers: [{name: c}]}}", name, addr)
}

func pool(name, spec string) string {
	return fmt.Sprintf("{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: %s}, spec: {%s}}", name, spec)
}

func scenario(steps string) string {
	return "{apiVersion: hoplab/v1, kind: Scenario, metadata: {name: s}, spec: {steps: [" + steps + "]}}"
}

// scenarioHead begins a scenario; keys of its spec follow.
const scenarioHead = "apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: s}\nspec:\n  steps: [{in: host/a, run: id}]\n"

// TestFaults has one fault a row; each want is a whole error text without the file's name.
func TestFaults(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"an empty file", "", `1:1: no document: expected "apiVersion: hoplab/v1" and "kind: Lab"`},
		{"a file of comments", "# nothing\n---\n", `1:1: no document: expected "apiVersion: hoplab/v1" and "kind: Lab"`},
		{"a list at the top", "- a\n", `1:1: expected a mapping with apiVersion and kind, found a list`},
		{"broken YAML", "a: [1\nb: 2\n", `2:1: not YAML: did not find expected ',' or ']'`},
		{"a control character in the file", "a: b\nc: \x1b[31m\n", `2:4: not YAML: control characters are not allowed`},
		{"bytes that are no text", "a: 가\xff\n", `1:5: not YAML: invalid leading UTF-8 octet`},
		{"an escape sequence in a title", scenarioHead + `  title: "a\e[31mb"` + "\n", `6:10: spec.title: expected text, found the control character U+001B in "a\x1b[31mb"`},
		{"a text of a book's length", scenarioHead + "  title: " + strings.Repeat("x", 16<<10+1) + "\n", `6:10: spec.title: a text of 16385 bytes; 16384 are the most`},
		{"a text that turns its direction", scenarioHead + `  description: {en: ok, ko: "a\u202eb"}` + "\n", `6:29: spec.description.ko: expected text, found the control character U+202E in "a\u202eb"`},
		{"a document after which the YAML breaks", "{apiVersion: v1, kind: Pod}\n---\na: b: c\n",
			"1:1: metadata.name is missing\nlab.yaml:1:1: spec.containers is missing; a pod has at least one container\nlab.yaml:3:1: not YAML: mapping values are not allowed in this context"},
		{"no kind", "apiVersion: hoplab/v1\n", `1:1: kind is missing`},
		{"no version", "kind: Lab\n", `1:1: apiVersion is missing`},
		{"a version that does not exist", "apiVersion: hoplab/v2\nkind: Lab\n", `1:13: apiVersion: expected hoplab/v1 for kind Lab, found text "hoplab/v2"`},
		{"the version of Kubernetes on a Lab", "apiVersion: v1\nkind: Lab\n", `1:13: apiVersion: expected hoplab/v1 for kind Lab, found text "v1"`},
		{"the wrong version of a Pod", "apiVersion: apps/v1\nkind: Pod\n", `1:13: apiVersion: no matches for kind "Pod" in version "apps/v1"; write v1`},
		{"a kind that is no word", "apiVersion: v1\nkind: \"a\\e[31m\"\n", `2:7: kind: "a\x1b[31m" is not a kind`},
		{"a Lab without anything", "apiVersion: hoplab/v1\nkind: Lab\n", "1:1: metadata is missing; write metadata: {name: NAME}\nlab.yaml:1:1: spec is missing; it holds the machines"},
		{"a merge key", "a: &a {x: 1}\nb: {<<: *a}\n", "1:1: apiVersion is missing\nlab.yaml:1:1: kind is missing\nlab.yaml:2:5: b: not modelled: merge key <<; write the fields out"},
		{"an application tag", "apiVersion: !secret hoplab/v1\nkind: Other\n", "1:13: apiVersion: not modelled: YAML tag \"!secret\"\nlab.yaml:2:7: kind: unknown kind \"Other\" of hoplab/v1; expected Lab or Scenario"},
		{"a mapping as a key", "apiVersion: v1\nkind: Secret\n{a: b}: c\n", `3:1: not modelled: a key that is a mapping`},
		{"two labs of one name", labWith() + "---\n{apiVersion: hoplab/v1, kind: Lab, metadata: {name: study}, spec: {machines: {}}}", `13:1: metadata.name: there is a Lab "study" already (line 1)`},

		{"a negative seed", "{apiVersion: hoplab/v1, kind: Lab, metadata: {name: x}, spec: {machines: {}, seed: -1}}", `1:84: spec.seed: expected a number from 0 to 18446744073709551615, found number -1`},
		{"a clock that captures cannot show", "{apiVersion: hoplab/v1, kind: Lab, metadata: {name: x}, spec: {machines: {}, clock: 1869-01-01T00:00:00Z}}", `1:85: spec.clock: expected a time from 1970 to 2200, found 1869-01-01T00:00:00Z`},
		{"a machine whose name is a path", labWith("../etc: {}"), `12:5: spec.machines.../etc: "../etc" is not a name; use letters, digits, and after the first of them - _ .`},
		{"a device name with a blank", labWith("h: {interfaces: {'a b': {type: dummy}}}"), `12:22: spec.machines.h.interfaces."a b": "a b" is not a device name; Linux allows neither "/", ":" and white space nor "." and ".." alone`},
		{"a device name of a sysctl folder", labWith("h: {interfaces: {all: {type: dummy}}}"), `12:22: spec.machines.h.interfaces.all: "all" is not a device name; it is a folder of sysctls`},
		{"a device name that iproute2 would misread", labWith("h: {interfaces: {-a: {type: dummy}}}"), `12:22: spec.machines.h.interfaces.-a: not modelled: '-' in the device name "-a"`},
		{"an interface on nothing", labWith("h: {interfaces: {e: {mtu: 1500}}}"), `12:25: spec.machines.h.interfaces.e: not connected; write segment: NAME, veth: MACHINE:IFACE or type: ipip, bridge, vxlan or dummy`},
		{"tunl0 without its type", labWith("h: {interfaces: {tunl0: {mtu: 1500}}}"), `12:29: spec.machines.h.interfaces.tunl0: tunl0 needs type: ipip`},
		{"lo on a segment", labWith("h: {interfaces: {lo: {segment: lan}}}"), `12:26: spec.machines.h.interfaces.lo: lo is the loopback device; leave segment out`},
		{"a MAC on lo", labWith("h: {interfaces: {lo: {mac: '02:00:00:00:00:01'}}}"), `12:32: spec.machines.h.interfaces.lo.mac: lo has no Ethernet address`},
		{"type veth", labWith("h: {interfaces: {e: {type: veth}}}"), `12:32: spec.machines.h.interfaces.e.type: write veth: MACHINE:IFACE instead of type: veth`},
		{"a veth to itself", labWith("h: {interfaces: {e: {veth: 'h:e'}}}"), `12:32: spec.machines.h.interfaces.e.veth: h:e cannot be its own other end`},
		{"a veth to a lo", labWith("h: {interfaces: {e: {veth: 'w1:lo'}}}"), `12:32: spec.machines.h.interfaces.e.veth: lo cannot be the end of a veth pair`},
		{"a veth without a device", labWith("h: {interfaces: {e: {veth: w1}}}"), `12:32: spec.machines.h.interfaces.e.veth: expected MACHINE:IFACE, found text "w1"`},
		{"a veth whose end is taken", labWith("h: {interfaces: {e: {veth: 'r1:v0'}}}"), `12:32: spec.machines.h.interfaces.e.veth: r1:v0 is the other end of w2:v0 (line 11), not of h:e; both ends must name each other`},
		{"a veth to a NIC", labWith("h: {interfaces: {e: {veth: 'w1:ens5'}}}"), `12:32: spec.machines.h.interfaces.e.veth: w1:ens5 is declared as a nic device in line 9, not as a veth`},
		{"a port of two bridges", labWith("h: {interfaces: {d: {type: dummy}, b: {type: bridge, ports: [d]}, c: {type: bridge, ports: [d]}}}"), `12:97: spec.machines.h.interfaces.c.ports[0]: d is a port of b already`},
		{"a bridge in a bridge", labWith("h: {interfaces: {b: {type: bridge, ports: [b]}}}"), `12:48: spec.machines.h.interfaces.b.ports[0]: b cannot be a port of a bridge; it is a bridge device`},
		{"an MTU over the largest", labWith("h: {interfaces: {e: {segment: lan, mtu: 65536}}}"), `12:45: spec.machines.h.interfaces.e.mtu: expected a number from 68 to 65535, found number 65536`},
		{"a number in quotes", labWith("h: {interfaces: {e: {segment: lan, mtu: '1500'}}}"), `12:45: spec.machines.h.interfaces.e.mtu: expected a number from 68 to 65535, found text "1500"`},
		{"an octal number", labWith("h: {interfaces: {e: {segment: lan, mtu: 01500}}}"), `12:45: spec.machines.h.interfaces.e.mtu: expected a number from 68 to 65535, found number 01500`},
		{"a MAC that is too short", labWith("h: {interfaces: {e: {segment: lan, mac: '02:00'}}}"), `12:45: spec.machines.h.interfaces.e.mac: "02:00" is not a MAC address such as 02:00:c0:a8:0a:65`},
		{"a multicast address", labWith("h: {interfaces: {e: {segment: any, address: 224.0.0.1/4}}}"), `12:49: spec.machines.h.interfaces.e.address: 224.0.0.1 is not an address for a device`},
		{"one address twice", labWith("h: {interfaces: {e: {segment: any, address: [1.0.0.1/8, 1.0.0.1/8]}}}"), `12:61: spec.machines.h.interfaces.e.address[1]: address 1.0.0.1/8 stands here twice`},
		{"a device that is not modelled", labWith("h: {interfaces: {wg0: {type: wireguard}}}"), `12:34: spec.machines.h.interfaces.wg0.type: not modelled: device of type wireguard`},
		{"a VXLAN without a number", labWith("h: {interfaces: {vx0: {type: vxlan}}}"), `12:27: spec.machines.h.interfaces.vx0: id is missing: the network identifier (VNI), a number below 16777216`},
		{"a VXLAN that belongs to a group", labWith("h: {interfaces: {vx0: {type: vxlan, id: 1, remote: 239.1.1.1}}}"), `12:56: spec.machines.h.interfaces.vx0.remote: not modelled: multicast group of a VXLAN device`},
		{"a VXLAN on a device that comes later", labWith("h: {interfaces: {vx0: {type: vxlan, id: 1, dev: e}, e: {segment: any}}}"), `12:53: spec.machines.h.interfaces.vx0.dev: there is no interface "e" before vx0`},
		{"an entry with the name of the command", labWith("h: {interfaces: {vx0: {type: vxlan, id: 1, fdb: ['bridge fdb append 02:00:00:00:00:01 dst 10.0.0.1']}}}"), `12:54: spec.machines.h.interfaces.vx0.fdb[0]: write only what follows "bridge fdb append"`},
		{"an address mapping without address", labWith("h: {interfaces: {e: {segment: any, address: {scope: link}}}}"), `12:49: spec.machines.h.interfaces.e.address: address is missing`},
		{"an address of two machines", labWith("h: {interfaces: {e: {segment: lan, address: 10.0.0.1/24}}}"), `12:49: spec.machines.h.interfaces.e.address: 10.0.0.1 is the address of w1:ens5 already (line 9), on the same segment lan`},
		{"a MAC that is another's default", labWith("h: {interfaces: {e: {segment: lan, mac: '02:00:0a:00:00:01'}}}"), `12:22: spec.machines.h.interfaces.e: MAC 02:00:0a:00:00:01 is that of w1:ens5 already (line 9), on the same segment lan`},
		{"a route by a device that nobody makes", labWith("h: {routes: [{to: default, dev: eth0}]}"), `12:37: spec.machines.h.routes[0].dev: unknown device "eth0"`},
		{"a route with two words in one", labWith("h: {routes: [{to: default, dev: lo, proto: static table 5}]}"), `12:48: spec.machines.h.routes[0].proto: expected one word, found text "static table 5"`},
		{"a route of no type", labWith("h: {routes: [{to: 10.0.0.0/8, type: blakhole}]}"), `12:41: spec.machines.h.routes[0].type: expected unicast, local, broadcast, blackhole, unreachable, prohibit or throw, found text "blakhole"; did you mean "blackhole"?`},
		{"a route of two lines", labWith(`h: {routes: ["default\nvia 10.0.0.1"]}`), `12:18: spec.machines.h.routes[0]: expected one line, found a control character in "default\nvia 10.0.0.1"`},
		{"iptables with its name", labWith("h: {iptables: [iptables -F]}"), `12:20: spec.machines.h.iptables[0]: write only what follows "iptables"`},
		{"setup that is no list", labWith("h: {setup: ip link}"), `12:16: spec.machines.h.setup: expected a list, found text "ip link"`},
		{"an empty setup line", labWith("h: {setup: ['']}"), `12:17: spec.machines.h.setup[0]: expected text, found nothing between the quotes`},
		{"a null where text belongs", labWith("h: {setup: [~]}"), `12:17: spec.machines.h.setup[0]: expected text, found nothing`},

		{"a pool without cidr", documents(pool("p", "blockSize: 26")), `13:77: spec: IPPool CIDR must be specified`},
		{"a pool that is no network", documents(pool("p", "cidr: 10.0.0.0")), `13:84: spec.cidr: IPPool CIDR must be a valid subnet, found text "10.0.0.0"`},
		{"a pool with host bits", documents(pool("p", "cidr: 10.0.0.1/8")), `13:84: spec.cidr: IPPool CIDR is not strictly masked; the network is 10.0.0.0/8`},
		{"a pool of link-local addresses", documents(pool("p", "cidr: 169.254.0.0/20")), `13:84: spec.cidr: IPPool CIDR overlaps with IPv4 Link Local range 169.254.0.0/16`},
		{"a pool smaller than its blocks", documents(pool("p", "cidr: 10.0.0.0/27")), `13:84: spec.cidr: IP pool size is too small for use with Calico IPAM. It must be equal to or greater than the block size. (cidr 10.0.0.0/27, blockSize 26)`},
		{"a pool of large blocks", documents(pool("p", "cidr: 10.0.0.0/8, blockSize: 16")), `13:107: spec.blockSize: IPv4 block size must be between 20 and 32`},
		{"a pool of both encapsulations", documents(pool("p", "cidr: 10.0.0.0/8, ipipMode: Always, vxlanMode: Always")), `13:125: spec.vxlanMode: Cannot enable both VXLAN and IPIP on the same IPPool`},
		{"IPIP on IPv6", documents(pool("p", "cidr: 'fd00::/64', ipipMode: Always")), `13:107: spec.ipipMode: IPIP is not supported on an IPv6 IP pool`},
		{"a mode that is misspelt", documents(pool("p", "cidr: 10.0.0.0/8, ipipMode: always")), `13:106: spec.ipipMode: expected Always, CrossSubnet or Never, found text "always"; did you mean "Always"?`},
		{"a field of an older API", documents(pool("p", "cidr: 10.0.0.0/8, nat-outgoing: true")), `13:110: spec.nat-outgoing: belongs to an older API; write natOutgoing: true`},
		{"a use that does not exist", documents(pool("p", "cidr: 10.0.0.0/8, allowedUses: [Workload, Tunel]")), `13:120: spec.allowedUses[1]: expected Workload, Tunnel or LoadBalancer, found text "Tunel"; did you mean "Tunnel"?`},
		{"pools that overlap", documents(pool("p", "cidr: 10.0.0.0/8"), pool("q", "cidr: 10.9.0.0/16")), `15:84: spec.cidr: IPPool(q) CIDR overlaps with IPPool(p) CIDR 10.0.0.0/8`},

		{"a pod on a router", documents(pod("p", ", nodeName: r1")), `13:92: spec.nodeName: pod p is on node "r1", which is not a machine of role node; did you mean "w1"?`},
		{"a pod with the name of a machine", documents(pod("r1", "")), `13:1: metadata.name: pod r1 has the name of a machine of role router; a network namespace needs a name of its own`},
		{"a pod pinned outside of the pools", documents(pool("p", "cidr: 10.0.0.0/8"), pinned("a", `["172.16.0.1"]`)), `15:94: metadata.annotations.cni.projectcalico.org/ipAddrs: 172.16.0.1: The provided IP address is not in a configured pool`},
		{"two pods pinned to one address", documents(pinned("a", `["172.16.0.1"]`), pinned("b", `["172.16.0.1"]`)), `15:94: metadata.annotations.cni.projectcalico.org/ipAddrs: 172.16.0.1 is the address of pod a already (line 13)`},
		{"a pin that is no list", documents(pinned("a", "172.16.0.1")), `13:94: metadata.annotations.cni.projectcalico.org/ipAddrs: expected a list of one address in JSON such as ["172.16.158.4"], found "172.16.0.1"`},
		{"two pods of one name", documents(pod("a", ""), pod("a", "")), `15:1: metadata.name: there is a Pod "default/a" already (line 13)`},
		{"a pod of another namespace with the netns of a machine", labWith("web.prod:") + "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: prod}, spec: {containers: [{name: c}]}}",
			`14:1: metadata.name: pod web.prod has the name of a machine of role host; a network namespace needs a name of its own`},
		{"a node that is no machine", documents("{apiVersion: v1, kind: Node, metadata: {name: w3}}"), `13:1: metadata.name: node "w3" is not a machine of role node; did you mean "w1"?`},
		{"a pod that could be on two clusters", documents(pod("p", ""), "{apiVersion: hoplab/v1, kind: Lab, metadata: {name: two}, spec: {machines: {n: {role: node}}}}"),
			`15:1: spec.machines: labs "study" and "two" both have nodes, and the Kubernetes objects can belong to one cluster only; move one lab into a file of its own`},

		{"a scenario in an unknown machine", documents(scenario("{in: node/w3, run: ls}")), `13:82: spec.steps[0].in: unknown machine "w3" in lab study; did you mean "w1"?`},
		{"a scenario in a machine of another role", documents(scenario("{in: host/w1, run: ls}")), `13:82: spec.steps[0].in: w1 is a node; write node/w1`},
		{"a scenario in an unknown pod", documents(pod("web", ""), scenario("{in: pod/wep, run: ls}")), `15:82: spec.steps[0].in: unknown pod "default/wep" in lab study; did you mean "web"?`},
		{"an unknown pod on a path", documents(scenario(`{expect: [{path: ["w1:cali(web)"]}]}`)), `13:95: spec.steps[0].expect[0].path[0]: unknown pod "default/web" in lab study`},
		{"a path through all interfaces", documents(scenario(`{expect: [{path: ["w1:*"]}]}`)), `13:95: spec.steps[0].expect[0].path[0]: a path goes through one interface at a time; w1:* names all`},
		{"a scenario whose spec is a list", "{apiVersion: hoplab/v1, kind: Scenario, metadata: {name: s}, spec: []}", `1:68: spec: expected a mapping, found a list`},
		{"a scenario without anything", "{apiVersion: hoplab/v1, kind: Scenario}", "1:1: metadata is missing; write metadata: {name: NAME}\nlab.yaml:1:1: spec is missing; it holds the steps"},
		{"a scenario that does not say on which lab", documents("{apiVersion: hoplab/v1, kind: Lab, metadata: {name: two}, spec: {machines: {}}}", scenario("{run: ls}")), `15:1: spec: labRef is missing, and there are 2 labs; write labRef: study`},
		{"a ping of which nothing is expected", scenario("{expect: [{ping: {}}]}"), `1:94: spec.steps[0].expect[0].ping: nothing is expected of the ping; write sent, received, ttl or loss`},
		{"an answer that is no number", scenario("{run: ls, predict: [{id: a, ask: x, kind: number, answer: c}]}"), `1:135: spec.steps[0].predict[0].answer: expected a number, found text "c"`},
		{"two headers in one", scenario("{expect: [{packets: {at: 'w1:e', headers: [{icmp: {type: 8}, udp: {length: 8}}]}}]}"), `1:143: spec.steps[0].expect[0].packets.headers[0].udp: one element is one header, and this one is icmp already; begin a new one`},
		{"a scenario without steps", scenario(""), `1:76: spec.steps: a scenario has at least one step that runs or expects something`},
		{"two steps of one name", scenario("{name: a, run: ls}, {name: a, run: ls}"), `1:104: spec.steps[1].name: there is a step "a" already (line 1)`},
		{"only pages", scenario("{text: read this}"), `1:76: spec.steps: a scenario has at least one step that runs or expects something`},
		{"a page and a step of one name", scenario("{name: a, text: x}, {name: a, run: ls}"), `1:104: spec.steps[1].name: there is a step "a" already (line 1)`},
		{"something to try nowhere", scenario("{text: x, try: [{run: ls}]}, {run: ls}"), `1:93: spec.steps[0].try[0]: in is missing; write {in: node/NAME, run: COMMAND}`},
		{"something to try on an interface", scenario("{try: [{in: 'w1:ens5', run: ls}]}, {run: ls}"), `1:89: spec.steps[0].try[0].in: expected a machine or pod without an interface; write w1`},
		{"a pod that is a node", scenario("{pods: [node/w1]}, {run: ls}"), `1:85: spec.steps[0].pods[0]: expected a pod; write pod/w1`},
		{"something to try in an unknown machine", documents(scenario("{try: [{in: node/w3, run: ls}]}, {run: ls, in: node/w9}")), "13:89: spec.steps[0].try[0].in: unknown machine \"w3\" in lab study; did you mean \"w1\"?\nlab.yaml:13:124: spec.steps[1].in: unknown machine \"w9\" in lab study; did you mean \"w1\"?"},
		{"a choice of nothing", scenario("{run: ls, predict: [{id: a, ask: x, kind: choice, answer: c}]}"), `1:97: spec.steps[0].predict[0]: choices are missing; write choices: [yes, no]`},
		{"a count and a minimum", scenario("{expect: [{packets: {at: 'w1:e', count: 1, max: 2}}]}"), `1:97: spec.steps[0].expect[0].packets: count says the number exactly; leave min and max out`},
		{"a minimum over the maximum", scenario("{expect: [{packets: {at: 'w1:e', min: 3, max: 2}}]}"), `1:97: spec.steps[0].expect[0].packets: min 3 is more than max 2`},
		{"headers of no packet", scenario("{expect: [{packets: {at: 'w1:e', count: 0, headers: [{icmp: {type: 8}}]}}]}"), `1:97: spec.steps[0].expect[0].packets: no packet is expected, so no headers can be; put them into the filter`},
		{"an answer that is no choice", scenario("{run: ls, predict: [{id: a, ask: x, kind: choice, choices: [b], answer: c}]}"), `1:149: spec.steps[0].predict[0].answer: the answer "c" is not among the choices`},
		{"an answer that is no address", scenario("{run: ls, predict: [{id: a, ask: x, kind: ip, answer: c}]}"), `1:131: spec.steps[0].predict[0].answer: expected an IPv4 address, found text "c"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Parse("lab.yaml", []byte(tt.src))
			require.Error(t, err, tt.src)
			require.Nil(t, b)
			require.Equal(t, "lab.yaml:"+tt.want, err.Error(), tt.src)
		})
	}
}

// TestNotFaults has what looks like one of the faults above and is none.
func TestNotFaults(t *testing.T) {
	tests := []struct{ name, src string }{
		{"a /32 outside of the segment", labWith("h: {interfaces: {e: {segment: lan, address: [10.0.0.9/24, 192.0.2.1/32]}}}")},
		{"one address on two segments without networks", labWith("h: {interfaces: {e: {segment: any, address: 10.0.0.1/24}}}")},
		{"one machine twice on a segment", labWith("h: {interfaces: {e: {segment: any, address: 1.0.0.1/8}, f: {segment: any, address: 1.0.0.1/16}}}")},
		{"a route by a device of Calico on a node", labWith("n: {role: node, routes: [{to: 10.1.0.0/16, via: 10.0.0.2, dev: tunl0, onlink: true}]}")},
		{"a route by a device that setup makes", labWith("h: {setup: [ip link add x type dummy], routes: [{to: default, dev: x}]}")},
		{"a route by a veth that the other end declares", labWith("h: {interfaces: {e: {veth: 'g:e'}}}", "g: {routes: [{to: default, dev: e}]}")},
		{"a disabled pool smaller than its blocks", documents(pool("p", "cidr: 10.0.0.0/27, disabled: true"))},
		{"a pod that the scheduler places", documents(pod("p", ""))},
		{"a host-network pod with the name of its node", documents(pod("w1", ", hostNetwork: true"))},
		{"a pod that an earlier step applies", documents(scenario("{run: kubectl run web --image nginx}, {in: pod/web, run: ls}"))},
		{"a namespace that an earlier step adds", documents(scenario("{run: ip netns add x}, {in: x, run: ls}"))},
		{"a scenario in a pod by its plain name", documents(pod("web", ""), scenario("{in: web, run: ls}"))},
		{"a scenario in an expanded pod", labWith("p: {role: pod}") + "---\n" + scenario("{in: pod/p, run: ls}")},
		{"every field of a ping", scenario("{expect: [{ping: {sent: 3, received: 2, duplicates: 0, errors: 1, ttl: 64, loss: 33.3%}}]}")},
		{"every layer of a packet", scenario("{expect: [{packets: {at: 'w1:e', min: 1, max: 2, headers: [{ethernet: {src: '02:00:00:00:00:01'}}, {arp: {op: request}}, {ipv4: {ttl: 1}}, {icmp: {code: 4}}, {udp: {dstPort: 53}}, {tcp: {flags: S}}]}}]}")},
		{"answers of every kind", scenario("{run: ls, predict: [{id: a, ask: x, kind: number, answer: 62}, {id: b, ask: x, kind: mac, answer: '02:00:00:00:00:01'}, {id: c, ask: x, kind: ip, answer: 10.0.0.1}]}")},
		{"a step that only waits", scenario("{wait: 5s}")},
		{"a pod of another namespace by its netns", labWith("web.prod: {role: pod}") + "---\n" + scenario("{in: pod/prod/web, run: ls}")},
		{"a scenario on a lab elsewhere", scenario("{in: node/w9, run: ls}")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("lab.yaml", []byte(tt.src))
			require.NoError(t, err, tt.src)
		})
	}
}
