package netprogs_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/shell"
	"hoplab/sim/shell/netprogs"
	"hoplab/sim/simtest"
)

const lab = `
apiVersion: hoplab/v1
kind: Lab
metadata: {name: pair}
spec:
  segments: {lan: {cidr: 172.16.0.0/16}}
  machines:
    a:
      role: host
      interfaces:
        ens5: {segment: lan, address: 172.16.0.11/16}
        ens9: {segment: lan, up: false}
    b: {role: host, interfaces: {ens5: {segment: lan, address: 172.16.0.12/16}}}
`

// run runs a script on machine a and gives stdout, stderr and the exit status.
func run(t *testing.T, script string) (stdout, stderr string, status int) {
	t.Helper()
	l, _, err := sim.Load("lab.yaml", []byte(lab))
	require.NoError(t, err)
	defer l.Close()
	var out, errs bytes.Buffer
	s, err := shell.New(l, shell.Options{Start: "a", Stdout: &out, Stderr: &errs, Tools: append(netprogs.Tools(), sleep, cat)})
	require.NoError(t, err)
	status, err = s.RunScript("t.sh", script)
	require.NoError(t, err)
	simtest.Check(t, l)
	return out.String(), errs.String(), status
}

var cat = shell.Tool{Name: "cat", Run: func(c *shell.Call) int {
	_, _ = io.Copy(c.Out, c.In)
	return 0
}}

// sleep and cat are here, as this package does not know the others' tools.
var sleep = shell.Tool{Name: "sleep", Run: func(c *shell.Call) int {
	d := clock.Duration(0)
	for _, x := range c.Args[1] {
		d = d*10 + clock.Duration(x-'0')
	}
	until := c.Proc.Now().Add(d * 1e6) // milliseconds
	for c.Proc.Now() < until {
		c.Proc.WaitTick(until)
	}
	return 0
}}

var identMask = regexp.MustCompile(`\bid \d+`)

func TestCapturesPrintWhatTheRealOnePrints(t *testing.T) {
	const (
		suppressed = "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"
		ethernet   = "listening on ens5, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
		anyLink    = "tcpdump: data link type LINUX_SLL2\n" + suppressed + "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
		gone       = "0 packets dropped by kernel\n"
		ping       = "sleep 100; ping -q -c 1 172.16.0.12 > /dev/null; sleep 2000; kill -INT $!; wait $!"
	)
	for _, c := range []struct{ name, tcpdump, rest, stdout, stderr string }{
		{"a ping, ended by Ctrl-C", "-i ens5 -nn -t icmp", ping,
			"IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\nIP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n\n",
			suppressed + ethernet + "2 packets captured\n2 packets received by filter\n" + gone},
		{"nothing matches", "-i ens5 -nn proto 4", ping, "\n",
			suppressed + ethernet + "0 packets captured\n0 packets received by filter\n" + gone},
		{"-c ends it; what came in the same block was received", "-i ens5 -nn -t -c 1 icmp", ping,
			"IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\n",
			suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"-v says nothing of suppressed output", "-i ens5 -nn -t -v -c 1 arp", ping,
			"ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 172.16.0.12 tell 172.16.0.11, length 28\n",
			"tcpdump: " + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"any, with link headers", "-i any -nn -t -e icmp or arp", ping,
			"ens5  Out ifindex 2 02:00:ac:10:00:0b ethertype ARP (0x0806), length 48: Request who-has 172.16.0.12 tell 172.16.0.11, length 28\n" +
				"ens5  In  ifindex 2 02:00:ac:10:00:0c ethertype ARP (0x0806), length 48: Reply 172.16.0.12 is-at 02:00:ac:10:00:0c, length 28\n" +
				"ens5  Out ifindex 2 02:00:ac:10:00:0b ethertype IPv4 (0x0800), length 104: 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\n" +
				"ens5  In  ifindex 2 02:00:ac:10:00:0c ethertype IPv4 (0x0800), length 104: 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n\n",
			anyLink + "4 packets captured\n4 packets received by filter\n" + gone},
		{"the loopback is shown once, as In, and counted twice", "-i any -nn -t icmp", strings.ReplaceAll(ping, "172.16.0.12", "127.0.0.1"),
			"lo    In  IP 127.0.0.1 > 127.0.0.1: ICMP echo request, id N, seq 1, length 64\nlo    In  IP 127.0.0.1 > 127.0.0.1: ICMP echo reply, id N, seq 1, length 64\n\n",
			anyLink + "2 packets captured\n4 packets received by filter\n" + gone},
		{"-Q in", "-i ens5 -nn -t -Q in icmp", ping,
			"IP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n\n",
			suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"-Q out", "-i ens5 -nn -t -Q out icmp", ping,
			"IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\n\n",
			suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"killed right after the ping it has seen nothing", "-i ens5 -nn icmp", "sleep 100; ping -q -c 1 172.16.0.12 > /dev/null; kill -INT $!; wait $!",
			"\n", suppressed + ethernet + "0 packets captured\n2 packets received by filter\n" + gone},
		{"but in immediate mode it has", "--immediate-mode -i ens5 -nn -t -Q in icmp", "sleep 100; ping -q -c 1 172.16.0.12 > /dev/null; kill -INT $!; wait $!",
			"IP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n\n", suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"SIGUSR1 tells the counts", "-i ens5 -nn -t -c 3 icmp", "sleep 100; ping -q -c 1 172.16.0.12 > /dev/null; sleep 1000; kill -USR1 $!; sleep 1; ping -q -c 1 172.16.0.12 >/dev/null; wait $!",
			"IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\nIP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\nIP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\n",
			suppressed + ethernet + "tcpdump: 2 packets captured, 2 packets received by filter, 0 packets dropped by kernel\n3 packets captured\n4 packets received by filter\n" + gone},
		{"-v -w tells how many", "-i ens5 -v -w /tmp/x icmp", "sleep 100; ping -q -c 1 172.16.0.12 > /dev/null; sleep 3500; ping -q -c 1 172.16.0.12 > /dev/null; sleep 1500; kill -INT $!; wait $!", "",
			"tcpdump: " + ethernet + "Got 2\rGot 4\r4 packets captured\n4 packets received by filter\n" + gone},
		{"SIGTERM ends it, too", "-i ens5 -nn icmp", "sleep 100; kill $!; wait $!", "\n", suppressed + ethernet + "0 packets captured\n0 packets received by filter\n" + gone},
		{"an interface by number", "-i 1 -nn -c 1 -t arp", ping, "ARP, Request who-has 172.16.0.12 tell 172.16.0.11, length 28\n",
			suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"--count prints none", "-i ens5 -nn --count icmp", ping, "\n", suppressed + ethernet + "2 packets captured\n2 packets received by filter\n" + gone},
		{"a time stamp type that the device has not", "-i ens5 -nn -t -c 1 -j adapter arp", ping, "ARP, Request who-has 172.16.0.12 tell 172.16.0.11, length 28\n",
			"tcpdump: WARNING: When trying to set timestamp type 'adapter' on ens5: That type of time stamp is not supported by that device\n" +
				suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"any with the old cooked header", "-i any -y LINUX_SLL -nn -t -c 2 icmp", ping,
			"IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\nIP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n",
			"tcpdump: data link type LINUX_SLL\n" + suppressed + "listening on any, link-type LINUX_SLL (Linux cooked v1), snapshot length 262144 bytes\n2 packets captured\n2 packets received by filter\n" + gone},
		{"without -n it says what /etc/hosts says", "-i ens5 -t -c 1 icmp", "echo 172.16.0.12 web.example.com web >> /etc/hosts; " + ping,
			"IP 172.16.0.11 > web.example.com: ICMP echo request, id N, seq 1, length 64\n", suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"-N leaves domains out", "-i ens5 -N -t -c 1 icmp", "echo 172.16.0.12 web.example.com web >> /etc/hosts; " + ping,
			"IP 172.16.0.11 > web: ICMP echo request, id N, seq 1, length 64\n", suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"inbound", "-i ens5 -nn -t inbound and icmp", ping, "IP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n\n",
			suppressed + ethernet + "1 packet captured\n1 packet received by filter\n" + gone},
		{"-f knows the interface's network: other addresses stay numbers", "-f -i ens5 -t -c 1 icmp", "echo 172.16.0.12 web >> /etc/hosts; " + ping,
			"IP 172.16.0.11 > web: ICMP echo request, id N, seq 1, length 64\n", suppressed + ethernet + "1 packet captured\n2 packets received by filter\n" + gone},
		{"and its broadcasts", "-fn -i ens5 -ddd ip broadcast", "wait $!", "8\n40 0 0 12\n21 0 5 2048\n32 0 0 30\n69 0 2 4294901760\n84 0 0 4294901760\n21 0 1 4294901760\n6 0 0 262144\n6 0 0 0\n", ""},
		{"-s cuts what is printed", "-i ens5 -nn -t -s 48 -c 1 icmp", ping, "IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\n",
			suppressed + strings.Replace(ethernet, "262144", "48", 1) + "1 packet captured\n2 packets received by filter\n" + gone},
		{"the first one if none is named", "-nn -c 1 -t -s 64 arp", ping, "ARP, Request who-has 172.16.0.12 tell 172.16.0.11, length 28\n",
			suppressed + strings.Replace(ethernet, "262144", "64", 1) + "1 packet captured\n2 packets received by filter\n" + gone},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, status := run(t, "tcpdump "+c.tcpdump+" &\n"+c.rest)
			require.Equal(t, c.stdout, identMask.ReplaceAllString(out, "id N"))
			require.Equal(t, c.stderr, errs)
			require.Zero(t, status)
			again, _, _ := run(t, "tcpdump "+c.tcpdump+" &\n"+c.rest)
			require.Equal(t, out, again, "a run repeats")
		})
	}
}

func TestWhatCannotBeCapturedIsRefused(t *testing.T) {
	for line, want := range map[string]string{
		"-i nosuch0 -nn":         "tcpdump: nosuch0: No such device exists\n(No such device exists)\n",
		"-i ''":                  "tcpdump: : No such device exists\n(No such device exists)\n",
		"-i ens9":                "tcpdump: ens9: That device is not up\n",
		"-i ens5 foo":            "tcpdump: can't parse filter expression: syntax error\n",
		"-i ens5 host 1.2.3.4.5": "tcpdump: unknown host '1.2.3.4.5'\n",
		"-i ens5 -w /nosuch/x":   "tcpdump: /nosuch/x: No such file or directory\n",
		"-i ens5 -y RAW":         "tcpdump: RAW is not one of the DLTs supported by this device\n",
		"-i 99":                  "tcpdump: Invalid adapter index\n",
		"-i 0":                   "tcpdump: Invalid adapter index\n",
		"-Z nouser -i ens5":      "tcpdump: Couldn't find user 'nouser'\n",
		"-i nflog":               "tcpdump: not modelled: capturing on nflog\n",
		"-i ens5 -I":             "tcpdump: ens5: That device doesn't support monitor mode\n",
		"-i any vlan":            "tcpdump: data link type LINUX_SLL2\ntcpdump: no VLAN support for Linux cooked v2\n",
		"-i ens5 -G 5 -w x":      "tcpdump: not modelled: -G\n",
		"-i ens5 -c 1 -r /nope":  "tcpdump: /nope: No such file or directory\n",
		"-i any ether host 02:00:00:00:00:01": "tcpdump: data link type LINUX_SLL2\n" +
			"tcpdump: ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel\n",
	} {
		out, errs, status := run(t, "tcpdump "+line)
		require.Equal(t, want, errs, line)
		require.Empty(t, out, line)
		require.Equal(t, 1, status, line)
	}
}

func TestCaptureEndsWithItsInterface(t *testing.T) {
	remove := shell.Tool{Name: "remove", Run: func(c *shell.Call) int {
		c.NS.RemoveDevice(c.NS.Device(c.Args[1]))
		return 0
	}}
	l, _, err := sim.Load("lab.yaml", []byte(lab))
	require.NoError(t, err)
	defer l.Close()
	var out, errs bytes.Buffer
	s, err := shell.New(l, shell.Options{Start: "a", Stdout: &out, Stderr: &errs, Tools: append(netprogs.Tools(), sleep, cat, remove)})
	require.NoError(t, err)
	status, err := s.RunScript("t.sh", `
tcpdump -nn -t -i ens5 icmp &
sleep 100; ping -q -c 1 172.16.0.12 > /dev/null; sleep 2000; remove ens5; wait $!`)
	require.NoError(t, err)
	require.Equal(t, 1, status)
	require.Equal(t, "IP 172.16.0.11 > 172.16.0.12: ICMP echo request, id N, seq 1, length 64\nIP 172.16.0.12 > 172.16.0.11: ICMP echo reply, id N, seq 1, length 64\n",
		identMask.ReplaceAllString(out.String(), "id N"))
	require.Equal(t, "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"+
		"listening on ens5, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"+
		"tcpdump: pcap_loop: The interface disappeared\n2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n", errs.String())
}

func TestInterfacesAreListed(t *testing.T) {
	out, _, status := run(t, "tcpdump -D")
	require.Zero(t, status)
	require.Equal(t, `1.ens5 [Up, Running, Connected]
2.any (Pseudo-device that captures on all interfaces) [Up, Running]
3.lo [Up, Running, Loopback]
4.bluetooth-monitor (Bluetooth Linux Monitor) [Wireless]
5.nflog (Linux netfilter log (NFLOG) interface) [none]
6.nfqueue (Linux netfilter queue (NFQUEUE) interface) [none]
7.dbus-system (D-Bus system bus) [none]
8.dbus-session (D-Bus session bus) [none]
9.ens9 [none, Disconnected]
`, out)
	_, errs, status := run(t, "tcpdump -L -i ens5")
	require.Zero(t, status)
	require.Equal(t, "Data link types for ens5 (use option -y to set):\n  EN10MB (Ethernet)\n  DOCSIS (DOCSIS) (printing not supported)\n", errs)
}

func TestFilesGrowAsTheRealOnesDo(t *testing.T) {
	// -U writes each packet through; without it, stdio's buffer holds them back
	// until the end.
	for flags, early := range map[string]bool{"-U": true, "": false} {
		l, _, err := sim.Load("lab.yaml", []byte(lab))
		require.NoError(t, err)
		s, err := shell.New(l, shell.Options{Start: "a", Tools: append(netprogs.Tools(), sleep, cat)})
		require.NoError(t, err)
		p := s.StartScript("t.sh", "tcpdump "+flags+" --immediate-mode -i ens5 -w /out/x.pcap icmp & sleep 100; ping -c 3 172.16.0.12 >/dev/null; sleep 1000; kill -INT $!; wait $!")
		l.RunFor(3e9)
		b, err := s.View().ReadFile("/out/x.pcap")
		require.NoError(t, err)
		if early {
			require.Greater(t, len(b), 200, flags)
		} else {
			require.Empty(t, b, "nothing is written before the buffer is full")
		}
		require.NoError(t, s.Drive(p.Done))
		b, err = s.View().ReadFile("/out/x.pcap")
		require.NoError(t, err)
		r, err := pcap.NewReader(bytes.NewReader(b))
		require.NoError(t, err)
		n := 0
		for ; ; n++ {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		require.Equal(t, 6, n)
		l.Close()
	}
}

func TestOtherProgramsAreThere(t *testing.T) {
	out, errs, status := run(t, `
ping -c 1 -q localhost
traceroute -n 172.16.0.12
tracepath -n 172.16.0.12
ncat -l 9000 -c 'read l; echo you said $l' &
sleep 10
echo hello | ncat 172.16.0.11 9000
wait
ping nosuch; echo $?
ncat 172.16.0.12 1; echo $?
`)
	require.Zero(t, status, errs)
	require.Contains(t, out, "PING localhost (127.0.0.1) 56(84) bytes of data.")
	require.Contains(t, out, "traceroute to 172.16.0.12 (172.16.0.12), 30 hops max, 60 byte packets\n 1  172.16.0.12  ")
	require.Contains(t, out, "1:  172.16.0.12")
	require.Contains(t, out, "you said hello\n")
	require.Contains(t, errs, "ping: nosuch: Name or service not known\n")
	require.Contains(t, errs, "Ncat: Connection refused.\n")
}
