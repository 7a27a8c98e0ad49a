package linuxnet

import "testing"

func TestDefaultGatewayOfAStanza(t *testing.T) {
	for lines, want := range map[string]string{
		"gateway 10.0.1.1":                                               "10.0.1.1",
		"up ip route add default via 10.0.1.1":                           "10.0.1.1",
		"up ip route add default via 10.0.1.1 dev ens18":                 "10.0.1.1",
		"post-up /sbin/ip r a 0.0.0.0/0 via 10.0.1.1":                    "10.0.1.1",
		"up ip -4 route replace default via 10.0.1.1 || true":            "10.0.1.1",
		"up route add default gw 10.0.1.1":                               "10.0.1.1",
		"up route add default gw 10.0.1.1 ens18":                         "10.0.1.1",
		"up route add -net 0.0.0.0 netmask 0.0.0.0 gw 10.0.1.1":          "10.0.1.1",
		"up sudo /sbin/route add -net default gw 10.0.1.1":               "10.0.1.1",
		"up echo x; ip route add default via 10.0.1.1":                   "10.0.1.1",
		"gateway 10.0.1.1\nup ip route add default via 10.0.1.6":         "10.0.1.1",
		"up ip route add 10.0.2.0/29 via 10.0.1.1":                       "",
		"up route add -net 10.0.2.0 netmask 255.255.255.248 gw 10.0.1.1": "",
		"up route add -net 0.0.0.0 netmask 255.255.255.248 gw 10.0.1.1":  "",
		"up ip route del default via 10.0.1.1":                           "",
		"down ip route add default via 10.0.1.1":                         "",
		"up ip route add default dev ens18":                              "",
		"up ip route add default via":                                    "",
		"up ip address add default via 10.0.1.1":                         "",
		"up echo ip route add default via 10.0.1.1":                      "",
		"up ip":                                  "",
		"up route":                               "",
		"up ;":                                   "",
		"up ip -6 route add default via fd00::1": "",
		"up ip route add default via 10.0.1.1; ip route add default via x":           "10.0.1.1",
		"up ip route add 10.0.2.0/29 via 10.0.1.6\nup ip r add default via 10.0.1.1": "10.0.1.1",
	} {
		got, err := parse(t, "iface ens18 inet static\n"+lines).Stanzas[0].DefaultGateway()
		if err != nil || (want == "") == got.IsValid() || want != "" && got.String() != want {
			t.Errorf("%q: %v, %v", lines, got, err)
		}
	}
}

func TestForwardingAtUp(t *testing.T) {
	files := Files{"/etc/sysctl.conf": {Content: "net.ipv4.ip_forward=1\n"}, "/etc/lab.conf": {Content: "net.ipv4.ip_forward=0\n"}}
	for lines, want := range map[string]string{
		"up sysctl -w net.ipv4.ip_forward=1":                                     "1",
		"post-up /sbin/sysctl -q -w net/ipv4/ip_forward=1":                       "1",
		"up sysctl net.ipv4.conf.all.forwarding=1":                               "1",
		"up echo 1 > /proc/sys/net/ipv4/ip_forward":                              "1",
		"pre-up echo \"1\" >/proc/sys/net/ipv4/ip_forward || true":               "1",
		"up sysctl -w net.ipv4.ip_forward=1\nup sysctl -w net.ipv4.ip_forward=0": "0",
		"down sysctl -w net.ipv4.ip_forward=1":                                   "",
		"up sysctl net.ipv4.ip_forward":                                          "",
		"up sysctl -w net.ipv6.conf.all.forwarding=1":                            "",
		"up cat /proc/sys/net/ipv4/ip_forward":                                   "",
		"up echo 1 > /proc/sys/net/ipv4/ip_forward_use_pmtu":                     "",
		"up sh -c 'sysctl net.ipv4.ip_forward=1'":                                "1",
		"up sysctl -p": "1",
		"up sysctl -p /etc/sysctl.conf >/dev/null": "1",
		"up sysctl --load=/etc/lab.conf":           "0",
		"up sysctl -f /etc/lab.conf":               "0",
		"up sysctl -q --system":                    "1",
		"up sysctl -p /etc/nothing":                "",
		"up sysctl -a":                             "",
	} {
		got, found := ForwardingAtUp(parse(t, "auto ens18\niface ens18 inet static\n"+lines), files)
		if found != (want != "") || got.Value != want {
			t.Errorf("%q: %+v, %t", lines, got, found)
		}
	}
	if got, found := ForwardingAtUp(parse(t, "iface ens18 inet static\n up sysctl -w net.ipv4.ip_forward=1"), nil); found {
		t.Errorf("a card that does not come up at boot sets %+v", got)
	}
}

func FuzzUpLines(f *testing.F) {
	f.Add("ip route add default via 10.0.1.1; route add -net 0 gw")
	f.Add("sysctl -w =1 net.ipv4.ip_forward= && echo 1 >")
	f.Fuzz(func(t *testing.T, line string) {
		i, _ := ParseInterfaces(Files{main: {Content: "auto a\niface a inet static\n up " + line + "\n"}}, main)
		for _, s := range i.Stanzas {
			if addr, err := s.DefaultGateway(); err == nil && addr.IsValid() && s.Option("gateway") == "" && !addr.Is4() {
				t.Errorf("%q: %v", line, addr)
			}
		}
		ForwardingAtUp(i, Files{legacySysctl: {Content: line}})
	})
}
