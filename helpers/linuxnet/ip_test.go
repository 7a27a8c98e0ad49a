package linuxnet

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// testdata holds the real output of iproute2 6.1 and iputils 20221126 in a network
// namespace with a bridge vmbr11, its port tap0, and ens18 (10.0.1.2/29) behind it.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mac(t testing.TB, text string) MAC {
	t.Helper()
	m, err := ParseMAC(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestParseAddrs(t *testing.T) {
	links, err := ParseAddrs(sample(t, "addr.json"))
	if err != nil || len(links) != 4 {
		t.Fatalf("%d links, %v", len(links), err)
	}
	want := Link{
		Index: 3, Name: "ens18", AltNames: []string{"enp0s18"}, Flags: []string{"BROADCAST", "MULTICAST", "UP", "LOWER_UP"},
		MTU: 1500, State: "UP", Type: "ether", MAC: mac(t, "42:6a:32:f8:a1:0c"),
		Addresses: []Address{
			{Prefix: netip.MustParsePrefix("10.0.1.2/29"), Scope: "global", Label: "ens18"},
			{Prefix: netip.MustParsePrefix("fe80::406a:32ff:fef8:a10c/64"), Scope: "link"},
		},
	}
	got, ok := FindLink(links, "enp0s18")
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !got.Up() || !got.Carrier() || got.Loopback() || !got.HasIPv4(netip.MustParseAddr("10.0.1.2")) || got.HasIPv4(netip.MustParseAddr("10.0.1.3")) {
		t.Error("ens18 is judged wrongly")
	}
	if p := got.IPv4(); len(p) != 1 || p[0].String() != "10.0.1.2/29" {
		t.Errorf("got %v", p)
	}
	lo, ok := FindLink(links, "lo")
	if !ok || !lo.Loopback() || !lo.MAC.IsZero() || len(lo.Addresses) != 2 {
		t.Errorf("lo: %+v", lo)
	}
	if _, ok := FindLink(links, "ens19"); ok {
		t.Error("a link that is not there is found")
	}
}

func TestParseLinks(t *testing.T) {
	links, err := ParseLinks(sample(t, "dlink.json"))
	if err != nil {
		t.Fatal(err)
	}
	bridge, _ := FindLink(links, "vmbr11")
	tap, _ := FindLink(links, "tap0")
	if bridge.Kind != "bridge" || tap.Master != "vmbr11" || tap.Kind != "veth" {
		t.Errorf("bridge %+v, port %+v", bridge, tap)
	}
	if found := FindMAC(links, bridge.MAC); len(found) != 2 {
		t.Errorf("a bridge and its port share a MAC: %v", found)
	}
	if found := FindMAC(links, MAC{}); found != nil {
		t.Errorf("no MAC finds %v", found)
	}
	without, err := ParseLinks(sample(t, "link.json"))
	if err != nil || len(without) != 4 || without[1].Kind != "" {
		t.Errorf("got %+v, %v", without, err)
	}
}

func TestCards(t *testing.T) {
	links := []Link{
		{Index: 3, Name: "ens19", Type: "ether"}, {Index: 1, Name: "lo", Type: "loopback"}, {Index: 2, Name: "ens18", Type: "ether"},
		{Index: 4, Name: "br0", Type: "ether", Kind: "bridge"}, {Index: 5, Name: "sit0", Type: "sit"},
	}
	cards := Cards(links)
	if len(cards) != 2 || cards[0].Name != "ens18" || cards[1].Name != "ens19" {
		t.Errorf("got %+v", cards)
	}
}

func TestParseRoutes(t *testing.T) {
	routes, err := ParseRoutes(sample(t, "route.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Route{
		{Dst: netip.MustParsePrefix("0.0.0.0/0"), Default: true, Gateway: netip.MustParseAddr("10.0.1.1"), Dev: "ens18", Flags: []string{}},
		{Dst: netip.MustParsePrefix("10.0.1.0/29"), Dev: "ens18", Protocol: "kernel", Scope: "link", Source: netip.MustParseAddr("10.0.1.2"), Flags: []string{}},
	}
	if !reflect.DeepEqual(routes, want) {
		t.Errorf("got  %+v\nwant %+v", routes, want)
	}
	if d := DefaultRoutes(routes); len(d) != 1 || d[0].Gateway.String() != "10.0.1.1" {
		t.Errorf("got %+v", d)
	}
	near, ok := RouteTo(routes, netip.MustParseAddr("10.0.1.3"))
	if !ok || near.Default {
		t.Errorf("a neighbour is reached by %+v", near)
	}
	far, ok := RouteTo(routes, netip.MustParseAddr("10.0.2.2"))
	if !ok || !far.Default {
		t.Errorf("another network is reached by %+v", far)
	}
	if _, ok := RouteTo(routes[1:], netip.MustParseAddr("10.0.2.2")); ok {
		t.Error("there is a route where there is none")
	}
}

func TestOtherRoutes(t *testing.T) {
	blocked, err := ParseRoutes(sample(t, "route2.json"))
	if err != nil || len(blocked) != 2 || blocked[1].Usable() || !blocked[0].Usable() {
		t.Errorf("got %+v, %v", blocked, err)
	}
	six, err := ParseRoutes(sample(t, "route6.json"))
	if err != nil || len(six) != 3 || len(DefaultRoutes(six)) != 0 {
		t.Errorf("got %+v, %v", six, err)
	}
	all, err := ParseRoutes(sample(t, "routeall.json"))
	if err != nil || len(DefaultRoutes(all)) != 1 {
		t.Errorf("got %+v, %v", all, err)
	}
	several, err := ParseRoutes([]byte(`[{"dst":"default","metric":10,"nexthops":[{"gateway":"10.0.1.1","dev":"a","flags":["linkdown"]},{"via":{"family":"inet6","host":"fe80::1"},"dev":"b"}]},
		{"dst":"default","gateway":"10.0.1.6","dev":"a","metric":5},{"dst":"default","gateway":"fe80::1","dev":"a"},{}]`))
	if err != nil || len(several) != 4 {
		t.Fatalf("got %+v, %v", several, err)
	}
	if several[0].Usable() || several[1].Gateway.String() != "fe80::1" {
		t.Errorf("got %+v", several[:2])
	}
	if d := DefaultRoutes(several); len(d) == 0 || d[0].Gateway.String() != "10.0.1.6" {
		t.Errorf("the lowest metric comes first: %+v", d)
	}
}

func TestIPThatIsNot(t *testing.T) {
	for _, empty := range []string{"", " \n", "[]", "[ ]", "[{},{}]"} {
		if links, err := ParseAddrs([]byte(empty)); err != nil || len(links) != 0 {
			t.Errorf("%q: %v, %v", empty, links, err)
		}
		if routes, err := ParseRoutes([]byte(empty)); err != nil || len(routes) != 0 {
			t.Errorf("%q: %v, %v", empty, routes, err)
		}
	}
	bad := map[string]string{
		"Option \"-j\" is unknown, try \"ip -help\".":                             "line 1: no JSON",
		"[\n{\"ifname\":\n5}]":                                                    "line 3: \"ifname\" is no string",
		`[{"ifname":"a","addr_info":[{"local":"x"}]}]`:                            `link 1, "a": "x" is no address`,
		`[{"ifname":"a","addr_info":[{"local":"10.0.1.2","prefixlen":33}]}]`:      "impossible length",
		`[{"ifname":"a","addr_info":[{"local":"10.0.1.2","prefixlen":-1}]}]`:      "impossible length",
		"[" + strings.Repeat(`{"ifname":"a"},`, maxEntries+1) + `{"ifname":"b"}]`: "the limit is 4096",
		strings.Repeat(" ", maxJSON+1):                                            "the limit is",
		"\x1b[2J":                                                                 `"\x1b[2J"`,
	}
	for text, want := range bad {
		if _, err := ParseAddrs([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		`[{"dst":"x"}]`:                          `route 1: "x" is no destination`,
		`[{"dst":"default","gateway":"gw"}]`:     `"gw" is no address`,
		`[{"dst":"default","prefsrc":"me"}]`:     `"me" is no address`,
		`[{"dst":"a","nexthops":[{"dev":"b"}]}]`: `"a" is no destination`,
	} {
		if _, err := ParseRoutes([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestMACs(t *testing.T) {
	upper, lower := mac(t, "BC:24:11:00:00:0A"), mac(t, " bc-24-11-00-00-0a ")
	if upper != lower || upper.String() != "bc:24:11:00:00:0a" || !SameMAC("BC:24:11:00:00:0A", "bc:24:11:00:00:0a") {
		t.Error("case or separators make a difference")
	}
	if SameMAC("", "") || SameMAC("x", "x") {
		t.Error("what is no MAC equals something")
	}
	for _, bad := range []string{"", "bc:24:11:00:00", "bc:24:11:00:00:0g", "bc:24-11:00:00:0a", "bc.24.11.00.00.0a", "bc:24:11:00:00:0a:01", "bc24110000000a000"} {
		if m, err := ParseMAC(bad); err == nil {
			t.Errorf("%q is taken as %s", bad, m)
		}
	}
	if !mac(t, "ff:ff:ff:ff:ff:ff").Multicast() || upper.Multicast() || upper.Local() || !mac(t, "42:6a:32:f8:a1:0c").Local() {
		t.Error("the bits of the first byte are read wrongly")
	}
}

func FuzzLinks(f *testing.F) {
	for _, name := range []string{"addr.json", "link.json", "dlink.json"} {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`[{"ifname":"a","address":null,"flags":null,"addr_info":[{"local":"::1%a","prefixlen":1}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		links, err := ParseAddrs(data)
		if err != nil && links != nil {
			t.Error("both links and an error")
		}
		for _, l := range links {
			l.IPv4()
			for _, a := range l.Addresses {
				if !a.Prefix.IsValid() {
					t.Errorf("an address that is none: %+v", a)
				}
			}
		}
		Cards(links)
	})
}

func FuzzRoutes(f *testing.F) {
	for _, name := range []string{"route.json", "route2.json", "route6.json", "routeall.json"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		routes, err := ParseRoutes(data)
		if err == nil {
			DefaultRoutes(routes)
			RouteTo(routes, netip.MustParseAddr("10.0.2.2"))
		}
		for _, r := range routes {
			if !r.Dst.IsValid() {
				t.Errorf("a route to nowhere: %+v", r)
			}
		}
	})
}

func FuzzMAC(f *testing.F) {
	f.Add("bc:24:11:00:00:0a")
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := ParseMAC(text); err == nil && !SameMAC(m.String(), text) {
			t.Errorf("%q is read as %s", text, m)
		}
	})
}
