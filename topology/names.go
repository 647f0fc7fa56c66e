package topology

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

func isAlnum(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// checkName accepts the names of machines, segments, labs and scenarios: they
// are host names, file names and parts of references at the same time.
func checkName(s string) error {
	switch {
	case s == "":
		return errors.New("a name is missing")
	case len(s) > maxName:
		return fmt.Errorf("the name %q has %d bytes; %d are the most", shorten(s), len(s), maxName)
	}
	for i, r := range s {
		if isAlnum(r) || i > 0 && strings.ContainsRune("-_.", r) {
			continue
		}
		return fmt.Errorf("%q is not a name; use letters, digits, and after the first of them - _ .", shorten(s))
	}
	return nil
}

// checkDNSName accepts the names of Kubernetes objects (RFC 1123 subdomains).
func checkDNSName(s string) error {
	if s == "" {
		return errors.New("a name is missing")
	}
	bad := len(s) > maxName
	for label := range strings.SplitSeq(s, ".") {
		bad = bad || label == "" || label[0] == '-' || label[len(label)-1] == '-'
	}
	for _, r := range s {
		bad = bad || !(isAlnum(r) && !unicode.IsUpper(r) || r == '-' || r == '.')
	}
	if bad {
		return fmt.Errorf("%q is not a Kubernetes name; use lower case letters, digits, - and ., with a letter or digit at both ends", shorten(s))
	}
	return nil
}

// checkDevice accepts the names that Linux gives to devices (net/core/dev.c,
// dev_valid_name; net/ipv4/devinet.c refuses the two names of sysctl folders),
// less those that iproute2 or our own references would read as something else.
func checkDevice(s string) error {
	switch {
	case s == "":
		return errors.New("a device name is missing")
	case len(s) > 15:
		return fmt.Errorf("the device name %q has %d bytes; Linux allows 15", shorten(s), len(s))
	case s == "." || s == ".." || strings.ContainsAny(s, "/:") || strings.ContainsFunc(s, unicode.IsSpace):
		return fmt.Errorf(`%q is not a device name; Linux allows neither "/", ":" and white space nor "." and ".." alone`, s)
	case s == "all" || s == "default":
		return fmt.Errorf("%q is not a device name; it is a folder of sysctls", s)
	}
	for i, r := range s {
		if isAlnum(r) || strings.ContainsRune("_.", r) || i > 0 && strings.ContainsRune("-+", r) {
			continue
		}
		return fmt.Errorf("not modelled: %q in the device name %q", r, s)
	}
	return nil
}

// checkSysctl accepts a key with dots or slashes, and no way out of /proc/sys.
func checkSysctl(s Sysctl) error {
	if len(s.Key) > maxSysctlKey {
		return fmt.Errorf("a sysctl key of %d bytes; %d are the most", len(s.Key), maxSysctlKey)
	}
	bad := !strings.ContainsAny(s.Key, "./")
	for _, r := range s.Key {
		bad = bad || !isAlnum(r) && !strings.ContainsRune("./-_+", r)
	}
	for part := range strings.SplitSeq(s.Path(), "/") {
		bad = bad || part == "" || part == "." || part == ".."
	}
	if bad {
		return fmt.Errorf("%q is not a sysctl such as net.ipv4.ip_forward", shorten(s.Key))
	}
	return nil
}

// checkFilePath accepts an absolute, clean path.
func checkFilePath(s string) error {
	bad := !strings.HasPrefix(s, "/") || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	for i, part := range strings.Split(s, "/") {
		bad = bad || i > 0 && part == "" || part == "." || part == ".."
	}
	switch {
	case len(s) > maxFilePath:
		return fmt.Errorf("a file path of %d bytes; %d are the most", len(s), maxFilePath)
	case bad:
		return fmt.Errorf(`%q is not a file's path; it begins with "/" and has no "//", "." or ".." in it`, shorten(s))
	}
	return nil
}
