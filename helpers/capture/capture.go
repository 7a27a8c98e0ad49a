// Package capture turns packets into conversations: which echo request was seen where,
// with which TTL and MACs, and which ARP question stayed unanswered.
//
// It reads classic pcap files as tcpdump -w writes them, of Ethernet or LINUX_SLL. A
// capture comes from a machine that students own: nothing in it is believed to be well
// formed, sizes and counts are bounded, and what cannot be decoded is counted and left out.
package capture

import (
	"io"
	"net/netip"
	"time"
)

// Capture is what was seen on one interface.
type Capture struct {
	Packets   int  // all packets of the file
	Ignored   int  // packets that are neither echo nor ARP, or not well formed
	Truncated bool // the file ends within a packet: what came before is here
	Echoes    []Echo
	ARPs      []ARP

	raw []byte
}

// Echo is one ICMP echo request or reply over IPv4.
type Echo struct {
	Packet         int // its number in the file, from 1, as Wireshark shows it
	Time           time.Time
	Request        bool
	Src, Dst       netip.Addr
	SrcMAC, DstMAC string // lower case with colons; DstMAC is empty on LINUX_SLL
	ID, Seq        uint16
	TTL            uint8
	VLAN           uint16 // 0: untagged
}

// ARP is one ARP packet for IPv4 over Ethernet.
type ARP struct {
	Packet               int
	Time                 time.Time
	Request              bool // who-has; else is-at
	SenderMAC, TargetMAC string
	SenderIP, TargetIP   netip.Addr
	Probe                bool // a request from 0.0.0.0, as arping -D sends
	Gratuitous           bool // sender and target are the same address
}

// Hop is one echo packet seen on both sides of a router.
type Hop struct {
	Near, Far Echo
}

// Read reads a whole capture.
func Read(r io.Reader) (*Capture, error) { return &Capture{}, nil }

// Write writes the capture as it was read, byte for byte, for evidence.
func (c *Capture) Write(w io.Writer) error { return nil }

// Requests are the echo requests from src to dst. The zero Addr stands for any.
func (c *Capture) Requests(src, dst netip.Addr) []Echo { return nil }

// Replies are the echo replies from src to dst. The zero Addr stands for any.
func (c *Capture) Replies(src, dst netip.Addr) []Echo { return nil }

// ARPRequests are the who-has questions for ip. The zero Addr stands for any.
func (c *Capture) ARPRequests(ip netip.Addr) []ARP { return nil }

// ARPReplies are the is-at answers about ip. The zero Addr stands for any.
func (c *Capture) ARPReplies(ip netip.Addr) []ARP { return nil }

// ARPUnanswered are the who-has questions for ip when nobody in the capture answered
// for ip after them.
func (c *Capture) ARPUnanswered(ip netip.Addr) []ARP { return nil }

// Forwarded pairs the echo packets (requests or replies) from src to dst that are in
// both captures, by id and sequence number.
func Forwarded(near, far *Capture, src, dst netip.Addr) []Hop { return nil }

// TTLStep is how much the TTL fell on the way: 1 through one router.
func (h Hop) TTLStep() int { return int(h.Near.TTL) - int(h.Far.TTL) }

// Rewritten says that both MACs differ, as they do behind a router and do not behind a bridge.
func (h Hop) Rewritten() bool { return false }
