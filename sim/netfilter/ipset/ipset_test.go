package ipset

import (
	"bufio"
	"errors"
	"math/rand"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
)

// words splits a recorded line: double quotes group, a backslash keeps a
// quote.
func words(line string) []string {
	var all []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		w := ""
		for line != "" && line[0] != ' ' {
			if line[0] != '"' {
				w += line[:1]
				line = line[1:]
				continue
			}
			for line = line[1:]; line[0] != '"'; line = line[1:] {
				if line[0] == '\\' {
					line = line[1:]
				}
				w += line[:1]
			}
			line = line[1:]
		}
		all = append(all, w)
	}
	return all
}

func run(t *testing.T, s *Sets, line string) (code int, stdout, stderr string) {
	t.Helper()
	c, err := Parse(words(line))
	if err == nil {
		stdout, err = c.Apply(s)
		if c.Notice != "" {
			stderr = c.Notice + "\n"
		}
	}
	if err != nil {
		var e *Error
		require.True(t, errors.As(err, &e), "%s: %T is no *Error", line, err)
		code = e.Code
		if e.Msg != "" {
			stderr += e.Msg + "\n"
		}
	}
	return code, stdout, stderr
}

func must(t *testing.T, s *Sets, lines ...string) {
	t.Helper()
	for _, l := range lines {
		code, _, stderr := run(t, s, l)
		require.Zero(t, code, "%s: %s", l, stderr)
	}
}

// base is the state on which the commands of testdata were recorded.
func base(t *testing.T) *Sets {
	s := &Sets{}
	must(t, s, "create NET hash:net", "create IP hash:ip", "create IP3 hash:ip", "create IPP hash:ip,port", "create NETP hash:net,port", "create IPPIP hash:ip,port,ip",
		"create LIST list:set", "create COMM hash:ip comment", "create USED hash:net", "create USED2 hash:net",
		"add NET 172.16.0.0/16", "add NET 172.16.200.0/24 nomatch", "add IP 10.0.0.5", "add IPP 10.9.9.9,tcp:80", "add LIST IP", "add NETP 10.9.0.0/16,udp:53",
		`add COMM 10.0.0.9 comment "a b"`)
	s.Get("USED").Hold()
	return s
}

var volatile = regexp.MustCompile(`initval 0x[0-9a-f]*|Size in memory: \d+`)

func calm(s string) string {
	return volatile.ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasPrefix(m, "initval") {
			return "initval 0x0"
		}
		return "Size in memory: 0"
	})
}

// TestCommandsPrintWhatRealIpsetPrints compares exit code, texts and the
// change of ipset save with a recording of ipset 7.17. The order of members is
// the kernel's hash's, so lines are compared as a set.
func TestCommandsPrintWhatRealIpsetPrints(t *testing.T) {
	f, err := os.Open("testdata/commands.txt")
	require.NoError(t, err)
	defer f.Close()
	type record struct {
		line string
		want []string
	}
	var all []record
	for s := bufio.NewScanner(f); s.Scan(); {
		if line, ok := strings.CutPrefix(s.Text(), "### "); ok {
			all = append(all, record{line: line})
		} else {
			all[len(all)-1].want = append(all[len(all)-1].want, s.Text())
		}
	}
	for _, r := range all {
		t.Run(r.line, func(t *testing.T) {
			s := base(t)
			before := strings.Split(calm(s.Save()), "\n")
			code, stdout, stderr := run(t, s, r.line)
			if strings.Contains(stderr, "not modelled: ") {
				require.Equal(t, 2, code)
				require.Regexp(t, unmodelled, r.line)
				return
			}
			got := []string{"rc " + string(rune('0'+code))}
			for _, o := range [][2]string{{"out ", stdout}, {"err ", stderr}} {
				if o[1] == "" {
					continue
				}
				for l := range strings.SplitSeq(strings.TrimSuffix(calm(o[1]), "\n"), "\n") {
					got = append(got, o[0]+l)
				}
			}
			after := strings.Split(calm(s.Save()), "\n")
			for _, l := range before {
				if !slices.Contains(after, l) {
					got = append(got, "< "+l)
				}
			}
			for _, l := range after {
				if !slices.Contains(before, l) {
					got = append(got, "> "+l)
				}
			}
			want := slices.DeleteFunc(slices.Clone(r.want), func(l string) bool {
				// Two sets swapped differ in the initval alone.
				return l[0] == '<' && slices.Contains(r.want, ">"+l[1:])
			})
			want = slices.DeleteFunc(want, func(l string) bool { return l[0] == '>' && slices.Contains(r.want, "<"+l[1:]) })
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"), "ipset %s", r.line)
		})
	}
}

// unmodelled are the recorded lines that are refused on purpose.
var unmodelled = regexp.MustCompile(`inet6|netmask|counters|skbinfo|timeout|forceadd|bitmap|hash:mac|iface|ip,mark|net,net|-o xml|maxelem 0`)

func addr(s string) uint32 { return packet.Addr32(netip.MustParseAddr(s)) }

func TestMatchTakesTheMostSpecificNetwork(t *testing.T) {
	for _, size := range []int{0, 100} { // the short list, and the hash
		s := &Sets{}
		must(t, s, "create n hash:net", "add n 10.0.0.0/8", "add n 10.1.0.0/16 nomatch", "add n 10.1.2.0/24", "add n 10.1.2.3 nomatch")
		for i := range size {
			require.NoError(t, s.Get("n").Add(Elem{IP: addr("192.168.0.0") + uint32(i)<<8, Cidr: 24}, Extra{}, false))
		}
		for a, want := range map[string]Result{"10.9.9.9": Yes, "10.1.9.9": NoMatch, "10.1.2.9": Yes, "10.1.2.3": NoMatch, "11.0.0.1": No} {
			require.Equal(t, want, s.Get("n").MatchIP(addr(a)), "%s with %d more", a, size)
		}
		must(t, s, "del n 10.1.2.0/24")
		require.Equal(t, NoMatch, s.Get("n").MatchIP(addr("10.1.2.9")))
	}
}

// A slow twin: look at every network, the longest prefix decides.
func TestMatchAgreesWithAScan(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	s := &Sets{}
	must(t, s, "create n hash:net")
	n := s.Get("n")
	type elem struct {
		e       Elem
		nomatch bool
	}
	var all []elem
	for i := range 400 {
		e := Elem{IP: rng.Uint32() & 0x000f0f0f, Cidr: uint8(8 + rng.Intn(25))}
		e.IP &= mask(e.Cidr)
		nomatch := rng.Intn(3) == 0
		if n.Add(e, Extra{NoMatch: nomatch}, false) == nil {
			all = append(all, elem{e, nomatch})
		}
		if i%5 == 4 {
			j := rng.Intn(len(all))
			require.NoError(t, n.Del(all[j].e, false))
			all = slices.Delete(all, j, j+1)
		}
		for range 20 {
			a := rng.Uint32() & 0x000f0f0f
			want, best := No, -1
			for _, x := range all {
				if (a^x.e.IP)&mask(x.e.Cidr) == 0 && int(x.e.Cidr) > best {
					best, want = int(x.e.Cidr), hit(x.nomatch)
				}
			}
			require.Equal(t, want, n.MatchIP(a), "%08x after %d", a, i)
		}
	}
}

func TestMatchLooksAtPortsAndDirections(t *testing.T) {
	s := base(t)
	must(t, s, "add IPP 10.0.0.1,icmp:echo-request", "add IPP 10.0.0.1,vrrp:0", "add IPPIP 10.0.0.1,udp:53,10.0.0.2", "add LIST NETP")
	src, dst := addr("10.0.0.1"), addr("10.0.0.2")
	for _, c := range []struct {
		name string
		set  string
		p    Packet
		d    Dirs
		want Result
	}{
		{"source and its port", "IPP", Packet{Src: addr("10.9.9.9"), SrcPort: 80, Proto: 6, Ports: true}, Dirs{2, 3}, Yes},
		{"source and the destination's port", "IPP", Packet{Src: addr("10.9.9.9"), DstPort: 80, Proto: 6, Ports: true}, Dirs{2, 1}, Yes},
		{"the other protocol", "IPP", Packet{Src: addr("10.9.9.9"), SrcPort: 80, Proto: 17, Ports: true}, Dirs{2, 3}, No},
		{"ports out of reach in a fragment", "IPP", Packet{Src: addr("10.9.9.9"), Proto: 6}, Dirs{2, 3}, No},
		{"fewer directions than parts", "IPP", Packet{Src: addr("10.9.9.9"), SrcPort: 80, Proto: 6, Ports: true}, Dirs{1, 1}, No},
		{"ICMP type as port", "IPP", Packet{Src: src, SrcPort: 8 << 8, DstPort: 8 << 8, Proto: 1, Ports: true}, Dirs{2, 3}, Yes},
		{"a protocol without ports", "IPP", Packet{Src: src, Proto: 112, Ports: true}, Dirs{2, 3}, Yes},
		{"three parts", "IPPIP", Packet{Src: src, Dst: dst, DstPort: 53, Proto: 17, Ports: true}, Dirs{3, 1}, Yes},
		{"three parts the wrong way round", "IPPIP", Packet{Src: dst, Dst: src, DstPort: 53, Proto: 17, Ports: true}, Dirs{3, 1}, No},
		{"a list asks its sets", "LIST", Packet{Src: addr("10.0.0.5"), Proto: 1}, Dirs{1, 1}, Yes},
		{"a list asks a set with more parts", "LIST", Packet{Src: addr("10.9.1.1"), DstPort: 53, Proto: 17, Ports: true}, Dirs{2, 1}, Yes},
		{"a list without a match", "LIST", Packet{Src: addr("1.1.1.1"), Proto: 1}, Dirs{1, 1}, No},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, s.Get(c.set).Match(&c.p, c.d)) })
	}
}

func TestARuleSeesTheOtherContentsAfterSwap(t *testing.T) {
	s := base(t)
	used := s.Get("USED")
	must(t, s, "add USED2 10.0.0.0/8", "swap USED USED2")
	require.Equal(t, "USED", used.Name())
	require.Equal(t, Yes, used.MatchIP(addr("10.1.1.1")))
	used.Drop()
	must(t, s, "destroy USED")
}

func TestListOfTheKernelRecordings(t *testing.T) {
	s := &Sets{}
	must(t, s, "create cali40all-ipam-pools hash:net family inet hashsize 1024 maxelem 65536 initval 0xf3993e14", "add cali40all-ipam-pools 172.16.0.0/16")
	s.Get("cali40all-ipam-pools").Hold()
	_, got, _ := run(t, s, "list")
	require.Equal(t, `Name: cali40all-ipam-pools
Type: hash:net
Revision: 7
Header: family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xf3993e14
Size in memory: 496
References: 1
Number of entries: 1
Members:
172.16.0.0/16
`, got)
}

func FuzzParse(f *testing.F) {
	for _, l := range []string{"add NET 10.0.0.0/8 nomatch", "add IPP 10.0.0.1-10.0.0.9,udp:1-5", "create x hash:ip hashsize 5", "list -t", "add LIST NET before IP", "test NET 0.0.0.0-255.255.255.255"} {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := Parse(strings.Fields(line))
		if err != nil {
			return
		}
		s := base(t)
		before := s.Save()
		out, err := c.Apply(s)
		if err != nil {
			var e *Error
			require.True(t, errors.As(err, &e))
			require.Empty(t, out)
		}
		if c.verb == list || c.verb == test {
			require.Equal(t, before, s.Save())
		}
	})
}

func BenchmarkMatchIP(b *testing.B) {
	for _, size := range []int{2, 1000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s := &Sets{}
			require.NoError(b, s.Create("n", HashNet, Options{}, false))
			for i := range size {
				require.NoError(b, s.Get("n").Add(Elem{IP: addr("172.16.0.0") + uint32(i)<<8, Cidr: 24}, Extra{}, false))
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Get("n").MatchIP(addr("10.0.0.1"))
			}
		})
	}
}

// Where a set matches, Member names the element, and nowhere else.
func TestMemberNamesWhatMatched(t *testing.T) {
	s := &Sets{}
	for _, line := range []string{
		"create ip hash:ip", "add ip 10.0.0.1", "create net hash:net", "add net 10.0.0.0/24", "add net 10.0.0.8/29", "add net 10.0.0.9 nomatch",
		"create ipport hash:ip,port", "add ipport 10.0.0.1,tcp:80", "create netport hash:net,port", "add netport 10.0.0.0/28,udp:53", "create three hash:ip,port,ip", "add three 10.0.0.1,tcp:80,10.0.0.2",
		"create ports bitmap:port range 0-100", "add ports 80", "create list list:set", "add list net", "add list ip",
	} {
		code, _, stderr := run(t, s, line)
		require.Zero(t, code, "%s: %s", line, stderr)
	}
	for _, tt := range []struct{ set, want string }{{"ip", "10.0.0.1"}, {"net", "10.0.0.0/24"}, {"ipport", "10.0.0.1,tcp:80"}, {"netport", ""}, {"three", "10.0.0.1,tcp:80,10.0.0.2"}, {"ports", "80"}, {"list", "net"}} {
		p := Packet{Src: packet.Addr32(netip.MustParseAddr("10.0.0.2")), Dst: packet.Addr32(netip.MustParseAddr("10.0.0.1")), SrcPort: 1000, DstPort: 80, Proto: 6, Ports: true}
		require.Equal(t, tt.want, s.Get(tt.set).Member(&p, Dirs{N: 3, Src: 4}), tt.set)
	}
	p := Packet{Dst: packet.Addr32(netip.MustParseAddr("10.0.0.9"))}
	require.Equal(t, "10.0.0.9 nomatch", s.Get("net").Member(&p, Dirs{N: 1}), "the longest prefix decides")
	r := rand.New(rand.NewSource(3))
	for range 4000 {
		p := Packet{Src: 0x0a000000 + uint32(r.Intn(20)), Dst: 0x0a000000 + uint32(r.Intn(300)), SrcPort: uint16(r.Intn(100)), DstPort: []uint16{80, 53, 9}[r.Intn(3)], Proto: []uint8{6, 17, 1}[r.Intn(3)], Ports: r.Intn(5) > 0}
		for _, set := range s.All() {
			d := Dirs{N: uint8(1 + r.Intn(3)), Src: uint8(r.Intn(8))}
			m, res := set.Member(&p, d), set.Match(&p, d)
			require.Equal(t, res != No, m != "", "%s %+v %+v: %q", set.Name(), p, d, m)
			require.Equal(t, res == NoMatch, strings.HasSuffix(m, " nomatch"))
		}
	}
}
