package tools_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/packet/pcap"
)

// What is masked is what differs between two runs of the real kernel;
// everything else must be equal.
//
//	packets  IPv4 id (zero or not, and equality among fragments, stay), ICMP
//	         echo id and ephemeral ports (who shares one stays), the first 16
//	         bytes of an echo payload (ping's time), TCP and UDP checksums (a
//	         kernel leaves them to the NIC), TCP sequence numbers (made
//	         relative), windows and time stamps; gaps between neighbours may
//	         differ by 0.4 s and 5 %
//	text     round-trip times, expiry times, conntrack timeouts, ids and
//	         ephemeral ports, the order of conntrack and neighbour lines, which
//	         valid state a neighbour is in, ipset's initval and memory

// symbols turns values into names in order of first appearance, so that
// relations are compared and not values.
type symbols map[string]string

func (s symbols) of(kind string, v any) string {
	k := fmt.Sprint(kind, " ", v)
	if _, ok := s[k]; !ok {
		n := 0
		for x := range s {
			if strings.HasPrefix(x, kind+" ") {
				n++
			}
		}
		s[k] = kind + strconv.Itoa(n)
	}
	return s[k]
}

// seqs are the first sequence numbers of TCP connections.
type seqs map[[2]netip.AddrPort]uint32

// canon writes packets in words.
type canon struct {
	n   symbols
	seq seqs
}

func newCanon() *canon { return &canon{symbols{}, seqs{}} }

func (c *canon) frame(linkType int, b []byte) string {
	var parts []string
	switch linkType {
	case pcap.LinkEthernet:
		parts = c.ethernet(b)
	case pcap.LinkLinuxSLL:
		parts = c.cooked(fmt.Sprintf("sll type %d from %s", binary.BigEndian.Uint16(b), packet.MAC(b[6:12])), binary.BigEndian.Uint16(b[14:]), b[16:])
	case pcap.LinkLinuxSLL2:
		parts = c.cooked(fmt.Sprintf("sll2 if %d type %d from %s", binary.BigEndian.Uint32(b[4:]), b[10], packet.MAC(b[12:18])), binary.BigEndian.Uint16(b), b[20:])
	default:
		parts = c.ipv4(b, false)
	}
	return strings.Join(parts, " | ")
}

func (c *canon) ethernet(b []byte) []string {
	if len(b) < packet.EthernetLen {
		return []string{"short " + hex.EncodeToString(b)}
	}
	e := packet.Ethernet(b)
	return c.cooked(fmt.Sprintf("eth %s > %s %04x", e.Src(), e.Dst(), uint16(e.Type())), uint16(e.Type()), b[packet.EthernetLen:])
}

// cooked is a packet behind a link header that is told already.
func (c *canon) cooked(head string, proto uint16, b []byte) []string {
	switch packet.EtherType(proto) {
	case packet.EtherIPv4:
		return append([]string{head}, c.ipv4(b, false)...)
	case packet.EtherARP:
		if a, err := packet.ParseARP(b); err == nil {
			return []string{head, fmt.Sprintf("arp op %d %s %s > %s %s", a.Op(), a.SenderMAC(), a.SenderIP(), a.TargetMAC(), a.TargetIP())}
		}
	}
	return []string{head, hex.EncodeToString(b)}
}

func (c *canon) ipv4(b []byte, quoted bool) []string {
	if len(b) < packet.IPv4Len || b[0]>>4 != 4 || int(b[0]&15)*4 > len(b) {
		return []string{"raw " + hex.EncodeToString(b)}
	}
	p := packet.IPv4(b)
	id, sum, flags := "zero", "", ""
	if p.ID() != 0 {
		id = "set"
		if p.IsFragment() && !quoted {
			id = c.n.of("frag", fmt.Sprint(p.Src(), p.ID()))
		}
	}
	if !p.ChecksumOK() {
		sum = " sum-BAD"
		if p.Checksum() == 0 {
			sum = " sum-zero"
		}
	}
	if p.DF() {
		flags += " DF"
	}
	if p.MF() {
		flags += " MF"
	}
	if o := p.FragOffset(); o != 0 {
		flags += fmt.Sprintf(" off %d", o)
	}
	d := fmt.Sprintf("ip %s > %s tos %02x ttl %d proto %d len %d%s id %s%s", p.Src(), p.Dst(), p.TOS(), p.TTL(), p.Proto(), p.TotalLen(), flags, id, sum)
	if o := p.Options(); len(o) > 0 {
		d += " options " + maskTimes(o)
	}
	payload := b[p.HeaderLen():]
	if p.TotalLen() >= p.HeaderLen() && p.TotalLen() <= len(b) {
		payload = b[p.HeaderLen():p.TotalLen()]
	}
	switch {
	case p.FragOffset() != 0 && p.Proto() == packet.ProtoICMP:
		return []string{d, fmt.Sprintf("data %d bytes", len(payload))}
	case p.FragOffset() != 0:
		return []string{d, "data " + hex.EncodeToString(payload)}
	}
	return append([]string{d}, c.upper(p, payload, quoted || p.MF())...)
}

// maskTimes masks the times of a time stamp option.
func maskTimes(o []byte) string {
	if len(o) <= 4 || o[0] != 68 || int(o[1]) > len(o) || o[1] < 4 {
		return hex.EncodeToString(o)
	}
	text, end := hex.EncodeToString(o[:4]), int(o[1])
	withAddress := o[3]&15 == 1 || o[3]&15 == 3
	for q := 4; q+4 <= end; q += 4 {
		if withAddress {
			text += " " + hex.EncodeToString(o[q:q+4])
			q += 4
		}
		if q+4 > end || bytes.Equal(o[q:q+4], []byte{0, 0, 0, 0}) {
			text += " 0"
		} else {
			text += " T"
		}
	}
	return text + " " + hex.EncodeToString(o[end:])
}

func (c *canon) upper(p packet.IPv4, b []byte, partial bool) []string {
	switch proto := p.Proto(); {
	case proto == packet.ProtoIPIP:
		return c.ipv4(b, partial)
	case proto == packet.ProtoICMP && len(b) >= packet.ICMPLen:
		return c.icmp(packet.ICMP(b), partial)
	case proto == packet.ProtoUDP && len(b) >= packet.UDPLen:
		u := packet.UDP(b)
		src, dst, length := u.SrcPort(), u.DstPort(), binary.BigEndian.Uint16(b[4:])
		if (src == 4789 || dst == 4789) && len(b) >= 16 {
			return append([]string{fmt.Sprintf("udp EPHEMERAL > 4789 len %d vxlan %x", length, b[8:16])}, c.ethernet(b[16:])...)
		}
		data := "data " + hex.EncodeToString(b[8:])
		if isTracepath(dst) {
			data = fmt.Sprintf("data %d bytes", len(b)-8)
		}
		return []string{fmt.Sprintf("udp %s > %s len %d", c.port(src), c.port(dst), length), data}
	case proto == packet.ProtoTCP && len(b) >= 20:
		return []string{c.tcp(p, b)}
	}
	return []string{fmt.Sprintf("proto %d %x", p.Proto(), b)}
}

func (c *canon) icmp(m packet.ICMP, partial bool) []string {
	good := ""
	if !partial && !m.ChecksumOK() {
		good = " sum-BAD"
	}
	switch t := m.Type(); t {
	case 0, 8, 13, 14:
		data := m.Payload()
		if t > 8 {
			data = nil
		}
		body := fmt.Sprintf("%d bytes", len(data))
		if len(data) > 16 {
			body += " " + hex.EncodeToString(data[16:])
		}
		return []string{fmt.Sprintf("icmp %d/%d id %s seq %d %s%s", t, m.Code(), c.n.of("echo", m.ID()), m.Seq(), body, good)}
	case 3, 4, 5, 11, 12:
		return append([]string{fmt.Sprintf("icmp %d/%d rest %x%s", t, m.Code(), []byte(m[4:8]), good), "quotes"}, c.ipv4(m.Payload(), true)...)
	}
	return []string{fmt.Sprintf("icmp %d/%d %x%s", m.Type(), m.Code(), []byte(m[4:]), good)}
}

func (c *canon) tcp(p packet.IPv4, b []byte) string {
	src, dst := netip.AddrPortFrom(p.Src(), binary.BigEndian.Uint16(b)), netip.AddrPortFrom(p.Dst(), binary.BigEndian.Uint16(b[2:]))
	seq, ack := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	offset, flags := int(b[12]>>4)*4, b[13]
	if flags&2 != 0 {
		c.seq[[2]netip.AddrPort{src, dst}] = seq
	}
	relative := func(v uint32, a, b netip.AddrPort) string {
		first, ok := c.seq[[2]netip.AddrPort{a, b}]
		if !ok {
			return "abs"
		}
		return strconv.FormatUint(uint64(v-first), 10)
	}
	acked := "-"
	if flags&16 != 0 {
		acked = relative(ack, dst, src)
	}
	var opts []string
	for o := 20; o < offset && o < len(b); {
		k := b[o]
		if k == 0 {
			break
		}
		if k == 1 {
			o++
			continue
		}
		l := 0
		if o+1 < len(b) {
			l = int(b[o+1])
		}
		if l < 2 {
			break
		}
		if k == 8 || k == 3 {
			opts = append(opts, strconv.Itoa(int(k)))
		} else {
			opts = append(opts, fmt.Sprintf("%d=%x", k, b[min(o+2, len(b)):min(o+l, len(b))]))
		}
		o += l
	}
	return fmt.Sprintf("tcp %s > %s flags %02x seq %s ack %s opts %s data %x", c.port(src.Port()), c.port(dst.Port()), flags, relative(seq, src, dst), acked, strings.Join(opts, ","), b[min(offset, len(b)):])
}

func isTracepath(port uint16) bool { return port >= 44444 && port <= 44544 }

// fixedPorts are those that the scripts choose.
var fixedPorts = []uint16{4789, 5000, 8080, 9000, 9001, 9999}

func (c *canon) port(v uint16) string {
	switch {
	case v < 1024 || slices.Contains(fixedPorts, v) || v >= 33434 && v <= 33534:
		return strconv.Itoa(int(v))
	case isTracepath(v):
		return "TRACEPATH"
	}
	return c.n.of("port", v)
}

// shot is one packet of a capture.
type shot struct {
	at   float64 // seconds
	text string
}

// capture is a capture file in words.
type capture struct {
	link  int
	shots []shot
	err   error
}

func readCapture(data []byte, c *canon) capture {
	r, err := pcap.NewReader(bytes.NewReader(data))
	if err != nil {
		return capture{err: err}
	}
	out := capture{link: r.Interfaces()[0].LinkType}
	for {
		p, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			return capture{err: err}
		}
		out.shots = append(out.shots, shot{float64(p.Time) / 1e9, c.frame(out.link, p.Data)})
	}
}

// tree is a folder, by slash-separated names.
type tree map[string][]byte

func readTree(root string) (tree, error) {
	t := tree{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		t[name], err = os.ReadFile(filepath.Join(root, name))
		return err
	})
	return t, err
}

// differences compares what a script left with what it left on a real kernel:
// problems by what was compared, and the number of comparisons. Where the
// kernel's own result depends on a race of timers, a second recording lies
// below alt/ and either will do.
func differences(want, got tree) (problems map[string][]string, compared int) {
	problems = map[string][]string{}
	note := func(key string, d []string) {
		compared++
		if len(d) > 0 {
			problems[key] = d
		}
	}
	var caps, texts []string
	alternative := false
	for name := range want {
		switch {
		case strings.HasPrefix(name, "alt/"):
			alternative = alternative || strings.HasPrefix(name, "alt/cap/")
		case strings.HasSuffix(name, ".pcap"):
			caps = append(caps, name)
		case strings.HasSuffix(name, ".txt"), strings.HasSuffix(name, ".json"):
			texts = append(texts, name)
		}
	}
	slices.Sort(caps)
	slices.Sort(texts)
	_, loose := want["unordered"]
	load := func(pick func(name string) []byte) map[string]*capture {
		c, all := newCanon(), map[string]*capture{}
		for _, name := range caps {
			if data := pick(name); data != nil {
				x := readCapture(data, c)
				all[name] = &x
			}
		}
		return all
	}
	wanted := []map[string]*capture{load(func(n string) []byte { return want[n] })}
	if alternative {
		wanted = append(wanted, load(func(n string) []byte {
			if data, ok := want["alt/"+n]; ok {
				return data
			}
			return want[n]
		}))
	}
	have := load(func(n string) []byte { return got[n] })
	for _, name := range caps {
		var best []string
		for i, w := range wanted {
			if d := captureDiff(w[name], have[name], loose); i == 0 || len(d) < len(best) {
				best = d
			}
		}
		note(name, best)
	}
	for _, name := range texts {
		tries := []map[string][]string{textDiff(want[name], got, name)}
		if alt, ok := want["alt/"+name]; ok {
			tries = append(tries, textDiff(alt, got, name))
		}
		for key, best := range tries[0] {
			for _, t := range tries[1:] {
				if d, ok := t[key]; ok && len(d) < len(best) {
					best = d
				}
			}
			note(key, best)
		}
	}
	return problems, compared
}

func captureDiff(want, got *capture, loose bool) []string {
	switch {
	case got == nil:
		return []string{"missing"}
	case got.err != nil:
		return []string{"unreadable: " + got.err.Error()}
	case got.link != want.link:
		return []string{fmt.Sprintf("link type %d, in the kernel %d", got.link, want.link)}
	}
	texts := func(shots []shot) []string {
		var l []string
		for _, s := range shots {
			l = append(l, s.text)
		}
		if loose {
			slices.Sort(l)
		}
		return l
	}
	if d := lineDiff(texts(want.shots), texts(got.shots)); d != nil {
		return d
	}
	var d []string
	for i := 1; i < len(want.shots) && !loose; i++ {
		w, g := want.shots[i].at-want.shots[i-1].at, got.shots[i].at-got.shots[i-1].at
		if math.Abs(w-g) > 0.4+0.05*w {
			d = append(d, fmt.Sprintf("packet %d comes %.2f s after the one before it, in the kernel %.2f s", i+1, g, w))
		}
	}
	return d
}

// lineDiff says where two lists differ: what is left behind their common
// beginning and before their common end.
func lineDiff(want, got []string) []string {
	if slices.Equal(want, got) {
		return nil
	}
	first := 0
	for first < len(want) && first < len(got) && want[first] == got[first] {
		first++
	}
	w, g := want[first:], got[first:]
	for len(w) > 0 && len(g) > 0 && w[len(w)-1] == g[len(g)-1] {
		w, g = w[:len(w)-1], g[:len(g)-1]
	}
	d := []string{fmt.Sprintf("line %d:", first+1)}
	for _, x := range w {
		d = append(d, "- "+x)
	}
	for _, x := range g {
		d = append(d, "+ "+x)
	}
	return d
}

func textDiff(want []byte, got tree, name string) map[string][]string {
	have, ok := got[name]
	if !ok {
		return map[string][]string{name: {"missing"}}
	}
	w, g := string(want), string(have)
	if strings.HasSuffix(name, ".json") {
		var err error
		if w, err = reprint(w, strings.Contains(path.Base(name), "neigh")); err == nil {
			g, err = reprint(g, strings.Contains(path.Base(name), "neigh"))
		}
		if err != nil {
			return map[string][]string{name: {"not JSON: " + err.Error()}}
		}
	}
	w, g = mask(w), mask(g)
	out := map[string][]string{}
	titles, sections := cut(w)
	_, others := cut(g)
	if titles == nil {
		out[name] = lineDiff(strings.Split(w, "\n"), strings.Split(g, "\n"))
	}
	for _, title := range titles {
		other, ok := others[title]
		if !ok {
			other = "(missing)"
		}
		out[name+" $ "+title] = lineDiff(strings.Split(sections[title], "\n"), strings.Split(other, "\n"))
	}
	return out
}

// cut takes a file of state apart: a section for each command.
func cut(text string) (titles []string, sections map[string]string) {
	sections = map[string]string{}
	for i, part := range strings.Split("\n"+text, "\n### $ ") {
		if i == 0 {
			continue
		}
		title, body, _ := strings.Cut(part, "\n")
		if _, ok := sections[title]; !ok {
			titles = append(titles, title)
		}
		sections[title] = body
	}
	return titles, sections
}

// reprint prints JSON in one way; neighbours by address.
func reprint(text string, sorted bool) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "", err
	}
	if list, ok := v.([]any); ok && sorted {
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(neighbour(a), neighbour(b)) })
	}
	b, err := json.MarshalIndent(v, "", " ")
	return string(b), err
}

func neighbour(v any) string {
	m, _ := v.(map[string]any)
	return fmt.Sprint(m["dst"], " ", m["dev"])
}

var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`time=[\d.]+ ms`), "time=T ms"},
	{regexp.MustCompile(`, time \d+ms`), ", time Tms"},
	{regexp.MustCompile(`(rtt min/avg/max/mdev =) [\d./]+ ms`), "$1 T ms"},
	{regexp.MustCompile(`(ipg/ewma) [\d./]+ ms`), "$1 T ms"},
	{regexp.MustCompile(`\b\d+\.\d+ ?ms\b`), "T ms"},
	{regexp.MustCompile(`expires \d+sec`), "expires Nsec"},
	{regexp.MustCompile(`"expires": ?\d+`), `"expires": N`},
	{regexp.MustCompile(` initval 0x[0-9a-f]+`), " initval X"},
	{regexp.MustCompile(`Size in memory: \d+`), "Size in memory: N"},
	{regexp.MustCompile(`(?m)^((?:icmp|tcp|udp|unknown)\s+\d+) \d+ `), "$1 T "},
	{regexp.MustCompile(`\bid=\d+`), "id=I"},
	{regexp.MustCompile(`\(0x[0-9a-f]+\)`), "(0x?)"},
	{regexp.MustCompile(`\b(REACHABLE|STALE|DELAY|PROBE)\b`), "VALID"},
}

var (
	portMask = regexp.MustCompile(`\b([sd]port)=(\d{4,5})\b`)
	keptPort = regexp.MustCompile(`^(4789|5000|8080|9000|9001|9999|334\d\d|335[0-3]\d)$`)
	unsorted = regexp.MustCompile(`^((icmp|tcp|udp|unknown)\s+\d+ T |\d+\.\d+\.\d+\.\d+ +(dev|ether|\(incomplete\)|0x1 ))`)
)

// mask masks what differs between two runs, and sorts the lines of hash tables.
func mask(text string) string {
	for _, m := range masks {
		text = m.re.ReplaceAllString(text, m.by)
	}
	text = portMask.ReplaceAllStringFunc(text, func(s string) string {
		kind, n, _ := strings.Cut(s, "=")
		if keptPort.MatchString(n) {
			return s
		}
		return kind + "=P"
	})
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		end := i
		for end < len(lines) && unsorted.MatchString(lines[end]) {
			end++
		}
		slices.Sort(lines[i:end])
		i = max(i, end-1)
	}
	return strings.Join(lines, "\n")
}
