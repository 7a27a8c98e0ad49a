package html

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/labproof/labproof/reports"
)

// The states of a thing in the picture.
const (
	good    = "good"
	wrong   = "wrong"   // red: wrong or missing
	unknown = "unknown" // grey: nobody could see it
)

// picture is the lab of one pair, or of one group without a neighbour, as it was seen.
type picture struct {
	ID            string
	Text          reports.Text
	Names         string
	Width, Height int
	Boxes         []box
	Wires         []wire
	Bars          []bridge
	Missing       []string
}

// box is a VM.
type box struct {
	X, Y, W, H, Middle int
	Kind, State        string
	Name               string
	Lines              []row
	Anchor             string
}

type row struct {
	Y     int
	Text  string
	Wrong bool
}

// wire is a network card on a bridge, or what was cloned from what.
type wire struct {
	X1, Y1, X2, Y2 int
	Kind, State    string
	Label          string
	LX, LY         int
	Anchor         string
}

// bridge stands upright between the machines that are on it.
type bridge struct {
	X, Y, W, H, Middle, Below int
	State                     string
	Name, Network             string
	Anchor                    string
}

// The measures of the picture.
const (
	boxWidth  = 168
	boxHeight = 70
	firstY    = 118
	secondY   = 212
	pairWidth = 900
	boxLeft   = 14
	barLeft   = 252 // leaves room for a wire that says where it really leads
	barWidth  = 20
)

// pictures draws every pair, then the groups that have no neighbour.
func pictures(run *reports.Run, seen sights, l level) []picture {
	d := &drawer{seen: seen, outcomes: map[string]reports.Outcome{}}
	for _, v := range run.Verdicts {
		d.outcomes[anchor(v.ID, v.Subject)] = built(v)
		d.suite, _, _ = strings.Cut(v.ID, ".")
	}
	var list []picture
	paired := map[int]bool{}
	for _, p := range run.Plan.Pairs {
		x, okX := groupNumbered(run, p.X)
		y, okY := groupNumbered(run, p.Y)
		if !okX || !okY { // one group's own page has nothing of its neighbour
			continue
		}
		paired[p.X], paired[p.Y] = true, true
		if len(list) < l.pictures {
			list = append(list, d.pair(p, x, y))
		}
	}
	for _, g := range run.Plan.Groups {
		if !paired[g.Number] && len(list) < l.pictures {
			list = append(list, d.alone(group{g}))
		}
	}
	return list
}

// built is what a verdict says of what stands on the node, whatever the groups wrote of it.
func built(v reports.Verdict) reports.Outcome {
	shown := v.Outcome
	for i, a := range v.Answers {
		switch {
		case a.Shown == "":
			return v.Outcome
		case i == 0, shown == reports.Passed: // of a pair, the half that is not right
			shown = a.Shown
		}
	}
	return shown
}

// drawer knows what became of every question.
type drawer struct {
	suite    string
	outcomes map[string]reports.Outcome
	seen     sights
}

// at is the anchor of a question and what it says of the things that it asks for.
func (d *drawer) at(question string, s reports.Subject) (place, state string) {
	place = anchor(d.suite+"."+question, s)
	outcome, ok := d.outcomes[place]
	switch {
	case !ok:
		return "", unknown
	case outcome == reports.Passed:
		return place, good
	case outcome == reports.Failed, outcome == reports.NotAttempted:
		return place, wrong
	default:
		return place, unknown
	}
}

func (d *drawer) look(question string, s reports.Subject) look {
	return d.seen.looks[anchor(d.suite+"."+question, s)]
}

func (d *drawer) pair(p reports.PlanPair, x, y group) picture {
	s := reports.Pair(p.X, p.Y)
	pic := picture{ID: string(s), Text: s.Text(), Names: line(x.Name + " · " + y.Name), Width: pairWidth, Height: 310}
	d.group(&pic, x, boxLeft, barLeft, false)
	d.group(&pic, y, pairWidth-boxLeft-boxWidth, pairWidth-barLeft-barWidth, true)
	d.gateway(&pic, p, s, x, y)
	return pic.done()
}

func (d *drawer) alone(g group) picture {
	s := reports.Group(g.Number)
	pic := picture{ID: string(s), Text: s.Text(), Names: line(g.Name), Width: 320, Height: 310}
	d.group(&pic, g, boxLeft, barLeft, false)
	return pic.done()
}

// group draws a group: its template, its VMs, and its bridge beside them.
func (d *drawer) group(pic *picture, g group, left, bar int, mirrored bool) {
	s := reports.Group(g.Number)
	d.template(pic, g, s, left)
	onBridge, second := d.look("q13", s).NIC, d.look("q16", s).NIC
	d.instance(pic, instance{vm: g.vm("first"), s: s, made: "clone", set: "q15", x: left, y: firstY, mac: onBridge.MAC, addr: d.look("q15", s).Network.address(), mask: g.mask()})
	d.instance(pic, instance{vm: g.vm("second"), s: s, made: "q16", set: "q17", x: left, y: secondY, mac: second.MAC, addr: d.look("q17", s).Second.Network.address(), mask: g.mask()})
	place, state := d.at("q12", s)
	pic.Bars = append(pic.Bars, bridge{X: bar, Y: firstY, W: barWidth, H: secondY + boxHeight - firstY, Middle: bar + 10, Below: secondY + boxHeight + 17,
		State: state, Name: line(g.Bridge), Network: line(g.Network), Anchor: place})
	from, to := left+boxWidth, bar
	if mirrored {
		from, to = bar+barWidth, left
	}
	for _, card := range []struct {
		question string
		nic      nic
		y        int
	}{{"q13", onBridge, firstY + boxHeight/2}, {"q16", second, secondY + boxHeight/2}} {
		place, state := d.at(card.question, s)
		w := wire{X1: from, Y1: card.y, X2: to, Y2: card.y, State: state, Anchor: place, LX: (from + to) / 2, LY: card.y - 6}
		if card.nic.Bridge != "" && card.nic.Bridge != g.Bridge {
			w.State, w.Label = wrong, "→ "+line(card.nic.Bridge)
		}
		pic.Wires = append(pic.Wires, w)
	}
}

func (d *drawer) template(pic *picture, g group, s reports.Subject, left int) {
	vm := g.vm("template")
	place, state := d.at("q07", s)
	pic.Boxes = append(pic.Boxes, box{X: left, Y: 14, W: boxWidth, H: 54, Middle: left + boxWidth/2, Kind: "template", State: state,
		Name: line(vm.Name), Lines: []row{{Y: 14 + 42, Text: fmt.Sprintf("VM %d · template", vm.ID)}}, Anchor: place})
	pic.Wires = append(pic.Wires,
		wire{X1: left + boxWidth/2, Y1: 68, X2: left + boxWidth/2, Y2: firstY, Kind: "clone", State: good},
		wire{X1: left + boxWidth/2, Y1: firstY + boxHeight, X2: left + boxWidth/2, Y2: secondY, Kind: "clone", State: good})
}

// instance is a VM that a group made and gave an address.
type instance struct {
	vm        reports.PlanVM
	s         reports.Subject
	made, set string // the questions that ask for it and for its address
	x, y      int
	mac       string // as it was seen
	addr      netip.Prefix
	mask      int // that the network has
}

func (d *drawer) instance(pic *picture, i instance) {
	place, state := d.at(i.made, i.s)
	setPlace, set := d.at(i.set, i.s)
	addr := row{Y: i.y + 43, Text: fmt.Sprintf("VM %d · %s", i.vm.ID, i.vm.Addr), Wrong: set == wrong}
	if i.addr.IsValid() {
		addr.Text = i.sees(set == wrong)
	}
	if state == good && set == wrong {
		state, place = wrong, setPlace
	}
	b := box{X: i.x, Y: i.y, W: boxWidth, H: boxHeight, Middle: i.x + boxWidth/2, Kind: "vm", State: state, Name: line(i.vm.Name), Lines: []row{addr}, Anchor: place}
	if i.mac != "" {
		b.Lines = append(b.Lines, row{Y: i.y + 60, Text: strings.ToLower(line(i.mac))})
	}
	pic.Boxes = append(pic.Boxes, b)
}

// sees is the address that the VM has: any free one of the network is right, and what is not
// right stands beside what was expected.
func (i instance) sees(isWrong bool) string {
	switch has := i.addr.Addr().String(); {
	case isWrong && has != i.vm.Addr:
		return fmt.Sprintf("%s ≠ %s", has, i.vm.Addr)
	case isWrong && i.addr.Bits() != i.mask:
		return fmt.Sprintf("%s/%d ≠ /%d", has, i.addr.Bits(), i.mask)
	default:
		return fmt.Sprintf("VM %d · %s", i.vm.ID, has)
	}
}

// gateway draws the VM between two bridges, each card as it was seen.
func (d *drawer) gateway(pic *picture, p reports.PlanPair, s reports.Subject, x, y group) {
	const left, top = (pairWidth - boxWidth) / 2, firstY + 47
	place, state := d.at("gateway", s)
	b := box{X: left, Y: top, W: boxWidth, H: boxHeight, Middle: left + boxWidth/2, Kind: "gateway", State: state, Name: line(p.Gateway.Name), Anchor: place,
		Lines: []row{{Y: top + 43, Text: fmt.Sprintf("VM %d · %s", p.Gateway.ID, line(p.Gateway.Addr))}}}
	forward, on := d.at("q21", s)
	routing := row{Y: top + 60, Text: "ip_forward", Wrong: on == wrong}
	if on == good {
		routing.Text = "ip_forward = 1"
	}
	if on == wrong && state == good {
		b.State, b.Anchor, routing.Text = wrong, forward, "✗ Q21 (ip_forward)"
	}
	b.Lines = append(b.Lines, routing)
	pic.Boxes = append(pic.Boxes, b)
	nics := d.look("gateway", s).NICs
	where, cards := d.at("q19", s)
	for i, g := range []group{x, y} {
		w := wire{X1: barLeft + barWidth, Y1: top + 35, X2: left, Y2: top + 35, State: cards, Anchor: where, LX: (barLeft + barWidth + left) / 2, LY: top + 29}
		if i == 1 {
			w.X1, w.X2, w.LX = left+boxWidth, pairWidth-barLeft-barWidth, pairWidth-w.LX
		}
		if at := slices.IndexFunc(nics, func(n nic) bool { return n.Bridge == g.Bridge }); at >= 0 {
			w.Label = fmt.Sprintf("net%d", at) // in either order
		} else if i < len(nics) {
			w.State, w.Label = wrong, fmt.Sprintf("net%d → %s", i, line(nics[i].Bridge))
		}
		pic.Wires = append(pic.Wires, w)
	}
}

// done names what is wrong, for those who do not see the picture.
func (p picture) done() picture {
	for _, b := range p.Boxes {
		if b.State == wrong {
			p.Missing = append(p.Missing, b.Name)
		}
	}
	for _, b := range p.Bars {
		if b.State == wrong {
			p.Missing = append(p.Missing, b.Name)
		}
	}
	return p
}
