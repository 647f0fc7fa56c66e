package shell

import "fmt"

// man prints what is modelled of a command: the lab has no other manual.
func man(c *Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 2
	}
	if len(a.Operands) == 0 {
		fmt.Fprintln(c.Err, "What manual page do you want?\nFor example, try 'man man'.")
		return 1
	}
	status := 0
	for _, name := range a.Operands {
		t := c.Shell.Tool(name)
		if t == nil {
			fmt.Fprintf(c.Err, "No manual entry for %s\n", name)
			status = 16
			continue
		}
		t.Help(c.Out)
	}
	return status
}
