package capture

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// frame is what the link layer says about a packet.
type frame struct {
	packet   int
	time     time.Time
	src, dst string
	vlan     uint16
	kind     layers.EthernetType
	payload  []byte
}

const maxTags = 2 // 802.1ad within 802.1Q; a deeper stack is no lab's

// decodeFrame reads the link layer. The lengths that gopacket believes are checked
// first: its readers of LINUX_SLL and ARP slice by lengths from the packet itself.
func decodeFrame(link layers.LinkType, data []byte) (frame, bool) {
	if link == layers.LinkTypeLinuxSLL {
		return decodeSLL(data)
	}
	var eth layers.Ethernet
	if eth.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return frame{}, false
	}
	f := frame{src: mac(eth.SrcMAC), dst: mac(eth.DstMAC), kind: eth.EthernetType, payload: eth.Payload}
	return untag(f)
}

func decodeSLL(data []byte) (frame, bool) {
	if len(data) < 16 || binary.BigEndian.Uint16(data[4:6]) != 6 {
		return frame{}, false
	}
	var sll layers.LinuxSLL
	if sll.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return frame{}, false
	}
	return untag(frame{src: mac(sll.Addr), kind: sll.EthernetType, payload: sll.Payload})
}

// untag takes VLAN tags off and remembers the outer one.
func untag(f frame) (frame, bool) {
	for range maxTags {
		if f.kind != layers.EthernetTypeDot1Q && f.kind != layers.EthernetTypeQinQ {
			return f, true
		}
		var tag layers.Dot1Q
		if tag.DecodeFromBytes(f.payload, gopacket.NilDecodeFeedback) != nil {
			return frame{}, false
		}
		if f.vlan == 0 {
			f.vlan = tag.VLANIdentifier
		}
		f.kind, f.payload = tag.Type, tag.Payload
	}
	return f, true
}

func decodeARP(f frame) (ARP, bool) {
	const size = 28 // Ethernet and IPv4: the only lengths that are read
	if len(f.payload) < size || f.payload[4] != 6 || f.payload[5] != 4 {
		return ARP{}, false
	}
	var arp layers.ARP
	if arp.DecodeFromBytes(f.payload, gopacket.NilDecodeFeedback) != nil || arp.Protocol != layers.EthernetTypeIPv4 {
		return ARP{}, false
	}
	if arp.Operation != layers.ARPRequest && arp.Operation != layers.ARPReply {
		return ARP{}, false
	}
	a := ARP{
		Packet: f.packet, Time: f.time, Request: arp.Operation == layers.ARPRequest,
		SrcMAC: f.src, DstMAC: f.dst, VLAN: f.vlan,
		SenderMAC: mac(arp.SourceHwAddress), TargetMAC: mac(arp.DstHwAddress),
		SenderIP: address(arp.SourceProtAddress), TargetIP: address(arp.DstProtAddress),
	}
	a.Probe = a.Request && a.SenderIP.IsUnspecified()
	a.Gratuitous = a.SenderIP == a.TargetIP
	return a, true
}

func decodeEcho(f frame) (Echo, bool) {
	ip, icmp, ok := decodeICMP(f.payload)
	if !ok {
		return Echo{}, false
	}
	kind := icmp.TypeCode.Type()
	if (kind != layers.ICMPv4TypeEchoRequest && kind != layers.ICMPv4TypeEchoReply) || icmp.TypeCode.Code() != 0 {
		return Echo{}, false
	}
	return Echo{
		Packet: f.packet, Time: f.time, Request: kind == layers.ICMPv4TypeEchoRequest,
		Src: address(ip.SrcIP), Dst: address(ip.DstIP), SrcMAC: f.src, DstMAC: f.dst,
		ID: icmp.Id, Seq: icmp.Seq, TTL: ip.TTL, VLAN: f.vlan, Bad: damaged(ip),
	}, true
}

// damaged says that the ICMP part is cut or does not add up. A first fragment cannot be
// added up and is believed.
func damaged(ip layers.IPv4) bool {
	if ip.Flags&layers.IPv4MoreFragments != 0 {
		return false
	}
	if len(ip.Payload) < int(ip.Length)-int(ip.IHL)*4 {
		return true
	}
	return checksum(ip.Payload) != 0
}

// checksum is the Internet checksum (RFC 1071); 0 over a packet with its own in place.
func checksum(data []byte) uint16 {
	var sum uint32
	for ; len(data) >= 2; data = data[2:] {
		sum += uint32(binary.BigEndian.Uint16(data))
	}
	if len(data) == 1 {
		sum += uint32(data[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func mac(address []byte) string { return net.HardwareAddr(address).String() }

func address(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}
