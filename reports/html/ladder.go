package html

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/reports"
)

// The measures of a ladder, in units of its own picture.
const (
	rungTop    = 74
	rungHeight = 30
	railGap    = 220 // between the four rails of a gateway
	wideGap    = 340 // between two rails alone
	maxRungs   = 24
)

// ladder is a conversation: who sent what on which card, in order of time, and what
// never came.
type ladder struct {
	Width, Height int
	Rails         []rail
	Rungs         []rung
	More          int // rungs left out
	Summary       reports.Text
}

// rail is one card of one machine.
type rail struct {
	X              int
	Name, Sub, MAC string
}

// rung is one packet from a rail to another, or the place where it should have been.
type rung struct {
	X1, X2, Y, Middle, Mark int
	Text                    reports.Text
	Kind                    string // request, reply, arp, lost
	at                      time.Time
	from, to                int
}

// newLadder draws what a question shows of packets; nil where it shows none.
func newLadder(run *reports.Run, v reports.Verdict, l look, captures map[string]*capture.Capture) *ladder {
	switch shortID(v.ID) {
	case "q13":
		return unreachable(run, v, l)
	case "q18":
		return lonely(run, v, captures)
	case "q20", "q21":
		return across(run, v, l, captures)
	default:
		return nil
	}
}

// unreachable is Q13: the guest has no route, so nothing ever leaves it.
func unreachable(run *reports.Run, v reports.Verdict, l look) *ladder {
	g, ok := planGroup(run, v.Subject)
	if !ok || l.Before == nil {
		return nil
	}
	host := cmp.Or(line(l.Before.To), "?")
	d := &ladder{Rails: []rail{{Name: g.vm("first").Name, Sub: strings.ToLower(line(l.NIC.MAC))}, {Name: host, Sub: line(g.Bridge)}}}
	if l.Before.Sent == 0 {
		d.add(rung{Kind: "lost", to: 1, Text: reports.Text{
			FR: "rien n'est parti : " + first(l.Before.Errors), EN: "nothing was sent: " + first(l.Before.Errors)}})
	}
	for n := range min(l.Before.Sent, maxRungs) {
		text := reports.Textf("requête %d", "request %d", n+1)
		if n >= l.Before.Received {
			d.add(rung{Kind: "lost", to: 1, Text: reports.Textf("%s sans réponse", "%s unanswered", text.EN)})
			continue
		}
		d.add(rung{Kind: "request", to: 1, Text: text})
	}
	d.Summary = reports.Textf("%s n'a ni adresse ni route : le ping vers %s échoue avant le premier paquet.",
		"%s has neither address nor route: the ping to %s fails before the first packet.", d.Rails[0].Name, host)
	if l.Before.Sent > 0 {
		d.Summary = reports.Textf("%d requêtes de %s vers %s, %d réponses.", "%d requests from %s to %s, %d answers.",
			l.Before.Sent, d.Rails[0].Name, host, l.Before.Received)
	}
	return d.lay()
}

// lonely is Q18: who-has questions that nobody answers any more.
func lonely(run *reports.Run, v reports.Verdict, captures map[string]*capture.Capture) *ladder {
	g, ok := planGroup(run, v.Subject)
	if !ok {
		return nil
	}
	vm := g.vm("first")
	c, ok := captures[vm.Name]
	if !ok {
		return nil
	}
	d := &ladder{Rails: []rail{{Name: vm.Name, Sub: vm.Addr}, {Name: g.Bridge, Sub: g.Network}}}
	answered := map[int]bool{}
	for _, a := range c.ARPs {
		answered[a.Packet] = true
	}
	for _, a := range c.ARPUnanswered(anyAddr) {
		delete(answered, a.Packet)
	}
	lost := 0
	for _, a := range c.ARPs {
		if a.SenderIP.String() == vm.Addr {
			d.Rails[0].MAC = a.SenderMAC
		}
		r := rung{at: a.Time, Kind: "arp", to: 1, Text: reports.Same(fmt.Sprintf("who-has %s", a.TargetIP))}
		switch {
		case !a.Request:
			r.from, r.to, r.Text = 1, 0, reports.Same(fmt.Sprintf("%s is-at %s", a.SenderIP, a.SenderMAC))
		case !answered[a.Packet]:
			lost++
			r.Kind, r.Text = "lost", reports.Textf("who-has %s ? personne ne répond", "who-has %s? nobody answers", a.TargetIP)
		}
		d.add(r)
	}
	for _, e := range c.Echoes {
		d.echo(e, 0, 1, e.Src.String() == vm.Addr)
	}
	d.Summary = reports.Textf("Vu sur la carte de %s : %d paquets, dont %d questions ARP sans réponse.",
		"Seen on %s's card: %d packets, %d of them ARP questions that nobody answered.", vm.Name, c.Packets, lost)
	return d.lay()
}

// across is Q20 and Q21: the same ping on both cards of the gateway.
func across(run *reports.Run, v reports.Verdict, l look, captures map[string]*capture.Capture) *ladder {
	p, x, y, ok := planPair(run, v.Subject)
	if !ok {
		return nil
	}
	cards := cardsOf(p, l, captures)
	if len(cards) != 2 {
		return nil
	}
	near, far := captures[cards[0]], captures[cards[1]]
	nic := func(i int) string { return strings.TrimPrefix(cards[i], p.Gateway.Name+"-") }
	d := &ladder{Rails: []rail{
		{Name: x.vm("first").Name, Sub: x.vm("first").Addr},
		{Name: p.Gateway.Name + " " + nic(0), Sub: x.Bridge},
		{Name: p.Gateway.Name + " " + nic(1), Sub: y.Bridge},
		{Name: y.vm("first").Name, Sub: y.vm("first").Addr},
	}}
	for _, e := range near.Echoes {
		d.echo(e, 0, 1, e.Request)
	}
	for _, e := range far.Echoes {
		d.echo(e, 2, 3, e.Request)
	}
	d.macs(near, 0, 1)
	d.macs(far, 2, 3)
	for _, e := range capture.Lost(near, far, anyAddr, anyAddr) {
		if e.Request {
			d.add(rung{at: e.Time, from: 1, to: 2, Kind: "lost", Text: reports.Textf("%d ne sort pas", "%d does not leave", e.Seq)})
		}
	}
	for _, e := range capture.Lost(far, near, anyAddr, anyAddr) {
		if !e.Request {
			d.add(rung{at: e.Time, from: 2, to: 1, Kind: "lost", Text: reports.Textf("réponse %d ne sort pas", "reply %d does not leave", e.Seq)})
		}
	}
	requests := near.Requests(anyAddr, anyAddr)
	d.Summary = reports.Textf("%d requêtes vues sur %s, %d sur %s ; %d réponses vues sur %s, %d sur %s.",
		"%d requests seen on %s, %d on %s; %d replies seen on %s, %d on %s.",
		len(requests), nic(0), len(far.Requests(anyAddr, anyAddr)), nic(1),
		len(far.Replies(anyAddr, anyAddr)), nic(1), len(near.Replies(anyAddr, anyAddr)), nic(0))
	return d.lay()
}

// cardsOf are the captures on the gateway's cards, X's side first: as the look names them,
// else, in what older runs kept, as they are sorted.
func cardsOf(p reports.PlanPair, l look, captures map[string]*capture.Capture) []string {
	var cards []string
	if l.Cross != nil {
		for _, card := range l.Cross.Cards {
			if name := p.Gateway.Name + "-" + card; captures[name] != nil {
				cards = append(cards, name)
			}
		}
	}
	if len(cards) == 2 {
		return cards
	}
	cards = nil
	for _, name := range slices.Sorted(maps.Keys(captures)) {
		if strings.HasPrefix(name, p.Gateway.Name+"-") {
			cards = append(cards, name)
		}
	}
	return cards
}

// macs tells whose cards the first request went from and to.
func (d *ladder) macs(c *capture.Capture, from, to int) {
	if requests := c.Requests(anyAddr, anyAddr); len(requests) > 0 {
		d.Rails[from].MAC, d.Rails[to].MAC = requests[0].SrcMAC, requests[0].DstMAC
	}
}

// echo adds one echo packet between two rails; there says in which direction.
func (d *ladder) echo(e capture.Echo, left, right int, there bool) {
	r := rung{at: e.Time, from: left, to: right, Kind: "request", Text: reports.Textf("requête %d · TTL %d", "request %d · TTL %d", e.Seq, e.TTL)}
	if !e.Request {
		r.Kind, r.Text = "reply", reports.Textf("réponse %d · TTL %d", "reply %d · TTL %d", e.Seq, e.TTL)
	}
	if !there {
		r.from, r.to = right, left
	}
	d.add(r)
}

func (d *ladder) add(r rung) { d.Rungs = append(d.Rungs, r) }

// lay puts the packets in order of time and everything in its place.
func (d *ladder) lay() *ladder {
	slices.SortStableFunc(d.Rungs, func(a, b rung) int { return a.at.Compare(b.at) })
	d.More = max(0, len(d.Rungs)-maxRungs)
	d.Rungs = d.Rungs[:len(d.Rungs)-d.More]
	gap := railGap
	if len(d.Rails) == 2 {
		gap = wideGap
	}
	for i := range d.Rails {
		r := &d.Rails[i]
		r.X, r.Name, r.Sub, r.MAC = 100+i*gap, line(r.Name), line(r.Sub), strings.ToLower(line(r.MAC))
	}
	for i := range d.Rungs {
		r := &d.Rungs[i]
		r.Y = rungTop + (i+1)*rungHeight - 8
		r.X1, r.X2 = d.Rails[r.from].X, d.Rails[r.to].X
		r.Middle = (r.X1 + r.X2) / 2
		if r.X2 > r.X1 {
			r.X1, r.X2, r.Mark = r.X1+4, r.X2-4, r.X2-30
		} else {
			r.X1, r.X2, r.Mark = r.X1-4, r.X2+4, r.X2+30
		}
		if r.Kind == "lost" {
			r.Middle = (r.X1 + r.Mark) / 2
		}
		r.Text = reports.Text{FR: line(r.Text.FR), EN: line(r.Text.EN)}
	}
	d.Width = 200 + (len(d.Rails)-1)*gap
	d.Height = rungTop + len(d.Rungs)*rungHeight + 16
	return d
}

func first(list []string) string {
	if len(list) == 0 {
		return "?"
	}
	return line(list[0])
}
