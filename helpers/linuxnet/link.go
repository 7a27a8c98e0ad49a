package linuxnet

import "net/netip"

// Link is one network interface, from ip -j link or ip -j addr.
type Link struct {
	Index     int
	Name      string
	AltNames  []string
	Flags     []string // UP, LOWER_UP, NO-CARRIER, BROADCAST, …
	MTU       int
	State     string // operstate: UP, DOWN, UNKNOWN, …
	Type      string // ether, loopback, …
	MAC       MAC    // zero where there is none
	Master    string // the bridge it is a port of
	Kind      string // with -d: bridge, veth, tun, vlan, …
	Addresses []Address
}

// Address is one address of a link.
type Address struct {
	Prefix  netip.Prefix // the address itself with the network's length
	Scope   string       // global, link, host
	Dynamic bool         // from DHCP or router advertisements
	Label   string
}

// Route is one route, from ip -j route.
type Route struct {
	Dst      netip.Prefix // 0.0.0.0/0 or ::/0 for default
	Default  bool
	Gateway  netip.Addr // zero: directly connected
	Dev      string
	Protocol string // kernel, boot, static, dhcp
	Scope    string
	Source   netip.Addr // prefsrc
	Metric   int
	Type     string // unicast where empty; blackhole, unreachable, prohibit
	Flags    []string
}

// ParseLinks reads the output of ip -j link.
func ParseLinks(data []byte) ([]Link, error) { return nil, nil }

// ParseAddrs reads the output of ip -j addr.
func ParseAddrs(data []byte) ([]Link, error) { return nil, nil }

// ParseRoutes reads the output of ip -j route.
func ParseRoutes(data []byte) ([]Route, error) { return nil, nil }

// Up says that the link is switched on (it may still have no carrier).
func (l Link) Up() bool { return false }

// IPv4 are the link's IPv4 addresses.
func (l Link) IPv4() []netip.Prefix { return nil }

// FindLink is the link of that name or alternative name.
func FindLink(links []Link, name string) (Link, bool) { return Link{}, false }

// FindMAC are the links with that MAC.
func FindMAC(links []Link, mac MAC) []Link { return nil }

// DefaultRoutes are the default routes, IPv4 only, lowest metric first.
func DefaultRoutes(routes []Route) []Route { return nil }
