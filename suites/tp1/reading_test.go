package tp1

import (
	"testing"

	"github.com/labproof/labproof/helpers/guest"
)

func TestWhatAGraderMayRunOnTheNode(t *testing.T) {
	for command, want := range map[string]bool{
		"lscpu -p=CPU,CORE,SOCKET":                   true,
		"grep MemTotal /proc/meminfo":                true,
		"ip -j -d address show dev vmbr11":           true,
		"ip -j neigh show to 10.0.1.2":               true,
		"ip -j neigh show dev vmbr11":                true,
		"ip neigh flush dev vmbr11":                  false,
		"ip -j -d address show dev vmbr11; reboot":   false,
		"ip link delete dev vmbr11":                  false,
		"qm stop 102":                                false,
		"/bin/sh -c 'rm -rf /' labproof-disk x":      false,
		"perl -e 'unlink glob q(/etc/pve/*)' port 1": false,
		"": false,
	} {
		for _, probe := range []bool{false, true} {
			if got := mayRunOnNode(probe)(command); got != want {
				t.Errorf("%q with probes %t: %t", command, probe, got)
			}
		}
	}
}

func TestWhatAGraderMayRunInGuests(t *testing.T) {
	tests := []struct {
		argv                    []string
		reads, probes, intrudes bool
	}{
		{[]string{"/bin/sh", "-c", sightScript}, true, true, true},
		{[]string{"cat", forwardFile}, true, true, true},
		{[]string{"/usr/bin/env", "LC_ALL=C", "ping", "-n", "10.0.1.1"}, false, true, true},
		{shellOf(closeForward()), false, false, true},
		{shellOf(openForward("4711")), false, false, true},
		{shellOf(openForward("0")), false, false, true},
		{shellOf(openForward("1 -1")), false, false, false},
		{shellOf(openForward("-1")), false, false, false},
		{append(shellOf(closeForward()), "x"), false, false, false},
		{[]string{"sysctl", "-q", "-w", "net.ipv4.ip_forward=0"}, false, false, false},
		{[]string{"/bin/sh", "-c", "reboot"}, false, false, false},
		{[]string{"cat", "/etc/shadow"}, false, false, false},
	}
	for _, test := range tests {
		for name, got := range map[string]bool{
			"reads": mayRun(false, false)(test.argv) == test.reads, "probes": mayRun(true, false)(test.argv) == test.probes,
			"intrudes": mayRun(true, true)(test.argv) == test.intrudes,
		} {
			if !got {
				t.Errorf("%s: %.60q is decided wrongly", name, test.argv)
			}
		}
	}
	if guest.IsProbe(shellOf(closeForward())) {
		t.Error("a change is taken for a probe")
	}
}
