package simtest

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"hoplab/sim"
	"hoplab/topology"
)

// Recording is one recording of a real kernel: the network as data, what was
// done, and what every interface saw.
type Recording struct {
	Topology struct {
		Segments []struct{ Name, Subnet string }
		Hosts    []Host
		Pods     []Pod
	}
	SetupExtra []Action `yaml:"setup_extra"`
	Warmup     []Action
	Actions    []Action
	Captures   []string
	Linger     float64
}

// Host is a machine of a recording.
type Host struct {
	Name, Role string
	Interfaces []struct {
		Type, Name, Segment, MAC string
		MTU                      int
		Addr                     []string
		PeerHost                 string `yaml:"peer_host"`
		PeerIf                   string `yaml:"peer_if"`
	}
	Routes   []string
	Sysctl   yaml.Node
	IPSet    []string `yaml:"ipset"`
	IPTables []string `yaml:"iptables"`
}

// Pod is a pod of a recording, and the node's end of its veth.
type Pod struct {
	Name, Node, IP, MAC, Cali string
	CaliMAC                   string `yaml:"cali_mac"`
	MTU                       int
	Routes                    []string
	CaliSysctl                yaml.Node `yaml:"cali_sysctl"`
}

// Action is a command of a recording's script.
type Action struct {
	In, Cmd    string
	Background bool
}

// ReadRecording reads the case.yaml of a recording.
func ReadRecording(t testing.TB, text []byte) *Recording {
	t.Helper()
	c := new(Recording)
	if err := yaml.Unmarshal(text, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func lines(texts []string) []topology.Line {
	var l []topology.Line
	for _, x := range texts {
		l = append(l, topology.Line{Text: x})
	}
	return l
}

func sysctls(n yaml.Node, dev string) []topology.Sysctl {
	var l []topology.Sysctl
	for i := 0; i+1 < len(n.Content); i += 2 {
		l = append(l, topology.Sysctl{Key: strings.ReplaceAll(n.Content[i].Value, "/IF/", "/"+dev+"/"), Value: n.Content[i+1].Value})
	}
	return l
}

func addresses(t testing.TB, texts ...string) []topology.Address {
	var l []topology.Address
	for _, x := range texts {
		p, err := netip.ParsePrefix(x)
		if err != nil {
			t.Fatal(err)
		}
		l = append(l, topology.Address{Prefix: p, Scope: topology.ScopeGlobal})
	}
	return l
}

func mac(t testing.TB, s string) topology.MAC {
	if s == "" {
		return topology.MAC{}
	}
	m, err := topology.ParseMAC(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Lab makes the plain network of a case, in the order in which the recording's
// script made it, so that interface indexes agree.
func (c *Recording) Lab(t testing.TB) *topology.Lab {
	l := &topology.Lab{Name: "case", Seed: 1}
	for _, s := range c.Topology.Segments {
		l.Segments = append(l.Segments, &topology.Segment{Name: s.Name, MTU: 65535})
	}
	tunnels := false
	for _, h := range c.Topology.Hosts {
		for _, i := range h.Interfaces {
			tunnels = tunnels || i.Type == "ipip"
		}
	}
	idle := func() *topology.Interface { // modprobe ipip makes one in every namespace
		return &topology.Interface{Name: "tunl0", Kind: topology.IPIP, MTU: 1480}
	}
	for _, h := range c.Topology.Hosts {
		m := &topology.Machine{Name: h.Name, Role: topology.Role(h.Role), Routes: lines(h.Routes), Sysctls: sysctls(h.Sysctl, ""), IPSets: lines(h.IPSet), IPTables: lines(h.IPTables)}
		for _, i := range h.Interfaces {
			x := &topology.Interface{Name: i.Name, MTU: i.MTU, MAC: mac(t, i.MAC), Addresses: addresses(t, i.Addr...), Up: true}
			switch i.Type {
			case "lan":
				x.Kind, x.Segment = topology.NIC, i.Segment
			case "ipip":
				x.Kind = topology.IPIP
			case "p2p":
				x.Kind, x.Peer = topology.Veth, topology.Endpoint{Machine: i.PeerHost, Interface: i.PeerIf}
			case "p2p-peer":
				x.Kind, x.Peer = topology.Veth, c.peerOf(h.Name, i.Name)
			case "lo":
				x.Kind = topology.Loopback
			default:
				t.Fatalf("interface type %q", i.Type)
			}
			m.Interfaces = append(m.Interfaces, x)
		}
		if tunnels && m.Interface("tunl0") == nil {
			m.Interfaces = append(m.Interfaces, idle())
		}
		l.Machines = append(l.Machines, m)
	}
	for _, p := range c.Topology.Pods {
		node := l.Machine(p.Node)
		node.Interfaces = append(node.Interfaces, &topology.Interface{Name: p.Cali, Kind: topology.Veth, Peer: topology.Endpoint{Machine: p.Name, Interface: "eth0"}, MAC: mac(t, p.CaliMAC), MTU: p.MTU, Up: true})
		node.Sysctls = append(node.Sysctls, sysctls(p.CaliSysctl, p.Cali)...)
		pod := &topology.Machine{Name: p.Name, Role: topology.RolePod, Routes: lines(p.Routes)}
		if tunnels {
			pod.Interfaces = append(pod.Interfaces, idle())
		}
		pod.Interfaces = append(pod.Interfaces, &topology.Interface{Name: "eth0", Kind: topology.Veth, Peer: topology.Endpoint{Machine: p.Node, Interface: p.Cali}, MAC: mac(t, p.MAC), MTU: p.MTU, Addresses: addresses(t, p.IP+"/32"), Up: true})
		l.Machines = append(l.Machines, pod)
	}
	return l
}

func (c *Recording) peerOf(host, iface string) topology.Endpoint {
	for _, h := range c.Topology.Hosts {
		for _, i := range h.Interfaces {
			if i.PeerHost == host && i.PeerIf == iface {
				return topology.Endpoint{Machine: h.Name, Interface: i.Name}
			}
		}
	}
	return topology.Endpoint{}
}

var procWrite = regexp.MustCompile(`^echo (\S+) > /proc/sys/(\S+)$`)

// Setup does what the recording's script did first, beyond the network.
func (c *Recording) Setup(t testing.TB, lab *sim.Lab) {
	t.Helper()
	for _, x := range c.SetupExtra {
		for cmd := range strings.SplitSeq(x.Cmd, ";") {
			if m := procWrite.FindStringSubmatch(strings.TrimSpace(cmd)); m != nil {
				cmd = "sysctl -w " + m[2] + "=" + m[1]
			}
			if err := lab.Command(x.In, cmd, "setup"); err != nil {
				t.Fatal(err)
			}
		}
	}
}
