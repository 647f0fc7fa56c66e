package topology

import "unicode/utf8"

// A lab file is untrusted input, so everything in it has an upper bound. The
// bounds are far above what a lesson or a test needs and low enough that the
// worst file is read in about a second.
const (
	maxSource    = 4 << 20 // bytes of one stream
	maxDocuments = 100     // per stream
	maxDepth     = 64      // nested mappings and lists
	maxAliased   = 100_000 // nodes that come out of aliases, per stream
	maxErrors    = 10_000  // kept; what follows is noise
	maxSuggested = 50      // faults that are given a suggestion out of the file's own names
	maxCompared  = 1000    // names that are looked at for it

	maxSegments   = 20_000
	maxMachines   = 20_000
	maxInterfaces = 1024 // per machine; an expanded node has one for each of its pods
	maxAddresses  = 256  // per interface
	maxPools      = 1000
	maxSteps      = 1000 // per scenario

	maxName      = 253      // bytes of any name, as in a DNS name
	maxSysctlKey = 128      // bytes
	maxFilePath  = 256      // bytes
	maxProse     = 16 << 10 // bytes of a text for people
	maxText      = 1024     // bytes of one tool's line; setup lines and files have no bound of their own
)

// MTUs that a device may have, in bytes: the smallest that IPv4 allows (RFC 791
// section 3.1) and the largest that its length field can say.
const (
	minMTU = 68
	maxMTU = 65535
)

// shorten cuts what is quoted in an error to a readable length.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
