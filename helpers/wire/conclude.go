package wire

import (
	"net/netip"
	"slices"
)

// conclude finds out what the trials tell. known are the addresses a MAC is heard under.
func conclude(vm Station, trials []RouteTrial, known func(mac string) []netip.Addr) Routing {
	r := Routing{VM: vm, Trials: trials, Longest: 32, Default: Unseen}
	asked := routersAsked(vm, trials)
	for i := range trials {
		t := &trials[i]
		t.Way = t.wayOf(vm, len(asked) > 0)
		r.Answers = r.Answers || t.Way == OnLink || t.Way == Gateway
		if t.Prefix == 0 {
			r.Default = t.Way
		}
	}
	if r.Answers {
		r.bracket()
	}
	r.Gateways = gateways(vm, trials, asked, known)
	return r
}

// wayOf says where a trial's answer goes. asked says that the VM asked for a router
// meanwhile: what is not on-link then waits for that router.
func (t RouteTrial) wayOf(vm Station, asked bool) Way {
	onLink := func(s Sighting) bool { return s.Reply && s.SrcMAC == vm.MAC && s.DstMAC == t.MAC }
	elsewhere := func(s Sighting) bool { return s.Reply && s.SrcMAC == vm.MAC && s.DstMAC != t.MAC }
	reached := func(s Sighting) bool { return !s.Reply && s.On != t.Port && s.DstMAC == vm.MAC }
	askedFor := func(q Question) bool { return q.For == t.From }
	switch {
	case slices.ContainsFunc(t.Seen, onLink):
		return OnLink
	case slices.ContainsFunc(t.Seen, elsewhere):
		return Gateway
	case slices.ContainsFunc(t.Questions, askedFor):
		return OnLink
	case asked:
		return Gateway
	case slices.ContainsFunc(t.Seen, reached):
		return Nowhere // on the VM's own tap, where an answer would have been seen
	}
	return Unseen
}

// bracket bounds the prefix length: it is at most a source's that is on-link, and longer
// than a source's that is not.
func (r *Routing) bracket() {
	for _, t := range r.Trials {
		switch {
		case t.Prefix == 0:
		case t.Way == OnLink:
			r.Longest = min(r.Longest, t.Prefix)
		case t.isLowest():
		default:
			r.Shortest = max(r.Shortest, t.Prefix+1)
		}
	}
}

// isLowest tells of a trial from a network's lowest address. Linux before 5.14 takes that one for
// a broadcast address and answers nothing, whatever its prefix: only an answer proves something.
func (t RouteTrial) isLowest() bool {
	return t.Prefix == longestPrefix && t.From == netip.PrefixFrom(t.From, longestPrefix).Masked().Addr()
}

// open are the trials whose way was not seen itself. That the VM asks for a router says
// where their answers will go only once there was time to ask for the source, too.
func (r Routing) open() []int {
	var list []int
	for i, t := range r.Trials {
		if way := t.wayOf(r.VM, false); way == Nowhere || way == Unseen {
			list = append(list, i)
		}
	}
	return list
}

// routersAsked are the addresses that the VM asked for and that are no source of ours.
func routersAsked(vm Station, trials []RouteTrial) []netip.Addr {
	var asked []netip.Addr
	for _, t := range trials {
		for _, q := range t.Questions {
			source := slices.ContainsFunc(trials, func(o RouteTrial) bool { return o.From == q.For })
			if !source && q.For != vm.Addr && !slices.Contains(asked, q.For) {
				asked = appendUpTo(asked, q.For)
			}
		}
	}
	return asked
}

// gateways joins the addresses that were asked for with the MACs that were sent to.
func gateways(vm Station, trials []RouteTrial, asked []netip.Addr, known func(mac string) []netip.Addr) []Station {
	var list []Station
	for _, mac := range routersUsed(vm, trials) {
		addrs := known(mac)
		if len(addrs) == 0 {
			list = append(list, Station{MAC: mac})
		}
		for _, a := range addrs {
			list = append(list, Station{Addr: a, MAC: mac})
		}
	}
	for _, a := range asked {
		if !slices.ContainsFunc(list, func(s Station) bool { return s.Addr == a }) {
			list = append(list, Station{Addr: a})
		}
	}
	return list
}

// routersUsed are the MACs that answers were sent to instead of straight to us.
func routersUsed(vm Station, trials []RouteTrial) []string {
	var macs []string
	for _, t := range trials {
		for _, s := range t.Seen {
			if s.Reply && s.SrcMAC == vm.MAC && s.DstMAC != t.MAC && !slices.Contains(macs, s.DstMAC) {
				macs = appendUpTo(macs, s.DstMAC)
			}
		}
	}
	return macs
}
