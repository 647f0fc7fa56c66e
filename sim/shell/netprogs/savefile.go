package netprogs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"hoplab/packet/pcap"
)

// saveFile is the file of -w: a classic pcap file behind stdio's buffer.
type saveFile struct {
	file  io.Closer // nil for stdout
	stdio *bufio.Writer
	pcap  *pcap.ClassicWriter
}

// create is pcap_dump_open.
func (d *dump) create(snapLen int) (*saveFile, error) {
	s := &saveFile{}
	if d.writeFile == "-" {
		s.stdio = bufio.NewWriterSize(d.h.Out, stdioBuffer)
	} else {
		f, err := d.h.Create(d.writeFile)
		if err != nil {
			return nil, fmt.Errorf("%s: %s", d.writeFile, d.h.Text(err))
		}
		s.file, s.stdio = f, bufio.NewWriterSize(f, stdioBuffer)
	}
	s.pcap = pcap.NewClassicWriter(s.stdio, d.linkType|d.linkExtra, snapLen)
	if d.printer.Options.Nano {
		s.pcap.Nanoseconds()
	}
	err := s.pcap.Flush()
	if d.flushEach {
		err = errors.Join(err, s.stdio.Flush())
	}
	return s, err
}

// add writes a packet, through to the file if flush is set.
func (s *saveFile) add(p pcap.Packet, flush bool) error {
	err := errors.Join(s.pcap.WritePacket(p), s.pcap.Flush())
	if flush {
		err = errors.Join(err, s.stdio.Flush())
	}
	if err != nil {
		return &stop{1} // as a closed pipe
	}
	return nil
}

func (s *saveFile) flush() error { return s.stdio.Flush() }

func (s *saveFile) close() error {
	err := s.stdio.Flush()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	if err != nil {
		return &stop{1}
	}
	return nil
}

// readCapture is -r, or -V with its list of files.
func (d *dump) readCapture() error {
	if d.listFile == "" {
		damaged, err := d.readFileNamed(d.readFile, true)
		return d.endReading(damaged, err)
	}
	text, err := d.readAll(d.listFile)
	if err != nil {
		return fmt.Errorf("Unable to open file: %s", d.h.Text(err)) //nolint:staticcheck // tcpdump's own words
	}
	if len(text) == 0 {
		return fmt.Errorf("Nothing in %s", d.listFile) //nolint:staticcheck // tcpdump's own words
	}
	damaged := false
	for i, name := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if damaged, err = d.readFileNamed(name, i == 0); err != nil {
			break
		}
	}
	return d.endReading(damaged, err)
}

// endReading closes what was written and tells the count.
func (d *dump) endReading(damaged bool, err error) error {
	if err != nil {
		return err
	}
	if d.save != nil {
		if err := d.save.close(); err != nil {
			return err
		}
	}
	if d.countOnly {
		fmt.Fprintf(d.out, "%s\n", plural(d.captured))
	}
	if damaged {
		return &stop{1}
	}
	return nil
}

// readFileNamed reads one file. It tells whether that ended in damage.
func (d *dump) readFileNamed(name string, first bool) (damaged bool, err error) {
	in := d.h.In
	if name != "-" {
		f, err := d.h.Open(name)
		if err != nil {
			return false, fmt.Errorf("%s: %s", name, d.h.Text(err))
		}
		defer f.Close()
		in = f
	}
	r, err := pcap.NewReader(in)
	if err != nil {
		return false, err
	}
	r.RequireUniform()
	d.bigEndian = r.BigEndian()
	if err := d.fileOpened(name, first, r.Interfaces()[0]); err != nil {
		return false, err
	}
	p, err := r.Next()
	for d.left = d.count; err == nil; p, err = r.Next() {
		if !d.filter.MatchLength(p.Data, p.OrigLen) {
			continue
		}
		more, err := d.packetSeen(p)
		if err != nil {
			return false, err
		}
		if !more {
			break
		}
		if d.c != nil {
			d.c.Step(1)
		}
	}
	if err == nil || err == io.EOF { //nolint:errorlint // as io.Reader has it
		return false, nil
	}
	_ = d.out.Flush()
	d.warn("pcap_loop: " + err.Error())
	return true, nil
}

// fileOpened tells what a file is, and compiles the filter for it.
func (d *dump) fileOpened(name string, first bool, dev pcap.Interface) error {
	linkType := usualLinkType(dev.LinkType)
	if !first && d.linkType != linkType && d.writing {
		return fmt.Errorf("%s: new dlt does not match original", name)
	}
	d.linkType, d.linkExtra = linkType, dev.LinkExtra
	snapLen := dev.SnapLen
	if snapLen == 0 {
		snapLen = pcap.MaxSnapLen
	}
	if !first {
		if err := d.compile(snapLen, false); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.h.Err, "reading from file %s, link-type %s, snapshot length %d\n", name, describeLink(d.linkType), snapLen)
	d.printer.Options.LinkType = d.linkType
	if !first {
		return nil
	}
	if d.linkType == pcap.LinkLinuxSLL2 {
		_, _ = io.WriteString(d.h.Err, "Warning: interface names might be incorrect\n")
	}
	if d.c != nil {
		d.printer.Options.Interface = d.deviceName
	}
	if err := d.compile(snapLen, false); err != nil {
		return err
	}
	return d.openSave(snapLen)
}
