package linuxnet

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Ping is the output of iputils ping (LC_ALL=C).
type Ping struct {
	Target     string // as written on the PING line
	Addr       netip.Addr
	Sent       int
	Received   int
	Duplicates int
	Errors     int     // as counted by ping: +3 errors
	Loss       float64 // percent
	Summary    bool    // the statistics were there; without them the counts are 0
	Replies    []PingReply
	Problems   []PingProblem
	Failure    string // why ping sent nothing: "Network is unreachable"
}

// PingReply is one "64 bytes from" line.
type PingReply struct {
	From      netip.Addr
	Seq       int
	TTL       int
	Time      time.Duration // 0 where the packet was too small to carry a time
	Duplicate bool
	Truncated bool
}

// PingProblem is one line of a router or of the host itself: "From 10.0.1.2
// icmp_seq=1 Destination Host Unreachable". From is the zero Addr where the kernel of
// the sender itself refused ("ping: sendmsg: Network is unreachable").
type PingProblem struct {
	From netip.Addr
	Seq  int
	Text string
}

const (
	maxPing      = 1 << 20
	maxPingLines = 1 << 14
)

var (
	pingHead    = regexp.MustCompile(`^PING ([^ ]+) ?\(([0-9A-Fa-f:.]+)\)`)
	pingReply   = regexp.MustCompile(`^(?:\[[0-9.]+\] )?[0-9]{1,6} bytes from (.*?): icmp_seq=([0-9]{1,9}) (?:ident=[0-9]+ )?ttl=([0-9]{1,3})(?: time=([0-9]{1,9}(?:\.[0-9]{1,6})?) ms)?(.*)$`)
	pingProblem = regexp.MustCompile(`^(?:\[[0-9.]+\] )?From ([^ ]+)(?: \(([^)]+)\))?:? icmp_seq=([0-9]{1,9}) (.+)$`)
	pingFailure = regexp.MustCompile(`^(?:[^ ]*/)?ping6?: (.+)$`)
	pingSent    = regexp.MustCompile(`^([0-9]{1,9}) packets transmitted, ([0-9]{1,9}) received(.*?), ([0-9.]{1,12})% packet loss`)
	pingCounts  = regexp.MustCompile(`\+([0-9]{1,9}) (duplicates|errors|corrupted)`)
	parentheses = regexp.MustCompile(`\(([0-9A-Fa-f:.]+)\)$`)
)

// ParsePing reads the whole output of ping, both streams. Output that is not ping's at
// all, such as "command not found", is an error; a ping that failed is not.
func ParsePing(output string) (Ping, error) {
	if len(output) > maxPing {
		return Ping{}, fmt.Errorf("reading the output of ping: %d bytes; the limit is %d", len(output), maxPing)
	}
	lines := strings.Split(output, "\n")
	if len(lines) > maxPingLines {
		return Ping{}, fmt.Errorf("reading the output of ping: %d lines; the limit is %d", len(lines), maxPingLines)
	}
	var p Ping
	for _, line := range lines {
		p.line(strings.TrimRight(line, " \r"))
	}
	if p.Target == "" && p.Failure == "" && !p.Summary {
		return Ping{}, fmt.Errorf("reading the output of ping: this is not ping's: %s", quote(strings.TrimSpace(output)))
	}
	return p, nil
}

func (p *Ping) line(line string) {
	if m := pingReply.FindStringSubmatch(line); m != nil {
		p.reply(m)
	} else if m := pingProblem.FindStringSubmatch(line); m != nil {
		from := m[1]
		if m[2] != "" {
			from = m[2]
		}
		p.Problems = append(p.Problems, PingProblem{From: looseAddr(from), Seq: number(m[3]), Text: m[4]})
	} else if m := pingHead.FindStringSubmatch(line); m != nil && p.Target == "" {
		p.Target, p.Addr = m[1], looseAddr(m[2])
	} else if m := pingSent.FindStringSubmatch(line); m != nil {
		p.summary(m)
	} else if m := pingFailure.FindStringSubmatch(line); m != nil {
		p.failure(m[1])
	}
}

func (p *Ping) reply(m []string) {
	from := m[1]
	if inside := parentheses.FindStringSubmatch(from); inside != nil {
		from = inside[1] // a name was looked up: "gw (10.0.1.1)"
	}
	r := PingReply{
		From: looseAddr(from), Seq: number(m[2]), TTL: number(m[3]),
		Duplicate: strings.Contains(m[5], "(DUP!)"), Truncated: strings.Contains(m[5], "(truncated)"),
	}
	if ms, err := strconv.ParseFloat(m[4], 64); err == nil {
		r.Time = time.Duration(ms * float64(time.Millisecond))
	}
	p.Replies = append(p.Replies, r)
}

func (p *Ping) summary(m []string) {
	p.Summary = true
	p.Sent, p.Received = number(m[1]), number(m[2])
	p.Loss, _ = strconv.ParseFloat(m[4], 64)
	for _, count := range pingCounts.FindAllStringSubmatch(m[3], -1) {
		switch count[2] {
		case "duplicates":
			p.Duplicates = number(count[1])
		case "errors":
			p.Errors = number(count[1])
		}
	}
}

// failure is a line of ping itself. Before the first packet it is the reason why nothing
// was sent; later it is what became of one packet.
func (p *Ping) failure(text string) {
	reason := strings.TrimPrefix(strings.TrimPrefix(text, "connect: "), "sendmsg: ")
	if p.Target == "" && p.Failure == "" {
		p.Failure = reason
		return
	}
	p.Problems = append(p.Problems, PingProblem{Seq: len(p.Problems) + 1, Text: reason})
}

// LostAll says that nothing came back, whether packets were lost or could not be sent.
func (p Ping) LostAll() bool {
	return (p.Summary && p.Sent > 0 && p.Received == 0) || (!p.Summary && p.Failure != "")
}

// LostNone says that something was sent and everything came back.
func (p Ping) LostNone() bool { return p.Summary && p.Sent > 0 && p.Received >= p.Sent }

// Reasons are the different texts of what went wrong, in the order they were seen.
func (p Ping) Reasons() []string {
	var reasons []string
	seen := map[string]bool{"": true}
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			reasons = append(reasons, text)
		}
	}
	add(p.Failure)
	for _, problem := range p.Problems {
		add(problem.Text)
	}
	return reasons
}

// number reads digits that a regular expression has bounded.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// looseAddr is the zero Addr where text is a name.
func looseAddr(text string) netip.Addr {
	addr, _ := netip.ParseAddr(text)
	return addr
}
