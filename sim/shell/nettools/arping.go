package nettools

import "hoplab/sim/shell"

func arpingTool() shell.Tool {
	return shell.Tool{Name: "arping", Summary: "send ARP requests", Run: func(c *shell.Call) int { return c.NotModelled(2, "arping") }}
}
