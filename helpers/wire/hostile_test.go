package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// fake is a link that plays frames and keeps what is sent.
type fake struct {
	frames chan []byte
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	sent [][]byte
}

func newFake() *fake { return &fake{frames: make(chan []byte), closed: make(chan struct{})} }

func (f *fake) Name() string { return "lpwire00000000" }

func (f *fake) Send(frame []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, frame)
	return nil
}

func (f *fake) Receive() ([]byte, error) {
	select {
	case frame := <-f.frames:
		return frame, nil
	case <-f.closed:
		return nil, io.EOF
	}
}

func (f *fake) Check(context.Context) error { return nil }

func (f *fake) Close() error {
	f.once.Do(func() { close(f.closed) })
	return nil
}

const bridgeMAC = "bc:24:11:ff:00:01"

var vmMAC = net.HardwareAddr{0xbc, 0x24, 0x11, 0, 0, 2}

// A flood is told; it neither fills the memory nor becomes a verdict.
func TestAFloodIsAnErrorAndBounded(t *testing.T) {
	link := newFake()
	p := NewPort(link, bridgeMAC, quick)
	frame, err := arpReply(vmMAC, addr("10.0.1.3"), vmMAC, addr("10.0.1.2"))
	must(t, err)
	for range maxFrames + 100 {
		link.frames <- frame
	}
	if _, err := p.Resolve(t.Context(), addr("10.0.1.4")); !errors.Is(err, ErrFlood) {
		t.Errorf("got %v", err)
	}
	if got := len(p.log.since(0)); got != maxFrames {
		t.Errorf("%d frames are kept", got)
	}
	must(t, p.Close())
}

func TestLargeFramesAreBoundedTogether(t *testing.T) {
	l := newLog("vmbr11")
	for range maxBytes/maxFrame + 1 {
		l.add(make([]byte, maxFrame), false)
	}
	if l.size != maxBytes || !errors.Is(l.trouble(), ErrFlood) {
		t.Errorf("%d bytes are kept, %v", l.size, l.trouble())
	}
}

// A VM that claims every address leaves none to borrow.
func TestAVMThatClaimsEverything(t *testing.T) {
	link := newFake()
	p := NewPort(link, bridgeMAC, quick)
	candidates := []netip.Addr{addr("10.0.1.4"), addr("10.0.1.5")}
	for _, a := range candidates {
		go func() {
			frame, err := arpReply(vmMAC, a, p.mac(), nobody)
			if err != nil {
				t.Error(err)
			}
			for { // also what was claimed before it was asked for counts, but not here
				select {
				case link.frames <- frame:
				case <-link.closed:
					return
				}
			}
		}()
	}
	var taken *TakenError
	if got, err := p.Borrow(t.Context(), candidates...); !errors.As(err, &taken) && !errors.Is(err, ErrFlood) {
		t.Errorf("borrowed %s, %v", got, err)
	}
	must(t, p.Close())
}

func TestInterruptedLooksSayWhy(t *testing.T) {
	link := newFake()
	p := NewPort(link, bridgeMAC, Limits{})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("Ctrl-C")
	cancel(stop)
	if _, err := p.Resolve(ctx, addr("10.0.1.4")); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	must(t, p.Close())
	if _, err := p.Resolve(t.Context(), addr("10.0.1.4")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestMessages(t *testing.T) {
	stream := "F\x00\x03abcC\x00\x00"
	r := iotest.OneByteReader(strings.NewReader(stream))
	for _, want := range []struct {
		kind  byte
		frame string
	}{{'F', "abc"}, {'C', ""}} {
		kind, frame, err := readMessage(r)
		if err != nil || kind != want.kind || string(frame) != want.frame {
			t.Errorf("got %q %q, %v", kind, frame, err)
		}
	}
	if _, _, err := readMessage(r); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	for name, bad := range map[string]string{"kind": "X\x00\x01a", "size": "F\xff\xff" + strings.Repeat("a", 0xffff), "cut": "F\x00\x03ab", "cut head": "F\x00"} {
		if kind, frame, err := readMessage(strings.NewReader(bad)); err == nil || errors.Is(err, io.EOF) && name != "cut" {
			t.Errorf("%s: %q, %d bytes, %v", name, kind, len(frame), err)
		}
	}
	var sent bytes.Buffer
	must(t, sendMessage(&sent, []byte("abc")))
	must(t, sendMessage(&sent, nil))
	if sent.String() != "\x00\x03abc\x00\x00" {
		t.Errorf("sent %q", sent.String())
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("F\x00\x03abcC\x00\x00"))
	f.Add([]byte("F\xff\xffabc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, left := bytes.NewReader(data), len(data)
		for {
			_, frame, err := readMessage(r)
			if err != nil {
				return
			}
			if len(frame) > maxFrame || r.Len() != left-3-len(frame) {
				t.Fatalf("%d bytes of frame, %d of %d left", len(frame), r.Len(), left)
			}
			left = r.Len()
		}
	})
}

// packed joins frames as FuzzLook takes them apart.
func packed(frames ...[]byte) []byte {
	var data []byte
	for _, f := range frames {
		data = append(binary.BigEndian.AppendUint16(data, uint16(len(f))), f...)
	}
	return data
}

// FuzzLook plays any frames to a port and a tap in the middle of a look, and draws all
// conclusions from them.
func FuzzLook(f *testing.F) {
	vm := Station{Addr: addr("10.0.1.2"), MAC: vmMAC.String()}
	asks := func(target string) []byte {
		frame, err := arp(layers.ARPRequest, vmMAC, vm.Addr, broadcast, make(net.HardwareAddr, 6), addr(target))
		if err != nil {
			f.Fatal(err)
		}
		return frame
	}
	fragment, err := serialize(
		&layers.Ethernet{SrcMAC: vmMAC, DstMAC: broadcast, EthernetType: layers.EthernetTypeIPv4},
		&layers.IPv4{Version: 4, IHL: 5, TTL: 1, Protocol: layers.IPProtocolICMPv4, Flags: layers.IPv4MoreFragments, SrcIP: []byte{10, 0, 1, 2}, DstIP: []byte{10, 0, 1, 6}},
		&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoReply, 0), Id: 1, Seq: 1})
	if err != nil {
		f.Fatal(err)
	}
	unreachable, err := serialize(
		&layers.Ethernet{SrcMAC: vmMAC, DstMAC: broadcast, EthernetType: layers.EthernetTypeIPv4},
		&layers.IPv4{Version: 4, IHL: 5, TTL: 1, Protocol: layers.IPProtocolICMPv4, SrcIP: []byte{10, 0, 1, 1}, DstIP: []byte{10, 0, 1, 6}},
		&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeDestinationUnreachable, 1)},
		gopacket.Payload(fragment[14:]))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed(asks("10.0.1.6"), asks("10.0.1.1"), fragment, unreachable), uint16(1))
	f.Add(packed(asks("10.0.1.6")[:20], fragment[:30], []byte{0}), uint16(7))
	f.Fuzz(func(t *testing.T, data []byte, id uint16) {
		p := NewPort(newFake(), bridgeMAC, quick)
		defer p.Close()
		must(t, p.take(addr("10.0.1.6")))
		var trials []RouteTrial
		for _, prefix := range []int{0, 29, 28} {
			trial, err := p.trial(Request{From: addr("10.0.1.6"), To: vm.Addr, Via: vm.MAC})
			must(t, err)
			trial.ID, trial.Sent = id, 1
			trials = append(trials, RouteTrial{Prefix: prefix, Trial: trial})
		}
		for len(data) >= 2 {
			size := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
			if s, kept := p.log.add(data[2:2+size], false); kept {
				_ = p.reply(s)
			}
			data = data[2+size:]
		}
		checkSent(t, p)
		r := conclude(vm, gatherAll(trials, vm, p.log.since(0)), p.heardAs)
		for _, trial := range r.Trials {
			trial.Outcome()
			if len(trial.Seen) > maxList || len(trial.Questions) > maxList || len(trial.Errors) > maxList {
				t.Errorf("unbounded: %+v", trial)
			}
		}
		if !r.Answers && (r.Shortest != 0 || r.Longest != 32) {
			t.Errorf("knows what nobody said: %+v", r)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		if err := p.WritePcap(io.Discard); err != nil {
			t.Error(err)
		}
	})
}

// checkSent: whatever comes, a port speaks only under the MAC of the address it borrowed.
func checkSent(t *testing.T, p *Port) {
	t.Helper()
	link := p.link.(*fake)
	link.mu.Lock()
	defer link.mu.Unlock()
	for _, frame := range link.sent {
		if !bytes.Equal(frame[6:12], []byte{0x02, 'l', 10, 0, 1, 6}) {
			t.Errorf("sent %x", frame)
		}
	}
}
