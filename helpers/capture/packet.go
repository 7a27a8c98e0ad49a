package capture

import (
	"net/netip"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Packet is what one frame carries: one of its parts, or none where it is of another
// kind or not well formed.
type Packet struct {
	Echo  *Echo
	ARP   *ARP
	Error *ICMPError
}

// ICMPError is a router's or a host's message that it could not pass an echo packet on,
// or would rather have it sent elsewhere: unreachable, redirect, time exceeded,
// parameter problem (RFC 792).
type ICMPError struct {
	Time           time.Time
	Src, Dst       netip.Addr
	SrcMAC, DstMAC string
	Type, Code     uint8
	VLAN           uint16
	About          Echo // the packet it quotes, as far as that is told: no MACs, and the TTL it had left
}

// What names the type and code: "DestinationUnreachable(Host)".
func (e ICMPError) What() string { return layers.CreateICMPv4TypeCode(e.Type, e.Code).String() }

// Decode reads one Ethernet frame, without the checksum that ends it on a wire.
func Decode(data []byte, at time.Time) Packet {
	f, ok := decodeFrame(layers.LinkTypeEthernet, data)
	if !ok {
		return Packet{}
	}
	f.time = at
	switch f.kind {
	case layers.EthernetTypeARP:
		if arp, ok := decodeARP(f); ok {
			return Packet{ARP: &arp}
		}
	case layers.EthernetTypeIPv4:
		if echo, ok := decodeEcho(f); ok {
			return Packet{Echo: &echo}
		}
		if refusal, ok := decodeICMPError(f); ok {
			return Packet{Error: &refusal}
		}
	}
	return Packet{}
}

func decodeICMPError(f frame) (ICMPError, bool) {
	ip, icmp, ok := decodeICMP(f.payload)
	if !ok || damaged(ip) {
		return ICMPError{}, false
	}
	switch icmp.TypeCode.Type() {
	case layers.ICMPv4TypeDestinationUnreachable, layers.ICMPv4TypeRedirect, layers.ICMPv4TypeTimeExceeded, layers.ICMPv4TypeParameterProblem:
	default:
		return ICMPError{}, false
	}
	about, ok := decodeEcho(frame{payload: icmp.Payload})
	if !ok {
		return ICMPError{}, false
	}
	about.Bad = false // a quotation is cut on purpose
	return ICMPError{
		Time: f.time, Src: address(ip.SrcIP), Dst: address(ip.DstIP), SrcMAC: f.src, DstMAC: f.dst, VLAN: f.vlan,
		Type: icmp.TypeCode.Type(), Code: icmp.TypeCode.Code(), About: about,
	}, true
}

// decodeICMP reads an IPv4 packet that begins with an ICMP header: no later fragment.
func decodeICMP(data []byte) (ip layers.IPv4, icmp layers.ICMPv4, ok bool) {
	if ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil || ip.Version != 4 ||
		ip.Protocol != layers.IPProtocolICMPv4 || ip.FragOffset != 0 {
		return ip, icmp, false
	}
	return ip, icmp, icmp.DecodeFromBytes(ip.Payload, gopacket.NilDecodeFeedback) == nil
}
