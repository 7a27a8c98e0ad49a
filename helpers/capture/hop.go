package capture

import (
	"fmt"
	"net/netip"
)

// Hop is one echo packet seen on both sides of a router: near before it, far behind it.
type Hop struct {
	Near, Far Echo
}

// flow names an echo packet wherever it is seen.
type flow struct {
	src, dst netip.Addr
	id, seq  uint16
	request  bool
}

func flowOf(e Echo) flow { return flow{e.Src, e.Dst, e.ID, e.Seq, e.Request} }

// Forwarded pairs the echo packets (requests and replies) from src to dst that are in
// both captures: the same id and sequence number. For replies, near is the capture on
// the answering side. A packet that a capture holds twice is paired first with first.
// The zero Addr stands for any.
func Forwarded(near, far *Capture, src, dst netip.Addr) []Hop {
	behind := map[flow][]Echo{}
	for _, e := range far.Echoes {
		behind[flowOf(e)] = append(behind[flowOf(e)], e)
	}
	var hops []Hop
	for _, e := range near.Echoes {
		if !same(src, e.Src) || !same(dst, e.Dst) {
			continue
		}
		if seen := behind[flowOf(e)]; len(seen) > 0 {
			hops = append(hops, Hop{Near: e, Far: seen[0]})
			behind[flowOf(e)] = seen[1:]
		}
	}
	return hops
}

// Lost are the echo packets from src to dst that near has and far has not: what a router
// without forwarding takes in and never lets out.
func Lost(near, far *Capture, src, dst netip.Addr) []Echo {
	passed := map[flow]bool{}
	for _, hop := range Forwarded(near, far, src, dst) {
		passed[flowOf(hop.Near)] = true
	}
	var lost []Echo
	for _, e := range near.Echoes {
		if same(src, e.Src) && same(dst, e.Dst) && !passed[flowOf(e)] {
			lost = append(lost, e)
		}
	}
	return lost
}

// TTLStep is how much the TTL fell on the way: 1 through one router, 0 through a bridge.
func (h Hop) TTLStep() int { return int(h.Near.TTL) - int(h.Far.TTL) }

// Rewritten says that both MACs differ, as they do behind a router and do not behind a
// bridge. Where a capture has no destination MAC, the source decides.
func (h Hop) Rewritten() bool {
	known := h.Near.DstMAC != "" && h.Far.DstMAC != ""
	return h.Near.SrcMAC != h.Far.SrcMAC && (!known || h.Near.DstMAC != h.Far.DstMAC)
}

// Describe is the hop in a few words: "request 3, TTL 64 → 63".
func (h Hop) Describe() string {
	kind := "reply"
	if h.Near.Request {
		kind = "request"
	}
	return fmt.Sprintf("%s %d, TTL %d → %d", kind, h.Near.Seq, h.Near.TTL, h.Far.TTL)
}
