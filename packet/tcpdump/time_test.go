package tcpdump

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

// TestTimesOfDamagedFilesArePrintedAsTheyAre has fractions of more than a second
// and of less than none; the texts are tcpdump 4.99.3's.
func TestTimesOfDamagedFilesArePrintedAsTheyAre(t *testing.T) {
	const sec = 1700000000
	file := binary.LittleEndian.AppendUint64(nil, 2<<32|4<<48|0xa1b2c3d4)
	for _, word := range []uint32{0, 0, 262144, pcap.LinkRaw} {
		file = binary.LittleEndian.AppendUint32(file, word)
	}
	for _, at := range [][2]uint32{{sec, 999999}, {sec, 1000000}, {sec, 12345678}, {sec + 1, 1<<32 - 1}, {sec + 9, 1}, {0, 5}, {1<<32 - 1, 1000000}} {
		for _, word := range []uint32{at[0], at[1], 4, 4, 0x50} { // IP version 0
			file = binary.LittleEndian.AppendUint32(file, word)
		}
	}
	for _, c := range []struct {
		Options
		want string
	}{
		{Options{}, "22:13:20.999999|22:13:20.1000000|22:13:20.12345678|22:13:21.4294967295|22:13:29.000001|00:00:00.000005|[Error converting time]"},
		{Options{Times: 2}, "1700000000.999999|1700000000.1000000|1700000000.12345678|1700000001.4294967295|1700000009.000001|0.000005|[Error converting time]"},
		{Options{Times: 3}, " 00:00:00.000000| 00:00:00.000001| 00:00:00.11345678| 00:00:00.4283621617| 00:00:08.000002|-22:13:28.999996|-00:00:00.000005"},
		{Options{Times: 5}, " 00:00:00.000000| 00:00:00.000001| 00:00:00.11345679| 00:00:00.000000| 00:00:08.000002|-22:13:20.999994|-22:13:20.999999"},
		{Options{Nano: true}, "22:13:20.999999000|22:13:20.1000000000|22:13:20.3755743408|22:13:21.4294966296|22:13:29.000001000|00:00:00.000005000|[Error converting time]"},
		{Options{Times: 3, Nano: true}, " 00:00:00.000000000| 00:00:00.000001000| 00:00:00.2755743408| 00:00:00.1539222888| 00:00:08.000002000|-22:13:28.999996000|-00:00:00.000005000"},
	} {
		r, err := pcap.NewReader(bytes.NewReader(file))
		require.NoError(t, err)
		c.LinkType = pcap.LinkRaw
		p := New(c.Options)
		var got []string
		for packet, err := r.Next(); err == nil; packet, err = r.Next() {
			at, _, _ := strings.Cut(string(p.Append(nil, packet)), " unknown ip")
			got = append(got, at)
		}
		require.Equal(t, c.want, strings.Join(got, "|"))
	}
}
