package wire

import "net/netip"

// The prefix lengths that are told apart. Networks larger than /23 are all the same here:
// no lab of this kind has one.
const (
	longestPrefix  = 30
	shortestPrefix = 23
	perClass       = 4 // addresses that are asked for, of each class
)

// testNet is of TEST-NET-1, which is nobody's network (RFC 5737).
var testNet = []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, 77}), netip.AddrFrom4([4]byte{192, 0, 2, 78})}

// class are the addresses that lie in a VM's network if its prefix is this long or
// shorter, and outside it otherwise. Prefix 0 is the class of what lies outside.
type class struct {
	prefix int
	addrs  []netip.Addr
}

// classes are the addresses that tell the VM's prefix length, those to be preferred first:
// the high ones, since people count from below.
func classes(vm netip.Addr) []class {
	list := []class{{0, testNet}}
	for prefix := longestPrefix; prefix >= shortestPrefix; prefix-- {
		list = append(list, class{prefix, classOf(vm, prefix)})
	}
	return list
}

func classOf(vm netip.Addr, prefix int) []netip.Addr {
	outer, inner := netip.PrefixFrom(vm, prefix).Masked(), netip.PrefixFrom(vm, prefix+1).Masked()
	var addrs []netip.Addr
	for a := last(outer); outer.Contains(a) && len(addrs) < perClass; a = a.Prev() {
		if inner.Contains(a) {
			a = inner.Addr() // go on below the VM's own half
			continue
		}
		if !edge(vm, a) {
			addrs = append(addrs, a)
		}
	}
	// Between /30 and /31 there is often nothing else: Linux from 5.14 on takes a network's
	// lowest address for a host's.
	if lowest := outer.Addr(); prefix == longestPrefix && !inner.Contains(lowest) {
		addrs = append(addrs, lowest)
	}
	return addrs
}

// edge says that an address is the network's or the broadcast address of one of the
// networks that the VM may think it is in: a host drops what comes from there.
func edge(vm, a netip.Addr) bool {
	for prefix := 8; prefix <= longestPrefix; prefix++ {
		network := netip.PrefixFrom(vm, prefix).Masked()
		if a == network.Addr() || a == last(network) {
			return true
		}
	}
	return false
}

// last is a network's highest address.
func last(network netip.Prefix) netip.Addr {
	b := network.Addr().As4()
	for bit := network.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}
