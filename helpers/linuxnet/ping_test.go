package linuxnet

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func ping(t *testing.T, name string) Ping {
	t.Helper()
	p, err := ParsePing(string(sample(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPingThatWorks(t *testing.T) {
	p := ping(t, "ping_ok.txt")
	me := netip.MustParseAddr("10.0.1.2")
	want := Ping{
		Target: "10.0.1.2", Addr: me, Sent: 3, Received: 3, Summary: true,
		Replies: []PingReply{
			{From: me, Seq: 1, TTL: 64, Time: 203 * time.Microsecond},
			{From: me, Seq: 2, TTL: 64, Time: 46 * time.Microsecond},
			{From: me, Seq: 3, TTL: 64, Time: 45 * time.Microsecond},
		},
	}
	if !reflect.DeepEqual(p, want) || !p.LostNone() || p.LostAll() || p.Reasons() != nil {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

func TestPingThatNobodyAnswers(t *testing.T) {
	p := ping(t, "ping_lost.txt")
	if !p.LostAll() || p.Sent != 2 || p.Received != 0 || p.Loss != 100 || len(p.Problems) != 0 {
		t.Errorf("got %+v", p)
	}
	p = ping(t, "ping_host_unreach.txt")
	if !p.LostAll() || p.Sent != 3 || p.Errors != 3 || len(p.Problems) != 3 {
		t.Errorf("got %+v", p)
	}
	first := PingProblem{From: netip.MustParseAddr("10.0.1.2"), Seq: 1, Text: "Destination Host Unreachable"}
	if p.Problems[0] != first || !reflect.DeepEqual(p.Reasons(), []string{"Destination Host Unreachable"}) {
		t.Errorf("got %+v", p.Problems)
	}
}

func TestPingThatCannotBeSent(t *testing.T) {
	for name, want := range map[string]string{
		"ping_unreach_net.txt": "Network is unreachable", "ping_down.txt": "Network is unreachable",
		"ping_hostroute.txt": "No route to host", "ping_name.txt": "nosuch.example: Temporary failure in name resolution",
	} {
		p := ping(t, name)
		if p.Failure != want || p.Summary || !p.LostAll() || p.LostNone() || !reflect.DeepEqual(p.Reasons(), []string{want}) {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}

func TestOtherPings(t *testing.T) {
	if p := ping(t, "ping_small.txt"); len(p.Replies) != 2 || p.Replies[0].Time != 0 || p.Replies[0].TTL != 64 {
		t.Errorf("without times: %+v", p)
	}
	if p := ping(t, "ping_quiet.txt"); len(p.Replies) != 0 || !p.LostNone() {
		t.Errorf("quiet: %+v", p)
	}
	if p := ping(t, "ping_D.txt"); len(p.Replies) != 1 {
		t.Errorf("with dates: %+v", p)
	}
	if p := ping(t, "ping6.txt"); len(p.Replies) != 1 || p.Addr != netip.IPv6Loopback() {
		t.Errorf("IPv6: %+v", p)
	}
	if p := ping(t, "ping_b.txt"); p.Target != "10.0.1.7" || !p.LostAll() {
		t.Errorf("broadcast: %+v", p)
	}
}

func TestDuplicatesAndNamesAndRouters(t *testing.T) {
	p, err := ParsePing(`PING instance-2-1 (10.0.2.2) 56(84) bytes of data.
64 bytes from instance-2-1 (10.0.2.2): icmp_seq=1 ttl=63 time=1.50 ms
64 bytes from instance-2-1 (10.0.2.2): icmp_seq=1 ttl=63 time=1.61 ms (DUP!)
From gw (10.0.1.1) icmp_seq=2 Time to live exceeded
From 10.0.1.1: icmp_seq=3 Redirect Host(New nexthop: 10.0.1.6)
ping: sendmsg: Network is unreachable
24 bytes from 10.0.2.2: icmp_seq=5 ttl=63 (truncated)

--- instance-2-1 ping statistics ---
5 packets transmitted, 2 received, +1 duplicates, +2 errors, 60% packet loss, time 4005ms
rtt min/avg/max/mdev = 1.500/1.555/1.610/0.055 ms
`)
	if err != nil {
		t.Fatal(err)
	}
	if p.Sent != 5 || p.Received != 2 || p.Duplicates != 1 || p.Errors != 2 || p.Loss != 60 || p.LostAll() || p.LostNone() {
		t.Errorf("got %+v", p)
	}
	if len(p.Replies) != 3 || !p.Replies[1].Duplicate || !p.Replies[2].Truncated || p.Replies[0].From.String() != "10.0.2.2" {
		t.Errorf("got %+v", p.Replies)
	}
	want := []string{"Time to live exceeded", "Redirect Host(New nexthop: 10.0.1.6)", "Network is unreachable"}
	if !reflect.DeepEqual(p.Reasons(), want) || p.Problems[0].From.String() != "10.0.1.1" || p.Failure != "" {
		t.Errorf("got %+v", p.Problems)
	}
}

func TestNoPing(t *testing.T) {
	for _, text := range []string{"", "bash: line 1: ping: command not found", "\x1b[2J\x00", strings.Repeat("x", maxPing+1), strings.Repeat("\n", maxPingLines+1)} {
		if p, err := ParsePing(text); err == nil {
			t.Errorf("%.40q is taken as %+v", text, p)
		} else if strings.ContainsAny(err.Error(), "\x1b\x00") {
			t.Errorf("the error carries control characters: %q", err)
		}
	}
}

func FuzzPing(f *testing.F) {
	for _, name := range []string{"ping_ok.txt", "ping_host_unreach.txt", "ping_unreach_net.txt", "ping_name.txt", "ping6.txt"} {
		f.Add(string(sample(f, name)))
	}
	f.Add("1 packets transmitted, 999999999 received, +9 duplicates, 0.1.2% packet loss")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePing(text)
		if err == nil && p.LostAll() && p.LostNone() {
			t.Errorf("%q lost all and none", text)
		}
	})
}
