// Package names computes the names that Calico gives to things: interfaces,
// workload endpoints, iptables chains and the cali: comments of rules. They are
// hashes of what the user wrote, so a student can compare them with a real node.
//
// Everything here is a pure function. The names of kube-proxy's chains are left
// out until somebody needs them.
package names

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// InterfacePrefix starts the name of every host-side interface (Felix's option InterfacePrefix).
const InterfacePrefix = "cali"

// PodNetns is the name of a pod's network namespace: the pod's own name in the
// Kubernetes namespace default, NAME.NAMESPACE elsewhere, because `ip netns`
// cannot have a slash in a name. A real node has cni-<uuid> there.
func PodNetns(namespace, pod string) string {
	if namespace == "" || namespace == "default" {
		return pod
	}
	return pod + "." + namespace
}

// Veth is the host-side interface of a pod: the prefix and 11 hexadecimal
// digits, together the 15 characters that Linux allows. The prefix may be a
// comma list as in FELIX_INTERFACEPREFIX, of which the first counts; empty
// means InterfacePrefix.
//
// Like libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go.
func Veth(prefix, namespace, pod string) string {
	prefix, _, _ = strings.Cut(prefix, ",")
	if prefix == "" {
		prefix = InterfacePrefix
	}
	sum := sha1.Sum([]byte(namespace + "." + pod))
	return prefix + hex.EncodeToString(sum[:])[:11]
}

// VTEPMAC is the MAC address of a node's vxlan.calico.
//
// Like felix/calc/vxlan_resolver.go.
func VTEPMAC(node string) [6]byte {
	sum := sha1.Sum([]byte(node))
	return [6]byte{0x66, sum[0], sum[1], sum[2], sum[3], sum[4]}
}

// maxChain is the longest name of an iptables chain, in bytes, without its final zero.
const maxChain = 28

// Chain is prefix+id, or the prefix and the start of a hash of the id where
// that is too long. At exactly 28 characters an id that begins with "_" is
// hashed too, so that it cannot be mistaken for a hash.
//
// Like felix/hashutils/id.go.
func Chain(prefix, id string) string {
	n := len(prefix) + len(id)
	if n < maxChain || n == maxChain && !strings.HasPrefix(id, "_") {
		return prefix + id
	}
	sum := sha256.Sum256([]byte(id))
	name := prefix + "_" + base64.RawURLEncoding.EncodeToString(sum[:])
	return name[:maxChain]
}

// ProfileNamespace is the profile of all pods of a namespace.
func ProfileNamespace(namespace string) string { return "kns." + namespace }

// ProfileServiceAccount is the profile of all pods of a service account.
func ProfileServiceAccount(namespace, account string) string {
	return "ksa." + namespace + "." + account
}

// RuleHashes gives the 16 characters after cali: in the comment of each rule of
// a chain. Rules are in Felix's long spelling without "-A CHAIN". Each hash
// covers all rules before it, so inserting one changes those below. For rules at
// the end of a kernel chain the chain's name is "FORWARD*appends*".
//
// Like felix/iptables/rules.go: h0 = SHA-224(chain), h = SHA-224(previous h and the rule).
func RuleHashes(chain string, rules []string) []string {
	prev := sha256.Sum224([]byte(chain))
	out := make([]string, len(rules))
	for i, rule := range rules {
		text := append(prev[:], "-A "+chain+" HASH"...)
		if rule != "" {
			text = append(append(text, ' '), rule...)
		}
		prev = sha256.Sum224(text)
		out[i] = base64.RawURLEncoding.EncodeToString(prev[:])[:16]
	}
	return out
}
