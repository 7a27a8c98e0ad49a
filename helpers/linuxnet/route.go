package linuxnet

import (
	"fmt"
	"net/netip"
	"sort"
)

// Route is one route, from ip -j route. A route over several gateways is several of these.
type Route struct {
	Dst      netip.Prefix // 0.0.0.0/0 or ::/0 for default
	Default  bool
	Gateway  netip.Addr // zero: directly connected
	Dev      string
	Protocol string // kernel, boot, static, dhcp
	Scope    string
	Source   netip.Addr // prefsrc
	Metric   int
	Type     string // "" and unicast: packets go out; blackhole, unreachable, prohibit: they do not
	Table    string // "" is main
	Flags    []string
}

type routeJSON struct {
	Type     string        `json:"type"`
	Dst      string        `json:"dst"`
	Gateway  string        `json:"gateway"`
	Via      *viaJSON      `json:"via"`
	Dev      string        `json:"dev"`
	Table    string        `json:"table"`
	Protocol string        `json:"protocol"`
	Scope    string        `json:"scope"`
	Source   string        `json:"prefsrc"`
	Metric   int           `json:"metric"`
	Flags    []string      `json:"flags"`
	Hops     []nexthopJSON `json:"nexthops"`
}

type viaJSON struct {
	Host string `json:"host"`
}

type nexthopJSON struct {
	Gateway string   `json:"gateway"`
	Via     *viaJSON `json:"via"`
	Dev     string   `json:"dev"`
	Flags   []string `json:"flags"`
}

// ParseRoutes reads the output of ip -j route (also -6 and table all).
func ParseRoutes(data []byte) ([]Route, error) {
	const what = "ip -j route"
	var raw []routeJSON
	if err := decodeJSON(data, &raw); err != nil {
		return nil, fmt.Errorf("reading the output of %s: %w", what, err)
	}
	var routes []Route
	for i, r := range raw {
		if r.Dst == "" {
			continue // {} where a filter matches nothing
		}
		made, err := r.routes()
		if err != nil {
			return nil, fmt.Errorf("reading the output of %s: route %d: %w", what, i+1, err)
		}
		routes = append(routes, made...)
		if len(routes) > maxEntries {
			return nil, fmt.Errorf("reading the output of %s: more than %d routes", what, maxEntries)
		}
	}
	return routes, nil
}

func (r routeJSON) routes() ([]Route, error) {
	if len(r.Hops) == 0 {
		route, err := r.route()
		return []Route{route}, err
	}
	var routes []Route
	for _, hop := range r.Hops {
		one := r
		one.Gateway, one.Via, one.Dev, one.Flags = hop.Gateway, hop.Via, hop.Dev, hop.Flags
		route, err := one.route()
		if err != nil {
			return nil, err
		}
		routes = append(routes, route)
	}
	return routes, nil
}

func (r routeJSON) route() (Route, error) {
	route := Route{
		Default: r.Dst == "default", Dev: r.Dev, Protocol: r.Protocol, Scope: r.Scope,
		Metric: r.Metric, Type: r.Type, Table: r.Table, Flags: r.Flags,
	}
	if r.Gateway == "" && r.Via != nil {
		r.Gateway = r.Via.Host
	}
	var err error
	if route.Gateway, err = optionalAddr(r.Gateway); err != nil {
		return Route{}, err
	}
	if route.Source, err = optionalAddr(r.Source); err != nil {
		return Route{}, err
	}
	route.Dst, err = r.destination(route.Gateway)
	route.Default = route.Default || (err == nil && route.Dst.Bits() == 0)
	return route, err
}

// destination is the route's prefix. ip writes default for both families, and an
// address without a length for a single host.
func (r routeJSON) destination(gateway netip.Addr) (netip.Prefix, error) {
	if r.Dst == "default" {
		if gateway.Is6() {
			return netip.PrefixFrom(netip.IPv6Unspecified(), 0), nil
		}
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), nil
	}
	if addr, err := netip.ParseAddr(r.Dst); err == nil {
		return netip.PrefixFrom(addr.WithZone(""), addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(r.Dst)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no destination", quote(r.Dst))
	}
	return prefix, nil
}

func optionalAddr(text string) (netip.Addr, error) {
	if text == "" {
		return netip.Addr{}, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s is no address", quote(text))
	}
	return addr, nil
}

// Usable says that packets follow the route: it does not refuse or swallow them, and
// its card has a carrier.
func (r Route) Usable() bool {
	for _, flag := range r.Flags {
		if flag == "linkdown" || flag == "dead" {
			return false
		}
	}
	return r.Type == "" || r.Type == "unicast"
}

// DefaultRoutes are the IPv4 default routes of the main table, the one that is used first.
func DefaultRoutes(routes []Route) []Route {
	var found []Route
	for _, r := range routes {
		main := r.Table == "" || r.Table == "main"
		if r.Default && r.Dst.Addr().Is4() && main {
			found = append(found, r)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Metric < found[j].Metric })
	return found
}

// RouteTo is the IPv4 route of the main table that a packet to addr takes: the longest
// prefix, then the lowest metric.
func RouteTo(routes []Route, addr netip.Addr) (Route, bool) {
	best, found := Route{}, false
	for _, r := range routes {
		main := r.Table == "" || r.Table == "main"
		if !main || !r.Dst.IsValid() || !r.Dst.Contains(addr) {
			continue
		}
		longer := r.Dst.Bits() > best.Dst.Bits()
		cheaper := r.Dst.Bits() == best.Dst.Bits() && r.Metric < best.Metric
		if !found || longer || cheaper {
			best, found = r, true
		}
	}
	return best, found
}
