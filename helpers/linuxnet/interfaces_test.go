package linuxnet

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const main = "/etc/network/interfaces"

func parse(t *testing.T, text string) *Interfaces {
	t.Helper()
	i, err := ParseInterfaces(Files{main: {Content: text}}, main)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return i
}

func TestTheLabsFile(t *testing.T) {
	i := parse(t, `# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

auto ens18
iface ens18 inet static
	address 10.0.1.2/29
	gateway 10.0.1.1
`)
	if !i.IsAuto("ens18") || !i.IsAuto("lo") || i.IsAuto("ens19") {
		t.Errorf("auto: %+v", i.Auto)
	}
	s, ok := i.Stanza("ens18")
	if !ok || s.Family != "inet" || s.Method != "static" || s.Line != 11 || s.File != main {
		t.Errorf("got %+v", s)
	}
	address, err := s.Address()
	if err != nil || address.String() != "10.0.1.2/29" {
		t.Errorf("got %v, %v", address, err)
	}
	gateway, err := s.Gateway()
	if err != nil || gateway.String() != "10.0.1.1" {
		t.Errorf("got %v, %v", gateway, err)
	}
	lo, _ := i.Stanza("lo")
	if none, err := lo.Gateway(); err != nil || none.IsValid() {
		t.Errorf("got %v, %v", none, err)
	}
	if g := i.Gateways(); len(g) != 1 || g[0].Name != "ens18" {
		t.Errorf("got %+v", g)
	}
}

// What ifupdown 0.8.41 makes of each (ifup --no-act).
func TestAddressesAsIfupdownTakesThem(t *testing.T) {
	for lines, want := range map[string]string{
		"address 10.0.1.2/29":                              "10.0.1.2/29",
		"address 10.0.1.2/255.255.255.248":                 "10.0.1.2/29",
		"address 10.0.1.2\nnetmask 255.255.255.248":        "10.0.1.2/29",
		"netmask 29\naddress 10.0.1.2":                     "10.0.1.2/29",
		"address 10.0.1.2/24\nnetmask 255.255.255.248":     "10.0.1.2/29", // the netmask line wins
		"address 10.0.1.2":                                 "10.0.1.2/8",
		"address 172.16.1.2":                               "172.16.1.2/16",
		"address 192.168.0.1":                              "192.168.0.1/24",
		"address 240.0.0.1":                                "240.0.0.1/32",
		"address 10.0.1.2/29 # host":                       "10.0.1.2/29",
		"address 10.0.1.2 # host":                          "",
		"address 10.0.1.2\nnetmask 255.255.255.248 # mask": "",
		"address 10.0.1.2\naddress 10.0.1.3":               "",
		"address 10.0.1.2/33":                              "",
		"address 10.0.1.2\nnetmask 255.0.255.0":            "",
		"address 10.0.1.2\nnetmask 33":                     "",
		"address 10.0.1\n":                                 "",
		"ADDRESS 10.0.1.2/29":                              "",
		"gateway 10.0.1.1":                                 "",
		"address fd00::1":                                  "fd00::1/128",
		"address fd00::1\nnetmask 255.255.255.248":         "",
	} {
		i := parse(t, "iface ens18 inet static\n"+lines)
		got, err := i.Stanzas[0].Address()
		if want == "" {
			if err == nil {
				t.Errorf("%q: taken as %v", lines, got)
			} else if !strings.HasPrefix(err.Error(), main+":") {
				t.Errorf("%q: no line in %v", lines, err)
			}
			continue
		}
		if err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", lines, got, err)
		}
	}
	for line, want := range map[string]string{
		"gateway 10.0.1.1":                   "10.0.1.1",
		"gateway 10.0.1.1 # gw":              "10.0.1.1",
		"gateway 10.0.1.1 10.0.1.6":          "",
		"gateway 10.0.1.1\ngateway 10.0.1.6": "",
		"gateway gw":                         "",
	} {
		got, err := parse(t, "iface ens18 inet static\n"+line).Stanzas[0].Gateway()
		if (want == "") != (err != nil) || (want != "" && got.String() != want) {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
}

func TestLinesAsIfupdownReadsThem(t *testing.T) {
	i := parse(t, strings.Join([]string{
		"  auto ens18 \\",
		" ens19",
		"# a comment is never continued \\",
		"allow-hotplug ens20",
		"allow-auto ens21",
		"allow-lab ens22",
		"auto",
		"no-auto-down ens18",
		"no-scripts ens18",
		"mapping ens*",
		"  script /bin/true",
		"  map a",
		"iface ens18 inet static\r",
		"  address 10.0.1.2/29 \\",
		"# a comment ends a continuation",
		"",
		"   # and options go on after it",
		"  gateway   10.0.1.1\t",
		"  up echo a \\",
		"\t b",
		"  up echo c",
		"iface ens19 inet manual",
		"iface ens19 inet6 auto",
		"iface can0 can whatever",
		"iface ens18 inet static",
		"  address 10.0.1.6/29",
	}, "\n"))
	for name, want := range map[string]bool{"ens18": true, "ens19": true, "ens20": true, "ens21": true, "ens22": false} {
		if i.IsAuto(name) != want {
			t.Errorf("%s: auto is %v", name, !want)
		}
	}
	s, _ := i.Stanza("ens18")
	if got := s.Values("up"); !reflect.DeepEqual(got, []string{"echo a \t b", "echo c"}) {
		t.Errorf("up: %q", got)
	}
	if address, err := s.Address(); err != nil || address.String() != "10.0.1.2/29" {
		t.Errorf("%v, %v", address, err)
	}
	if s.Option("gateway") != "10.0.1.1" || s.Option("mtu") != "" {
		t.Errorf("got %+v", s.Options)
	}
	if d := i.Duplicates(); len(d) != 1 || d[0].Line != 25 {
		t.Errorf("duplicates: %+v", d)
	}
	if got := s.Options[2]; got.Line != 19 || got.Name != "up" {
		t.Errorf("got %+v", got)
	}
}

func TestErrorsHaveTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"bogus line\nauto ens18\n":                                 `interfaces:1: "bogus" belongs to no iface`,
		"auto ens18\n address 10.0.0.1\n":                          `interfaces:2: "address" belongs to no iface`,
		"iface ens18 inet static\nauto ens18\n address 10.0.0.1\n": `interfaces:3: "address" belongs to no iface`,
		"iface ens18 inet static\nsource x\n address 10.0.0.1\n":   `interfaces:3: "address" belongs to no iface`,
		"mapping ens18\n script x\n foo bar\n":                     `interfaces:3: "foo" belongs to no iface`,
		"iface ens18 inet static\n address\n":                      `interfaces:2: "address" has no value`,
		"iface ens18 inet static\nallow-\n":                        `interfaces:2: "allow-" has no value`,
		"iface\n":                                                  `interfaces:1: iface without a name`,
		"iface ens18\n":                                            `interfaces:1: iface "ens18": "" is no address family`,
		"iface ens18 inet\n":                                       `interfaces:1: iface "ens18": "" is no method`,
		"iface ens18 inet statik\n":                                `"statik" is no method; expected static, dhcp, manual or loopback`,
		"iface ens18 inet6 bogus\n":                                `"bogus" is no method`,
		"iface ens18 bogus static\n":                               `"bogus" is no address family`,
		"iface ens18 inet static inherits\n":                       `inherits from nothing`,
		"iface ens18 inherits base\n":                              `inherits from "base", which is not defined before it`,
		"IFACE ens18 inet static\n":                                `interfaces:1: "IFACE" belongs to no iface`,
		"source /etc/network/interfaces\n":                         `sources itself`,
		strings.Repeat("auto a\n", maxLines+1):                     `more than 20000 lines`,
		strings.Repeat("x", maxText+1):                             `the limit is 1048576`,
		"\x1b[2J":                                                  `"\x1b[2J"`,
	} {
		i, err := ParseInterfaces(Files{main: {Content: text}}, main)
		var typed SyntaxErrors
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50q: got %v, want %s", text, err, want)
		}
		if i == nil {
			t.Errorf("%.50q: nothing is handed out", text)
		}
	}
	if _, err := ParseInterfaces(Files{}, main); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("got %v", err)
	}
	i, err := ParseInterfaces(Files{main: {Content: "bogus\niface ens18 inet static\n address 10.0.1.2/29\n"}}, main)
	if s, ok := i.Stanza("ens18"); err == nil || !ok || s.Option("address") == "" {
		t.Error("what is right beside an error is lost")
	}
}

func TestSources(t *testing.T) {
	stanza := func(last int) File {
		return File{Content: fmt.Sprintf("iface ens18 inet static\n address 10.0.9.%d/29\n", last)}
	}
	files := Files{
		"/etc/network/d/a.conf": stanza(1), "/etc/network/d/b_c-1": stanza(2), "/etc/network/d/c~": stanza(3),
		"/etc/network/d/.hidden": stanza(4), "/etc/network/d/sub/x": stanza(5),
		"/etc/network/link": {Link: "d/a.conf"}, "/etc/network/dangling": {Link: "nowhere"}, "/etc/network/loop": {Link: "loop"},
	}
	for line, want := range map[string]string{
		"source d/*":                          "1 2 3",
		"source /etc/network/d/*.conf":        "1",
		"source d/a.conf d/b_c-1":             "1 2",
		"source nosuch nosuch/*":              "",
		"source-directory d":                  "2", // a name with a dot is passed over
		"source-dir /etc/network/d/ ./nosuch": "2",
		"source d/.hidden":                    "4",
		"source d/.*":                         "4",
		"source link":                         "1",
		"source dangling":                     "",
		"source [":                            "",
		"source d/a.conf\nsource-directory d": "1 2",
		"source d/a.conf\nsource d/a.conf":    "1 1",
	} {
		files[main] = File{Content: line + "\n"}
		i, err := ParseInterfaces(files, main)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		var got []string
		for _, s := range i.Stanzas {
			address, _ := s.Address()
			got = append(got, strings.TrimPrefix(address.Addr().String(), "10.0.9."))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: read %v, want %s", line, got, want)
		}
	}
	files[main] = File{Content: "source loop\n"}
	if _, err := ParseInterfaces(files, main); err == nil {
		t.Error("a link to itself is read")
	}
	files = Files{main: {Content: "source a\n"}, "/etc/network/a": {Content: "source b\n"}, "/etc/network/b": {Content: "source a\n"}}
	if i, err := ParseInterfaces(files, main); err == nil || len(i.Files) != 3 {
		t.Errorf("got %v, %v", i.Files, err)
	}
}

func TestInherits(t *testing.T) {
	i := parse(t, "iface base inet static\n address 10.0.1.2/29\n gateway 10.0.1.6\niface ens18 inherits base\n gateway 10.0.1.1\n")
	s, ok := i.Stanza("ens18")
	if !ok || s.Method != "static" || s.Option("gateway") != "10.0.1.1" || s.Option("address") != "10.0.1.2/29" {
		t.Errorf("got %+v", s)
	}
}

func FuzzInterfaces(f *testing.F) {
	f.Add("auto lo\niface lo inet loopback\n", "source other\n")
	f.Add("iface a inet static\\\n\n address 1.2.3.4/29\\", "iface a inherits a")
	f.Add("source *\nsource-directory .\n", "\\\n\\\n#\\\n")
	f.Add("iface a inet static\n address 10.0.1.2/\n netmask -1\n gateway ::\n", "")
	f.Fuzz(func(t *testing.T, text, other string) {
		i, err := ParseInterfaces(Files{main: {Content: text}, "/etc/network/other": {Content: other}}, main)
		if i == nil {
			t.Fatal("nothing is handed out")
		}
		var typed SyntaxErrors
		if err != nil && (!errors.As(err, &typed) || len(typed) > maxErrors) {
			t.Errorf("%T", err)
		}
		for _, s := range i.Stanzas {
			if p, err := s.Address(); err == nil && !p.IsValid() {
				t.Errorf("%+v has the address %v", s, p)
			}
			if g, err := s.Gateway(); err == nil && !g.IsValid() && s.Option("gateway") != "" {
				t.Errorf("%+v has no gateway", s)
			}
		}
		i.Duplicates()
		i.Gateways()
	})
}
