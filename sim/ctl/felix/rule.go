package felix

import (
	"strconv"
	"strings"

	"hoplab/sim/ctl/names"
)

// Rule is one rule in two spellings.
type Rule struct {
	Hash  string // 16 characters, covers the rule and those before it
	Felix string // what the hash is made of: comments, matches, action in long options
	Save  string // arguments after "-A CHAIN" as `iptables -S` prints them, with the cali: comment
}

// part is a comment, match or action of a rule in both spellings.
type part struct {
	felix, save string
	front       bool // `iptables -S` puts it before all comments: -i, -o, -p
}

// rule is a list of parts in Felix's order: comments, matches, action.
type rule []part

func (r rule) felix() string {
	words := make([]string, len(r))
	for i, p := range r {
		words[i] = p.felix
	}
	return strings.Join(words, " ")
}

func (r rule) save(hash string) string {
	var front, rest []string
	for _, p := range r {
		if p.front {
			front = append(front, p.save)
		} else {
			rest = append(rest, p.save)
		}
	}
	words := append(front, `-m comment --comment "cali:`+hash+`"`)
	return strings.Join(append(words, rest...), " ")
}

// render hashes the rules of a chain.
func render(chain string, rules []rule) []Rule {
	texts := make([]string, len(rules))
	for i, r := range rules {
		texts[i] = r.felix()
	}
	out := make([]Rule, len(rules))
	for i, h := range names.RuleHashes(chain, texts) {
		out[i] = Rule{Hash: h, Felix: texts[i], Save: rules[i].save(h)}
	}
	return out
}

// The marks of Calico's default mask 0xffff0000 (felix/dataplane/driver.go).
const (
	markAccept   = 0x10000 // a policy or profile said yes
	markPass     = 0x20000 // go on with the profiles
	markWorkload = 0x40000 // scratch 0: in raw, the packet came from a pod
	markScratch1 = 0x80000
	markAll      = markAccept | markPass | markWorkload | markScratch1
)

// same is a part that both spellings share.
func same(text string) part { return part{felix: text, save: text} }

// comment is text for people. Characters that could end the quotes become "_".
func comment(text string) part {
	text = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_ @%+=:,./-", r) {
			return r
		}
		return '_'
	}, text)
	return same(`-m comment --comment "` + text + `"`)
}

func in(device string) part {
	return part{felix: "--in-interface " + device, save: "-i " + device, front: true}
}

func out(device string) part {
	return part{felix: "--out-interface " + device, save: "-o " + device, front: true}
}

func proto(number int, name string) part {
	return part{felix: "-p " + strconv.Itoa(number), save: "-p " + name, front: true}
}

// portVXLAN is the port of VXLAN (VXLANPort).
func portVXLAN() part {
	return part{felix: "-m multiport --destination-ports 4789", save: "-m multiport --dports 4789"}
}

func protoIPIP() part { return proto(4, "ipencap") }

func ctstate(states string) part { return same("-m conntrack --ctstate " + states) }

func hex(mark uint32) string { return "0x" + strconv.FormatUint(uint64(mark), 16) }

func marked(mark uint32) part { return same("-m mark --mark " + hex(mark) + "/" + hex(mark)) }

func notMarked(mark uint32) part {
	return part{felix: "-m mark --mark 0/" + hex(mark), save: "-m mark --mark 0x0/" + hex(mark)}
}

func setMark(mark uint32) part {
	text := hex(mark) + "/" + hex(mark)
	return part{felix: "--jump MARK --set-mark " + text, save: "-j MARK --set-xmark " + text}
}

func clearMark(mark uint32) part {
	return part{felix: "--jump MARK --set-mark 0/" + hex(mark), save: "-j MARK --set-xmark 0x0/" + hex(mark)}
}

func jump(target string) part { return part{felix: "--jump " + target, save: "-j " + target} }

func goTo(chain string) part { return part{felix: "--goto " + chain, save: "-g " + chain} }
