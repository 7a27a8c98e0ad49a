package tp1

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/reports"
)

// variant is another way to build the same thing, or nearly.
type variant struct {
	name     string
	question string
	changes  map[string]any // what is seen instead, by its path in the look
	says     string         // part of the English reason; "": it is right
}

const loopback = "auto lo\niface lo inet loopback\n"

func written15(files map[string]string) map[string]any {
	all := map[string]any{}
	for name, content := range files {
		all["/etc/network/"+name] = map[string]string{"Content": content}
	}
	return map[string]any{"files": all}
}

func with(changes map[string]any, more map[string]any) map[string]any {
	for path, value := range more {
		changes[path] = value
	}
	return changes
}

func defaultRoute(gateway, protocol string) []any {
	return []any{map[string]any{"Dst": "0.0.0.0/0", "Default": true, "Gateway": gateway, "Dev": "ens18", "Protocol": protocol}}
}

func variants() []variant {
	file := func(text string) map[string]any { return written15(map[string]string{"interfaces": text}) }
	sourcing := func(line, name, text string) map[string]any {
		return written15(map[string]string{"interfaces": loopback + line + "\n", name: text})
	}
	const card = "auto ens18\niface ens18 inet static\n"
	right := card + " address 10.0.1.2/29\n gateway 10.0.1.1\n"
	return []variant{
		{"in interfaces.d", "tp1.q15", sourcing("source /etc/network/interfaces.d/*", "interfaces.d/ens18", right), ""},
		{"in a directory of its own", "tp1.q15", sourcing("source-directory interfaces.d", "interfaces.d/ens18", right), ""},
		{"in a file beside it", "tp1.q15", sourcing("source /etc/network/lab.cfg", "lab.cfg", right), ""},
		{"in a file that is not sourced", "tp1.q15", sourcing("", "interfaces.d/ens18", right), "is not written in /etc/network/interfaces"},
		{"netmask on its own line", "tp1.q15", file(card + " address 10.0.1.2\n netmask 255.255.255.248\n gateway 10.0.1.1\n"), ""},
		{"netmask as a length", "tp1.q15", file(card + " address 10.0.1.2\n netmask 29\n gateway 10.0.1.1\n"), ""},
		{"no netmask", "tp1.q15", file(card + " address 10.0.1.2\n gateway 10.0.1.1\n"), "the mask is wrong"},
		{"netmask of a /30", "tp1.q15", file(card + " address 10.0.1.2\n netmask 255.255.255.252\n gateway 10.0.1.1\n"), "the mask is wrong"},
		{"network and broadcast", "tp1.q15", file(card + " address 10.0.1.2\n netmask 255.255.255.248\n network 10.0.1.0\n broadcast 10.0.1.7\n gateway 10.0.1.1\n"), ""},
		{"from Windows", "tp1.q15", file(strings.ReplaceAll(loopback+right, "\n", "\r\n")), ""},
		{"comments and blanks", "tp1.q15", file("# lab\n\n  auto   ens18  \n\n# the card\niface ens18\tinet static\n\n\taddress   10.0.1.2/29   \n\t# router\n\tgateway\t10.0.1.1 # ours\n"), ""},
		{"allow-hotplug", "tp1.q15", file(strings.Replace(right, "auto", "allow-hotplug", 1)), ""},
		{"two on one auto line", "tp1.q15", file("auto lo ens18\niface lo inet loopback\n" + strings.TrimPrefix(right, "auto ens18\n")), ""},
		{"route by a command", "tp1.q15", file(card + " address 10.0.1.2/29\n up route add default gw 10.0.1.1\n"), ""},
		{"route by ip", "tp1.q15", file(card + " address 10.0.1.2/29\n up ip route add default via 10.0.1.1 dev ens18\n"), ""},
		{"route to the neighbours only", "tp1.q15", file(card + " address 10.0.1.2/29\n up ip route add 10.0.2.0/29 via 10.0.1.1\n"), "The gateway that is written"},
		{"by an altname", "tp1.q15", with(file(strings.ReplaceAll(right, "ens18", "enp0s18")), map[string]any{"network.links.1.AltNames": []string{"enp0s18"}}), ""},
		{"no auto", "tp1.q15", file(strings.TrimPrefix(right, "auto ens18\n")), "does not come up by itself"},
		{"DHCP", "tp1.q15", file("auto ens18\niface ens18 inet dhcp\n"), "does not configure ens18"},
		{"a slip of the pen", "tp1.q15", file(strings.Replace(right, "gateway", "gatway", 1)), "The gateway that is written"},
		{"an option that belongs nowhere", "tp1.q15", file(" address 10.0.1.2/29\n" + right), "does not configure ens18"},
		{"a gateway that nobody knows", "tp1.q15", with(file(card+" address 10.0.1.2/29\n gateway 10.0.1.6\n"), map[string]any{
			"gateway": "", "taken": []any{}, "network.routes": defaultRoute("10.0.1.6", "")}), ""},
		{"such a gateway elsewhere", "tp1.q15", with(file(card+" address 10.0.1.2/29\n gateway 10.0.2.1\n"), map[string]any{
			"gateway": "", "taken": []any{}, "network.routes": defaultRoute("10.0.2.1", "")}), "The gateway that is written"},
		{"itself as such a gateway", "tp1.q15", with(file(card+" address 10.0.1.2/29\n gateway 10.0.1.2\n"), map[string]any{
			"gateway": "", "taken": []any{}, "network.routes": defaultRoute("10.0.1.2", "")}), "The gateway that is written"},
		{"the host's address, which the gateway VM did not take over", "tp1.q15", with(file(right), map[string]any{
			"gateway": "10.0.1.6", "earlier": "10.0.1.1", "taken": []any{}, "network.routes": defaultRoute("10.0.1.1", "")}), ""},
		{"neither the gateway VM's nor the host's", "tp1.q15", with(file(card+" address 10.0.1.2/29\n gateway 10.0.1.5\n"), map[string]any{
			"gateway": "10.0.1.6", "earlier": "10.0.1.1", "taken": []any{}, "network.routes": defaultRoute("10.0.1.5", "")}), "The gateway that is written is not 10.0.1.6"},
		{"on the disk, another card first", "tp1.q15", with(file("auto eth9\niface eth9 inet dhcp\n"+right), map[string]any{"offline": true}), ""},
		{"on the disk, a q35", "tp1.q15", with(file(strings.ReplaceAll(right, "ens18", "enp6s18")), map[string]any{"offline": true}), ""},
		{"on the disk, no predictable names", "tp1.q15", with(file(strings.ReplaceAll(right, "ens18", "eth0")), map[string]any{"offline": true}), ""},
		{"on the disk, another machine's card", "tp1.q15", with(file(strings.ReplaceAll(right, "ens18", "ens33")), map[string]any{"offline": true}), "ens18 does not come up by itself"},
		{"on the disk, the text's own letters", "tp1.q15", with(file(strings.ReplaceAll(right, "ens18", "ensXX")), map[string]any{"offline": true}), "ens18 does not come up by itself"},
		{"no network card in the template", "tp1.q16", map[string]any{"macs": map[string]string{"a": "BC:24:11:00:00:01", "b": "BC:24:11:00:00:02"}}, ""},
		{"2000 MB", "tp1.vm", map[string]any{"memory": 2000, "boot": nil}, ""},
		{"1 GB", "tp1.vm", map[string]any{"memory": 1024, "boot": nil}, "must have 2 GB"},
		{"the diagrams' name", "tp1.clone", map[string]any{"name": "instance-1-2"}, ""},
		{"a template's template", "tp1.clone", map[string]any{
			"base.ID": "local:201/base-201-disk-0.qcow2/101/base-101-disk-0.qcow2", "base.Parent": "../201/base-201-disk-0.qcow2",
			"disk": map[string]any{"ID": "local:101/base-101-disk-0.qcow2/102/vm-102-disk-0.qcow2", "Parent": "../101/base-101-disk-0.qcow2"}}, ""},
		{"a clone of what the template is made of", "tp1.clone", map[string]any{
			"base.ID": "local:201/base-201-disk-0.qcow2/101/base-101-disk-0.qcow2", "base.Parent": "../201/base-201-disk-0.qcow2",
			"disk": map[string]any{"ID": "local:201/base-201-disk-0.qcow2/102/vm-102-disk-0.qcow2", "Parent": "../201/base-201-disk-0.qcow2"}}, "is no linked clone"},
		{"a template without ifupdown", "tp1.q08", map[string]any{"later": true, "template": nil}, ""},
		{"nor on Q9", "tp1.q09", map[string]any{"later": true, "template": nil}, ""},
		{"the gateway's other name", "tp1.gateway", map[string]any{"name": "gw-2-1"}, ""},
		{"forwarding with a comment behind", "tp1.q21", map[string]any{"boot.Value": "1 # routing"}, ""},
		{"forwarding as a word", "tp1.q21", map[string]any{"boot.Value": "yes"}, "would not survive a reboot"},
	}
}

func TestVariantsThatStudentsBuild(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	p := newPlay(questions(), c)
	for _, v := range variants() {
		t.Run(v.question+" "+v.name, func(t *testing.T) {
			q, _ := p.question(v.question)
			look := seenBy(t, v.question)
			delete(look, "host")
			if v.question != "tp1.vm" {
				delete(look, "story")
			}
			for path, value := range v.changes {
				change(t, look, mistake{path: path, value: value})
			}
			reason, failed := verdictOf(t, c, q, look)
			if failed != (v.says != "") || !strings.Contains(reason.What.EN, v.says) {
				t.Errorf("failed: %t, %+v; want %q", failed, reason, v.says)
			}
			if strings.Contains(reason.What.FR+reason.What.EN, "%!") {
				t.Errorf("badly said: %+v", reason)
			}
		})
	}
}

// What manages a card instead of ifupdown counts where the teacher says so.
func TestOtherManagers(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	p := newPlay(questions(), c)
	q, _ := p.question("tp1.q15")
	for name, test := range map[string]struct {
		accepted bool
		changes  map[string]any
		says     string
	}{
		"not accepted":     {false, nil, "is not written in /etc/network/interfaces"},
		"networkd":         {true, nil, ""},
		"by hand":          {true, map[string]any{"network.routes": defaultRoute("10.0.1.1", "boot")}, "was set for the moment only"},
		"DHCP":             {true, map[string]any{"network.routes": defaultRoute("10.0.1.1", "dhcp")}, "was set for the moment only"},
		"another gateway":  {true, map[string]any{"network.routes": defaultRoute("10.0.1.5", "static")}, "does not go through 10.0.1.1"},
		"a wrong mask":     {true, map[string]any{"network.links.1.Addresses": []any{map[string]any{"Prefix": "10.0.1.2/24", "Scope": "global"}}}, "the mask is wrong"},
		"a taken address":  {true, map[string]any{"network.links.1.Addresses": []any{map[string]any{"Prefix": "10.0.1.1/29", "Scope": "global"}}}, "is that of gateway already"},
		"no default route": {true, map[string]any{"network.routes": []any{}}, "does not go through"},
		"without the file": {true, map[string]any{"files": map[string]any{}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.node.Config.Accept.OtherManagers = test.accepted
			look := seenBy(t, "tp1.q15")
			delete(look, "host")
			change(t, look, mistake{path: "files", value: map[string]any{interfacesFile: map[string]string{"Content": loopback}}})
			change(t, look, mistake{path: "network.routes", value: defaultRoute("10.0.1.1", "static")})
			for path, value := range test.changes {
				change(t, look, mistake{path: path, value: value})
			}
			reason, failed := verdictOf(t, c, q, look)
			if failed != (test.says != "") || !strings.Contains(reason.What.EN, test.says) {
				t.Errorf("failed: %t, %+v; want %q", failed, reason, test.says)
			}
		})
	}
}

// Of a VM of which only the disk was read, a manager's own files do not show: where it counts,
// the wire alone judges, or nobody.
func TestOtherManagersOnTheDisk(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	q := ask(sectionConnect, q15())
	g := c.groups[0]
	for name, test := range map[string]struct {
		accepted bool
		files    string
		wire     *wireVM
		moot     bool
		says     string
	}{
		"not accepted":    {false, loopback, nil, false, "does not come up by itself"},
		"accepted":        {true, loopback, nil, true, ""},
		"with a wire":     {true, loopback, &wireVM{VMID: g.First.ID}, false, "answers for no address"},
		"with a stanza":   {true, loopback + "iface ens18 inet static\n address 10.0.1.2/29\n", nil, false, "does not come up by itself"},
		"a broken stanza": {true, "bogus\n", nil, false, "/etc/network/interfaces"},
	} {
		c.node.Config.Accept.OtherManagers = test.accepted
		look := addressLook{Offline: true, Files: linuxnet.Files{interfacesFile: {Content: test.files}}, Wire: test.wire}
		_, moot := q.moot(g, look)
		reason, failed := q.verdict(g, look)
		p := newPlay(questions(), c)
		p.writings = map[int]writing{1: {file: &answers.File{Group: 1}}}
		v := reports.Verdict{ID: q.ID, Subject: "group-1", Outcome: reports.NotObservable}
		if p.answer(&v, &act{looked: true, look: look}); test.moot && v.Outcome != reports.NotObservable {
			t.Errorf("%s: what was written decides: %s", name, v.Outcome)
		}
		if moot != test.moot || !moot && (!failed || !strings.Contains(reason.What.EN, test.says)) {
			t.Errorf("%s: moot %t, failed %t: %+v", name, moot, failed, reason)
		}
	}
}

// The gateway's network, too, may be another manager's: both of its cards have their addresses,
// and no file of ifupdown's says so.
func TestOtherManagersOfTheGateway(t *testing.T) {
	c := stageForJudging(t)
	c.node.Teacher = nil
	q := ask(sectionRouter, q20())
	for name, test := range map[string]struct {
		accepted bool
		address  string
		says     string
	}{
		"not accepted":    {false, "10.0.1.1/29", "is not written in /etc/network/interfaces"},
		"networkd":        {true, "10.0.1.1/29", ""},
		"a wrong mask":    {true, "10.0.1.1/24", "the mask is wrong"},
		"a taken address": {true, "10.0.1.2/29", "is that of instance-1-1 already"},
	} {
		c.node.Config.Accept.OtherManagers = test.accepted
		network := guestNetwork{Links: []linuxnet.Link{{Name: "ens18", Addresses: []linuxnet.Address{{Prefix: netip.MustParsePrefix(test.address), Scope: "global"}}}}}
		look := silentLook{Sides: []sideLook{{
			Group: 1, Card: "ens18", Network: network, Files: linuxnet.Files{interfacesFile: {Content: loopback}},
			Taken: []tenant{{"instance-1-1", netip.MustParseAddr("10.0.1.2")}},
		}}}
		if reason, failed := q.verdict(c.pairs[0], look); failed != (test.says != "") || !strings.Contains(reason.What.EN, test.says) {
			t.Errorf("%s: failed %t: %+v", name, failed, reason)
		}
	}
}

// What decides about forwarding at boot, sysctls and the commands of interfaces together.
func TestForwardingAtBoot(t *testing.T) {
	const sysctl, up = "/etc/sysctl.d/99-lab.conf", "auto ens18\niface ens18 inet static\n up sysctl -w net.ipv4.ip_forward="
	for name, test := range map[string]struct {
		files map[string]string
		on    bool
		file  string
	}{
		"nothing":                     {map[string]string{}, false, ""},
		"sysctl.d":                    {map[string]string{sysctl: "net.ipv4.ip_forward=1\n"}, true, sysctl},
		"slashes, blanks and a dash":  {map[string]string{sysctl: "  -net/ipv4/ip_forward \t=\t1\n"}, true, sysctl},
		"from Windows":                {map[string]string{sysctl: "# on\r\nnet.ipv4.ip_forward = 1\r\n"}, true, sysctl},
		"a line that is none":         {map[string]string{sysctl: "net.ipv4.ip_forward 1\n"}, false, ""},
		"beside a line that is none":  {map[string]string{sysctl: "forward please\nnet.ipv4.ip_forward=1\n"}, true, sysctl},
		"by interfaces":               {map[string]string{interfacesFile: up + "1\n"}, true, interfacesFile},
		"interfaces come later":       {map[string]string{sysctl: "net.ipv4.ip_forward=1\n", interfacesFile: up + "0\n"}, false, interfacesFile},
		"interfaces with an error":    {map[string]string{sysctl: "net.ipv4.ip_forward=1\n", interfacesFile: "oops\n" + up + "0\n"}, true, sysctl},
		"a card that stays down":      {map[string]string{interfacesFile: up[len("auto ens18\n"):] + "1\n"}, false, ""},
		"sysctl.conf without a link":  {map[string]string{"/etc/sysctl.conf": "net.ipv4.ip_forward=1\n"}, false, ""},
		"a file without its ending":   {map[string]string{"/etc/sysctl.d/99-lab": "net.ipv4.ip_forward=1\n"}, false, ""},
		"another's card, not the lab": {map[string]string{sysctl: "net.ipv6.conf.all.forwarding=1\n"}, false, ""},
	} {
		files := linuxnet.Files{}
		for path, content := range test.files {
			files[path] = linuxnet.File{Content: content}
		}
		boot := forwardingAtBoot(files)
		if (boot != nil) != (test.file != "") || boot != nil && (boot.File != test.file || boot.On() != test.on) {
			t.Errorf("%s: %+v", name, boot)
		}
	}
}

// A group may choose its addresses: the one with the right mask is taken before others.
func TestTheAddressThatAGroupChose(t *testing.T) {
	g := twoGroups(t, false).groups[0]
	for text, want := range map[string]string{
		"":                           "",
		"10.0.1.5/29":                "10.0.1.5",
		"192.168.1.2/24 10.0.1.5/29": "10.0.1.5",
		"10.0.1.2/24 10.0.1.5/29":    "10.0.1.5",
		"10.0.1.2/24":                "10.0.1.2",
		"10.0.2.2/29":                "",
	} {
		var all []netip.Prefix
		for _, one := range strings.Fields(text) {
			all = append(all, netip.MustParsePrefix(one))
		}
		if addr, ok := g.chosen(all); ok != (want != "") || ok && addr.String() != want {
			t.Errorf("%q: %v, %t", text, addr, ok)
		}
	}
	files := linuxnet.Files{interfacesFile: {Content: loopback + "auto ens18\niface ens18 inet static\n address 10.0.1.4/29\niface ens19 inet dhcp\n"}}
	if got := writtenAddresses(files); len(got) != 1 || got[0].String() != "10.0.1.4/29" {
		t.Errorf("written: %v", got)
	}
}
