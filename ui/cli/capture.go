package cli

import (
	"io"

	"hoplab/packet/pcap"
	"hoplab/scenarios"
	"hoplab/ui/text"
)

// capture collects the frames of all scenarios of a command line for one
// pcapng file.
type capture struct {
	lang   text.Lang
	taps   []pcap.Interface
	frames []captured
}

type captured struct {
	tap     int
	at      int64 // ns since 1970
	data    []byte
	comment string
}

// add takes the frames of a scenario. Each scenario has interfaces of its own.
func (c *capture) add(rep *scenarios.Report, comments *text.Comments) {
	first := len(c.taps)
	for _, t := range rep.Taps {
		c.taps = append(c.taps, pcap.Interface{Name: t.Name(), Description: rep.Scenario, LinkType: t.LinkType})
	}
	start := rep.Start.UnixNano()
	for _, f := range rep.Frames {
		c.frames = append(c.frames, captured{first + f.Tap, start + int64(f.At), f.Data, comments.Of(f.Seq)})
	}
}

// write writes the file.
func (c *capture) write(dst io.Writer) error {
	w := pcap.NewWriter(dst)
	for _, t := range c.taps {
		w.AddInterface(t)
	}
	for _, f := range c.frames {
		if err := w.WritePacket(f.tap, f.at, f.data, len(f.data), f.comment); err != nil {
			return err
		}
	}
	return w.Flush()
}
