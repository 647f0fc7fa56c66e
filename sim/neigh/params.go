package neigh

import (
	"fmt"
	"strconv"
	"time"

	"hoplab/sim/clock"
)

// LockTime is locktime in jiffies.
func (p *Params) LockTime() int64 { return jiffies(p.Locktime) }

// ProxyDelayJiffies is proxy_delay in jiffies.
func (p *Params) ProxyDelayJiffies() int64 { return jiffies(p.ProxyDelay) }

// setting is one file of /proc/sys/net/ipv4/neigh/IF/: a time in some unit or
// a number.
type setting struct {
	time *clock.Duration
	unit clock.Duration
	n    *int
}

// userHZ is the unit of times that proc shows in clock ticks of 1/100 s.
const userHZ = 10 * time.Millisecond

// setting finds a file by its name: neigh_sysctl_template.
func (p *Params) setting(name string) (setting, bool) {
	switch name {
	case "mcast_solicit":
		return setting{n: &p.McastProbes}, true
	case "ucast_solicit":
		return setting{n: &p.UcastProbes}, true
	case "app_solicit":
		return setting{n: &p.AppProbes}, true
	case "mcast_resolicit":
		return setting{n: &p.McastReprobes}, true
	case "proxy_qlen":
		return setting{n: &p.ProxyQlen}, true
	case "unres_qlen_bytes":
		return setting{n: &p.QueueBytes}, true
	case "retrans_time":
		return setting{time: &p.Retrans, unit: userHZ}, true
	case "retrans_time_ms":
		return setting{time: &p.Retrans, unit: time.Millisecond}, true
	case "base_reachable_time":
		return setting{time: &p.BaseReachable, unit: time.Second}, true
	case "base_reachable_time_ms":
		return setting{time: &p.BaseReachable, unit: time.Millisecond}, true
	case "delay_first_probe_time":
		return setting{time: &p.DelayProbe, unit: time.Second}, true
	case "gc_stale_time":
		return setting{time: &p.GCStale, unit: time.Second}, true
	case "anycast_delay":
		return setting{time: &p.AnycastDelay, unit: userHZ}, true
	case "proxy_delay":
		return setting{time: &p.ProxyDelay, unit: userHZ}, true
	case "locktime":
		return setting{time: &p.Locktime, unit: userHZ}, true
	}
	return setting{}, false
}

// fullPacket is what a packet of a full Ethernet frame counts in
// unres_qlen: SKB_TRUESIZE(ETH_FRAME_LEN).
const fullPacket = 1514 + 6 + 256 + 320

// Get reads a setting in the unit of its file.
func (p *Params) Get(name string) (string, error) {
	if name == "unres_qlen" {
		return strconv.Itoa(p.QueueBytes / fullPacket), nil
	}
	s, ok := p.setting(name)
	switch {
	case !ok:
		return "", unknown(name)
	case s.n != nil:
		return strconv.Itoa(*s.n), nil
	}
	return strconv.FormatInt(int64(*s.time/s.unit), 10), nil
}

// Set changes a setting; value is in the unit of its file.
func (p *Params) Set(name, value string) error {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("neigh %s: %q is not a number from 0 to 2147483647", name, value)
	}
	if name == "unres_qlen" {
		p.QueueBytes = int(min(n, (1<<31-1)/fullPacket)) * fullPacket
		return nil
	}
	s, ok := p.setting(name)
	switch {
	case !ok:
		return unknown(name)
	case s.n != nil:
		*s.n = int(n)
	default:
		*s.time = clock.Duration(n) * s.unit
	}
	return nil
}

func unknown(name string) error {
	return fmt.Errorf("neigh has no setting %q (as of Linux 6.1)", name)
}
