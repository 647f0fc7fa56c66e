package netprogs

import (
	"bufio"
	"errors"
	"fmt"
	"io"

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
	s.pcap = pcap.NewClassicWriter(s.stdio, d.linkType, snapLen)
	err := s.pcap.Flush()
	if d.flushEach {
		err = errors.Join(err, s.stdio.Flush())
	}
	return s, err
}

// add writes a packet, through to the file if flush is set.
func (s *saveFile) add(p pcap.Packet, flush bool) error {
	err := errors.Join(s.pcap.WritePacket(p.Time, p.Data, max(p.OrigLen, len(p.Data))), s.pcap.Flush())
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

// readCapture is -r.
func (d *dump) readCapture() error {
	var in io.Reader = d.h.In
	if d.readFile != "-" {
		f, err := d.h.Open(d.readFile)
		if err != nil {
			return fmt.Errorf("%s: %s", d.readFile, d.h.Text(err))
		}
		defer f.Close()
		in = f
	}
	r, err := pcap.NewReader(in)
	if err != nil {
		return err
	}
	first, err := r.Next() // a pcapng file tells its interfaces only now
	if len(r.Interfaces()) == 0 {
		if err == io.EOF { //nolint:errorlint // as io.Reader has it
			err = errors.New("the capture file has no Interface Description Blocks")
		}
		return err
	}
	d.linkType = r.Interfaces()[0].LinkType
	snapLen := r.Interfaces()[0].SnapLen
	if snapLen == 0 {
		snapLen = pcap.MaxSnapLen
	}
	fmt.Fprintf(d.h.Err, "reading from file %s, link-type %s, snapshot length %d\n", d.readFile, describeLink(d.linkType), snapLen)
	if d.linkType == pcap.LinkLinuxSLL2 {
		_, _ = io.WriteString(d.h.Err, "Warning: interface names might be incorrect\n")
	}
	if err := d.compile(); err != nil {
		return err
	}
	if err := d.openSave(snapLen); err != nil {
		return err
	}
	if d.c != nil {
		d.printer.device = d.deviceName
	}
	for p := first; err == nil; p, err = r.Next() {
		if !d.filter.MatchLength(p.Data, p.OrigLen) {
			continue
		}
		more, err := d.packetSeen(p)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if d.c != nil {
			d.c.Step(1)
		}
	}
	if d.save != nil {
		if err := d.save.close(); err != nil {
			return err
		}
	}
	damaged := err != nil && err != io.EOF //nolint:errorlint // as io.Reader has it
	if damaged {
		_ = d.out.Flush()
		d.warn("pcap_loop: " + err.Error())
	}
	if d.countOnly {
		fmt.Fprintf(d.out, "%s\n", plural(d.captured))
	}
	if damaged {
		return &stop{1}
	}
	return nil
}
