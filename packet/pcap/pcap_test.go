package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/stretchr/testify/require"
)

// start is the time of the first packet in these tests: 2024-09-21T15:00:00Z.
const start = int64(1726930800e9)

// record is a Packet whose bytes are its own.
type record struct {
	iface   int
	time    int64
	data    string
	orig    int
	comment string
}

func readAll(t testing.TB, file []byte) ([]record, *Reader) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	var all []record
	for {
		p, err := r.Next()
		if err == io.EOF {
			return all, r
		}
		require.NoError(t, err)
		all = append(all, record{p.Interface, p.Time, string(p.Data), p.OrigLen, string(p.Comment)})
	}
}

func frame(n int) []byte {
	f := make([]byte, n)
	for i := range f {
		f[i] = byte(i)
	}
	return f
}

// sample is a pcapng file with two interfaces and packets of odd lengths.
func sample(t testing.TB) ([]byte, []record) {
	var file bytes.Buffer
	w := NewWriter(&file)
	ens5 := w.AddInterface(Interface{Name: "k8s-w1:ens5", Description: "node k8s-w1", LinkType: LinkEthernet})
	tunl0 := w.AddInterface(Interface{Name: "k8s-w1:tunl0", LinkType: LinkRaw, SnapLen: 40})
	want := []record{
		{ens5, start, string(frame(98)), 98, ""},
		{tunl0, start + 1, string(frame(84)[:40]), 84, "route 172.16.184.0/24 via 192.168.10.102"},
		{ens5, start + 1_000_000_001, string(frame(61)), 1500, "odd"},
		{ens5, start + 1_000_000_002, "", 0, ""},
	}
	require.NoError(t, w.WritePacket(ens5, start, frame(98), 98, ""))
	require.NoError(t, w.WritePacket(tunl0, start+1, frame(84), 84, want[1].comment))
	require.NoError(t, w.WritePacket(ens5, start+1_000_000_001, frame(61), 1500, "odd"))
	require.NoError(t, w.WritePacket(ens5, start+1_000_000_002, nil, 0, ""))
	require.NoError(t, w.Flush())
	return file.Bytes(), want
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	file, want := sample(t)
	got, r := readAll(t, file)
	require.Equal(t, want, got)
	require.Equal(t, []Interface{
		{"k8s-w1:ens5", "node k8s-w1", LinkEthernet, MaxSnapLen},
		{"k8s-w1:tunl0", "", LinkRaw, 40},
	}, r.Interfaces())
}

func TestGopacketReadsOurFile(t *testing.T) {
	file, want := sample(t)
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	require.NoError(t, err)
	require.Equal(t, "hoplab", r.SectionInfo().Application)
	require.Equal(t, "hoplab", r.SectionInfo().Hardware)
	require.Equal(t, "hoplab", r.SectionInfo().OS)
	for _, w := range want {
		data, info, err := r.ReadPacketData()
		require.NoError(t, err)
		require.Equal(t, w.data, string(data))
		require.Equal(t, w.time, info.Timestamp.UnixNano())
		require.Equal(t, w.orig, info.Length)
		require.Equal(t, w.iface, info.InterfaceIndex)
	}
	_, _, err = r.ReadPacketData()
	require.Equal(t, io.EOF, err)
	for i, name := range []string{"k8s-w1:ens5", "k8s-w1:tunl0"} {
		iface, err := r.Interface(i)
		require.NoError(t, err)
		require.Equal(t, name, iface.Name)
	}
}

func TestRecordsLargerThanTheBufferAreWhole(t *testing.T) {
	var file bytes.Buffer
	w := NewWriter(&file)
	id := w.AddInterface(Interface{Name: "lo", LinkType: LinkEthernet})
	var want []record
	for i, n := range []int{60, bufferSize - 1, MaxSnapLen, MaxSnapLen + 1, 60} {
		require.NoError(t, w.WritePacket(id, start+int64(i), frame(n), n, strings.Repeat("c", 60000)))
		want = append(want, record{id, start + int64(i), string(frame(min(n, MaxSnapLen))), n, strings.Repeat("c", 60000)})
	}
	require.NoError(t, w.Flush())
	got, _ := readAll(t, file.Bytes())
	require.Equal(t, want, got)
}

func TestWriterRefusesWhatTheFileCannotSay(t *testing.T) {
	w := NewWriter(io.Discard)
	id := w.AddInterface(Interface{LinkType: LinkEthernet})
	require.ErrorContains(t, w.WritePacket(id+1, start, nil, 0, ""), "interface 1 was not added")
	require.ErrorContains(t, w.WritePacket(-1, start, nil, 0, ""), "interface -1 was not added")
	require.ErrorContains(t, w.WritePacket(id, -1, nil, 0, ""), "before 1970")
	require.ErrorContains(t, w.WritePacket(id, start, frame(10), 9, ""), "cannot have been 9 bytes")
	require.ErrorContains(t, w.WritePacket(id, start, nil, 0, strings.Repeat("c", 65536)), "comment of 65536 bytes")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriterKeepsTheErrorOfItsDestination(t *testing.T) {
	full := errors.New("disk full")
	w := NewWriter(failing{full})
	id := w.AddInterface(Interface{LinkType: LinkEthernet})
	require.NoError(t, w.WritePacket(id, start, frame(60), 60, ""), "nothing was sent yet")
	require.ErrorIs(t, w.Flush(), full)
	require.ErrorIs(t, w.WritePacket(id, start, frame(60), 60, ""), full)

	c := NewClassicWriter(failing{full}, LinkRaw, 0)
	require.ErrorIs(t, c.Flush(), full)
	require.ErrorIs(t, c.WritePacket(start, nil, 0), full)
}

// The expected files come from tcpdump 4.99.3 -r FILE -w -.
func TestClassicWriterEqualsTcpdump(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"lab-ens5.pcap", "write_0.bin"},
		{"time-nano.pcap", "write_time-nano.bin"},
		{"time-big-endian.pcap", "write_time-big-endian.bin"},
		{"trunc-snap34.pcap", "write_trunc-snap34.bin"},
	} {
		t.Run(c.in, func(t *testing.T) {
			packets, r := readAll(t, load(t, c.in))
			var file bytes.Buffer
			w := NewClassicWriter(&file, r.Interfaces()[0].LinkType, r.Interfaces()[0].SnapLen)
			for _, p := range packets {
				require.NoError(t, w.WritePacket(p.time, []byte(p.data), p.orig))
			}
			require.NoError(t, w.Flush())
			if want := load(t, c.want); !bytes.Equal(want, file.Bytes()) {
				t.Errorf("the file differs from tcpdump's:\n got % x\nwant % x", file.Bytes()[:64], want[:64])
			}
		})
	}
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return b
}

// The texts are those of libpcap 1.10.3.
func TestDamagedClassicFilesAreReportedInLibpcapsWords(t *testing.T) {
	for _, c := range []struct {
		file    string
		packets int // before the error
		err     string
	}{
		{"bad-empty.pcap", 0, "truncated dump file; tried to read 4 file header bytes, only got 0"},
		{"bad-header.pcap", 0, "truncated dump file; tried to read 24 file header bytes, only got 6"},
		{"bad-magic.pcap", 0, "unknown file format"},
		{"bad-version.pcap", 0, "unsupported pcap savefile version 3.0"},
		{"bad-trunc-rec.pcap", 0, "truncated dump file; tried to read 42 captured bytes, only got 20"},
		{"bad-trunc-hdr.pcap", 1, "truncated dump file; tried to read 16 header bytes, only got 7"},
		{"bad-caplen.pcap", 0, "invalid packet capture length 500000, bigger than snaplen of 262144"},
		{"ok-snap0.pcap", 1, "EOF"},
		{"ok-zero-packets.pcap", 0, "EOF"},
	} {
		t.Run(c.file, func(t *testing.T) {
			packets, err := drain(load(t, c.file))
			require.EqualError(t, err, c.err)
			require.Equal(t, c.packets, packets)
		})
	}
}

// drain reads a file to its end and returns the error that ended it.
func drain(file []byte) (packets int, err error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	for {
		if _, err = r.Next(); err != nil {
			return packets, err
		}
		packets++
	}
}

func TestClassicTimesInBothResolutionsAndByteOrders(t *testing.T) {
	for _, c := range []struct {
		name  string
		order binary.AppendByteOrder
		magic uint32
		want  int64
	}{
		{"little-endian microseconds", binary.LittleEndian, magicMicro, 7e9 + 123000},
		{"little-endian nanoseconds", binary.LittleEndian, magicNano, 7e9 + 123},
		{"big-endian microseconds", binary.BigEndian, magicMicro, 7e9 + 123000},
		{"big-endian nanoseconds", binary.BigEndian, magicNano, 7e9 + 123},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f []byte
			f = c.order.AppendUint32(f, c.magic)
			f = c.order.AppendUint16(f, 2)
			f = c.order.AppendUint16(f, 4)
			for _, word := range []uint32{0, 0, 65535, LinkRaw, 7, 123, 3, 60} {
				f = c.order.AppendUint32(f, word)
			}
			got, r := readAll(t, append(f, "abc"...))
			require.Equal(t, []record{{0, c.want, "abc", 60, ""}}, got)
			require.Equal(t, []Interface{{LinkType: LinkRaw, SnapLen: 65535}}, r.Interfaces())
		})
	}
}

// ng builds pcapng files of shapes that our writer does not make.
type ng struct {
	order binary.AppendByteOrder
	file  []byte
}

func (n *ng) words(list ...uint32) []byte {
	var b []byte
	for _, w := range list {
		b = n.order.AppendUint32(b, w)
	}
	return b
}

func (n *ng) block(kind uint32, parts ...[]byte) *ng {
	body := bytes.Join(parts, nil)
	total := uint32(12 + len(body))
	n.file = append(n.file, n.words(kind, total)...)
	n.file = append(n.file, body...)
	n.file = append(n.file, n.words(total)...)
	return n
}

func (n *ng) section() *ng {
	version := n.order.AppendUint16(n.order.AppendUint16(nil, 1), 0)
	return n.block(blockSectionHeader, n.words(byteOrderMagic), version, n.words(0xffffffff, 0xffffffff))
}

func (n *ng) iface(link uint16, snap uint32, opts ...[]byte) *ng {
	head := n.order.AppendUint16(n.order.AppendUint16(nil, link), 0)
	return n.block(blockInterface, head, n.words(snap), bytes.Join(opts, nil))
}

func (n *ng) option(code uint16, value string) []byte {
	b := n.order.AppendUint16(n.order.AppendUint16(nil, code), uint16(len(value)))
	return appendPadded(b, value)
}

func (n *ng) packet(id uint32, stamp uint64, data string) *ng {
	head := n.words(id, uint32(stamp>>32), uint32(stamp), uint32(len(data)), uint32(len(data)))
	return n.block(blockEnhancedPacket, head, appendPadded(nil, data))
}

func TestPcapngShapesThatOthersWrite(t *testing.T) {
	for name, order := range map[string]binary.AppendByteOrder{"little-endian": binary.LittleEndian, "big-endian": binary.BigEndian} {
		t.Run(name, func(t *testing.T) {
			n := &ng{order: order}
			n.section().
				iface(LinkEthernet, 0, n.option(optIfName, "eth0")).
				block(0x0bad, []byte("unknown block ...")[:16]).
				packet(0, 7_000_123, "microseconds are the default").
				iface(LinkRaw, 4, n.option(optIfTsResolution, "\x8a"), n.option(optEnd, "")).
				packet(1, 3<<10|512, "1024ths of a second").
				iface(LinkRaw, 0, n.option(optIfTsResolution, "\x0c"), n.option(optIfTsOffset, string(order.AppendUint64(nil, 100)))).
				packet(2, 5_000_000_001_999, "picoseconds, from second 100 on").
				block(blockSimplePacket, n.words(6), []byte("simple\x00\x00")).
				section().
				iface(LinkLinuxSLL2, 3).
				packet(0, 1, "second section").
				block(blockSimplePacket, n.words(6), []byte("sim\x00"))
			got, r := readAll(t, n.file)
			require.Equal(t, []record{
				{0, 7_000_123_000, "microseconds are the default", 28, ""},
				{1, 3_500_000_000, "1024ths of a second", 19, ""},
				{2, 105_000_000_001, "picoseconds, from second 100 on", 31, ""},
				{0, 0, "simple", 6, ""},
				{3, 1000, "second section", 14, ""},
				{3, 0, "sim", 6, ""},
			}, got)
			require.Equal(t, "eth0", r.Interfaces()[0].Name)
			require.Equal(t, LinkLinuxSLL2, r.Interfaces()[3].LinkType)
		})
	}
}

func TestDamagedPcapngFilesAreRefused(t *testing.T) {
	fresh := func() *ng { return (&ng{order: binary.LittleEndian}).section() }
	cut := fresh().iface(1, 0).packet(0, 0, "abcdefgh").file
	wrongTrailer := fresh().iface(1, 0).file
	wrongTrailer[len(wrongTrailer)-4]++
	n := fresh()
	for _, c := range []struct {
		name, err string
		file      []byte
	}{
		{"cut in a packet", "truncated dump file; tried to read 32 block bytes, only got 30", cut[:len(cut)-2]},
		{"cut in a block header", "truncated dump file; tried to read 8 block header bytes, only got 3", append(fresh().file, 1, 2, 3)},
		{"cut in an unknown block", "truncated dump file; tried to read 99992 block bytes, only got 4", append(fresh().file, n.words(77, 100000, 0)...)},
		{"two lengths that differ", "pcapng block length 20 is 21 behind the block", wrongTrailer},
		{"length below a block's frame", "pcapng block of type 0x6 has an impossible length 8", append(fresh().file, n.words(6, 8)...)},
		{"length beyond all reason", "pcapng block of type 0x6 with 4294967292 bytes is longer than 524284", append(fresh().file, n.words(6, 0xfffffffc)...)},
		{"packet of an unknown interface", "pcapng packet of interface 1, but only 1 are described", fresh().iface(1, 0).packet(1, 0, "").file},
		{"packet before any interface", "pcapng packet of interface 0, but only 0 are described", fresh().packet(0, 0, "").file},
		{"simple packet before any interface", "pcapng packet before the first interface description", fresh().block(blockSimplePacket, n.words(0)).file},
		{"captured length beyond the block", "pcapng enhanced packet block of 24 bytes is too short for 5 captured bytes",
			fresh().iface(1, 0).block(blockEnhancedPacket, n.words(0, 0, 0, 5, 5, 0)).file},
		{"obsolete packet block", "not modelled: obsolete pcapng packet block", fresh().block(blockPacketObsolete).file},
		{"resolution of 10^-20 s", "time stamp resolution 10^-20 is finer than 64 bits can tell", fresh().iface(1, 0, n.option(optIfTsResolution, "\x14")).file},
		{"time far in the future", "pcapng packet time does not fit into 64 bits of nanoseconds", fresh().iface(1, 0).packet(0, 1<<63, "").file},
		{"unknown byte order", "unknown byte-order magic 00 00 00 00 in pcapng section header", n.words(blockSectionHeader, 28, 0, 0, 0, 0, 28)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := drain(c.file)
			require.EqualError(t, err, c.err)
		})
	}
}

func TestToolsOpenOurFile(t *testing.T) {
	file, _ := sample(t)
	path := filepath.Join(t.TempDir(), "hoplab.pcapng")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	// tcpdump reads only files of one link type.
	one := filepath.Join(t.TempDir(), "one.pcapng")
	var oneFile bytes.Buffer
	w := NewWriter(&oneFile)
	require.NoError(t, w.WritePacket(w.AddInterface(Interface{Name: "tunl0", LinkType: LinkRaw}), start, frame(60), 60, "c"))
	require.NoError(t, w.Flush())
	require.NoError(t, os.WriteFile(one, oneFile.Bytes(), 0o600))

	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"capinfos", path}, "Number of packets:   4"},
		{[]string{"capinfos", path}, "Name = k8s-w1:tunl0"},
		{[]string{"tshark", "-r", path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.time_epoch", "-e", "frame.comment"},
			"k8s-w1:tunl0\t1726930800.000000001\troute 172.16.184.0/24 via 192.168.10.102"},
		{[]string{"tcpdump", "-r", one, "-tt", "-nn", "--nano"}, "1726930800.000000000"},
	} {
		t.Run(strings.Join(c.command[:1], " ")+" shows "+c.want, func(t *testing.T) {
			tool, err := exec.LookPath(c.command[0])
			if err != nil {
				t.Skipf("%s is not installed", c.command[0])
			}
			out, err := exec.Command(tool, c.command[1:]...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), c.want)
		})
	}
}

func TestWritePacketAllocatesNothing(t *testing.T) {
	w := NewWriter(io.Discard)
	id := w.AddInterface(Interface{Name: "tunl0", LinkType: LinkRaw})
	c := NewClassicWriter(io.Discard, LinkRaw, 0)
	data := frame(1500)
	for name, write := range map[string]func() error{
		"pcapng":              func() error { return w.WritePacket(id, start, data, len(data), "") },
		"pcapng with comment": func() error { return w.WritePacket(id, start, data, len(data), "ttl 64 -> 63") },
		"classic":             func() error { return c.WritePacket(start, data, len(data)) },
	} {
		if n := testing.AllocsPerRun(1000, func() {
			if err := write(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations per packet", name, n)
		}
	}
}

// memory is a file in memory that starts anew when it is full.
type memory struct{ bytes.Buffer }

func (m *memory) Write(b []byte) (int, error) {
	if m.Len() > 1<<20 {
		m.Reset()
	}
	return m.Buffer.Write(b)
}

func BenchmarkWritePacket(b *testing.B) {
	data := frame(98)
	b.Run("hoplab", func(b *testing.B) {
		w := NewWriter(&memory{})
		id := w.AddInterface(Interface{Name: "ens5", LinkType: LinkEthernet})
		b.ReportAllocs()
		for b.Loop() {
			if err := w.WritePacket(id, start, data, len(data), ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gopacket", func(b *testing.B) {
		w, err := pcapgo.NewNgWriter(&memory{}, layers.LinkTypeEthernet)
		require.NoError(b, err)
		now := time.Unix(0, start)
		b.ReportAllocs()
		for b.Loop() {
			info := gopacket.CaptureInfo{Timestamp: now, Length: len(data), CaptureLength: len(data)}
			if err := w.WritePacket(info, data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	var file bytes.Buffer
	w := NewWriter(&file)
	id := w.AddInterface(Interface{Name: "ens5", LinkType: LinkEthernet})
	for i := range 1000 {
		require.NoError(b, w.WritePacket(id, start+int64(i), frame(98), 98, ""))
	}
	require.NoError(b, w.Flush())
	b.ReportAllocs()
	for b.Loop() {
		if n, err := drain(file.Bytes()); n != 1000 || err != io.EOF {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "pkts/s")
}

func FuzzReader(f *testing.F) {
	file, _ := sample(f)
	f.Add(file)
	for _, name := range []string{"lab-ens5.pcap", "time-nano.pcap", "time-big-endian.pcap", "bad-caplen.pcap"} {
		f.Add(load(f, name))
	}
	n := &ng{order: binary.BigEndian}
	f.Add(n.section().iface(1, 0, n.option(optIfTsResolution, "\x8a")).packet(0, 1, "x").block(77).block(blockSimplePacket, n.words(0)).file)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		for range len(file) + 1 { // a packet takes bytes, so this ends
			p, err := r.Next()
			if err != nil {
				return
			}
			if p.Interface >= len(r.Interfaces()) || len(p.Data) > len(file) {
				t.Fatalf("impossible packet %+v", p)
			}
		}
		t.Fatal("more packets than bytes")
	})
}
