package topology

import "time"

// Scenario is a list of steps on a lab, with what must come out.
type Scenario struct {
	Pos         Pos
	Name        string
	LabRef      Line // name of the Lab; "" means the only one of the bundle
	Title       Text
	Description Text
	Steps       []*Step
	After       []*Page // told when all steps are over
}

// Text is something to read in two languages. A plain string in the file is English.
type Text struct{ EN, KO string }

// In gives the text in a language ("en" or "ko"), or in the other if there is none.
func (t Text) In(lang string) string {
	if (lang == "ko" && t.KO != "") || t.EN == "" {
		return t.KO
	}
	return t.EN
}

// IsZero reports a missing text.
func (t Text) IsZero() bool { return t == Text{} }

// Page is something to read between steps: an element of the list of steps that
// runs nothing. A run without a reader passes it by.
type Page struct {
	Pos   Pos
	Index int    // in the list of steps of the file
	Name  string // may be empty
	Title Text
	Text  Text
	Try   []Try
	Pods  []RefAt // whose manifests are shown, with what was made of them
}

// Try is a command that a reader may run.
type Try struct {
	Pos  Pos
	In   RefAt
	Run  Line
	Look Text // at what, in its output
}

// Step is one command and what it must lead to.
type Step struct {
	Pos     Pos
	Index   int     // in the list of steps of the file, pages counted
	Pages   []*Page // told before it
	Name    string  // may be empty
	Title   Text
	Text    Text  // what a reader is told before the step
	In      RefAt // where Run is typed; the zero Ref leaves it to the runner
	Run     Line  // a command line; "" when the step only waits or checks
	Tap     []RefAt
	Wait    time.Duration // virtual time to let pass after Run
	Until   time.Duration // and at least until this instant, counted from the start of the lab
	Expect  []*Expectation
	Predict []*Prediction
}

// ExpectKind is the key of an expectation.
type ExpectKind string

// The kinds of expectations, each with the field of Expectation that holds it.
const (
	ExpectPing      ExpectKind = "ping"
	ExpectPath      ExpectKind = "path"
	ExpectPackets   ExpectKind = "packets"
	ExpectDrop      ExpectKind = "drop"
	ExpectARP       ExpectKind = "arp"
	ExpectRoute     ExpectKind = "route"
	ExpectNAT       ExpectKind = "nat"
	ExpectConntrack ExpectKind = "conntrack"
	ExpectICMPError ExpectKind = "icmpError"
	ExpectCommand   ExpectKind = "command"
	ExpectEventHash ExpectKind = "eventHash"
)

// Expectation is one thing that must be so, or must not be so.
type Expectation struct {
	Pos     Pos
	Kind    ExpectKind
	Not     bool // turns the meaning round
	Because Text
	Ping    *ExpectedPing
	Path    []RefAt // every interface that one packet crosses, in order
	Packets *ExpectedPackets
	Drop    *ExpectedDrop

	ARP       *ExpectedARP
	Route     *ExpectedRoute
	NAT       *ExpectedNAT
	Conntrack *ExpectedConntrack
	ICMPError *ExpectedICMPError
	Command   *ExpectedCommand
	EventHash Line // the beginning of the hash, in hexadecimal

	Raw Raw // as it was written
}

// ExpectedPing is about the summary and the replies of one ping command.
// A nil field is not checked.
type ExpectedPing struct {
	Sent, Received     *int
	Duplicates, Errors *int
	TTL                *int     // of every reply
	Loss               *float64 // 0 to 1
}

// ExpectedPackets counts the packets seen at a place.
type ExpectedPackets struct {
	At              RefAt
	Filter          Line // pcap-filter syntax; "" is every packet
	Count, Min, Max *int // Count alone, or Min and Max; all nil means at least one
	Headers         []Header
}

// Header is one protocol header that every counted packet has, outermost first.
type Header struct {
	Pos    Pos
	Layer  string // ethernet, arp, ipv4, icmp, udp or tcp
	Fields []HeaderField
}

// HeaderField is one field of a header and its value as it was written.
type HeaderField struct {
	Pos         Pos
	Name, Value string
}

// ExpectedDrop is about packets that ended somewhere.
type ExpectedDrop struct {
	At     RefAt // the zero Ref is anywhere
	Reason Line  // the kernel's name of the drop reason; "" is any
	Count  *int  // nil means at least one
}

// AnswerKind is what a prediction's answer looks like.
type AnswerKind string

// The kinds of answers.
const (
	AnswerIP     AnswerKind = "ip"
	AnswerMAC    AnswerKind = "mac"
	AnswerNumber AnswerKind = "number"
	AnswerChoice AnswerKind = "choice"
)

// AnswerAuto is the answer that the run itself gives.
const AnswerAuto = "auto"

// Prediction is a question that is asked before a step runs.
type Prediction struct {
	Pos           Pos
	ID            string
	Ask           Text
	Because       Text // told with the result
	Kind          AnswerKind
	Answer        Line // AnswerAuto or the value
	Choices       []Text
	Misconception Text   // what a wrong answer shows: its words, or in EN the name of a known one; may be empty
	About         *About // where the answer is seen; always there for AnswerAuto
}

// About is the place where a prediction's answer is seen.
type About struct {
	At     RefAt
	Filter Line // pcap-filter syntax
	Field  string
}
