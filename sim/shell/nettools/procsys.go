package nettools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// neighKeys are the files of net.ipv4.neigh.IF (neigh_sysctl_template in
// net/core/neighbour.c).
const neighKeys = `anycast_delay app_solicit base_reachable_time base_reachable_time_ms delay_first_probe_time gc_stale_time locktime mcast_resolicit mcast_solicit
proxy_delay proxy_qlen retrans_time retrans_time_ms ucast_solicit unres_qlen unres_qlen_bytes`

// ipv6Key is the one setting of net.ipv6.conf.IF that there is: IPv6 is off.
const ipv6Key = "disable_ipv6"

// elsewhere are settings of Linux 6.1 that are not modelled. Their names are
// known so that using one says so; all others do not exist.
const elsewhere = `
net.core bpf_jit_enable bpf_jit_harden bpf_jit_kallsyms bpf_jit_limit busy_poll busy_read default_qdisc dev_weight devconf_inherit_init_net
 fb_tunnels_only_for_init_net flow_limit_cpu_bitmap flow_limit_table_len gro_normal_batch message_burst message_cost netdev_budget netdev_budget_usecs
 netdev_max_backlog netdev_rss_key optmem_max rmem_default rmem_max rps_sock_flow_entries tstamp_allow_data warnings wmem_default wmem_max
net.ipv4 cipso_cache_enable fib_sync_mem inet_peer_maxttl inet_peer_minttl inet_peer_threshold ip_local_reserved_ports
 ipfrag_secret_interval ping_group_range tcp_allowed_congestion_control tcp_available_congestion_control tcp_available_ulp tcp_child_ehash_entries
 tcp_ehash_entries tcp_fastopen_key tcp_low_latency tcp_max_orphans tcp_max_syn_backlog tcp_max_tw_buckets tcp_mem tcp_rmem tcp_wmem udp_mem
net.ipv4.conf.IF disable_policy disable_xfrm
net.ipv4.neigh.IF gc_interval gc_thresh1 gc_thresh2 gc_thresh3
net.ipv4.route error_burst error_cost gc_elasticity gc_interval gc_min_interval gc_min_interval_ms gc_thresh gc_timeout max_size redirect_load
 redirect_number redirect_silence
net.netfilter nf_conntrack_buckets nf_conntrack_expect_max nf_conntrack_helper nf_conntrack_timestamp nf_log_all_netns
net.unix max_dgram_qlen
`

// inert are settings of Linux 6.1 that nothing here depends on, with what they
// are in a new namespace. Another value is not modelled.
const inert = `
net.core somaxconn=4096 txrehash=1
net.ipv4 fib_multipath_hash_fields=7 fib_notify_on_flag_change=0 icmp_echo_enable_probe=0 igmp_link_local_mcast_reports=1 igmp_max_memberships=20
 igmp_max_msf=10 igmp_qrv=2 ip_autobind_reuse=0 ip_dynaddr=0 ip_early_demux=1 ip_forward_update_priority=1 ip_unprivileged_port_start=1024
 nexthop_compat_mode=1 raw_l3mdev_accept=1 tcp_abort_on_overflow=0 tcp_adv_win_scale=1 tcp_app_win=31 tcp_autocorking=1 tcp_base_mss=1024
 tcp_challenge_ack_limit=2147483647 tcp_comp_sack_delay_ns=1000000 tcp_comp_sack_nr=44 tcp_comp_sack_slack_ns=100000 tcp_congestion_control=cubic
 tcp_dsack=1 tcp_early_demux=1 tcp_early_retrans=3 tcp_ecn=2 tcp_ecn_fallback=1 tcp_fack=0 tcp_fastopen=1 tcp_fastopen_blackhole_timeout_sec=0
 tcp_fin_timeout=60 tcp_frto=2 tcp_fwmark_accept=0 tcp_invalid_ratelimit=500 tcp_keepalive_intvl=75 tcp_keepalive_probes=9 tcp_keepalive_time=7200
 tcp_l3mdev_accept=0 tcp_limit_output_bytes=1048576 tcp_max_reordering=300 tcp_migrate_req=0 tcp_min_rtt_wlen=300 tcp_min_snd_mss=48
 tcp_min_tso_segs=2 tcp_moderate_rcvbuf=1 tcp_mtu_probe_floor=48 tcp_mtu_probing=0 tcp_no_metrics_save=0 tcp_no_ssthresh_metrics_save=1
 tcp_notsent_lowat=4294967295 tcp_orphan_retries=0 tcp_pacing_ca_ratio=120 tcp_pacing_ss_ratio=200 tcp_probe_interval=600 tcp_probe_threshold=8
 tcp_recovery=1 tcp_reflect_tos=0 tcp_reordering=3 tcp_retrans_collapse=1 tcp_retries1=3 tcp_retries2=15 tcp_rfc1337=0 tcp_sack=1 tcp_shrink_window=0
 tcp_slow_start_after_idle=1 tcp_stdurg=0 tcp_syn_retries=6 tcp_synack_retries=5 tcp_syncookies=1 tcp_thin_linear_timeouts=0 tcp_timestamps=1
 tcp_tso_rtt_log=9 tcp_tso_win_divisor=3 tcp_tw_reuse=2 tcp_window_scaling=1 tcp_workaround_signed_windows=0 udp_early_demux=1 udp_l3mdev_accept=0
 udp_rmem_min=4096 udp_wmem_min=4096
net.ipv4.conf.IF bootp_relay=0 force_igmp_version=0 igmpv2_unsolicited_report_interval=10000 igmpv3_unsolicited_report_interval=1000 mc_forwarding=0
 tag=0
net.ipv4.neigh.IF interval_probe_time_ms=5000
net.ipv4.route min_adv_mss=256
net.netfilter nf_conntrack_dccp_loose=1 nf_conntrack_events=2 nf_conntrack_gre_timeout=30 nf_conntrack_gre_timeout_stream=180
 nf_conntrack_icmpv6_timeout=30 nf_conntrack_log_invalid=0 nf_conntrack_tcp_ignore_invalid_rst=0
`

// missing says that a setting of Linux is not modelled, or a value of one that
// is. For the file system it is the errno.
type missing struct{ what string }

// Error names it.
func (e *missing) Error() string { return "not modelled: " + e.what }

// Unwrap is what open(2) or write(2) return.
func (e *missing) Unwrap() error { return vfs.EOPNOTSUPP }

// sysctlTree is what is below /proc/sys/net: names by folder, with IF for an
// interface, "all" and "default".
type sysctlTree struct {
	files map[string][]string // "net.ipv4" -> "ip_forward", …
	other map[string]string   // the same for those that are not modelled: " a b c "
	inert map[string]string   // those that keep their value: "net.ipv4.tcp_sack" -> "1"
}

func newSysctlTree() *sysctlTree {
	t := &sysctlTree{files: map[string][]string{}, other: map[string]string{}, inert: map[string]string{}}
	add := func(key string) {
		i := strings.LastIndexByte(key, '.')
		t.files[key[:i]] = append(t.files[key[:i]], key[i+1:])
	}
	for _, key := range stack.SysctlKeys() {
		if !strings.HasPrefix(key, "net.ipv4.neigh.") && !strings.HasPrefix(key, "net.ipv6.") {
			add(key)
		}
	}
	for name := range strings.FieldsSeq(neighKeys) {
		add("net.ipv4.neigh.IF." + name)
	}
	add("net.ipv4.route.flush")
	add("net.ipv6.conf.IF." + ipv6Key)
	add("net.netfilter.nf_conntrack_count")
	dir := ""
	for word := range strings.FieldsSeq(inert) {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			dir = word
			continue
		}
		add(dir + "." + name)
		t.inert[dir+"."+name] = value
	}
	for word := range strings.FieldsSeq(elsewhere) {
		if strings.HasPrefix(word, "net.") {
			dir = word
			t.other[dir] = " "
			continue
		}
		t.other[dir] += word + " "
	}
	return t
}

// subfolders are the folders in a folder that is no interface's.
func subfolders(dir string) []string {
	switch dir {
	case "net":
		return []string{"core", "ipv4", "ipv6", "netfilter"}
	case "net.ipv4":
		return []string{"conf", "neigh", "route"}
	case "net.ipv6":
		return []string{"conf"}
	}
	return nil
}

// perDevice says that a folder has one folder for each interface.
func perDevice(dir string) bool {
	return dir == "net.ipv4.conf" || dir == "net.ipv4.neigh" || dir == "net.ipv6.conf"
}

// devices are the folders in such a folder.
func devices(ns *stack.Namespace, dir string) []string {
	names := []string{"default"}
	if dir != "net.ipv4.neigh" {
		names = append(names, "all")
	}
	for _, d := range ns.Devices() {
		names = append(names, d.Name)
	}
	return names
}

// find is what is at a path below /proc/sys/net.
func (t *sysctlTree) find(ns *stack.Namespace, parts []string) (entry, error) {
	dir := "net"
	for i, name := range parts {
		switch {
		case perDevice(dir):
			if !slices.Contains(devices(ns, dir), name) {
				return entry{}, vfs.ENOENT
			}
			dir += ".IF"
		case slices.Contains(subfolders(dir), name):
			dir += "." + name
		case i < len(parts)-1:
			return entry{}, vfs.ENOENT
		case t.inert[dir+"."+name] != "":
			return keeps("sysctl net."+strings.Join(parts, "."), t.inert[dir+"."+name]), nil
		case slices.Contains(t.files[dir], name):
			return setting(ns, dir, "net/"+strings.Join(parts, "/")), nil
		case strings.Contains(t.other[dir], " "+name+" "):
			return entry{}, &missing{"sysctl net." + strings.Join(parts, ".")}
		case dir == "net" && t.other["net."+name] != "": // net.core, net.unix
			return folder(), nil
		default:
			return entry{}, vfs.ENOENT
		}
	}
	if perDevice(dir) {
		return folder(devices(ns, dir)...), nil
	}
	return folder(slices.Concat(subfolders(dir), t.files[dir])...), nil
}

// keeps is the file of a setting that has one value only.
func keeps(what, value string) entry {
	return entry{
		read: func() ([]byte, error) { return []byte(value + "\n"), nil },
		write: func(data []byte) error {
			v := strings.TrimSpace(string(data))
			if n, err := firstNumber(v); err == nil {
				v = n
			}
			if v != value {
				return &missing{what + "=" + v}
			}
			return nil
		},
	}
}

// setting is the file of one setting; key has slashes.
func setting(ns *stack.Namespace, dir, key string) entry {
	switch {
	case key == "net/ipv4/route/flush":
		return entry{write: func([]byte) error { ns.FIB.FlushCache(); return nil }}
	case key == "net/netfilter/nf_conntrack_count":
		return text(func() []byte { return fmt.Appendln(nil, countConnections(ns)) })
	}
	e := entry{}
	e.read = func() ([]byte, error) {
		v, err := ns.Sysctl(key)
		if err != nil {
			if dir == "net.ipv6.conf.IF" { // not written yet: there is no IPv6
				return []byte("1\n"), nil
			}
			return nil, sysctlErrno(err)
		}
		return []byte(v + "\n"), nil
	}
	e.write = func(data []byte) error {
		v := string(data)
		if key != "net/ipv4/ip_local_port_range" {
			var err error
			if v, err = firstNumber(v); err != nil {
				return err
			}
		}
		return sysctlErrno(ns.SetSysctl(key, v))
	}
	return e
}

// firstNumber is what proc_dointvec takes of a text: one number, decimal, or as
// C writes hexadecimal and octal ones.
func firstNumber(s string) (string, error) {
	f := strings.Fields(s)
	if len(f) == 0 || strings.Contains(f[0], "_") {
		return "", vfs.EINVAL
	}
	n, err := strconv.ParseInt(f[0], 0, 64)
	if err != nil {
		return "", vfs.EINVAL
	}
	return strconv.FormatInt(n, 10), nil
}

// sysctlErrno makes an errno of an error of the stack.
func sysctlErrno(err error) error {
	switch {
	case err == nil:
		return nil
	case strings.HasPrefix(err.Error(), "not modelled: "):
		return &missing{strings.TrimPrefix(err.Error(), "not modelled: ")}
	}
	return vfs.EINVAL
}
