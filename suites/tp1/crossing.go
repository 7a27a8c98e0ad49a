package tp1

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/reports"
)

// crossing is one ping from a VM of the first group to one of the second, seen on both
// NICs of the gateway.
type crossing struct {
	Ping    guest.PingResult `json:"ping"`
	Forward string           `json:"ip_forward"` // on the gateway, at that moment
	Cards   [2]string        `json:"cards"`      // of the gateway, on the first and on the second group's bridge
	Near    []capture.Echo   `json:"near"`       // on the NIC of the first group
	Far     []capture.Echo   `json:"far"`        // on the NIC of the second
	Hops    []capture.Hop    `json:"hops"`       // the requests seen on both
	Back    []capture.Hop    `json:"back"`       // the replies seen on both
	Nobody  bool             `json:"nobody"`     // on the second group's bridge nobody answers for the address that is pinged
}

// crossFilter is what is captured of it: whether the VM that is pinged is there at all shows in
// ARP.
const crossFilter = "icmp or arp"

// cross captures on both NICs of the gateway and pings across, by ping or by reach.
func cross(ctx context.Context, p *Pair, send func(context.Context, guest.Guest, netip.Addr) (guest.PingResult, error)) (crossing, error) {
	gw := p.Node.into(ctx, p.Gateway)
	seen := crossing{}
	var err error
	var plugged [2]bool
	if seen.Cards, plugged, err = p.cards(ctx); err != nil {
		return seen, err
	}
	near, err := guest.Capture(ctx, gw, seen.Cards[0], crossFilter)
	if err != nil {
		return seen, err
	}
	far, err := guest.Capture(ctx, gw, seen.Cards[1], crossFilter)
	if err != nil {
		_, stopErr := p.Node.stop(ctx, near)
		return seen, firstError(err, stopErr)
	}
	from, _ := p.X.addrOf(ctx, p.X.First)
	to, _ := p.Y.addrOf(ctx, p.Y.First)
	var pingErr error
	if seen.Ping, pingErr = send(ctx, p.Node.into(ctx, p.X.First), to); pingErr == nil {
		seen.Forward, pingErr = forwarding(ctx, gw)
	}
	nearPcap, nearErr := p.Node.stop(ctx, near)
	farPcap, farErr := p.Node.stop(ctx, far)
	if err := firstError(pingErr, nearErr, farErr); err != nil {
		return seen, err
	}
	keep(ctx, p.Gateway.Name+"-"+seen.Cards[0]+".pcap", nearPcap)
	keep(ctx, p.Gateway.Name+"-"+seen.Cards[1]+".pcap", farPcap)
	err = seen.read(nearPcap, farPcap, from, to)
	seen.Nobody = seen.Nobody && plugged[1]
	return seen, err
}

// stop ends a capture, after an interruption as well: nothing of ours goes on in a guest.
func (n *Node) stop(ctx context.Context, recording guest.Recording) ([]byte, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.Config.Timeouts.Capture)
	defer cancel()
	return recording.Stop(limited)
}

// cards are the names of the gateway's NICs on the two bridges, and whether they are there.
func (p *Pair) cards(ctx context.Context) (names [2]string, plugged [2]bool, err error) {
	if p.Node.acting() {
		return [2]string{student.NICName(0), student.NICName(1)}, [2]bool{true, true}, nil
	}
	config, err := p.Node.API.CurrentVMConfig(ctx, p.Gateway.ID)
	if err != nil {
		return names, plugged, err
	}
	network, err := p.Node.network(ctx, p.Gateway)
	if err != nil {
		return names, plugged, err
	}
	wires := wiring{NICs: config.NICs(), Network: network}
	for i, g := range p.groups() {
		names[i] = student.NICName(i) // Q19 tells of a card that is not there
		if on := wires.on(g.Bridge); len(on) > 0 {
			names[i], plugged[i] = on[0], true
		}
	}
	return names, plugged, nil
}

// read fills in what the captures show of the ping.
func (c *crossing) read(nearPcap, farPcap []byte, src, dst netip.Addr) error {
	near, err := readCapture(nearPcap)
	if err != nil {
		return err
	}
	far, err := readCapture(farPcap)
	if err != nil {
		return err
	}
	c.Near, c.Far = c.own(near.Echoes, src, dst), c.own(far.Echoes, src, dst)
	c.Hops = capture.Forwarded(near, far, src, dst)
	c.Back = capture.Forwarded(far, near, dst, src)
	c.Nobody = len(far.ARPUnanswered(dst)) > 0
	return nil
}

// own are the echoes of the ping between src and dst among those that were captured. An old
// iputils cannot be told an identifier: what others ping meanwhile, the gateway itself too,
// is known by its addresses.
func (c *crossing) own(all []capture.Echo, src, dst netip.Addr) []capture.Echo {
	if c.Ping.ID != 0 || !src.IsValid() {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(e capture.Echo) bool {
		from, to := e.Src, e.Dst
		if !e.Request {
			from, to = to, from
		}
		return from != src || to != dst
	})
}

func readCapture(pcap []byte) (*capture.Capture, error) {
	packets, err := capture.Read(bytes.NewReader(pcap))
	if err != nil {
		return nil, fmt.Errorf("read the capture: %w", err)
	}
	return packets, nil
}

// judgeCrossing says what must be true of a ping across while forwarding is on.
func judgeCrossing(j *judge, p *Pair, seen crossing) {
	j.Expect(seen.Ping).To(LoseNothing(), j.because(
		"Le ping de %s vers %s doit passer (%d/%d réponses).", "The ping from %s to %s must work (%d/%d answers).",
		p.X.First.Name, p.Y.First.Name, seen.Ping.Received, seen.Ping.Sent).seen(seen.Ping.Command, seen.Ping.Output).
		next("ip route sur les deux VM, puis tcpdump sur les deux cartes de la passerelle.", "ip route on both VMs, then tcpdump on both cards of the gateway.").say)
	judgePassing(j, seen.requests(), seen.Ping.Sent, requestsPass)
	judgePassing(j, seen.replies(), seen.Ping.Received, repliesPass)
}

// judgeOwnCrossing says of a ping across what one of the two groups answers for: that its own
// VM sends by way of the gateway, or answers by way of it, and what the gateway, which both made,
// does with what reaches it. Of what the neighbour's VM did not send or answer it asks nothing.
func judgeOwnCrossing(j *judge, p *Pair, seen crossing) {
	asked, passed := sequences(seen.Near, seen.Ping, true), sequences(seen.Far, seen.Ping, true)
	if j.asksOf(p.X) {
		j.Expect(seen.Near).To(CarryRequestsOf(seen.Ping), j.because(
			"Les requêtes de %s n'arrivent pas sur %s de la passerelle.", "The requests of %s do not arrive on the gateway's %s.", p.X.First.Name, seen.Cards[0]).
			seen(seen.Ping.Command, seen.Ping.Output).next("ip route sur %s.", "ip route on %s.", p.X.First.Name).say)
	}
	if len(asked) == 0 {
		return
	}
	if seen.Nobody && len(passed) == 0 {
		j.Expect(j.asksOf(p.Y)).To(BeFalse(), j.because(
			"Sur %s, personne ne répond pour %s : la passerelle ne trouve pas %s.", "On %s nobody answers for %s: the gateway does not find %s.", p.Y.Bridge, seen.Ping.To, p.Y.First.Name).
			next("ip a sur %s, et le bridge de sa carte.", "ip a on %s, and its card's bridge.", p.Y.First.Name).say)
		return
	}
	judgePassing(j, seen.requests(), len(asked), requestsPass)
	answered := sequences(seen.Far, seen.Ping, false)
	if j.asksOf(p.Y) {
		j.Expect(answered).To(HaveLen(len(asked)), j.because(
			"%s ne répond pas à toutes les requêtes par la passerelle (%d/%d).", "%s does not answer every request by way of the gateway (%d/%d).", p.Y.First.Name, len(answered), len(asked)).
			next("ip route et le pare-feu de %s.", "ip route and the firewall of %s.", p.Y.First.Name).say)
	}
	judgePassing(j, seen.replies(), len(answered), repliesPass)
	if j.asksOf(p.X) && len(answered) >= seen.Ping.Sent {
		mustReach(j, seen.Ping)
	}
}

// requests are those of the ping that were seen on both cards, whoever else pings meanwhile.
func (c crossing) requests() []capture.Hop { return hopsOf(c.Hops, c.Ping, true) }

// replies are those to the ping.
func (c crossing) replies() []capture.Hop { return hopsOf(c.Back, c.Ping, false) }

// hopsOf are a ping's own, the last of each sequence number: an old iputils cannot be told an
// identifier, and the tries of a ping that was lost before then look alike.
func hopsOf(hops []capture.Hop, p guest.PingResult, request bool) []capture.Hop {
	last := map[uint16]capture.Hop{}
	for _, h := range hops {
		if h.Near.Request == request && (p.ID == 0 || h.Near.ID == p.ID) {
			last[h.Near.Seq] = h
		}
	}
	var own []capture.Hop
	for _, seq := range slices.Sorted(maps.Keys(last)) {
		own = append(own, last[seq])
	}
	return own
}

var (
	requestsPass = reports.Text{FR: "Chaque requête doit être vue sur les deux cartes de la passerelle.", EN: "Every request must be seen on both cards of the gateway."}
	repliesPass  = reports.Text{FR: "Chaque réponse doit être vue sur les deux cartes de la passerelle.", EN: "Every reply must be seen on both cards of the gateway."}
)

// judgePassing follows the same packets from one NIC to the other: so many of them, with one
// TTL less and other MAC addresses.
func judgePassing(j *judge, hops []capture.Hop, want int, must reports.Text) {
	j.Expect(hops).To(HaveLen(want), reason{Reason: reports.Reason{What: must}, judge: j}.say)
	for _, hop := range hops {
		j.Expect(hop.TTLStep()).To(Equal(1), j.because(
			"En traversant la passerelle, le TTL doit baisser de 1 (vu : %d → %d).", "Crossing the gateway must lower the TTL by 1 (seen: %d → %d).",
			hop.Near.TTL, hop.Far.TTL).say)
		j.Expect(hop.Rewritten()).To(BeTrue(), j.because(
			"En traversant la passerelle, les adresses MAC doivent changer (vu : %s → %s).", "Crossing the gateway must change the MAC addresses (seen: %s → %s).",
			hop.Near.SrcMAC, hop.Far.SrcMAC).say)
	}
}
