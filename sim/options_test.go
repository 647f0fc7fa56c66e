package sim_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/simtest"
	"hoplab/sim/trace"
)

// A malformed IP option is answered with the offset of the wrong byte, RFC 792
// "parameter problem"; source routes are dropped without an answer.
func TestMalformedOptionsAreAnsweredWithTheirPlace(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options []byte
		pointer int // 0: no answer
		reason  trace.Reason
	}{
		{"record route whose pointer is too small", []byte{7, 7, 3, 0, 0, 0, 0, 0}, 22, trace.IPOptions},
		{"record route without room for its pointer", []byte{7, 2, 0, 0}, 21, trace.IPOptions},
		{"an option longer than the header", []byte{1, 1, 7, 40}, 22, trace.IPOptions},
		{"a length below two", []byte{1, 130, 1, 0}, 21, trace.IPOptions},
		{"a timestamp of unknown kind, which is let through", []byte{68, 8, 5, 7, 0, 0, 0, 0}, 0, trace.ReasonNone},
		{"a loose source route", []byte{131, 7, 4, 10, 1, 0, 1, 0}, 0, trace.SourceRoute},
		{"nothing but padding", []byte{1, 1, 1, 0}, 0, trace.ReasonNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lab, _, err := sim.Load("chain.yaml", []byte(replace(chain, "ROLE", "router", "SYSCTLS", "")))
			require.NoError(t, err)
			s := lab.Namespace("a").OpenRaw(packet.ProtoICMP)
			s.Checksum, s.Options = true, tt.options
			pointer, replies := 0, 0
			s.Recv = func(ip packet.IPv4) {
				switch m := packet.ICMP(ip.Payload()); m.Type() {
				case packet.ICMPParamProblem:
					pointer = int(m[4])
				case packet.ICMPEchoReply:
					replies++
				}
			}
			payload := make([]byte, 16)
			packet.PutICMP(payload, packet.ICMPEcho, 0, 1)
			_, errno, _ := s.Send(netip.MustParseAddr("10.2.0.2"), payload, false)
			require.Zero(t, errno)
			require.NoError(t, lab.Run())
			require.Equal(t, tt.pointer, pointer)
			if tt.reason != trace.ReasonNone {
				require.Equal(t, uint64(1), lab.World().Log.Drops(tt.reason))
				require.Zero(t, replies)
			} else {
				require.Equal(t, 1, replies)
			}
			s.Close()
			simtest.Check(t, lab)
		})
	}
}
