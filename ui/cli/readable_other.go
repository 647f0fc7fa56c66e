//go:build !unix

package cli

import "time"

// readable is unknown here.
var readable func(stream any, d time.Duration) bool
