package guest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// fakePing prints what iputils ping printed in a guest, by what it is asked.
const fakePing = `
for last; do :; done
case "$*" in *"-e "*) ident=1;; *) ident=0;; esac
case $last in
10.0.1.1) cat <<'END'
PING 10.0.1.1 (10.0.1.1) 56(84) bytes of data.
64 bytes from 10.0.1.1: icmp_seq=1 ttl=64 time=0.512 ms
64 bytes from 10.0.1.1: icmp_seq=2 ttl=64 time=0.432 ms

--- 10.0.1.1 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 201ms
rtt min/avg/max/mdev = 0.432/0.472/0.512/0.040 ms
END
;;
10.0.1.9) cat <<'END'
PING 10.0.1.9 (10.0.1.9) 56(84) bytes of data.
From 10.0.1.2 icmp_seq=1 Destination Host Unreachable
From 10.0.1.2 icmp_seq=2 Destination Host Unreachable

--- 10.0.1.9 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 205ms
END
exit 1;;
1.1.1.1) echo 'ping: connect: Network is unreachable' >&2; exit 2;;
10.0.2.2) if [ $ident = 1 ]; then echo "ping: invalid option -- 'e'" >&2; exit 2; fi
cat <<'END'
PING 10.0.2.2 (10.0.2.2) 56(84) bytes of data.

--- 10.0.2.2 ping statistics ---
2 packets transmitted, 0 received, 100% packet loss, time 201ms
END
exit 1;;
*) printf 'PING \033[2J\377'; exit 1;;
esac
`

func TestPing(t *testing.T) {
	f := newFakeAgent(t)
	f.program("ping", fakePing)
	g := f.guest()

	p, err := Ping(t.Context(), g, "10.0.1.1", 2)
	if err != nil || p.Sent != 2 || p.Received != 2 || !p.LostNone() || p.LostAll() || p.ID == 0 || p.Exit != 0 || len(p.Errors) != 0 {
		t.Errorf("got %+v, %v", p, err)
	}
	if want := fmt.Sprintf("/usr/bin/env LC_ALL=C ping -n -c 2 -l 2 -W 5 -e %d 10.0.1.1", p.ID); p.Command != want {
		t.Errorf("asked %q, want %q", p.Command, want)
	}
	if p.String() != "instance-1-1 → 10.0.1.1: 2/2" {
		t.Errorf("reads %q", p.String())
	}

	p, err = Ping(t.Context(), g, "10.0.1.9", 2)
	if err != nil || !p.LostAll() || p.Exit != 1 || !reflect.DeepEqual(p.Errors, []string{"Destination Host Unreachable"}) {
		t.Errorf("got %+v, %v", p, err)
	}

	p, err = Ping(t.Context(), g, "1.1.1.1", 2)
	if err != nil || p.Sent != 0 || p.LostAll() || p.LostNone() || p.Exit != 2 || len(p.Errors) != 1 || !strings.Contains(p.Errors[0], "Network is unreachable") {
		t.Errorf("got %+v, %v", p, err)
	}
}

// Debian 11's ping cannot be told the identifier.
func TestAnOldPingIsAskedWithoutIdentifier(t *testing.T) {
	f := newFakeAgent(t)
	f.program("ping", fakePing)
	p, err := Ping(t.Context(), f.guest(), "10.0.2.2", 2)
	if err != nil || !p.LostAll() || p.ID != 0 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestWhatIsNoPingsOutputIsAnError(t *testing.T) {
	f := newFakeAgent(t)
	f.program("ping", fakePing)
	p, err := Ping(t.Context(), f.guest(), "10.0.1.66", 2)
	if err == nil || strings.Contains(p.Output+err.Error(), "\x1b") || strings.Contains(p.Output+err.Error(), "\xff") {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, bad := range []string{"", "-f"} {
		if _, err := Ping(t.Context(), f.guest(), bad, 1); err == nil {
			t.Errorf("%q was pinged", bad)
		}
	}
}
