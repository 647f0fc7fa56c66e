package tcpdump

// quietDump tells that what no decoder knows is not dumped: -x and -X dump the
// whole packet anyway, and -q wants it short.
func (o *Options) quietDump() bool { return o.Quiet || o.Hex > 0 || o.HexASCII > 0 }

// unlessQuiet dumps the n bytes of what no decoder knows, unless the flags ask
// for another dump or for none.
func (l *line) unlessQuiet(at, n int) {
	if !l.opt.quietDump() {
		l.dump(at, at+n)
	}
}

// dump prints captured bytes as tcpdump does for what it does not know:
//
//	0x0000:  0809 0a0b 0c0d 0e0f 1011 1213 1415 1617  ................
//
// It stops the line if it was not all captured.
func (l *line) dump(from, to int) {
	if l.stopped {
		return
	}
	captured := max(min(to, l.end), from)
	for row := from; row < captured; row += 16 {
		l.out = appendHexRow(l.out, row-from, l.frame[row:min(row+16, captured)], true)
	}
	if to > captured {
		l.truncated()
		l.stopped = true
	}
}

// appendHexRow appends a line with up to 16 bytes that stand at an offset, with
// their characters or without.
func appendHexRow(dst []byte, offset int, row []byte, chars bool) []byte {
	const hexWidth = 8 * len(" 0102")
	dst = append(dst, "\n\t0x"...)
	for shift := 28; shift >= 0; shift -= 4 {
		if shift < 16 || offset>>shift != 0 {
			dst = append(dst, hexDigits[offset>>shift&15])
		}
	}
	dst = append(dst, ':', ' ')
	begin := len(dst)
	for i, b := range row {
		if i%2 == 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	if !chars {
		return dst
	}
	for len(dst)-begin < hexWidth {
		dst = append(dst, ' ')
	}
	dst = append(dst, ' ', ' ')
	for _, b := range row {
		if b <= ' ' || b > '~' {
			b = '.'
		}
		dst = append(dst, b)
	}
	return dst
}

// appendDump appends the bytes of a packet whose link header has header bytes,
// as the flags -x, -X and -A ask for.
func (p *Printer) appendDump(dst, data []byte, header int) []byte {
	o := &p.Options
	times := o.HexASCII
	if times == 0 {
		times = o.Hex
	}
	hex := times > 0
	if !hex {
		times = o.ASCII
	}
	switch {
	case times == 0, times == 1 && len(data) <= header:
		return dst
	case times == 1:
		data = data[header:]
	}
	if !hex {
		return appendText(dst, data)
	}
	for row := 0; row < len(data); row += 16 {
		dst = appendHexRow(dst, row, data[row:min(row+16, len(data))], o.HexASCII > 0)
	}
	return dst
}

// appendText is -A. Carriage returns at the end of a line are left out.
func appendText(dst, data []byte) []byte {
	dst = append(dst, '\n')
	for i, b := range data {
		switch {
		case b == '\r':
			if len(data)-i > 2 && data[i+1] != '\n' {
				dst = append(dst, '.')
			}
		case b >= ' ' && b <= '~', b == '\t', b == '\n':
			dst = append(dst, b)
		default:
			dst = append(dst, '.')
		}
	}
	return dst
}
