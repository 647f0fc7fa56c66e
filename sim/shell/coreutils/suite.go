package coreutils

import (
	"slices"

	"hoplab/sim/shell"
)

// Tools lists all tools of this package.
func Tools() []shell.Tool {
	return slices.Concat(textTools, sortTools, grepTools(), fileTools(), runTools(), miscTools(), sedTools(), awkTools(), diffTools(), binaryTools(), jqTools(), extraTools())
}
