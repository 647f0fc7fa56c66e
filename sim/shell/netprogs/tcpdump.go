package netprogs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"hoplab/packet/filter"
	"hoplab/packet/pcap"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

const tcpdumpVersion = `tcpdump version 4.99.3
libpcap version 1.10.3 (with TPACKET_V3)
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

// tcpdumpOptions is what getopt reads and what the documentation lists.
var tcpdumpOptions = []shell.Option{
	{Flag: "-a", Help: "without effect"},
	{Flag: "-A", Help: "print each packet in ASCII"},
	{Flag: "-B, --buffer-size <size>", Help: "size of the capture buffer: without effect"},
	{Flag: "-c <count>", Help: "exit after receiving count packets"},
	{Flag: "--count", Help: "print only the packet count when reading a file"},
	{Flag: "-D, --list-interfaces", Help: "list the interfaces that can be captured on"},
	{Flag: "-e", Help: "print the link-level header"},
	{Flag: "-F <file>", Help: "read the filter expression from file"},
	{Flag: "-h, --help", Help: "print version and usage, and exit"},
	{Flag: "-i, --interface <interface>", Help: "listen on interface: a name, a number of -D, or any"},
	{Flag: "--immediate-mode", Help: "see packets as soon as they arrive"},
	{Flag: "-J, --list-time-stamp-types", Help: "list the supported time stamp types"},
	{Flag: "-K, --dont-verify-checksums", Help: "don't verify IP, TCP and UDP checksums"},
	{Flag: "-l", Help: "make stdout line buffered"},
	{Flag: "-L, --list-data-link-types", Help: "list the known data link types of the interface"},
	{Flag: "-n", Help: "don't convert addresses to names: always so"},
	{Flag: "-N", Help: "don't print domain name qualification: without effect"},
	{Flag: "-#, --number", Help: "print a packet number at the beginning of the line"},
	{Flag: "-O, --no-optimize", Help: "do not optimize the filter: without effect"},
	{Flag: "-p, --no-promiscuous-mode", Help: "no promiscuous mode: without effect on virtual devices"},
	{Flag: "--print", Help: "print packets also when writing a file"},
	{Flag: "-q", Help: "quick output"},
	{Flag: "-Q, --direction <direction>", Help: "in, out or inout"},
	{Flag: "-r <file>", Help: "read packets from file"},
	{Flag: "-s, --snapshot-length <snaplen>", Help: "keep so many bytes of each packet; 0: 262144"},
	{Flag: "-S, --absolute-tcp-sequence-numbers", Help: "print absolute TCP sequence numbers"},
	{Flag: "-t", Help: "no time stamp; -tt seconds, -ttt since the packet before, -tttt with date, -ttttt since the first"},
	{Flag: "-u", Help: "print undecoded NFS handles: without effect"},
	{Flag: "-U, --packet-buffered", Help: "with -w: write each packet to the file at once"},
	{Flag: "-v", Help: "verbose; -vv and -vvv more so"},
	{Flag: "--version", Help: "print the versions and exit"},
	{Flag: "-w <file>", Help: "write the packets to file, - is stdout"},
	{Flag: "-x", Help: "print each packet in hex; -xx with its link-level header"},
	{Flag: "-X", Help: "print each packet in hex and ASCII; -XX with its link-level header"},
	{Flag: "-y, --linktype <type>", Help: "data link type: the interface's own one"},
	{Flag: "-Z, --relinquish-privileges <user>", Help: "change to user: root"},
	{Flag: "--micro", Help: "microseconds: the default"},
	{Flag: "--nano", Help: "nanoseconds in what is printed"},
	{Flag: "--time-stamp-precision <precision>", Help: "micro or nano"},
	{Flag: "-b", Help: "AS numbers in ASDOT notation", NotModelled: true},
	{Flag: "-C <file_size>", Help: "start a new file when one is large", NotModelled: true},
	{Flag: "-d", Help: "dump the compiled filter", NotModelled: true},
	{Flag: "-E <secret>", Help: "decrypt IPsec ESP", NotModelled: true},
	{Flag: "-f", Help: "print foreign addresses numerically", NotModelled: true},
	{Flag: "--fp-type", Help: "type of floating-point arithmetic", NotModelled: true},
	{Flag: "-G <seconds>", Help: "start a new file every so often", NotModelled: true},
	{Flag: "-H", Help: "802.11s draft mesh headers", NotModelled: true},
	{Flag: "-I, --monitor-mode", Help: "monitor mode of Wi-Fi", NotModelled: true},
	{Flag: "-j, --time-stamp-type <type>", Help: "time stamp type", NotModelled: true},
	{Flag: "-m <module>", Help: "SMI MIB module", NotModelled: true},
	{Flag: "-M <secret>", Help: "secret of TCP-MD5", NotModelled: true},
	{Flag: "-T <type>", Help: "interpret packets as type", NotModelled: true},
	{Flag: "-V <file>", Help: "read names of capture files from file", NotModelled: true},
	{Flag: "-W <filecount>", Help: "limit the number of files", NotModelled: true},
	{Flag: "-Y, --debug-filter-parser", Help: "debug the filter parser", NotModelled: true},
	{Flag: "-z <command>", Help: "run command on each file", NotModelled: true},
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
	writeFile   string
	filterFile  string
	expr        string
	dlt         string // -y
	direction   string // -Q: in, out; empty both
	count       int    // -c, 0 none
	snapLen     int
	immediate   bool
	lineBuf     bool
	flushEach   bool // -U
	alsoPrint   bool // --print
	countOnly   bool // --count
	list        byte // D, L or J
	reading     bool // -r
	writing     bool // -w
	nano        bool
	printer     printer
	out         *bufio.Writer // stdio's buffer of stdout
	filter      *filter.Filter
	linkType    int
	captured    int
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
	var usage *usageError
	d.warn(err.Error())
	if errors.As(err, &usage) {
		_, _ = io.WriteString(d.h.Err, tcpdumpUsage)
	}
	return 1
}

// warn prints a line on stderr.
func (d *dump) warn(text string) { _, _ = io.WriteString(d.h.Err, "tcpdump: "+text+"\n") }

// parse reads the options: the switch in main of tcpdump.c.
func (d *dump) parse(args []string) error {
	opts, operands, err := getopt(tcpdumpOptions, args)
	if err != nil {
		return err
	}
	for _, o := range opts {
		if err := d.option(o); err != nil {
			return err
		}
	}
	d.expr = strings.Join(operands, " ")
	if d.printer.times > 5 {
		return errors.New("only -t, -tt, -ttt, -tttt and -ttttt are supported")
	}
	return nil
}

func (d *dump) option(o given) error {
	p := &d.printer
	switch o.name {
	case "-a", "-n", "-N", "-O", "-p", "-u":
	case "-A":
		p.ascii++
	case "-B":
		if n := atoi(o.value); n <= 0 {
			return fmt.Errorf("invalid packet buffer size %s", o.value)
		}
	case "-c":
		if d.count = atoi(o.value); d.count <= 0 {
			return fmt.Errorf("invalid packet count %s", o.value)
		}
	case "--count":
		d.countOnly = true
	case "-D", "-L", "-J":
		d.list = o.name[1]
	case "-e":
		p.lines.Options.Link = true
	case "-F":
		d.filterFile = o.value
	case "-h", "--version":
		text := tcpdumpVersion
		if o.name == "-h" {
			text = tcpdumpUsage
		}
		_, _ = io.WriteString(d.h.Out, text)
		return &stop{0}
	case "-i":
		d.device = o.value
		if d.device == "" {
			d.device = "\x00" // given, if as an empty name
		}
	case "--immediate-mode":
		d.immediate = true
	case "-K":
		p.lines.Options.NoChecksums = true
	case "-l":
		d.lineBuf = true
	case "-#":
		p.numbers = true
	case "--print":
		d.alsoPrint = true
	case "-q":
		p.lines.Options.Quiet = true
	case "-Q":
		d.direction = strings.ToLower(o.value)
		switch d.direction {
		case "in", "out":
		case "inout":
			d.direction = ""
		default:
			return fmt.Errorf("unknown capture direction `%s'", o.value)
		}
	case "-r":
		d.readFile, d.reading = o.value, true
	case "-s":
		n, err := strconv.ParseInt(o.value, 0, 64)
		if err != nil || n < 0 || n > pcap.MaxSnapLen {
			return fmt.Errorf("invalid snaplen %s (must be >= 0 and <= %d)", o.value, pcap.MaxSnapLen)
		}
		d.snapLen = int(n)
	case "-S":
		p.lines.Options.AbsoluteSeq = true
	case "-t":
		p.times++
	case "-U":
		d.flushEach = true
	case "-v":
		p.lines.Options.Verbose++
	case "-w":
		d.writeFile, d.writing = o.value, true
	case "-x":
		p.hex++
	case "-X":
		p.hexASCII++
	case "-y":
		d.dlt = strings.ToUpper(o.value)
		if linkTypeByName(d.dlt) < 0 {
			return fmt.Errorf("invalid data link type %s", o.value)
		}
	case "-Z":
		if !d.knowsUser(o.value) {
			return fmt.Errorf("Couldn't find user '%s'", o.value) //nolint:staticcheck // tcpdump's own words
		}
	case "--micro":
		d.nano = false
	case "--nano":
		d.nano = true
	case "--time-stamp-precision":
		switch strings.ToLower(o.value) {
		case "micro":
			d.nano = false
		case "nano":
			d.nano = true
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

func (d *dump) knowsUser(name string) bool {
	if d.c == nil {
		return false
	}
	text, err := d.c.View.ReadFile("/etc/passwd")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if user, _, ok := strings.Cut(line, ":"); ok && user == name {
			return true
		}
	}
	return false
}

// run does what the options say.
func (d *dump) run() error {
	if d.c == nil && !d.reading {
		return errors.New("there is no lab to listen in: read a file with -r FILE, or type this in hoplab sh")
	}
	if d.list == 'D' {
		d.listDevices()
		return nil
	}
	d.out = bufio.NewWriterSize(d.h.Out, stdioBuffer)
	d.printer.nano = d.nano
	if d.reading {
		return d.readCapture()
	}
	return d.capture()
}

// stdioBuffer is how many bytes stdio keeps before it writes to what is no
// terminal: BUFSIZ of a pipe or a file in glibc.
const stdioBuffer = 4096

// compile compiles the filter.
func (d *dump) compile() error {
	expr := d.expr
	if d.filterFile != "" {
		text, err := d.readAll(d.filterFile)
		if err != nil {
			return fmt.Errorf("can't open %s: %s", d.filterFile, d.h.Text(err))
		}
		expr = commentsToBlanks(string(text))
	}
	f, err := filter.Compile(expr, d.linkType)
	var bad *filter.Error
	switch {
	case errors.As(err, &bad) && (bad.Text == "syntax error" || strings.HasPrefix(bad.Text, "syntax error")):
		return fmt.Errorf("can't parse filter expression: %s", bad.Text)
	case errors.As(err, &bad):
		return errors.New(bad.Text)
	}
	d.filter = f
	return err
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
	if (d.save == nil || d.alsoPrint) && !d.silent() {
		d.printer.print(d.out, d.linkType, p)
		if d.lineBuf || d.terminal {
			if err := d.out.Flush(); err != nil {
				return false, &stop{1}
			}
		}
	}
	return d.count == 0 || d.captured < d.count, nil
}

// silent says that packets are only counted: --count of a file.
func (d *dump) silent() bool { return d.countOnly }

// openSave opens the file of -w.
func (d *dump) openSave(snapLen int) error {
	if !d.writing {
		return nil
	}
	if d.nano {
		return &notModelledError{"--nano with -w"}
	}
	var err error
	d.save, err = d.create(snapLen)
	return err
}

// describeLink is a link type as the first lines name it.
func describeLink(linkType int) string {
	for _, l := range linkTypes {
		if l.number == linkType {
			return l.name + " (" + l.text + ")"
		}
	}
	return strconv.Itoa(linkType)
}

// linkTypes are those that libpcap knows and that occur here.
var linkTypes = []struct {
	number     int
	name, text string
}{
	{pcap.LinkEthernet, "EN10MB", "Ethernet"},
	{pcap.LinkRaw, "RAW", "Raw IP"},
	{pcap.LinkLinuxSLL, "LINUX_SLL", "Linux cooked v1"},
	{pcap.LinkLinuxSLL2, "LINUX_SLL2", "Linux cooked v2"},
}

// linkTypeByName is -1 for a name that is not known.
func linkTypeByName(name string) int {
	for _, l := range linkTypes {
		if l.name == name {
			return l.number
		}
	}
	return -1
}
