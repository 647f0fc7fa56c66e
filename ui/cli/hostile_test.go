package cli

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// hostile is a lab whose commands print escape sequences and give such names.
const hostile = `
apiVersion: hoplab/v1
kind: Lab
metadata: {name: pair}
spec:
  machines:
    alice: {interfaces: {eth0: {veth: "bob:eth0", address: 10.0.0.1/24}}}
    bob: {interfaces: {eth0: {veth: "alice:eth0", address: 10.0.0.2/24}}}
---
apiVersion: hoplab/v1
kind: Scenario
metadata: {name: hostile}
spec:
  labRef: pair
  title: "one\ttwo"
  steps:
  - in: host/alice
    run: |
      printf '\033[2J\033]52;c;QUFB\007\r\302\2331m\377\n'
      ip link add $'d\e[31m' type dummy
      ip addr add 10.1.0.1/24 dev $'d\e[31m'
      ip link set $'d\e[31m' up
      ping -c 1 -W 1 10.1.0.9
      iptables -A OUTPUT -p icmp -m comment --comment $'x\e[2Jy' -j DROP
      ping -c 1 -W 1 10.0.0.2
    expect:
    - ping: {sent: 1, received: 1}
      because: "one\nand two"
`

// Whatever a lab prints or calls things: the terminal gets text alone.
func TestNoLabSteersTheTerminal(t *testing.T) {
	s := &system{files: map[string]string{"hostile.yaml": hostile}, terminal: true}
	for _, line := range []string{"run hostile.yaml --no-color", "run hostile.yaml --no-color --lang ko", "run hostile.yaml --format json", "list hostile.yaml", "expand hostile.yaml", "validate hostile.yaml",
		"lab --line hostile.yaml"} {
		s.stdin = "n\nS\nhops\nwhy\nstate\nmap\nalice$ ip a; echo \x1b[31m\nhelp\n"
		got := s.run(t, line)
		require.NotEmpty(t, got.stdout, "%s: %s", line, got.stderr)
		text := got.stdout + got.stderr
		i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
		require.Negative(t, i, "%s: %q", line, text[max(i-60, 0):max(i, 0)])
	}
}
