package wire

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// firstTTL is the TTL of what is sent here, Linux's own default.
const firstTTL = 64

// payload makes an echo packet recognisable to whoever looks at a capture.
const payload = "labproof looks at this network"

var (
	broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	nobody    = netip.AddrFrom4([4]byte{})
)

// arpProbe asks who has target and tells nothing about the one who asks (RFC 5227).
func arpProbe(from net.HardwareAddr, target netip.Addr) ([]byte, error) {
	return arp(layers.ARPRequest, from, nobody, broadcast, make(net.HardwareAddr, 6), target)
}

// arpAnnouncement says to everybody who knows addr already that it is at from (RFC 5227);
// nobody else learns it.
func arpAnnouncement(from net.HardwareAddr, addr netip.Addr) ([]byte, error) {
	return arp(layers.ARPRequest, from, addr, broadcast, make(net.HardwareAddr, 6), addr)
}

// arpReply says to one host that addr is at from.
func arpReply(from net.HardwareAddr, addr netip.Addr, to net.HardwareAddr, asker netip.Addr) ([]byte, error) {
	return arp(layers.ARPReply, from, addr, to, to, asker)
}

func arp(operation uint16, from net.HardwareAddr, sender netip.Addr, to, target net.HardwareAddr, about netip.Addr) ([]byte, error) {
	return serialize(
		&layers.Ethernet{SrcMAC: from, DstMAC: to, EthernetType: layers.EthernetTypeARP},
		&layers.ARP{
			AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
			Operation: operation, SourceHwAddress: from, SourceProtAddress: sender.AsSlice(),
			DstHwAddress: target, DstProtAddress: about.AsSlice(),
		})
}

// echo is an echo packet before it is written.
type echo struct {
	reply    bool
	from, to netip.Addr
	source   net.HardwareAddr
	via      net.HardwareAddr
	id, seq  uint16
}

func (e echo) frame() ([]byte, error) {
	kind := uint8(layers.ICMPv4TypeEchoRequest)
	if e.reply {
		kind = layers.ICMPv4TypeEchoReply
	}
	return serialize(
		&layers.Ethernet{SrcMAC: e.source, DstMAC: e.via, EthernetType: layers.EthernetTypeIPv4},
		&layers.IPv4{
			Version: 4, IHL: 5, TTL: firstTTL, Protocol: layers.IPProtocolICMPv4,
			SrcIP: e.from.AsSlice(), DstIP: e.to.AsSlice(),
		},
		&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, 0), Id: e.id, Seq: e.seq},
		gopacket.Payload(payload))
}

func serialize(parts ...gopacket.SerializableLayer) ([]byte, error) {
	b := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, options, parts...); err != nil {
		return nil, fmt.Errorf("writing a frame: %w", err)
	}
	return b.Bytes(), nil
}

// parseMAC reads the MAC of a station.
func parseMAC(text string) (net.HardwareAddr, error) {
	mac, err := net.ParseMAC(text)
	if err != nil || len(mac) != 6 {
		return nil, fmt.Errorf("%q is no MAC address", text)
	}
	return mac, nil
}
