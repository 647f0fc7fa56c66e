package stack

import (
	"fmt"
	"strconv"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/neigh"
)

// neighFile is one file of /proc/sys/net/ipv4/neigh/IF/: a time in some unit or
// a number.
type neighFile struct {
	time *clock.Duration
	unit clock.Duration
	n    *int
}

// userHZ is the unit of times that proc shows in clock ticks of 1/100 s.
const userHZ = 10 * time.Millisecond

// neighFileOf finds a file by its name: neigh_sysctl_template.
func neighFileOf(p *neigh.Params, name string) (neighFile, bool) {
	switch name {
	case "mcast_solicit":
		return neighFile{n: &p.McastProbes}, true
	case "ucast_solicit":
		return neighFile{n: &p.UcastProbes}, true
	case "app_solicit":
		return neighFile{n: &p.AppProbes}, true
	case "mcast_resolicit":
		return neighFile{n: &p.McastReprobes}, true
	case "proxy_qlen":
		return neighFile{n: &p.ProxyQlen}, true
	case "unres_qlen_bytes":
		return neighFile{n: &p.QueueBytes}, true
	case "retrans_time":
		return neighFile{time: &p.Retrans, unit: userHZ}, true
	case "retrans_time_ms":
		return neighFile{time: &p.Retrans, unit: time.Millisecond}, true
	case "base_reachable_time":
		return neighFile{time: &p.BaseReachable, unit: time.Second}, true
	case "base_reachable_time_ms":
		return neighFile{time: &p.BaseReachable, unit: time.Millisecond}, true
	case "delay_first_probe_time":
		return neighFile{time: &p.DelayProbe, unit: time.Second}, true
	case "gc_stale_time":
		return neighFile{time: &p.GCStale, unit: time.Second}, true
	case "anycast_delay":
		return neighFile{time: &p.AnycastDelay, unit: userHZ}, true
	case "proxy_delay":
		return neighFile{time: &p.ProxyDelay, unit: userHZ}, true
	case "locktime":
		return neighFile{time: &p.Locktime, unit: userHZ}, true
	}
	return neighFile{}, false
}

// fullPacket is what a packet of a full Ethernet frame counts in
// unres_qlen: SKB_TRUESIZE(ETH_FRAME_LEN).
const fullPacket = 1514 + 6 + 256 + 320

// getNeigh reads a setting in the unit of its file.
func getNeigh(p *neigh.Params, name string) (string, error) {
	if name == "unres_qlen" {
		return strconv.Itoa(p.QueueBytes / fullPacket), nil
	}
	s, ok := neighFileOf(p, name)
	switch {
	case !ok:
		return "", unknownNeigh(name)
	case s.n != nil:
		return strconv.Itoa(*s.n), nil
	}
	return strconv.FormatInt(int64(*s.time/s.unit), 10), nil
}

// putNeigh changes a setting; value is in the unit of its file.
func putNeigh(p *neigh.Params, name, value string) error {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("neigh %s: %q is not a number from 0 to 2147483647", name, value)
	}
	if name == "unres_qlen" {
		p.QueueBytes = int(min(n, (1<<31-1)/fullPacket)) * fullPacket
		return nil
	}
	s, ok := neighFileOf(p, name)
	switch {
	case !ok:
		return unknownNeigh(name)
	case s.n != nil:
		*s.n = int(n)
	default:
		*s.time = clock.Duration(n) * s.unit
	}
	return nil
}

func unknownNeigh(name string) error { return &UnknownSysctl{"net.ipv4.neigh.IF." + name} }
