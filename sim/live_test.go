package sim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/netdev"
	"hoplab/sim/proc"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
	"hoplab/sim/stack"
	"hoplab/topology"
)

// liveCase is a small network that was built of namespaces of a real kernel,
// and what was done there. Beside it lies what every interface saw (pcapng);
// below are what ping printed and the counters of /proc/net/snmp and netstat
// at the end.
type liveCase struct {
	Why   string
	Hosts string // in order
	// Links are wires: two ends make a veth pair, more a LAN. An end is
	// `host:interface [address/length]… [mtu N] [down]`. The MAC of the second
	// interface of the first host is 02:00:00:00:01:02.
	Links     []string
	Bridges   []string // host:interface port… [address/length]…; MAC 02:00:00:00:HOST:80
	Setup     []map[string]string
	Run       []map[string]string // pings, `frame INTERFACE HEX` to send, other commands
	Linger    float64             // seconds after the last of them
	Unordered bool                // in the kernel the order depends on how softirqs are batched
	Output    []string
	Counters  map[string]map[string]uint64
}

// network gives the lab of a case.
func (c *liveCase) network(t *testing.T) *topology.Lab {
	l := &topology.Lab{Name: "live", Seed: 1}
	index := map[string]byte{}
	for i, h := range strings.Fields(c.Hosts) {
		index[h] = byte(i + 1)
		l.Machines = append(l.Machines, &topology.Machine{Name: h, Role: topology.RoleHost})
	}
	add := func(spec string, kind topology.InterfaceKind) (*topology.Machine, *topology.Interface) {
		words := strings.Fields(spec)
		host, name, _ := strings.Cut(words[0], ":")
		m := l.Machine(host)
		require.NotNil(t, m, spec)
		i := &topology.Interface{Name: name, Kind: kind, MTU: 1500, Up: true, MAC: topology.MAC{2, 0, 0, 0, index[host], byte(len(m.Interfaces) + 1)}}
		if kind == topology.Bridge {
			i.MAC[5] = 0x80
		}
		for k := 1; k < len(words); k++ {
			switch w := words[k]; {
			case w == "mtu":
				k++
				var err error
				i.MTU, err = strconv.Atoi(words[k])
				require.NoError(t, err)
			case w == "down":
				i.Up = false
			case strings.Contains(w, "/"):
				i.Addresses = append(i.Addresses, topology.Address{Prefix: netip.MustParsePrefix(w), Scope: topology.ScopeGlobal})
			default:
				i.Ports = append(i.Ports, topology.Line{Text: w})
			}
		}
		m.Interfaces = append(m.Interfaces, i)
		return m, i
	}
	for n, link := range c.Links {
		ends := strings.Split(link, "|")
		if len(ends) == 2 {
			a, ia := add(ends[0], topology.Veth)
			b, ib := add(ends[1], topology.Veth)
			ia.Peer, ib.Peer = topology.Endpoint{Machine: b.Name, Interface: ib.Name}, topology.Endpoint{Machine: a.Name, Interface: ia.Name}
			continue
		}
		lan := fmt.Sprintf("lan%d", n)
		l.Segments = append(l.Segments, &topology.Segment{Name: lan, MTU: 9000})
		for _, end := range ends {
			_, i := add(end, topology.NIC)
			i.Segment = lan
		}
	}
	for _, b := range c.Bridges {
		add(b, topology.Bridge)
	}
	return l
}

// run does what the recording did, and returns the captures by place and what
// ping printed.
func (c *liveCase) run(t *testing.T, lab *sim.Lab) (captures map[string]*sim.Capture, outputs []string) {
	t.Helper()
	each := func(steps []map[string]string, f func(host, line string)) {
		for _, step := range steps {
			for host, text := range step {
				for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
					f(host, line)
				}
			}
		}
	}
	each(c.Setup, func(host, line string) { require.NoError(t, lab.Command(host, line, "setup")) })
	lab.RunFor(700 * time.Millisecond)
	captures = map[string]*sim.Capture{}
	for _, ns := range lab.Namespaces() {
		for _, d := range ns.Devices() {
			capt, err := lab.Capture(ns.Name, d.Name)
			require.NoError(t, err)
			captures[ns.Name+":"+d.Name] = capt
		}
	}
	each(c.Run, func(host, line string) {
		words := strings.Fields(line)
		switch words[0] {
		case "ping":
			var out bytes.Buffer
			o, err := sock.ParsePing(words[1:])
			var refused *sock.ExitError
			if errors.As(err, &refused) {
				outputs = append(outputs, refused.Stderr)
				return
			}
			require.NoError(t, lab.Wait(lab.Start(func(p *proc.Proc) error {
				res, err := sock.Ping(p, lab.Namespace(host), o, &out, &out, lab.Time(0))
				fmt.Fprintf(&out, "# exit status %d\n", res.Exit)
				return err
			})))
			outputs = append(outputs, out.String())
			return
		case "frame":
			data, err := hex.DecodeString(words[2])
			require.NoError(t, err)
			b := lab.World().Pool.New(len(data))
			copy(b.Bytes(), data)
			b.SetNetwork()
			lab.Namespace(host).Device(words[1]).Xmit(b)
		case "sleep":
			s, err := strconv.ParseFloat(words[1], 64)
			require.NoError(t, err)
			lab.RunFor(time.Duration(s * float64(time.Second)))
			return
		default:
			require.NoError(t, lab.Command(host, line, "run"))
		}
		lab.RunFor(200 * time.Millisecond)
	})
	lab.RunFor(300*time.Millisecond + time.Duration(c.Linger*float64(time.Second)))
	for _, capt := range captures {
		capt.Stop()
	}
	return captures, outputs
}

// liveText is canonical, for frames whose IP header may be beyond reading, and
// without times of day and TCP checksums.
func liveText(f []byte, n names) string {
	if h := packet.EthernetLen; len(f) > h+packet.IPv4Len && packet.Ethernet(f).Type() == packet.EtherIPv4 && (f[h]>>4 != 4 || f[h]&15 < 5) {
		return hex.EncodeToString(f)
	}
	s := timestampReply.ReplaceAllString(canonical(true, f, n), "$1 T T")
	s = tcpChecksum.ReplaceAllString(s, "$1 sum")
	return timestampOption.ReplaceAllStringFunc(s, hideTimes)
}

var (
	timestampReply  = regexp.MustCompile(`(icmp 14/0 [0-9a-f]{16})[0-9a-f]{16}`)
	tcpChecksum     = regexp.MustCompile(`(proto 6 [0-9a-f]{32})[0-9a-f]{4}`) // a veth leaves it to the receiver
	timestampOption = regexp.MustCompile(`options 44[0-9a-f]*`)
)

// hideTimes writes T for each time in an IP timestamp option that comes first.
func hideTimes(s string) string {
	const start = len("options 44LLPPFF")
	if len(s) < start {
		return s
	}
	out := s[:start]
	for rest := s[start:]; ; rest = rest[8:] {
		if s[start-1] != '0' && len(rest) >= 8 { // an address comes before
			out, rest = out+rest[:8], rest[8:]
		}
		if len(rest) < 8 {
			return out + rest
		}
		if rest[:8] != "00000000" {
			out += "T"
		}
	}
}

// readLive reads a recording as canonical packets by place.
func readLive(t *testing.T, path string) map[string][]recorded {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	r, err := pcap.NewReader(z)
	require.NoError(t, err)
	all, known := map[string][]recorded{}, map[string]names{}
	for {
		p, err := r.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		place := r.Interfaces()[p.Interface].Name
		if known[place] == nil {
			known[place] = names{}
		}
		all[place] = append(all[place], recorded{0, liveText(p.Data, known[place])})
	}
}

// counters flattens the counters of a namespace to the names of
// /proc/net/snmp and netstat.
func counters(c stack.Counters) map[string]uint64 {
	flat := map[string]uint64{}
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		group := map[string]string{"IP": "Ip", "IPExt": "IpExt", "ICMP": "Icmp", "UDP": "Udp", "TCP": "Tcp", "TCPExt": "TcpExt"}[v.Type().Field(i).Name]
		for j := range v.Field(i).NumField() {
			name, f := v.Field(i).Type().Field(j).Name, v.Field(i).Field(j)
			switch {
			case f.Kind() == reflect.Array:
				for k := range f.Len() {
					flat[fmt.Sprintf("IcmpMsg.%s%d", name, k)] = f.Index(k).Uint()
				}
			case group == "Ip" && slices.Contains([]string{"InTruncatedPkts", "InCsumErrors", "InNoRoutes"}, name):
				flat["IpExt."+name] = f.Uint()
			default:
				flat[group+"."+name] = f.Uint()
			}
		}
	}
	return flat
}

var optionTime = regexp.MustCompile(`(?m)\t-?\d+( absolute)?$`)

// Small networks as a real kernel ran them: packets at every interface, what
// ping printed and what the kernel counted.
func TestNetworksBehaveAsThoseOfALiveKernel(t *testing.T) {
	files, err := filepath.Glob("testdata/live/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			c := new(liveCase)
			require.NoError(t, yaml.Unmarshal(text, c))
			lab, err := sim.New(c.network(t))
			require.NoError(t, err)
			captures, outputs := c.run(t, lab)
			want := readLive(t, strings.TrimSuffix(file, ".yaml")+".pcapng.gz")
			for _, ns := range lab.Namespaces() {
				for _, d := range ns.Devices() {
					place, n := ns.Name+":"+d.Name, names{}
					var got []recorded
					for _, f := range captures[place].Frames {
						got = append(got, recorded{0, liveText(f.Data, n)})
					}
					if d.Kind == netdev.Loopback && len(want[place]) == 0 && len(got) == 0 {
						continue
					}
					if p := diff(place, want[place], got, !c.Unordered); len(p) > 0 {
						t.Errorf("%s: %d differences:\n%s", c.Why, len(p), strings.Join(p[:min(len(p), 6)], "\n"))
					}
				}
			}
			same := func(s string) string { return optionTime.ReplaceAllString(mask(s), "\tT$1") }
			require.Len(t, outputs, len(c.Output))
			for i, got := range outputs {
				require.Equal(t, same(c.Output[i]), same(got), "ping %d of %s", i+1, c.Why)
			}
			for _, ns := range lab.Namespaces() {
				got := counters(ns.Counters())
				for k, v := range got {
					if liveCounted.MatchString(k) && v != c.Counters[ns.Name][k] {
						t.Errorf("%s: %s counts %s %d, the kernel %d", c.Why, ns.Name, k, v, c.Counters[ns.Name][k])
					}
				}
			}
			simtest.Check(t, lab)
		})
	}
}

// liveCounted are the counters that mean the same in the kernel of the
// recordings and in the one that is modelled.
var liveCounted = regexp.MustCompile(`^(Ip\.(In|Reasm|Frag|OutNoRoutes|OutDiscards)|Icmp\.(InMsgs|InErrors|InCsumErrors|OutMsgs|OutErrs)|IcmpMsg\.|Udp\.|IpExt\.(InNoRoutes|InTruncatedPkts|InCsumErrors|InMcastPkts|InBcastPkts)|TcpExt\.IPReverse)`)
