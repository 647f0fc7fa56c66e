package netprogs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet/filter"
	"hoplab/packet/pcap"
	"hoplab/packet/tcpdump"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

const tcpdumpVersion = `tcpdump version 4.99.3
libpcap version 1.10.3 (with TPACKET_V3)
OpenSSL 3.0.19 27 Jan 2026
`

const tcpdumpUsage = tcpdumpVersion + `Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
		[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
		[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
		[ -M secret ] [ --number ] [ --print ] [ -Q in|out|inout ]
		[ -r file ] [ -s snaplen ] [ -T type ] [ --version ]
		[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
		[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
		[ -z postrotate-command ] [ -Z user ] [ expression ]
`

func tcpdumpTool() shell.Tool {
	return shell.Tool{Name: "tcpdump", Summary: "dump traffic on a network", Options: tcpdumpOptions, Run: runTcpdump}
}

// tcpdumpOptions is what getopt reads and what the documentation lists: those with
// a long name in the order in which tcpdump has them.
var tcpdumpOptions = []shell.Option{
	{Flag: "-a", Help: "without effect"},
	{Flag: "-A", Help: "print each packet in ASCII"},
	{Flag: "-c <count>", Help: "exit after receiving count packets"},
	{Flag: "-e", Help: "print the link-level header"},
	{Flag: "-F <file>", Help: "read the filter expression from file"},
	{Flag: "-l", Help: "make stdout line buffered"},
	{Flag: "-m <module>", Help: "SMI MIB module: ignored, as it is built without libsmi"},
	{Flag: "-n", Help: "don't convert addresses and ports to names"},
	{Flag: "-N", Help: "don't print the domain of host names"},
	{Flag: "-q", Help: "quick output"},
	{Flag: "-r <file>", Help: "read packets from file"},
	{Flag: "-t", Help: "no time stamp; -tt seconds, -ttt since the packet before, -tttt with date, -ttttt since the first"},
	{Flag: "-u", Help: "print undecoded NFS handles: without effect"},
	{Flag: "-v", Help: "verbose; -vv and -vvv more so"},
	{Flag: "-w <file>", Help: "write the packets to file, - is stdout"},
	{Flag: "-x", Help: "print each packet in hex; -xx with its link-level header"},
	{Flag: "-X", Help: "print each packet in hex and ASCII; -XX with its link-level header"},
	{Flag: "-b", Help: "AS numbers of BGP in ASDOT notation"},
	{Flag: "-C <file_size>", Help: "start a new file when one is large", NotModelled: true},
	{Flag: "-d", Help: "dump the compiled filter; -dd as C, -ddd as numbers"},
	{Flag: "-E <secret>", Help: "decrypt IPsec ESP", NotModelled: true},
	{Flag: "-f", Help: "print addresses of other networks as numbers"},
	{Flag: "-G <seconds>", Help: "start a new file every so often", NotModelled: true},
	{Flag: "-H", Help: "802.11s draft mesh headers: without effect"},
	{Flag: "-M <secret>", Help: "secret of TCP-MD5", NotModelled: true},
	{Flag: "-T <type>", Help: "interpret the data of UDP or TCP as domain, vxlan, ..."},
	{Flag: "-V <file>", Help: "read the names of capture files from file"},
	{Flag: "-W <filecount>", Help: "limit the number of files of -C and -G: without effect"},
	{Flag: "-z <command>", Help: "run command on each file", NotModelled: true},
	{Flag: "-B, --buffer-size <size>", Help: "size of the capture buffer: without effect"},
	{Flag: "-D, --list-interfaces", Help: "list the interfaces that can be captured on"},
	{Flag: "-h, --help", Help: "print version and usage, and exit"},
	{Flag: "-i, --interface <interface>", Help: "listen on interface: a name, a number of -D, or any"},
	{Flag: "-I, --monitor-mode", Help: "monitor mode, which only Wi-Fi devices have"},
	{Flag: "-j, --time-stamp-type <type>", Help: "time stamp type: host"},
	{Flag: "-J, --list-time-stamp-types", Help: "list the supported time stamp types"},
	{Flag: "--micro", Help: "microseconds: the default"},
	{Flag: "--nano", Help: "nanoseconds in what is printed"},
	{Flag: "--time-stamp-precision <precision>", Help: "micro or nano"},
	{Flag: "-K, --dont-verify-checksums", Help: "don't verify IP, TCP and UDP checksums"},
	{Flag: "-L, --list-data-link-types", Help: "list the known data link types of the interface"},
	{Flag: "-O, --no-optimize", Help: "do not optimize the filter"},
	{Flag: "-p, --no-promiscuous-mode", Help: "no promiscuous mode: without effect on virtual devices"},
	{Flag: "-Q, --direction <direction>", Help: "in, out or inout"},
	{Flag: "-s, --snapshot-length <snaplen>", Help: "keep so many bytes of each packet; 0: 262144"},
	{Flag: "-S, --absolute-tcp-sequence-numbers", Help: "print absolute TCP sequence numbers"},
	{Flag: "-U, --packet-buffered", Help: "with -w: write each packet to the file at once"},
	{Flag: "-y, --linktype <type>", Help: "data link type: the interface's own one"},
	{Flag: "--immediate-mode", Help: "see packets as soon as they arrive"},
	{Flag: "-Y, --debug-filter-parser", Help: "debug the filter parser: not in this build"},
	{Flag: "-Z, --relinquish-privileges <user>", Help: "change to user: root"},
	{Flag: "--count", Help: "print only the packet count when reading a file"},
	{Flag: "--fp-type", Help: "print the type of floating-point arithmetic"},
	{Flag: "-#, --number", Help: "print a packet number at the beginning of the line"},
	{Flag: "--print", Help: "print packets also when writing a file"},
	{Flag: "--version", Help: "print the versions and exit"},
}

// Host is what tcpdump needs to read and write files.
type Host struct {
	In       io.Reader
	Out, Err io.Writer
	Open     func(name string) (io.ReadCloser, error)
	Create   func(name string) (io.WriteCloser, error)
	Text     func(err error) string // as strerror(3)
}

// dump is one run of tcpdump.
type dump struct {
	h Host
	c *shell.Call // nil outside of a lab, where there is nothing to listen on

	device      string
	readFile    string
	listFile    string // -V
	writeFile   string
	filterFile  string
	expr        string
	dlt         *linkType // -y
	stampType   string    // -j
	direction   string    // -Q: in, out; empty both
	count       int       // -c, 0 none
	snapLen     int
	dumpFilter  int // how many -d
	immediate   bool
	lineBuf     bool
	flushEach   bool   // -U
	alsoPrint   bool   // --print
	countOnly   bool   // --count
	unoptimized bool   // -O
	monitor     bool   // -I
	foreign     bool   // -f
	netmask     uint32 // of the device, which only -f asks for: see filter.Netmask
	numeric     bool   // -n
	user        string // -Z
	short       bool   // -N
	list        byte   // D, L or J
	reading     bool   // -r or -V
	writing     bool   // -w
	printer     tcpdump.Printer
	text        []byte        // of a packet
	out         *bufio.Writer // stdio's buffer of stdout
	filter      *filter.Filter
	bigEndian   bool // the file is from a big-endian machine
	linkType    int
	linkExtra   int // of the file that is read: see pcap.Interface
	captured    int
	left        int // of -c
	received    int // by the filter, whatever the direction
	terminal    bool
	save        *saveFile
	told        int // packets that "Got N" last told, -1 none
	interrupted bool
}

// stop ends tcpdump with an exit status.
type stop struct{ status int }

// Error is never printed.
func (*stop) Error() string { return "stop" }

func runTcpdump(c *shell.Call) int {
	h := Host{In: c.In, Out: c.Out, Err: c.Err, Open: c.Open, Text: vfs.Text}
	h.Create = func(name string) (io.WriteCloser, error) { return c.Create(name, false) }
	d := &dump{h: h, c: c, told: -1, terminal: c.IsTerminal(1)}
	return d.main(c.Args[1:])
}

// ReadDump is tcpdump outside of a lab: it reads capture files (-r).
func ReadDump(args []string, h Host) int {
	return (&dump{h: h, told: -1}).main(args)
}

// main runs tcpdump and gives its exit status.
func (d *dump) main(args []string) int {
	err := d.parse(args)
	if err == nil {
		err = d.run()
	}
	if d.out != nil {
		_ = d.out.Flush()
	}
	var end *stop
	switch {
	case err == nil:
		return 0
	case errors.As(err, &end):
		return end.status
	}
	var usage *shell.OptError
	isUsage := errors.As(err, &usage) && !usage.NotModelled
	if text := err.Error(); text != "" {
		d.warn(text)
	}
	if isUsage {
		_, _ = io.WriteString(d.h.Err, tcpdumpUsage)
	}
	return 1
}

// warn prints a line on stderr.
func (d *dump) warn(text string) { _, _ = io.WriteString(d.h.Err, "tcpdump: "+text+"\n") }

// parse reads the options: the switch in main of tcpdump.c.
func (d *dump) parse(args []string) error {
	opts, operands, err := shell.Getopt(tcpdumpOptions, args, false)
	for _, o := range opts {
		if err := d.option(o); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	d.expr = strings.Join(operands, " ")
	switch {
	case d.list == 'D':
	case d.printer.Options.Times > 5:
		return errors.New("only -t, -tt, -ttt, -tttt and -ttttt are supported")
	case d.foreign && d.reading:
		return errors.New("-f can not be used with -V or -r")
	case d.listFile != "" && d.readFile != "":
		return errors.New("-V and -r are mutually exclusive.") //nolint:staticcheck // tcpdump's own words
	}
	return nil
}

// packetTypes are those of -T; false is not modelled.
var packetTypes = map[string]bool{
	"domain": true, "resp": true, "snmp": true, "tftp": true, "vxlan": true,
	"aodv": false, "carp": false, "cnfp": false, "lmp": false, "pgm": false, "pgm_zmtp1": false, "ptp": false, "radius": false,
	"rpc": false, "rtcp": false, "rtp": false, "someip": false, "vat": false, "wb": false, "zmtp1": false,
}

// stampTypes are the time stamp types that libpcap knows.
var stampTypes = []string{"host", "host_lowprec", "host_hiprec", "adapter", "adapter_unsynced", "host_hiprec_unsynced"}

func (d *dump) option(o shell.Given) error {
	p := &d.printer.Options
	switch o.Name {
	case "-a", "-H", "-p", "-u":
	case "-A":
		p.ASCII++
	case "-b":
		p.ASDot = true
	case "-B":
		if n := atoi(o.Value); n <= 0 {
			return fmt.Errorf("invalid packet buffer size %s", o.Value)
		}
	case "-c":
		if d.count = atoi(o.Value); d.count <= 0 {
			return fmt.Errorf("invalid packet count %s", o.Value)
		}
	case "--count":
		d.countOnly = true
	case "-d":
		d.dumpFilter++
	case "-D", "-L", "-J":
		if d.list != 'D' && d.list != 'J' {
			d.list = o.Name[1]
		}
	case "-e":
		p.Link = true
	case "-f":
		d.foreign = true
	case "-F":
		d.filterFile = o.Value
	case "--fp-type":
		_, _ = io.WriteString(d.h.Out, "9877.895\n")
		return &stop{0}
	case "-h", "--version":
		text := tcpdumpVersion
		if o.Name == "-h" {
			text = tcpdumpUsage
		}
		_, _ = io.WriteString(d.h.Out, text)
		return &stop{0}
	case "-i":
		d.device = o.Value
		if d.device == "" {
			d.device = "\x00" // given, if as an empty name
		}
	case "-I":
		d.monitor = true
	case "--immediate-mode":
		d.immediate = true
	case "-j":
		if d.stampType = strings.ToLower(o.Value); !slices.Contains(stampTypes, d.stampType) {
			return fmt.Errorf("invalid time stamp type %s", o.Value)
		}
	case "-K":
		p.NoChecksums = true
	case "-l":
		d.lineBuf = true
	case "-m":
		d.warn("ignoring option `-m " + o.Value + "' (no libsmi support)")
	case "-n":
		d.numeric = true
	case "-N":
		d.short = true
	case "-#":
		p.Number = true
	case "-O":
		d.unoptimized = true
	case "--print":
		d.alsoPrint = true
	case "-q":
		p.VeryQuiet = p.Quiet
		p.Quiet = true
	case "-Q":
		d.direction = strings.ToLower(o.Value)
		switch d.direction {
		case "in", "out":
		case "inout":
			d.direction = ""
		default:
			return fmt.Errorf("unknown capture direction `%s'", o.Value)
		}
	case "-r":
		d.readFile, d.reading = o.Value, true
	case "-s":
		n, err := strconv.ParseInt(o.Value, 0, 64)
		if err != nil || n < 0 || n > pcap.MaxSnapLen {
			return fmt.Errorf("invalid snaplen %s (must be >= 0 and <= %d)", o.Value, pcap.MaxSnapLen)
		}
		d.snapLen = int(n)
	case "-S":
		p.AbsoluteSeq = true
	case "-t":
		p.Times++
	case "-T":
		p.As = strings.ToLower(o.Value)
		switch modelled, ok := packetTypes[p.As]; {
		case !ok:
			return fmt.Errorf("unknown packet type `%s'", o.Value)
		case !modelled:
			return errors.New("not modelled: -T " + p.As)
		}
	case "-U":
		d.flushEach = true
	case "-v":
		p.Verbose++
	case "-V":
		d.listFile, d.reading = o.Value, true
	case "-w":
		d.writeFile, d.writing = o.Value, true
	case "-W":
		if atoi(o.Value) <= 0 {
			return fmt.Errorf("invalid number of output files %s", o.Value)
		}
	case "-x":
		p.Hex++
	case "-X":
		p.HexASCII++
	case "-y":
		if d.dlt = linkTypeByName(o.Value); d.dlt == nil {
			return fmt.Errorf("invalid data link type %s", o.Value)
		}
	case "-Y":
		return &shell.OptError{}
	case "-Z":
		d.user = o.Value
	case "--micro":
		p.Nano = false
	case "--nano":
		p.Nano = true
	case "--time-stamp-precision":
		switch strings.ToLower(o.Value) {
		case "micro":
			p.Nano = false
		case "nano":
			p.Nano = true
		default:
			return errors.New("unsupported time stamp precision")
		}
	}
	return nil
}

// atoi is atoi(3): 0 for what is no number.
func atoi(s string) int {
	s = strings.TrimLeft(s, " \t\n")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	n, err := strconv.ParseInt(s[:end], 10, 32)
	if err != nil && end > 1 {
		return math.MaxInt32
	}
	return int(n)
}

// relinquish is droproot: what is read or written is open by then. Outside of a
// lab there is no list of users but root.
func (d *dump) relinquish() error {
	if d.user == "" {
		return nil
	}
	users := []byte("root:")
	if d.c != nil {
		users, _ = d.c.View.ReadFile("/etc/passwd") // without it nobody is known
	}
	for line := range strings.Lines(string(users)) {
		if user, _, ok := strings.Cut(line, ":"); ok && user == d.user {
			return nil
		}
	}
	return fmt.Errorf("Couldn't find user '%.32s'", d.user) //nolint:staticcheck // tcpdump's own words
}

// run does what the options say.
func (d *dump) run() error {
	onlyFilter := d.dumpFilter > 0 && d.device == "" && !d.reading && d.list != 'D'
	if d.c == nil && !d.reading && !onlyFilter {
		return errors.New("there is no lab to listen in: read a file with -r FILE, or type this in hoplab sh")
	}
	if d.list == 'D' {
		d.listDevices()
		return nil
	}
	d.out = bufio.NewWriterSize(d.h.Out, stdioBuffer)
	if !d.numeric {
		d.printer.Options.Names = namesOf(d.c, d.short, netip.Prefix{})
	}
	switch {
	case onlyFilter:
		return d.assumeLink()
	case d.reading:
		return d.readCapture()
	}
	return d.capture()
}

// assumeLink is -d without a device or a file.
func (d *dump) assumeLink() error {
	if d.dlt != nil {
		d.linkType = d.dlt.number
	} else {
		d.linkType = pcap.LinkEthernet
		_, _ = io.WriteString(d.h.Err, "Warning: assuming Ethernet\n")
	}
	return d.compile(d.snapLen, false)
}

// stdioBuffer is how many bytes stdio keeps before it writes to what is no
// terminal: BUFSIZ of a pipe or a file in glibc.
const stdioBuffer = 4096

// compile compiles the filter; -d ends with that.
func (d *dump) compile(snapLen int, live bool) error {
	expr := d.expr
	if d.filterFile != "" {
		text, err := d.readAll(d.filterFile)
		if err != nil {
			return fmt.Errorf("can't open %s: %s", d.filterFile, d.h.Text(err))
		}
		expr = commentsToBlanks(string(text))
	}
	f, err := filter.Options{
		LinkType: d.linkType, SnapLen: snapLen, Live: live, BigEndian: d.bigEndian, Unoptimize: d.unoptimized, Netmask: d.netmask, Names: filterNames(d.c),
	}.Compile(expr)
	var bad *filter.Error
	if errors.As(err, &bad) {
		return errors.New(bad.Text)
	}
	d.filter = f
	if err != nil || d.dumpFilter == 0 {
		return err
	}
	text := f.Decimal()
	switch d.dumpFilter {
	case 1:
		text = f.String()
	case 2:
		text = f.CArray()
	}
	_, _ = d.out.WriteString(text)
	return &stop{0}
}

func (d *dump) readAll(name string) ([]byte, error) {
	f, err := d.h.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// commentsToBlanks is what read_infile does to a filter's file: # and what
// follows on its line is a comment.
func commentsToBlanks(text string) string {
	b := []byte(text)
	in := false
	for i, c := range b {
		switch {
		case c == '#':
			in = true
		case c == '\n':
			in = false
		}
		if in {
			b[i] = ' '
		}
	}
	return string(b)
}

// packetSeen handles a packet that passed the filter and the direction: print_packet
// and dump_packet. It says whether there may be more.
func (d *dump) packetSeen(p pcap.Packet) (more bool, err error) {
	d.captured++
	if d.save != nil {
		if err := d.save.add(p, d.flushEach); err != nil {
			return false, err
		}
	}
	if d.save == nil && !d.countOnly || d.save != nil && d.alsoPrint {
		d.text = d.printer.Append(d.text[:0], p)
		_, _ = d.out.Write(d.text)
		if d.lineBuf || d.terminal {
			if err := d.out.Flush(); err != nil {
				return false, &stop{1}
			}
		}
	}
	d.left--
	return d.count == 0 || d.left > 0, nil
}

// openSave opens the file of -w, and gives up what only root may do.
func (d *dump) openSave(snapLen int) error {
	if d.writing {
		var err error
		if d.save, err = d.create(snapLen); err != nil {
			return err
		}
	}
	return d.relinquish()
}
