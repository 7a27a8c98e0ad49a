package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// The bounds of a capture. A question's pings make a few kilobytes; a guest that floods
// its network must not fill the memory of the machine that grades it.
const (
	MaxBytes   = 64 << 20
	MaxPackets = 1 << 18 // 256 Ki
	maxSnaplen = 256 << 10
	headerSize = 24
)

var (
	// ErrTooBig is a capture beyond MaxBytes or MaxPackets.
	ErrTooBig = errors.New("the capture is too big")
	// ErrFormat is a file that is no pcap, or of a kind of network that is not read here.
	ErrFormat = errors.New("no capture that can be read")
)

// Read reads a whole capture. A file that ends within a packet, as one cut by a killed
// tcpdump does, is read up to there; a file without even a header is an ErrFormat.
func Read(r io.Reader) (*Capture, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading capture: %w", err)
	}
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("reading capture: %w: more than %d MiB", ErrTooBig, MaxBytes>>20)
	}
	c := &Capture{raw: raw}
	reader, err := open(raw)
	if err != nil {
		return nil, fmt.Errorf("reading capture: %w", err)
	}
	for {
		data, info, err := reader.ReadPacketData()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			// Between two packets the header was not read; anywhere else the file is cut.
			c.Truncated = errors.Is(err, io.ErrUnexpectedEOF) || info.CaptureLength > 0
			return c, nil
		case err != nil:
			return nil, fmt.Errorf("reading capture: packet %d: %w: %w", c.Packets+1, ErrFormat, err)
		case c.Packets == MaxPackets:
			return nil, fmt.Errorf("reading capture: %w: more than %d packets", ErrTooBig, MaxPackets)
		}
		c.Packets++
		c.take(reader.LinkType(), data, info)
	}
}

// open reads the file's header. gzip, which pcapgo would unpack without a bound, and
// pcapng are refused; the length of a packet is bounded by us, not by the file.
func open(raw []byte) (*pcapgo.Reader, error) {
	if len(raw) < headerSize {
		return nil, fmt.Errorf("%w: %d bytes are less than a header", ErrFormat, len(raw))
	}
	if raw[0] == 0x1f && raw[1] == 0x8b {
		return nil, fmt.Errorf("%w: compressed", ErrFormat)
	}
	reader, err := pcapgo.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if kind := linkType(raw); kind != uint16(layers.LinkTypeEthernet) && kind != uint16(layers.LinkTypeLinuxSLL) {
		return nil, fmt.Errorf("%w: link type %d; expected Ethernet or LINUX_SLL (capture on a named interface, not on any)",
			ErrFormat, kind)
	}
	reader.SetSnaplen(maxSnaplen)
	return reader, nil
}

// linkType is the header's own: gopacket keeps one byte of it and takes LINUX_SLL2 (276)
// for something else. The upper half holds flags.
func linkType(raw []byte) uint16 {
	if raw[0] == 0xa1 { // the magic number as a big-endian machine writes it
		return binary.BigEndian.Uint16(raw[22:])
	}
	return binary.LittleEndian.Uint16(raw[20:])
}

// take decodes one packet and keeps it if it is an echo or ARP.
func (c *Capture) take(link layers.LinkType, data []byte, info gopacket.CaptureInfo) {
	f, ok := decodeFrame(link, data)
	if ok {
		f.packet, f.time = c.Packets, info.Timestamp
		ok = c.keep(f)
	}
	if !ok {
		c.Ignored++
	}
}

func (c *Capture) keep(f frame) bool {
	switch f.kind {
	case layers.EthernetTypeARP:
		if a, ok := decodeARP(f); ok {
			c.ARPs = append(c.ARPs, a)
			return true
		}
	case layers.EthernetTypeIPv4:
		if e, ok := decodeEcho(f); ok {
			c.Echoes = append(c.Echoes, e)
			return true
		}
	}
	return false
}
