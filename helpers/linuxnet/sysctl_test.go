package linuxnet

import (
	"reflect"
	"strings"
	"testing"
)

func text(lines ...string) File { return File{Content: strings.Join(lines, "\n") + "\n"} }

func TestForwardingAtBoot(t *testing.T) {
	const lab = "/etc/sysctl.d/99-lab.conf"
	link := File{Link: "../sysctl.conf"}
	cases := []struct {
		name    string
		files   Files
		found   bool
		on      bool
		file    string
		line    int
		ignored int
	}{
		{"nothing", Files{}, false, false, "", 0, 0},
		{"debian 12, sysctl.conf", Files{"/etc/sysctl.conf": text("# x", "net.ipv4.ip_forward=1"), "/etc/sysctl.d/99-sysctl.conf": link},
			true, true, "/etc/sysctl.d/99-sysctl.conf", 2, 0},
		{"debian 12, still a comment", Files{"/etc/sysctl.conf": text("#net.ipv4.ip_forward=1"), "/etc/sysctl.d/99-sysctl.conf": link},
			false, false, "", 0, 0},
		{"debian 13, sysctl.conf is not read", Files{"/etc/sysctl.conf": text("net.ipv4.ip_forward=1")}, false, false, "", 0, 1},
		{"a file of its own", Files{lab: text("net.ipv4.ip_forward = 1")}, true, true, lab, 1, 0},
		{"with a comment behind", Files{lab: text("net.ipv4.ip_forward = 1 # routing")}, true, true, lab, 1, 0},
		{"off", Files{lab: text("net.ipv4.ip_forward = 0")}, true, false, lab, 1, 0},
		{"without .conf", Files{"/etc/sysctl.d/99-lab": text("net.ipv4.ip_forward=1")}, false, false, "", 0, 1},
		{"later file wins", Files{lab: text("net.ipv4.ip_forward=1"), "/usr/lib/sysctl.d/99-zz.conf": text("net.ipv4.ip_forward=0")},
			true, false, "/usr/lib/sysctl.d/99-zz.conf", 1, 0},
		{"same name, /etc wins", Files{"/usr/lib/sysctl.d/50-a.conf": text("net.ipv4.ip_forward=0"), "/etc/sysctl.d/50-a.conf": text("net.ipv4.ip_forward=1")},
			true, true, "/etc/sysctl.d/50-a.conf", 1, 1},
		{"masked", Files{"/usr/lib/sysctl.d/50-a.conf": text("net.ipv4.ip_forward=1"), "/etc/sysctl.d/50-a.conf": {Link: "/dev/null"}},
			false, false, "", 0, 1},
		{"slashes", Files{lab: text("net/ipv4/ip_forward=1")}, true, true, lab, 1, 0},
		{"errors ignored", Files{lab: text("-net.ipv4.ip_forward=1")}, true, true, lab, 1, 0},
		{"alias later", Files{lab: text("net.ipv4.ip_forward=1", "net.ipv4.conf.all.forwarding=0")}, true, false, lab, 2, 0},
		{"alias earlier", Files{lab: text("net.ipv4.conf.all.forwarding=0", "net.ipv4.ip_forward=1")}, true, true, lab, 2, 0},
		{"repeated", Files{lab: text("net.ipv4.ip_forward=1", "net.ipv4.ip_forward=0")}, true, false, lab, 2, 0},
		{"taken back", Files{lab: text("net.ipv4.ip_forward=1", "-net.ipv4.ip_forward")}, false, false, "", 0, 0},
		{"glob", Files{lab: text("net.ipv4.conf.*.forwarding=1")}, true, true, lab, 1, 0},
		{"glob and name", Files{lab: text("net.ipv4.conf.all.forwarding=0", "net.ipv4.conf.*.forwarding=1")}, true, false, lab, 1, 0},
		{"glob stops at a dot", Files{lab: text("net.*.ip_forward=1", "net.*=0")}, true, true, lab, 1, 0},
		{"another key", Files{lab: text("net.ipv4.conf.ens18.forwarding=1", "net.ipv6.conf.all.forwarding=1")}, false, false, "", 0, 0},
		{"no value", Files{lab: text("net.ipv4.ip_forward=")}, false, false, "", 0, 1},
		{"a word", Files{lab: text("net.ipv4.ip_forward=yes")}, false, false, "", 0, 1},
		{"quoted", Files{lab: text(`net.ipv4.ip_forward="1"`)}, false, false, "", 0, 1},
		{"semicolon", Files{lab: text("net.ipv4.ip_forward=1;")}, false, false, "", 0, 1},
		{"word after number", Files{lab: text("net.ipv4.conf.all.forwarding=1", "net.ipv4.ip_forward=yes")}, true, true, lab, 1, 1},
		{"two", Files{lab: text("net.ipv4.ip_forward=2")}, true, true, lab, 1, 0},
		{"hexadecimal", Files{lab: text("net.ipv4.ip_forward=0x1")}, true, true, lab, 1, 0},
		{"underscore", Files{lab: text("net.ipv4.ip_forward=1_0")}, false, false, "", 0, 1},
		{"carriage return", Files{lab: text("net.ipv4.ip_forward=1\r")}, true, true, lab, 1, 0},
		{"a command", Files{lab: text("sysctl -w net.ipv4.ip_forward=1")}, false, false, "", 0, 0},
		{"said again", Files{lab: text("net.ipv4.ip_forward=1", "net.ipv4.conf.all.forwarding=0", "net.ipv4.ip_forward=1")}, true, false, lab, 2, 0},
		{"changed and changed back", Files{lab: text("net.ipv4.ip_forward=1", "net.ipv4.conf.all.forwarding=0", "net.ipv4.ip_forward=0", "net.ipv4.ip_forward=1")}, true, true, lab, 4, 0},
		{"masked by an empty file", Files{"/usr/lib/sysctl.d/50-a.conf": text("net.ipv4.ip_forward=1"), "/etc/sysctl.d/50-a.conf": {}}, false, false, "", 0, 1},
		{"masked by a dangling link", Files{"/usr/lib/sysctl.d/50-a.conf": text("net.ipv4.ip_forward=1"), "/etc/sysctl.d/50-a.conf": {Link: "x"}}, false, false, "", 0, 1},
		{"any link", Files{"/root/z": text("net.ipv4.ip_forward=1"), "/etc/sysctl.d/b.conf": {Link: "/root/z"}}, true, true, "/etc/sysctl.d/b.conf", 1, 0},
		{"a link out of what was read", Files{"/etc/sysctl.d/b.conf": {Content: "net.ipv4.ip_forward=1\n", Link: "/srv/z"}}, true, true, "/etc/sysctl.d/b.conf", 1, 0},
		{"hidden", Files{"/etc/sysctl.d/.x.conf": text("net.ipv4.ip_forward=1")}, false, false, "", 0, 1},
		{"dangling link", Files{"/etc/sysctl.d/99-sysctl.conf": link}, false, false, "", 0, 0},
		{"elsewhere", Files{"/root/x.conf": text("net.ipv4.ip_forward=1")}, false, false, "", 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v, found, err := ForwardingAtBoot(c.files)
			if err != nil || found != c.found || v.On() != c.on || v.File != c.file || v.Line != c.line || len(v.Ignored) != c.ignored {
				t.Errorf("got %+v, %v, %v", v, found, err)
			}
		})
	}
}

func TestSysctlAtBoot(t *testing.T) {
	files := Files{
		"/etc/sysctl.d/10-a.conf": text("; comment", "", "net.ipv4.conf.all.rp_filter = 1", "kernel.x=1", "nonsense"),
		"/etc/sysctl.d/20-b.conf": text("net/ipv4/conf/eth0.10/rp_filter=2", "net.ipv4.conf.all.rp_filter=2"),
	}
	v, found, err := SysctlAtBoot(files, "net.ipv4.conf.all.rp_filter")
	if err == nil || !strings.Contains(err.Error(), `10-a.conf:5: "nonsense" is no assignment`) {
		t.Errorf("got %v", err)
	}
	want := BootValue{
		Assignment: Assignment{"net.ipv4.conf.all.rp_filter", "2", "/etc/sysctl.d/20-b.conf", 2},
		Overridden: []Assignment{{"net.ipv4.conf.all.rp_filter", "1", "/etc/sysctl.d/10-a.conf", 3}},
	}
	if !found || !reflect.DeepEqual(v, want) {
		t.Errorf("got %+v", v)
	}
	if v, found, _ = SysctlAtBoot(files, "net/ipv4/conf/eth0.10/rp_filter"); !found || v.Value != "2" {
		t.Errorf("got %+v, %v", v, found)
	}
	if _, _, err := SysctlAtBoot(Files{"/etc/sysctl.d/a.conf": {Link: "a.conf"}}, "x"); err == nil {
		t.Error("a link to itself is read")
	}
	if _, _, err := SysctlAtBoot(Files{"/etc/sysctl.d/a.conf": {Content: strings.Repeat("\n", maxLines+1)}}, "x"); err == nil {
		t.Error("a file without end is read")
	}
}

func FuzzSysctl(f *testing.F) {
	f.Add("net.ipv4.ip_forward=1\n-x\n*=3\n[=\n", "a/b.c = d")
	f.Add("=\n-=\n-\n.=/\n", "\x00=\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		files := Files{"/etc/sysctl.d/1.conf": {Content: a}, "/etc/sysctl.conf": {Content: b}, "/etc/sysctl.d/2.conf": {Link: "1.conf"}}
		v, found, _ := ForwardingAtBoot(files)
		if found && v.File == "" {
			t.Errorf("%+v is set by nobody", v)
		}
	})
}
