package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand"
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
		{Name: "k8s-w1:ens5", Description: "node k8s-w1", LinkType: LinkEthernet, SnapLen: MaxSnapLen},
		{Name: "k8s-w1:tunl0", LinkType: LinkRaw, SnapLen: 40},
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
	require.ErrorIs(t, c.WritePacket(Packet{Time: start}), full)
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
				require.NoError(t, w.WritePacket(Packet{Time: p.time, Data: []byte(p.data), OrigLen: p.orig}))
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

// TestOddClassicFilesAreCopiedAsTheyAre has a frame check sequence in the link
// type, and fractions of a second that are none.
func TestOddClassicFilesAreCopiedAsTheyAre(t *testing.T) {
	for _, magic := range []uint32{magicMicro, magicNano} {
		var file []byte
		for _, word := range []uint32{magic, 2 | 4<<16, 0, 0, 65535, 0x14000000 | LinkEthernet} {
			file = binary.LittleEndian.AppendUint32(file, word)
		}
		for _, fraction := range []uint32{0, 999999, 1000000, 999999999, 1000000000, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
			for _, word := range []uint32{7, fraction, 4, 4, 0} {
				file = binary.LittleEndian.AppendUint32(file, word)
			}
		}
		r, err := NewReader(bytes.NewReader(file))
		require.NoError(t, err)
		from := r.Interfaces()[0]
		require.Equal(t, Interface{LinkType: LinkEthernet, LinkExtra: 0x14000000, SnapLen: 65535}, from)
		var out bytes.Buffer
		w := NewClassicWriter(&out, from.LinkType|from.LinkExtra, from.SnapLen)
		if magic == magicNano {
			w.Nanoseconds()
		}
		for p, err := r.Next(); err == nil; p, err = r.Next() {
			seconds, nanoseconds := p.Stamp()
			require.EqualValues(t, 7, seconds)
			require.Equal(t, p.Time, seconds*1e9+nanoseconds)
			require.NoError(t, w.WritePacket(p))
		}
		require.NoError(t, w.Flush())
		require.Equal(t, file, out.Bytes())
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

func TestDamagedPcapngFilesAreReportedInLibpcapsWords(t *testing.T) {
	fresh := func() *ng { return (&ng{order: binary.LittleEndian}).section() }
	cut := fresh().iface(1, 0).packet(0, 0, "abcdefgh").file
	wrongTrailer := fresh().iface(1, 0).file
	wrongTrailer[len(wrongTrailer)-4]++
	n := fresh()
	version := fresh().file
	version[14] = 7
	for _, c := range []struct {
		name, err string
		file      []byte
	}{
		{"cut in a packet", "truncated pcapng dump file; tried to read 32 bytes, only got 30", cut[:len(cut)-2]},
		{"cut in a block header", "truncated pcapng dump file; tried to read 8 bytes, only got 3", append(fresh().file, 1, 2, 3)},
		{"cut in an unknown block", "truncated pcapng dump file; tried to read 99992 bytes, only got 4", append(fresh().file, n.words(77, 100000, 0)...)},
		{"cut in the first section header", "truncated pcapng dump file; tried to read 16 bytes, only got 8", fresh().file[:20]},
		{"cut in the first words", "unknown file format", fresh().file[:11]},
		{"another minor version", "unsupported pcapng savefile version 1.7", version},
		{"two lengths that differ", "block total length in header and trailer don't match", wrongTrailer},
		{"length below a block's frame", "block in pcapng dump file has a length of 8 < 12", append(fresh().file, n.words(6, 8)...)},
		{"length that is not a multiple of four", "block in pcapng dump file has a length of 13 that is not a multiple of 4", append(fresh().file, n.words(6, 13)...)},
		{"length beyond all reason", "pcapng block size 4294967292 > maximum 16777216", append(fresh().file, n.words(6, 0xfffffffc)...)},
		{"section header that is too short", "Section Header Block in pcapng dump file has invalid length 28 < _16_ < 1048576 (BT_SHB_INSANE_MAX)",
			n.words(blockSectionHeader, 16, byteOrderMagic, 16)},
		{"no interface", "the capture file has no Interface Description Blocks", fresh().block(77).file},
		{"interface that is too short", "block of type 1 in pcapng dump file is too short", fresh().block(blockInterface, n.words(1)).file},
		{"option that is too long", "block of type 1 in pcapng dump file is too short", fresh().iface(1, 0, n.words(0x00090002)).file},
		{"packet of an unknown interface", "a packet arrived on interface 1, but there's no Interface Description Block for that interface",
			fresh().iface(1, 0).packet(1, 0, "").file},
		{"packet before any interface", "the capture file has a packet block before any Interface Description Blocks", fresh().packet(0, 0, "").file},
		{"simple packet in a section without interfaces", "a packet arrived on interface 0, but there's no Interface Description Block for that interface",
			fresh().iface(1, 0).section().block(blockSimplePacket, n.words(0)).file},
		{"captured length beyond the block", "block of type 6 in pcapng dump file is too short",
			fresh().iface(1, 0).block(blockEnhancedPacket, n.words(0, 0, 0, 5, 5, 0)).file},
		{"captured length beyond the largest", "invalid packet capture length 300000, bigger than snaplen of 262144",
			fresh().iface(1, 0).block(blockEnhancedPacket, n.words(0, 0, 0, 300000, 5, 0)).file},
		{"resolution of 10^-20 s", "Interface Description Block if_tsresol option resolution 10^-20 is too high",
			fresh().iface(1, 0, n.option(optIfTsResolution, "\x14")).file},
		{"resolution of 2^-64 s", "Interface Description Block if_tsresol option resolution 2^-64 is too high",
			fresh().iface(1, 0, n.option(optIfTsResolution, "\xc0")).file},
		{"two resolutions", "Interface Description Block has more than one if_tsresol option",
			fresh().iface(1, 0, n.option(optIfTsResolution, "\x06"), n.option(optIfTsResolution, "\x06")).file},
		{"resolution of two bytes", "Interface Description Block has if_tsresol option with length 2 != 1", fresh().iface(1, 0, n.option(optIfTsResolution, "\x06\x06")).file},
		{"offset of four bytes", "Interface Description Block has if_tsoffset option with length 4 != 8", fresh().iface(1, 0, n.option(optIfTsOffset, "abcd")).file},
		{"end of options with a length", "Interface Description Block has opt_endofopt option with length 1 != 0", fresh().iface(1, 0, n.option(optEnd, "x")).file},
		{"unknown byte order", "unknown file format", n.words(blockSectionHeader, 28, 0, 0, 0, 0, 28)},
		{"later section of another version", "unknown pcapng savefile major version number 2",
			fresh().iface(1, 0).block(blockSectionHeader, n.words(byteOrderMagic, 2, 0, 0)).file},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := drain(c.file)
			require.EqualError(t, err, c.err)
			require.Equal(t, "tcpdump: "+c.err, complaint(t, c.file, c.err))
		})
	}
	got, _ := readAll(t, fresh().iface(1, 0).packet(0, 1<<63, "far away").file)
	require.Equal(t, int64(2077252342_775808000), got[0].time, "as tcpdump -w writes it")
}

// complaint is what the real tcpdump says about a file, without the name of the
// function that some of its complaints start with; otherwise, where it is not installed.
func complaint(t *testing.T, file []byte, otherwise string) string {
	t.Helper()
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		return "tcpdump: " + otherwise
	}
	cmd := exec.Command(tool, "-r", "-", "-w", os.DevNull)
	cmd.Stdin = bytes.NewReader(file)
	out, _ := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Replace(lines[len(lines)-1], "pcap_loop: ", "", 1)
}

// A program that knows one link type, such as tcpdump, reads only uniform files.
func TestUniformFilesOnly(t *testing.T) {
	fresh := func() *ng { return (&ng{order: binary.LittleEndian}).section().iface(1, 0) }
	other := (&ng{order: binary.BigEndian}).section().iface(1, 0).file
	for _, c := range []struct {
		name, err string
		file      []byte
	}{
		{"two link types", "an interface has a type 101 different from the type of the first interface", fresh().iface(101, 0).file},
		{"two snapshot lengths", "an interface has a snapshot length 96 different from the snapshot length of the first interface", fresh().iface(1, 96).file},
		{"section in another byte order", "pcapng block size 469762048 > maximum 16777216", append(fresh().file, other...)},
		{"snapshot lengths that mean the same", "EOF", fresh().iface(1, MaxSnapLen).section().iface(1, 0).packet(0, 0, "x").file},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := drain(c.file)
			require.Equal(t, io.EOF, err, "read as it is")
			r, err := NewReader(bytes.NewReader(c.file))
			require.NoError(t, err)
			r.RequireUniform()
			for err == nil {
				_, err = r.Next()
			}
			require.EqualError(t, err, c.err)
			if err != io.EOF {
				require.Equal(t, "tcpdump: "+c.err, complaint(t, c.file, c.err))
			}
		})
	}
}

func TestOldClassicFiles(t *testing.T) {
	file := func(magic uint32, major, minor uint16, snap uint32, words ...uint32) []byte {
		f := binary.LittleEndian.AppendUint32(nil, magic)
		f = binary.LittleEndian.AppendUint16(f, major)
		f = binary.LittleEndian.AppendUint16(f, minor)
		for _, w := range append([]uint32{0, 0, snap, LinkEthernet}, words...) {
			f = binary.LittleEndian.AppendUint32(f, w)
		}
		return append(f, "abc"...)
	}
	for _, c := range []struct {
		name string
		file []byte
		want record
		snap int
	}{
		{"version 2.2 has the lengths swapped", file(magicMicro, 2, 2, 99, 7, 0, 60, 3), record{0, 7e9, "abc", 60, ""}, 99},
		{"version 2.3 may have them swapped", file(magicMicro, 2, 3, 99, 7, 0, 60, 3), record{0, 7e9, "abc", 60, ""}, 99},
		{"version 2.3 may have them right", file(magicMicro, 2, 3, 99, 7, 0, 3, 60), record{0, 7e9, "abc", 60, ""}, 99},
		{"version 543.0 has them swapped", file(magicMicro, 543, 0, 99, 7, 0, 60, 3), record{0, 7e9, "abc", 60, ""}, 99},
		{"Kuznetzov's patch has longer records", file(magicPatched, 2, 4, 99, 7, 0, 3, 60, 1, 2), record{0, 7e9, "abc", 60, ""}, 113},
		{"snapshot lengths beyond the usual stay", file(magicMicro, 2, 4, 1<<20, 7, 0, 3, 60), record{0, 7e9, "abc", 60, ""}, 1 << 20},
		{"records longer than the snapshot length are cut", file(magicMicro, 2, 4, 2, 7, 0, 3, 60), record{0, 7e9, "ab", 60, ""}, 2},
		{"times before 1970", file(magicMicro, 2, 4, 99, 1<<32-7, 0, 3, 60), record{0, -7e9, "abc", 60, ""}, 99},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r := readAll(t, c.file)
			require.Equal(t, []record{c.want}, got)
			require.Equal(t, c.snap, r.Interfaces()[0].SnapLen)
		})
	}
	_, err := drain(file(magicMicro, 1, 0, 99))
	require.EqualError(t, err, "archaic pcap savefile format")
	_, err = drain(file(magicMicro, 2, 4, 1<<20, 7, 0, 300000, 60))
	require.EqualError(t, err, "invalid packet capture length 300000, bigger than maximum of 262144")
	_, err = drain(file(magicMicro, 2, 4, 2, 7, 0, 9, 60))
	require.EqualError(t, err, "truncated dump file; tried to read 9 captured bytes, only got 3")
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
		"classic":             func() error { return c.WritePacket(Packet{Time: start, Data: data, OrigLen: len(data)}) },
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
		if len(file)%2 == 1 {
			r.RequireUniform()
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

// TestTcpdumpReadsDamagedFilesTheSame breaks files and compares the packets, and
// the complaint, with the real tcpdump.
func TestTcpdumpReadsDamagedFilesTheSame(t *testing.T) {
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	random := rand.New(rand.NewSource(1))
	ours, _ := sample(t)
	big := (&ng{order: binary.BigEndian}).section()
	big.iface(1, 0, big.option(optIfTsResolution, "\x8a")).packet(0, 1, "x").block(77).block(blockSimplePacket, big.words(0))
	files := [][]byte{ours, big.file}
	for _, name := range []string{"lab-ens5.pcap", "time-nano.pcap", "time-big-endian.pcap", "bad-caplen.pcap"} {
		files = append(files, load(t, name))
	}
	for range 150 {
		file := bytes.Clone(files[random.Intn(len(files))])
		switch random.Intn(3) {
		case 0:
			file = file[:random.Intn(len(file)+1)]
		case 1:
			file[random.Intn(min(len(file), 150))] ^= 1 << random.Intn(8)
		case 2:
			for range 3 {
				file[random.Intn(min(len(file), 400))] = byte(random.Intn(256))
			}
		}
		cmd := exec.Command(tool, "-r", "-", "-w", "-")
		cmd.Stdin = bytes.NewReader(file)
		var out, complaints bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &complaints
		_ = cmd.Run()
		lines := strings.Split(strings.TrimSpace(complaints.String()), "\n")
		said := strings.TrimPrefix(strings.TrimPrefix(lines[len(lines)-1], "tcpdump: "), "pcap_loop: ")
		switch {
		case strings.HasPrefix(said, "unknown data link type"):
			continue // the filter's complaint
		case strings.HasPrefix(said, "reading from"), strings.HasPrefix(said, "Warning"):
			said = "EOF"
		}
		want, got := 0, 0
		r, err := NewReader(bytes.NewReader(file))
		if err == nil {
			r.RequireUniform()
			copied, copyErr := NewReader(&out)
			require.NoError(t, copyErr)
			for {
				var p Packet
				if p, err = r.Next(); err != nil {
					break
				}
				got++
				q, copyErr := copied.Next()
				require.NoError(t, copyErr)
				want++
				require.Equal(t, q.Data, p.Data)
				require.Equal(t, q.OrigLen, p.OrigLen)
				require.Equal(t, (q.Time%1e9+1e9)%1e9/1e3, (p.Time%1e9+1e9)%1e9/1e3) // a copy has less room for the seconds
			}
			_, copyErr = copied.Next()
			require.Equal(t, io.EOF, copyErr)
		}
		require.EqualError(t, err, said, "% x", file[:min(len(file), 64)])
		require.Equal(t, want, got)
	}
}
