// Package capture turns packets into conversations: which echo request was seen where,
// with which TTL and MACs, and which ARP question stayed unanswered.
//
// It reads classic pcap files as tcpdump -w writes them, of Ethernet or LINUX_SLL. A
// capture comes from a machine that students own: nothing in it is believed to be well
// formed, sizes and counts are bounded, and what cannot be decoded is counted and left out.
package capture

import (
	"fmt"
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

// Echo is one ICMP echo request or reply over IPv4. Fragments other than the first are
// left out: they carry no id.
type Echo struct {
	Packet         int // its number in the file, from 1, as Wireshark shows it
	Time           time.Time
	Request        bool
	Src, Dst       netip.Addr
	SrcMAC, DstMAC string // lower case with colons; DstMAC is empty on LINUX_SLL
	ID, Seq        uint16
	TTL            uint8
	VLAN           uint16 // 0: untagged
	Bad            bool   // the ICMP checksum is wrong, or the packet is cut: a host would drop it
}

// ARP is one ARP packet for IPv4 over Ethernet.
type ARP struct {
	Packet               int
	Time                 time.Time
	Request              bool   // who-has; else is-at
	SrcMAC, DstMAC       string // of the frame; DstMAC is empty on LINUX_SLL
	SenderMAC, TargetMAC string // as the packet claims
	SenderIP, TargetIP   netip.Addr
	VLAN                 uint16
	Probe                bool // a request from 0.0.0.0, as arping -D sends
	Gratuitous           bool // sender and target are the same address
}

// Write writes the capture as it was read, byte for byte, for evidence.
func (c *Capture) Write(w io.Writer) error {
	if _, err := w.Write(c.raw); err != nil {
		return fmt.Errorf("writing capture: %w", err)
	}
	return nil
}

// Size is the number of bytes that Write writes.
func (c *Capture) Size() int { return len(c.raw) }

// same says that a wanted address is the one that was seen; the zero Addr wants any.
func same(wanted, seen netip.Addr) bool { return !wanted.IsValid() || wanted == seen }

// Requests are the echo requests from src to dst. The zero Addr stands for any.
func (c *Capture) Requests(src, dst netip.Addr) []Echo { return c.echoes(true, src, dst) }

// Replies are the echo replies from src to dst. The zero Addr stands for any.
func (c *Capture) Replies(src, dst netip.Addr) []Echo { return c.echoes(false, src, dst) }

func (c *Capture) echoes(request bool, src, dst netip.Addr) []Echo {
	var found []Echo
	for _, e := range c.Echoes {
		if e.Request == request && same(src, e.Src) && same(dst, e.Dst) {
			found = append(found, e)
		}
	}
	return found
}

// Unanswered are the echo requests from src to dst without a reply of the same id and
// sequence number in this capture.
func (c *Capture) Unanswered(src, dst netip.Addr) []Echo {
	answered := map[flow]bool{}
	for _, e := range c.Replies(dst, src) {
		answered[flowOf(e)] = true
	}
	var found []Echo
	for _, e := range c.Requests(src, dst) {
		reply := flow{e.Dst, e.Src, e.ID, e.Seq, false}
		if !answered[reply] {
			found = append(found, e)
		}
	}
	return found
}

// ARPRequests are the who-has questions for ip, announcements of its own holder left
// out. The zero Addr stands for any.
func (c *Capture) ARPRequests(ip netip.Addr) []ARP {
	var found []ARP
	for _, a := range c.ARPs {
		if a.Request && !a.Gratuitous && same(ip, a.TargetIP) {
			found = append(found, a)
		}
	}
	return found
}

// ARPReplies are the is-at answers about ip. The zero Addr stands for any.
func (c *Capture) ARPReplies(ip netip.Addr) []ARP {
	var found []ARP
	for _, a := range c.ARPs {
		if !a.Request && same(ip, a.SenderIP) {
			found = append(found, a)
		}
	}
	return found
}

// ARPUnanswered are the who-has questions that nobody in the capture answered after
// they were asked. The zero Addr stands for any address.
func (c *Capture) ARPUnanswered(ip netip.Addr) []ARP {
	lastAnswer := map[netip.Addr]int{}
	for _, a := range c.ARPReplies(ip) {
		lastAnswer[a.SenderIP] = a.Packet
	}
	var found []ARP
	for _, a := range c.ARPRequests(ip) {
		if lastAnswer[a.TargetIP] < a.Packet {
			found = append(found, a)
		}
	}
	return found
}

// Holders are the MACs that claim ip, by answers and announcements, in the order they
// were first seen: more than one is a duplicate address.
func (c *Capture) Holders(ip netip.Addr) []string {
	var macs []string
	seen := map[string]bool{}
	for _, a := range c.ARPs {
		claims := a.SenderIP == ip && (!a.Request || a.Gratuitous)
		if claims && !seen[a.SenderMAC] {
			seen[a.SenderMAC] = true
			macs = append(macs, a.SenderMAC)
		}
	}
	return macs
}
