package wire

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func TestClasses(t *testing.T) {
	for vm, want := range map[string]string{
		"10.0.1.2": "0:192.0.2.77,192.0.2.78 30:10.0.1.1,10.0.1.0 29:10.0.1.6,10.0.1.5,10.0.1.4 28:10.0.1.14,10.0.1.13,10.0.1.12,10.0.1.11 " +
			"27:10.0.1.30,10.0.1.29,10.0.1.28,10.0.1.27 26:10.0.1.62,10.0.1.61,10.0.1.60,10.0.1.59 25:10.0.1.126,10.0.1.125,10.0.1.124,10.0.1.123 " +
			"24:10.0.1.254,10.0.1.253,10.0.1.252,10.0.1.251 23:10.0.0.255,10.0.0.254,10.0.0.253,10.0.0.252",
		"10.0.2.13": "0:192.0.2.77,192.0.2.78 30:10.0.2.14 29:10.0.2.11,10.0.2.10,10.0.2.9 28:10.0.2.7,10.0.2.6,10.0.2.5,10.0.2.4 " +
			"27:10.0.2.30,10.0.2.29,10.0.2.28,10.0.2.27 26:10.0.2.62,10.0.2.61,10.0.2.60,10.0.2.59 25:10.0.2.126,10.0.2.125,10.0.2.124,10.0.2.123 " +
			"24:10.0.2.254,10.0.2.253,10.0.2.252,10.0.2.251 23:10.0.3.254,10.0.3.253,10.0.3.252,10.0.3.251",
	} {
		var got []string
		for _, c := range classes(addr(vm)) {
			var list []string
			for _, a := range c.addrs {
				list = append(list, a.String())
			}
			got = append(got, strings.Join([]string{strconv.Itoa(c.prefix), strings.Join(list, ",")}, ":"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\ngot  %s\nwant %s", vm, strings.Join(got, " "), want)
		}
	}
}

// Every source lies in the VM's network of its class and in none that is longer.
func FuzzClasses(f *testing.F) {
	f.Add(uint32(0x0a000102))
	f.Add(uint32(0))
	f.Add(uint32(0xffffffff))
	f.Fuzz(func(t *testing.T, n uint32) {
		vm := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		for _, c := range classes(vm) {
			if len(c.addrs) > perClass+1 {
				t.Errorf("/%d: %v", c.prefix, c.addrs)
			}
			for _, a := range c.addrs {
				if c.prefix != 0 && (!netip.PrefixFrom(vm, c.prefix).Contains(a) || netip.PrefixFrom(vm, c.prefix+1).Contains(a)) {
					t.Errorf("%s is no source of /%d for %s", a, c.prefix, vm)
				}
			}
		}
	})
}
