package wire

import (
	"net/netip"
	"slices"

	"github.com/labproof/labproof/helpers/capture"
)

// Trial is a series of echo requests and all that was seen of it, on every interface that
// was listened to.
type Trial struct {
	Port string     `json:"port"` // the interface the requests were sent from
	From netip.Addr `json:"from"`
	To   netip.Addr `json:"to"`
	MAC  string     `json:"mac"` // ours, of From
	Via  string     `json:"via"` // the MAC the requests were sent to
	ID   uint16     `json:"id"`  // of the echo requests, as Wireshark filters by it
	TTL  uint8      `json:"ttl"` // they were sent with
	Sent int        `json:"sent"`

	Seen      []Sighting `json:"seen"`      // of its requests and replies, those we sent ourselves left out
	Questions []Question `json:"questions"` // what was asked by ARP meanwhile and concerns it
	Errors    []Refusal  `json:"errors"`    // ICMP errors about it
}

// Sighting is an echo packet of a trial as it passed an interface.
type Sighting struct {
	On     string `json:"on"`
	Packet int    `json:"packet"` // its number in the interface's capture
	Reply  bool   `json:"reply"`
	Seq    uint16 `json:"seq"`
	TTL    uint8  `json:"ttl"`
	SrcMAC string `json:"src_mac"`
	DstMAC string `json:"dst_mac"`
}

// Question is somebody's ARP request.
type Question struct {
	On     string     `json:"on"`
	Packet int        `json:"packet"` // the first of them in the interface's capture
	MAC    string     `json:"mac"`    // who asks
	Addr   netip.Addr `json:"addr"`   // the address under which it asks
	For    netip.Addr `json:"for"`
}

// Refusal is an ICMP error about one of a trial's packets.
type Refusal struct {
	On     string     `json:"on"`
	Packet int        `json:"packet"`
	From   netip.Addr `json:"from"`
	MAC    string     `json:"mac"`
	What   string     `json:"what"` // "DestinationUnreachable(Host)", "TimeExceeded(TTLExceeded)"
	Type   uint8      `json:"type"`
	Code   uint8      `json:"code"`
}

// gather fills a trial with what was seen of it. concerns chooses the ARP questions.
func gather(t Trial, packets []seen, concerns func(capture.ARP) bool) Trial {
	t.Seen, t.Questions, t.Errors = nil, nil, nil
	for _, s := range packets {
		switch {
		case s.sent:
		case s.Echo != nil && t.owns(*s.Echo) && !s.Echo.Bad:
			t.Seen = appendUpTo(t.Seen, Sighting{
				On: s.on, Packet: s.number, Reply: !s.Echo.Request, Seq: s.Echo.Seq, TTL: s.Echo.TTL, SrcMAC: s.Echo.SrcMAC, DstMAC: s.Echo.DstMAC,
			})
		case s.Error != nil && t.owns(s.Error.About):
			t.Errors = appendUpTo(t.Errors, Refusal{
				On: s.on, Packet: s.number, From: s.Error.Src, MAC: s.Error.SrcMAC, What: s.Error.What(), Type: s.Error.Type, Code: s.Error.Code,
			})
		case s.ARP != nil && s.ARP.Request && !s.ARP.Probe && !s.ARP.Gratuitous && concerns(*s.ARP):
			t.ask(Question{On: s.on, Packet: s.number, MAC: s.ARP.SenderMAC, Addr: s.ARP.SenderIP, For: s.ARP.TargetIP})
		}
	}
	return t
}

// owns says that an echo packet belongs to the trial.
func (t Trial) owns(e capture.Echo) bool {
	if e.ID != t.ID {
		return false
	}
	if e.Request {
		return e.Src == t.From && e.Dst == t.To
	}
	return e.Src == t.To && e.Dst == t.From
}

// ask keeps the first of equal questions.
func (t *Trial) ask(q Question) {
	same := func(other Question) bool {
		other.Packet = q.Packet
		return other == q
	}
	if !slices.ContainsFunc(t.Questions, same) {
		t.Questions = appendUpTo(t.Questions, q)
	}
}

func appendUpTo[T any](list []T, one T) []T {
	if len(list) < maxList {
		return append(list, one)
	}
	return list
}

// Replies are the answers that came back to the port that asked.
func (t Trial) Replies() []Sighting {
	var list []Sighting
	for _, s := range t.Seen {
		if s.Reply && s.On == t.Port && s.DstMAC == t.MAC {
			list = append(list, s)
		}
	}
	return list
}

// Arrived are its requests as they came out at the port of another bridge.
func (t Trial) Arrived(port string) []Sighting {
	var list []Sighting
	for _, s := range t.Seen {
		if !s.Reply && s.On == port {
			list = append(list, s)
		}
	}
	return list
}

// Outcome is how a trial ended, the furthest that it came.
type Outcome string

// The outcomes of a trial.
const (
	Answered Outcome = "answered" // a reply came back
	Arrived  Outcome = "arrived"  // a request was seen on another interface, no reply came back
	Asked    Outcome = "asked"    // somebody asked by ARP for its target on another interface: it was about to be passed on
	Refused  Outcome = "refused"  // an ICMP error came back
	Silence  Outcome = "silence"  // nothing came of it
)

// Outcome says how far the trial came.
func (t Trial) Outcome() Outcome {
	elsewhere := func(s Sighting) bool { return !s.Reply && s.On != t.Port && s.SrcMAC != t.MAC }
	asked := func(q Question) bool { return q.On != t.Port && q.For == t.To }
	refused := func(r Refusal) bool { return r.final() && r.On == t.Port }
	switch {
	case len(t.Replies()) > 0:
		return Answered
	case slices.ContainsFunc(t.Errors, refused):
		return Refused
	case slices.ContainsFunc(t.Seen, elsewhere):
		return Arrived
	case slices.ContainsFunc(t.Questions, asked):
		return Asked
	}
	return Silence
}

// final says that the packet was dropped: a redirect (type 5) is only advice.
func (r Refusal) final() bool { return r.Type != 5 }
