package sim_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/dissect"
	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/proc"
	"hoplab/sim/sock"
)

// transportNames are symbols for what differs between two runs of a real
// kernel: ephemeral ports and first sequence numbers.
type transportNames struct {
	names
	isn       map[string]uint32
	unordered bool // first appearance says nothing
}

// canonical is a packet in words, with TCP and UDP. Checksums, windows and time
// stamps are not compared; sequence numbers are relative.
func (n *transportNames) canonical(ethernet bool, f []byte) string {
	if !ethernet {
		return strings.Join(n.ipv4(f), " | ")
	}
	e := packet.Ethernet(f)
	if e.Type() != packet.EtherIPv4 {
		return canonical(true, f, n.names)
	}
	return fmt.Sprintf("eth %s > %s | ", e.Src(), e.Dst()) + strings.Join(n.ipv4(e.Payload()), " | ")
}

func (n *transportNames) ipv4(b []byte) []string {
	p := packet.IPv4(b)
	if p.Proto() == packet.ProtoICMP && packet.ICMP(p.Payload()).IsError() {
		m := packet.ICMP(p.Payload())
		return append([]string{n.header(p), fmt.Sprintf("icmp %d/%d rest %x", m.Type(), m.Code(), m[4:8]), "quotes"}, n.ipv4(m.Payload())...)
	}
	if p.IsFragment() {
		return []string{n.header(p), fmt.Sprintf("%d bytes", len(p.Payload()))}
	}
	switch p.Proto() {
	case packet.ProtoIPIP:
		return append([]string{n.header(p)}, n.ipv4(p.Payload())...)
	case packet.ProtoTCP:
		return []string{n.header(p), n.tcp(p)}
	case packet.ProtoUDP:
		u := packet.UDP(p.Payload())
		return []string{n.header(p), fmt.Sprintf("udp %s > %s len %d %x", n.port(u.SrcPort()), n.port(u.DstPort()), binary.BigEndian.Uint16(u[4:]), u.Payload())}
	}
	return canonIPv4(b, n.names, false)
}

func (n *transportNames) header(p packet.IPv4) string {
	id, df := "zero", ""
	if p.ID() != 0 {
		id = "set"
	}
	if p.DF() {
		df = " DF"
	}
	return fmt.Sprintf("ip %s > %s tos %02x ttl %d proto %d len %d%s id %s", p.Src(), p.Dst(), p.TOS(), p.TTL(), p.Proto(), p.TotalLen(), df, id)
}

func (n *transportNames) port(v uint16) string {
	if v < 32768 || v >= 33434 && v <= 33534 {
		return fmt.Sprint(v)
	}
	if n.unordered {
		return "ephemeral"
	}
	return n.sym("port", v)
}

func (n *transportNames) tcp(p packet.IPv4) string {
	t := packet.TCP(p.Payload())
	key, rev := fmt.Sprint(p.Src(), t.SrcPort(), p.Dst(), t.DstPort()), fmt.Sprint(p.Dst(), t.DstPort(), p.Src(), t.SrcPort())
	if t.Flags()&packet.TCPSyn != 0 {
		n.isn[key] = t.Seq()
	}
	var opts []string
	for o := t[packet.TCPLen:t.HeaderLen()]; len(o) > 0; {
		switch {
		case o[0] < 2:
			opts, o = append(opts, fmt.Sprint(o[0])), o[1:]
			continue
		case o[0] == 8 || o[0] == 3: // time stamps, window scale
			opts = append(opts, fmt.Sprint(o[0]))
		default:
			opts = append(opts, fmt.Sprintf("%d=%x", o[0], o[2:o[1]]))
		}
		o = o[o[1]:]
	}
	ack := "-"
	if t.Flags()&packet.TCPAck != 0 {
		ack = fmt.Sprint(t.Ack() - n.isn[rev])
	}
	return fmt.Sprintf("tcp %s > %s flags %02x seq %d ack %s opts %s data %s", n.port(t.SrcPort()), n.port(t.DstPort()), t.Flags(), t.Seq()-n.isn[key], ack, strings.Join(opts, ","), hex.EncodeToString(t.Payload()))
}

// program runs a command line of a recording in a machine.
func program(lab *sim.Lab, in, cmd string, out io.Writer) *proc.Proc {
	ns := lab.Namespace(in)
	input := func(text string, pause time.Duration) func(p *proc.Proc) io.Reader {
		return func(p *proc.Proc) io.Reader {
			return io.MultiReader(strings.NewReader(text), readerFunc(func([]byte) (int, error) {
				p.Sleep(pause)
				return 0, io.EOF
			}))
		}
	}
	ncat := func(in func(p *proc.Proc) io.Reader, args ...string) *proc.Proc {
		return lab.Start(func(p *proc.Proc) error {
			o, err := sock.ParseNcat(args)
			if err != nil {
				return err
			}
			o.In, o.Go = in, lab.Start
			o.Exec = func(_ *proc.Proc, _ string, in io.Reader, out io.Writer) {
				b := make([]byte, 100) // read l; echo you said $l
				k, _ := in.Read(b)
				_, _ = io.WriteString(out, "you said "+string(b[:k]))
			}
			status := sock.Ncat(p, ns, o, out, out)
			fmt.Fprintf(out, "# exit status %d\n", status)
			return nil
		})
	}
	switch cmd {
	case `ncat -l 9000 -c "read l; echo you said \$l"`:
		return ncat(nil, "-l", "9000", "-c", "read l; echo you said $l")
	case `(echo hello; sleep 1) | ncat -w 3 172.16.184.1 9000`:
		return ncat(input("hello\n", time.Second), "-w", "3", "172.16.184.1", "9000")
	case `echo hi | ncat -u -w 2 172.16.184.1 9999`:
		return ncat(input("hi\n", 0), "-u", "-w", "2", "172.16.184.1", "9999")
	}
	words := strings.Fields(cmd)
	if words[0] != "traceroute" {
		return nil
	}
	return lab.Start(func(p *proc.Proc) error {
		o, err := sock.ParseTraceroute(words[1:])
		if err != nil {
			return err
		}
		_, err = sock.Traceroute(p, ns, o, out, out)
		fmt.Fprintf(out, "# exit status 0\n")
		return err
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

var volatile = regexp.MustCompile(`[\d.]+ ms|port=[3-6]\d{4}|(tcp|unknown) +\d \d+`)

// steady leaves out what differs between two runs: times, ephemeral ports, and
// how long an entry of conntrack has to live.
func steady(s string) string { return volatile.ReplaceAllString(s, "$1") }

// runTransport does what the recording's script does.
func runTransport(t *testing.T, c *kernelCase, unordered bool) (*outcome, map[string][]recorded) {
	t.Helper()
	lab, err := sim.New(c.Lab(t))
	require.NoError(t, err)
	lab.RunFor(500 * time.Millisecond)
	o := &outcome{captures: map[string]*sim.Capture{}, lab: lab}
	for _, place := range c.Captures {
		netns, dev, _ := strings.Cut(place, ":")
		capt, err := lab.Capture(netns, dev)
		require.NoError(t, err)
		o.captures[netns+"."+dev] = capt
	}
	lab.RunFor(3 * time.Second)
	buffers := make([]bytes.Buffer, len(c.Actions))
	for i, a := range c.Actions {
		p := program(lab, a.In, a.Cmd, &buffers[i])
		if p == nil {
			continue
		}
		if a.Background {
			lab.RunFor(1500 * time.Millisecond)
			buffers[i].Reset()
			continue
		}
		require.NoError(t, lab.Wait(p))
		require.NoError(t, p.Err())
	}
	for i, a := range c.Actions {
		text := buffers[i].String()
		if a.Background {
			text = strings.TrimSuffix(text, "# exit status 0\n")
		}
		o.outputs = append(o.outputs, fmt.Sprintf("# in %s\n$ %s\n%s", a.In, a.Cmd, text))
	}
	for i, a := range c.Actions {
		if a.Cmd == "conntrack -L" {
			list := tracked(lab, lab.Namespace(a.In))
			o.outputs[i] += fmt.Sprintf("conntrack v1.4.7 (conntrack-tools): %d flow entries have been shown.\n%s\n# exit status 0\n", len(list), strings.Join(list, "\n"))
		}
	}
	lab.RunFor(700 * time.Millisecond)
	n := &transportNames{names{}, map[string]uint32{}, unordered}
	got := map[string][]recorded{}
	var at []string
	for place := range o.captures {
		at = append(at, place)
	}
	slices.Sort(at)
	for _, place := range at {
		capt := o.captures[place]
		capt.Stop()
		for i, f := range capt.Frames {
			require.NoError(t, dissect.Check(capt.LinkType, f.Data), "%s packet %d", place, i+1)
			got[place] = append(got[place], recorded{time.Duration(f.At), n.canonical(capt.LinkType == pcap.LinkEthernet, f.Data)})
		}
	}
	lab.RunFor(90 * time.Second)
	require.NoError(t, lab.Accounting().Check())
	lab.Close()
	return o, got
}

// UDP, TCP and traceroute as a real kernel did them, packet by packet at every
// interface, and what the programs printed.
func TestTransportIsThatOfARealKernel(t *testing.T) {
	dirs, err := filepath.Glob("testdata/kernel_transport/*/case.yaml")
	require.NoError(t, err)
	require.Len(t, dirs, 4)
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			c := readCase(t, text)
			_, err = os.Stat(filepath.Join(dir, "unordered"))
			unordered := err == nil
			o, got := runTransport(t, c, unordered)
			again, _ := runTransport(t, c, unordered)
			for place, capt := range o.captures {
				require.Equal(t, capt.Frames, again.captures[place].Frames, "a second run")
			}
			n := &transportNames{names{}, map[string]uint32{}, unordered}
			at := places(c, dir)
			require.Len(t, at, len(c.Captures))
			var problems []string
			for _, place := range at {
				problems = append(problems, diff(place, n.read(t, filepath.Join(dir, "cap", place+".pcap")), got[place], !unordered)...)
			}
			if len(problems) > 0 {
				t.Errorf("%d differences:\n%s", len(problems), strings.Join(problems[:min(len(problems), 12)], "\n"))
			}
			for i := range c.Actions {
				want, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("action-%d.txt", i+1)))
				require.NoError(t, err)
				require.Equal(t, steady(string(want)), steady(o.outputs[i]))
			}
		})
	}
}

func (n *transportNames) read(t *testing.T, file string) []recorded {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	r, err := pcap.NewReader(f)
	require.NoError(t, err)
	var all []recorded
	for {
		p, err := r.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all = append(all, recorded{time.Duration(p.Time), n.canonical(r.Interfaces()[p.Interface].LinkType == pcap.LinkEthernet, p.Data)})
	}
}

// What the other end of the tunnel and both nodes know after the connection,
// as /proc/net/snmp had it.
func TestTransportCountersAreThoseOfARealKernel(t *testing.T) {
	text, err := os.ReadFile("testdata/kernel_transport/tcp-open-port-cross-node/case.yaml")
	require.NoError(t, err)
	o, _ := runTransport(t, readCase(t, text), false)
	for name, want := range map[string][]uint64{"pod1": {1, 0, 0, 0, 5, 6, 0}, "pod3": {0, 1, 0, 0, 6, 5, 0}} {
		c := o.lab.Namespace(name).Counters().TCP
		require.Equal(t, want, []uint64{c.ActiveOpens, c.PassiveOpens, c.AttemptFails, c.CurrEstab, c.InSegs, c.OutSegs, c.OutRsts}, name)
	}
	text, err = os.ReadFile("testdata/kernel_transport/udp-closed-port-cross-node/case.yaml")
	require.NoError(t, err)
	o, _ = runTransport(t, readCase(t, text), false)
	require.EqualValues(t, 1, o.lab.Namespace("pod1").Counters().UDP.OutDatagrams)
	require.EqualValues(t, 1, o.lab.Namespace("pod3").Counters().UDP.NoPorts)
}
