package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/iotest"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// testdata are tcpdump's own files from two bridges with a router between them: off-* with
// forwarding off, on-* with forwarding on (one ping of 3 from 10.0.1.2 to 10.0.2.2), arp is a ping to
// an address that nobody has, sll the router's "any" interface.
var (
	near   = netip.MustParseAddr("10.0.1.2")
	far    = netip.MustParseAddr("10.0.2.2")
	anyone = netip.Addr{}
)

func load(t testing.TB, name string) *Capture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestForwardingOff(t *testing.T) {
	in, out := load(t, "off-ens18.pcap"), load(t, "off-ens19.pcap")
	requests := in.Requests(near, far)
	if len(requests) != 3 || len(in.Replies(anyone, anyone)) != 0 || len(in.Unanswered(near, far)) != 3 {
		t.Fatalf("got %+v", in.Echoes)
	}
	first := requests[0]
	if first.Seq != 1 || first.ID != 1331 || first.TTL != 64 || first.Packet != 3 || first.Bad || first.VLAN != 0 ||
		first.SrcMAC != "bc:24:11:00:01:02" || first.DstMAC != "bc:24:11:00:12:01" || first.Time.Format("15:04:05.000000") != "21:59:49.748192" {
		t.Errorf("got %+v", first)
	}
	if out.Packets != 0 || len(Forwarded(in, out, near, far)) != 0 || len(Lost(in, out, near, far)) != 3 {
		t.Error("something came out")
	}
}

func TestForwardingOn(t *testing.T) {
	in, out := load(t, "on-ens18.pcap"), load(t, "on-ens19.pcap")
	there, back := Forwarded(in, out, near, far), Forwarded(out, in, far, near)
	if len(there) != 3 || len(back) != 3 || len(Lost(in, out, anyone, anyone)) != 0 {
		t.Fatalf("there %+v, back %+v", there, back)
	}
	for i, hop := range append(there, back...) {
		if hop.TTLStep() != 1 || !hop.Rewritten() || hop.Near.ID != hop.Far.ID || int(hop.Near.Seq) != i%3+1 || hop.Near.Bad || hop.Far.Bad {
			t.Errorf("got %+v", hop)
		}
	}
	if got := there[2].Describe(); got != "request 3, TTL 64 → 63" {
		t.Errorf("got %q", got)
	}
	if got := back[0].Describe(); got != "reply 1, TTL 64 → 63" {
		t.Errorf("got %q", got)
	}
	if len(in.Unanswered(near, far)) != 0 {
		t.Errorf("unanswered: %+v", in.Unanswered(near, far))
	}
}

func TestABridgeIsNoRouter(t *testing.T) {
	in := load(t, "on-ens18.pcap")
	for _, hop := range Forwarded(in, in, near, far) {
		if hop.TTLStep() != 0 || hop.Rewritten() {
			t.Errorf("got %+v", hop)
		}
	}
}

func TestARPUnanswered(t *testing.T) {
	c := load(t, "arp.pcap")
	nobody, me := netip.MustParseAddr("10.0.1.6"), near
	if got := c.ARPUnanswered(nobody); len(got) != 3 || got[0].SenderIP != me || got[0].SenderMAC != "bc:24:11:00:01:02" || got[0].DstMAC != "ff:ff:ff:ff:ff:ff" {
		t.Errorf("got %+v", got)
	}
	if got := c.ARPUnanswered(me); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := c.ARPUnanswered(anyone); len(got) != 3 {
		t.Errorf("got %+v", got)
	}
	if len(c.ARPRequests(me)) != 1 || len(c.ARPReplies(me)) != 1 || c.Echoes != nil || c.Ignored != 0 {
		t.Errorf("got %+v", c)
	}
	if got := c.Holders(me); !reflect.DeepEqual(got, []string{"bc:24:11:00:01:02"}) {
		t.Errorf("got %v", got)
	}
}

func TestCookedCapture(t *testing.T) {
	c := load(t, "sll.pcap")
	if len(c.Requests(near, far)) != 2 || len(c.Replies(far, near)) != 2 {
		t.Fatalf("got %+v", c.Echoes)
	}
	hop := Hop{Near: c.Echoes[0], Far: c.Echoes[1]}
	if hop.TTLStep() != 1 || !hop.Rewritten() || hop.Near.SrcMAC != "bc:24:11:00:01:02" || hop.Near.DstMAC != "" {
		t.Errorf("got %+v", hop)
	}
}

func TestWrittenAsItWasRead(t *testing.T) {
	for _, name := range []string{"on-ens19.pcap", "off-ens19.pcap", "sll.pcap"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		c := load(t, name)
		if err := c.Write(&got); err != nil || !bytes.Equal(got.Bytes(), want) || c.Size() != len(want) {
			t.Errorf("%s changed: %v", name, err)
		}
	}
	if err := load(t, "sll.pcap").Write(brokenWriter{}); err == nil {
		t.Error("a full disk is not told")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestCutFiles(t *testing.T) {
	data, err := os.ReadFile("testdata/on-ens18.pcap")
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut <= len(data); cut++ {
		c, err := Read(bytes.NewReader(data[:cut]))
		if cut < headerSize {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%d bytes: %v", cut, err)
			}
			continue
		}
		whole := (cut - headerSize) / 114
		if err != nil || c.Packets != whole || c.Truncated != ((cut-headerSize)%114 != 0) || c.Size() != cut {
			t.Fatalf("%d bytes: %+v, %v", cut, c, err)
		}
	}
}

// pcap builds a capture of the given frames.
func pcap(t testing.TB, link layers.LinkType, frames ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65536, link); err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if err := w.WritePacket(gopacket.CaptureInfo{CaptureLength: len(f), Length: len(f)}, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func serialize(t testing.TB, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, parts...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b.Bytes())
}

func eth(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: kind}
}

func ipv4(flags layers.IPv4Flag, offset uint16) *layers.IPv4 {
	return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolICMPv4, Flags: flags, FragOffset: offset,
		SrcIP: near.AsSlice(), DstIP: far.AsSlice()}
}

func echo(kind uint8) *layers.ICMPv4 {
	return &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, 0), Id: 7, Seq: 9}
}

func arp(op uint16, sender, target netip.Addr) *layers.ARP {
	return &layers.ARP{AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4, Operation: op,
		SourceHwAddress: []byte{2, 0, 0, 0, 0, 1}, SourceProtAddress: sender.AsSlice(), DstHwAddress: make([]byte, 6), DstProtAddress: target.AsSlice()}
}

func TestPacketsOneByOne(t *testing.T) {
	none := netip.MustParseAddr("0.0.0.0")
	plain := serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(8), gopacket.Payload("x"))
	broken := bytes.Clone(plain)
	broken[42] ^= 0xff // the payload; what follows is padding
	cut := bytes.Clone(plain)[:42]
	tagged := serialize(t, eth(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 42, Type: layers.EthernetTypeIPv4}, ipv4(0, 0), echo(0), gopacket.Payload("x"))
	cases := []struct {
		name  string
		frame []byte
		check func(*Capture) bool
	}{
		{"request", plain, func(c *Capture) bool { return len(c.Requests(near, far)) == 1 && !c.Echoes[0].Bad }},
		{"wrong checksum", broken, func(c *Capture) bool { return len(c.Echoes) == 1 && c.Echoes[0].Bad }},
		{"shorter than it says", cut, func(c *Capture) bool { return len(c.Echoes) == 1 && c.Echoes[0].Bad }},
		{"first fragment", serialize(t, eth(layers.EthernetTypeIPv4), ipv4(layers.IPv4MoreFragments, 0), echo(8), gopacket.Payload("x")),
			func(c *Capture) bool { return len(c.Echoes) == 1 && !c.Echoes[0].Bad }},
		{"later fragment", serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 185), echo(8)), func(c *Capture) bool { return c.Ignored == 1 }},
		{"unreachable", serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(3)), func(c *Capture) bool { return c.Ignored == 1 }},
		{"tagged reply", tagged, func(c *Capture) bool { return len(c.Replies(near, far)) == 1 && c.Echoes[0].VLAN == 42 }},
		{"who-has", serialize(t, eth(layers.EthernetTypeARP), arp(1, near, far)), func(c *Capture) bool {
			return len(c.ARPRequests(far)) == 1 && !c.ARPs[0].Probe && !c.ARPs[0].Gratuitous
		}},
		{"probe", serialize(t, eth(layers.EthernetTypeARP), arp(1, none, far)), func(c *Capture) bool { return c.ARPs[0].Probe && len(c.ARPUnanswered(far)) == 1 }},
		{"announcement", serialize(t, eth(layers.EthernetTypeARP), arp(1, far, far)), func(c *Capture) bool {
			return c.ARPs[0].Gratuitous && len(c.ARPUnanswered(far)) == 0 && len(c.Holders(far)) == 1
		}},
		{"reverse ARP", serialize(t, eth(layers.EthernetTypeARP), arp(3, near, far)), func(c *Capture) bool { return c.Ignored == 1 }},
		{"IPv6", serialize(t, eth(layers.EthernetTypeIPv6), gopacket.Payload("x")), func(c *Capture) bool { return c.Ignored == 1 }},
		{"empty", nil, func(c *Capture) bool { return c.Ignored == 1 }},
	}
	for _, one := range cases {
		t.Run(one.name, func(t *testing.T) {
			c, err := Read(bytes.NewReader(pcap(t, layers.LinkTypeEthernet, one.frame)))
			if err != nil || c.Packets != 1 || !one.check(c) {
				t.Errorf("got %+v, %v", c, err)
			}
		})
	}
}

// TestLyingLengths are the packets that gopacket itself would slice out of bounds.
func TestLyingLengths(t *testing.T) {
	frame := func(kind uint16, payload ...byte) []byte {
		head := append(make([]byte, 12), byte(kind>>8), byte(kind))
		return append(head, payload...)
	}
	sll := make([]byte, 16)
	binary.BigEndian.PutUint16(sll[4:], 0xfff0)
	arpSizes := append([]byte{0, 1, 8, 0, 0xff, 0xff, 0, 1}, make([]byte, 30)...)
	for _, c := range []struct {
		link  layers.LinkType
		frame []byte
	}{
		{layers.LinkTypeEthernet, frame(0x0806, arpSizes...)},
		{layers.LinkTypeEthernet, frame(0x0806, 0, 1)},
		{layers.LinkTypeEthernet, frame(0x8100)},
		{layers.LinkTypeEthernet, frame(0x8100, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 8, 0)},
		{layers.LinkTypeEthernet, frame(0x0800, 0x4f, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)},
		{layers.LinkTypeEthernet, frame(0x0800, 0x41)},
		{layers.LinkTypeEthernet, frame(0x0005, 1)},
		{layers.LinkTypeLinuxSLL, sll},
		{layers.LinkTypeLinuxSLL, sll[:8]},
	} {
		got, err := Read(bytes.NewReader(pcap(t, c.link, c.frame)))
		if err != nil || got.Ignored != 1 {
			t.Errorf("%x: %+v, %v", c.frame, got, err)
		}
	}
}

func TestBigEndianAndNanoseconds(t *testing.T) {
	frame := serialize(t, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(8))
	for _, order := range []interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}{binary.LittleEndian, binary.BigEndian} {
		for magic, unit := range map[uint32]int{0xa1b2c3d4: 1000, 0xa1b23c4d: 1} {
			data := order.AppendUint32(nil, magic)
			data = order.AppendUint16(order.AppendUint16(data, 2), 4)
			for _, word := range []uint32{0, 0, 65535, 1, 5, 6, uint32(len(frame)), uint32(len(frame))} {
				data = order.AppendUint32(data, word)
			}
			c, err := Read(bytes.NewReader(append(data, frame...)))
			if err != nil || len(c.Echoes) != 1 || c.Echoes[0].Time.Unix() != 5 || c.Echoes[0].Time.Nanosecond() != 6*unit {
				t.Errorf("%v %x: %+v, %v", order, magic, c, err)
			}
		}
	}
}

func TestWhatIsNoCapture(t *testing.T) {
	header := func() []byte { return pcap(t, layers.LinkTypeEthernet) }
	huge := append(header(), make([]byte, 16)...)
	binary.LittleEndian.PutUint32(huge[32:], 0x7fffffff)
	binary.LittleEndian.PutUint32(huge[36:], 0x7fffffff)
	longer := append(header(), make([]byte, 16)...)
	binary.LittleEndian.PutUint32(longer[32:], 100)
	sll2 := header()
	binary.LittleEndian.PutUint32(sll2[20:], 276)
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("tcpdump: ens18: No such device exists (and more text)"),
		"gzip":                     append([]byte{0x1f, 0x8b}, make([]byte, 40)...),
		"pcapng":                   append([]byte{0x0a, 0x0d, 0x0d, 0x0a}, make([]byte, 40)...),
		"LINUX_SLL2":               sll2,
		"raw IP":                   pcap(t, layers.LinkTypeRaw),
		"a packet of 2 GiB":        huge,
		"captured more than there": longer,
	} {
		if c, err := Read(bytes.NewReader(data)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	if _, err := Read(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestBounds(t *testing.T) {
	if _, err := Read(io.LimitReader(zeros{}, MaxBytes+1)); !errors.Is(err, ErrTooBig) {
		t.Errorf("got %v", err)
	}
	data := append(pcap(t, layers.LinkTypeEthernet), make([]byte, 16*(MaxPackets+1))...)
	if _, err := Read(bytes.NewReader(data)); !errors.Is(err, ErrTooBig) {
		t.Errorf("got %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func FuzzRead(f *testing.F) {
	for _, name := range []string{"on-ens19.pcap", "arp.pcap", "sll.pcap", "off-ens19.pcap"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(pcap(f, layers.LinkTypeEthernet, serialize(f, eth(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 1, Type: layers.EthernetTypeARP}, arp(1, near, far))))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		if len(c.Echoes)+len(c.ARPs)+c.Ignored != c.Packets {
			t.Errorf("%d packets: %d echoes, %d ARP, %d ignored", c.Packets, len(c.Echoes), len(c.ARPs), c.Ignored)
		}
		Forwarded(c, c, anyone, anyone)
		if lost := Lost(c, c, anyone, anyone); len(lost) != 0 {
			t.Errorf("lost between itself and itself: %+v", lost)
		}
		c.ARPUnanswered(anyone)
		c.Unanswered(anyone, anyone)
		var out bytes.Buffer
		if err := c.Write(&out); err != nil || !bytes.Equal(out.Bytes(), data) {
			t.Error("the evidence changed")
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add(false, serialize(f, eth(layers.EthernetTypeIPv4), ipv4(0, 0), echo(8)))
	f.Add(true, append([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 6}, make([]byte, 28)...))
	f.Fuzz(func(t *testing.T, cooked bool, data []byte) {
		link := layers.LinkTypeEthernet
		if cooked {
			link = layers.LinkTypeLinuxSLL
		}
		var c Capture
		c.take(link, data, gopacket.CaptureInfo{})
		for _, e := range c.Echoes {
			if !e.Src.Is4() || !e.Dst.Is4() || len(e.SrcMAC) != 17 {
				t.Errorf("%+v", e)
			}
		}
	})
}
