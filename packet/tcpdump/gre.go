package tcpdump

// gre prints generic routing encapsulation, RFC 2784 and 2890.
func (l *line) gre(at, length int) {
	l.notModelled("GRE")
}
