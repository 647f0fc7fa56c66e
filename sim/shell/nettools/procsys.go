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
net.core bpf_jit_enable bpf_jit_harden bpf_jit_kallsyms bpf_jit_limit busy_poll busy_read default_qdisc dev_weight devconf_inherit_init_net fb_tunnels_only_for_init_net
 flow_limit_cpu_bitmap flow_limit_table_len gro_normal_batch message_burst message_cost netdev_budget netdev_budget_usecs netdev_max_backlog netdev_rss_key optmem_max
 rmem_default rmem_max rps_sock_flow_entries somaxconn tstamp_allow_data txrehash warnings wmem_default wmem_max
net.ipv4 cipso_cache_enable fib_multipath_hash_fields fib_multipath_hash_policy fib_multipath_use_neigh fib_notify_on_flag_change fib_sync_mem icmp_echo_enable_probe
 igmp_link_local_mcast_reports igmp_max_memberships igmp_max_msf igmp_qrv inet_peer_maxttl inet_peer_minttl inet_peer_threshold ip_autobind_reuse ip_dynaddr
 ip_early_demux ip_forward_update_priority ip_local_port_range ip_local_reserved_ports ip_unprivileged_port_start ipfrag_secret_interval nexthop_compat_mode
 ping_group_range raw_l3mdev_accept tcp_abort_on_overflow tcp_adv_win_scale tcp_allowed_congestion_control tcp_app_win tcp_autocorking
 tcp_available_congestion_control tcp_available_ulp tcp_base_mss tcp_challenge_ack_limit tcp_child_ehash_entries tcp_comp_sack_delay_ns tcp_comp_sack_nr
 tcp_comp_sack_slack_ns tcp_congestion_control tcp_dsack tcp_early_demux tcp_early_retrans tcp_ecn tcp_ecn_fallback tcp_ehash_entries tcp_fack tcp_fastopen
 tcp_fastopen_blackhole_timeout_sec tcp_fastopen_key tcp_fin_timeout tcp_frto tcp_fwmark_accept tcp_invalid_ratelimit tcp_keepalive_intvl tcp_keepalive_probes
 tcp_keepalive_time tcp_l3mdev_accept tcp_limit_output_bytes tcp_low_latency tcp_max_orphans tcp_max_reordering tcp_max_syn_backlog tcp_max_tw_buckets tcp_mem
 tcp_migrate_req tcp_min_rtt_wlen tcp_min_snd_mss tcp_min_tso_segs tcp_moderate_rcvbuf tcp_mtu_probe_floor tcp_mtu_probing tcp_no_metrics_save
 tcp_no_ssthresh_metrics_save tcp_notsent_lowat tcp_orphan_retries tcp_pacing_ca_ratio tcp_pacing_ss_ratio tcp_probe_interval tcp_probe_threshold tcp_recovery
 tcp_reflect_tos tcp_reordering tcp_retrans_collapse tcp_retries1 tcp_retries2 tcp_rfc1337 tcp_rmem tcp_sack tcp_shrink_window tcp_slow_start_after_idle tcp_stdurg
 tcp_syn_retries tcp_synack_retries tcp_syncookies tcp_thin_linear_timeouts tcp_timestamps tcp_tso_rtt_log tcp_tso_win_divisor tcp_tw_reuse tcp_window_scaling
 tcp_wmem tcp_workaround_signed_windows udp_early_demux udp_l3mdev_accept udp_mem udp_rmem_min udp_wmem_min
net.ipv4.conf.IF bootp_relay disable_policy disable_xfrm force_igmp_version igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval
 mc_forwarding tag
net.ipv4.neigh.IF gc_interval gc_thresh1 gc_thresh2 gc_thresh3 interval_probe_time_ms
net.ipv4.route error_burst error_cost gc_elasticity gc_interval gc_min_interval gc_min_interval_ms gc_thresh gc_timeout max_size min_adv_mss redirect_load
 redirect_number redirect_silence
net.netfilter nf_conntrack_buckets nf_conntrack_dccp_loose nf_conntrack_events nf_conntrack_expect_max nf_conntrack_gre_timeout nf_conntrack_gre_timeout_stream
 nf_conntrack_helper nf_conntrack_icmpv6_timeout nf_conntrack_log_invalid nf_conntrack_tcp_ignore_invalid_rst


 nf_conntrack_timestamp nf_log_all_netns
net.unix max_dgram_qlen
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
}

func newSysctlTree() *sysctlTree {
	t := &sysctlTree{files: map[string][]string{}, other: map[string]string{}}
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
		return []string{"ipv4", "ipv6", "netfilter"}
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
		v, err := firstNumber(string(data))
		if err != nil {
			return err
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
