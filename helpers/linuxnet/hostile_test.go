package linuxnet

import (
	"fmt"
	"strings"
	"testing"
)

// A few lines may multiply each other: what is read of them all is bounded, and said.
func TestLinesThatMultiplyAreBounded(t *testing.T) {
	const many = 9000
	heir := "iface a inherits a\n"
	for name, files := range map[string]Files{
		"inherited options": {
			"/etc/network/interfaces": {Content: "iface a inet manual\n" + strings.Repeat("a b\n", many) + "source b b b\n"},
			"/etc/network/b":          {Content: strings.Repeat(heir, many/3)},
		},
		"sourced files": {
			"/etc/network/interfaces": {Content: "source" + strings.Repeat(" b", many) + "\n"},
			"/etc/network/b":          {Content: "source" + strings.Repeat(" c", many) + "\n"},
			"/etc/network/c":          {Content: "# nothing\n"},
		},
		"patterns of nothing": {
			"/etc/network/interfaces": {Content: strings.Repeat("source"+strings.Repeat(" x", many)+"\n", 10)},
		},
		"directories of nothing": {
			"/etc/network/interfaces": {Content: strings.Repeat("source-directory"+strings.Repeat(" x", many)+"\n", 10)},
		},
		"names": {
			"/etc/network/interfaces": {Content: "source" + strings.Repeat(" b", many) + "\n"},
			"/etc/network/b":          {Content: "auto" + strings.Repeat(" lo", many) + "\n"},
		},
	} {
		parsed, err := ParseInterfaces(files, "/etc/network/interfaces")
		if err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
		size := len(parsed.Files) + len(parsed.Auto)
		for _, s := range parsed.Stanzas {
			size += 1 + len(s.Options)
		}
		if size > 2*maxLines {
			t.Errorf("%s: %d things were kept", name, size)
		}
	}
}

// A file is read once, however often a command line asks sysctl for it.
func TestSysctlIsAskedAgainAndAgain(t *testing.T) {
	var keys strings.Builder
	for i := range 13000 {
		fmt.Fprintf(&keys, "k%d=1\n", i)
	}
	files := Files{
		"/etc/sysctl.conf":        {Content: keys.String() + Forwarding + "=1\n"},
		"/etc/network/interfaces": {Content: "auto ens18\niface ens18 inet manual\n up sysctl " + strings.Repeat("-p ", 20000) + "\n"},
	}
	interfaces, err := ParseInterfaces(files, "/etc/network/interfaces")
	if err != nil {
		t.Fatal(err)
	}
	if value, found := ForwardingAtUp(interfaces, files); !found || !value.On() {
		t.Errorf("forwarding is %+v, %t", value, found)
	}
}
