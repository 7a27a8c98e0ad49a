package capture

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// about quotes a packet as a router does: its IPv4 header and what follows, cut.
func about(t testing.TB, kind, code uint8, quoted []byte) []byte {
	t.Helper()
	router := &layers.IPv4{Version: 4, IHL: 5, TTL: 63, Protocol: layers.IPProtocolICMPv4, SrcIP: []byte{10, 0, 1, 1}, DstIP: near.AsSlice()}
	message := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, code)}
	return serialize(t, eth(layers.EthernetTypeIPv4), router, message, gopacket.Payload(quoted))
}

func TestDecode(t *testing.T) {
	at := time.Unix(5, 6)
	request := serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(8), gopacket.Payload("x"))
	quoted := request[14 : 14+28]

	if p := Decode(request, at); p.Echo == nil || !p.Echo.Request || p.Echo.Src != near || p.Echo.Time != at || p.ARP != nil || p.Error != nil {
		t.Errorf("an echo request: %+v", p)
	}
	if p := Decode(serialize(t, eth(layers.EthernetTypeARP), arp(1, near, far)), at); p.ARP == nil || p.ARP.TargetIP != far || p.ARP.Time != at || p.Echo != nil {
		t.Errorf("who-has: %+v", p)
	}
	for _, c := range []struct {
		kind, code uint8
		want       string
	}{
		{3, 1, "DestinationUnreachable(Host)"}, {3, 13, "DestinationUnreachable(CommAdminProhibited)"},
		{5, 1, "Redirect(Host)"}, {11, 0, "TimeExceeded(TTLExceeded)"},
	} {
		p := Decode(about(t, c.kind, c.code, quoted), at)
		if p.Error == nil || p.Echo != nil || p.Error.What() != c.want {
			t.Errorf("%d/%d: %+v", c.kind, c.code, p)
			continue
		}
		e := p.Error
		if e.Src != netip.MustParseAddr("10.0.1.1") || e.Dst != near || e.SrcMAC != "02:00:00:00:00:01" || e.Time != at ||
			e.About.Src != near || e.About.Dst != far || e.About.ID != 7 || e.About.Seq != 9 || !e.About.Request || e.About.Bad || e.About.TTL != 64 {
			t.Errorf("%d/%d: %+v", c.kind, c.code, e)
		}
	}
}

func TestDecodeLeavesOutWhatItCannotRead(t *testing.T) {
	request := serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(8))
	damaged := about(t, 3, 1, request[14:])
	damaged[len(damaged)-1] ^= 0xff
	for name, frame := range map[string][]byte{
		"nothing": nil, "cut": request[:20], "IPv6": serialize(t, eth(layers.EthernetTypeIPv6), gopacket.Payload("x")),
		"about TCP":       about(t, 3, 1, append([]byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6}, make([]byte, 18)...)),
		"about a cut one": about(t, 3, 1, request[14:30]), "damaged": damaged,
		"timestamp": serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 0), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(13, 0)}),
	} {
		if p := Decode(frame, time.Time{}); p != (Packet{}) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func FuzzDecode(f *testing.F) {
	request := serialize(f, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(8))
	f.Add(request)
	f.Add(about(f, 11, 0, request[14:]))
	f.Add(serialize(f, eth(layers.EthernetTypeARP), arp(2, near, far)))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := Decode(data, time.Time{})
		if p.Error != nil && (p.Echo != nil || !p.Error.Src.Is4() || !p.Error.About.Dst.Is4() || p.Error.What() == "") {
			t.Errorf("%+v", p)
		}
	})
}
