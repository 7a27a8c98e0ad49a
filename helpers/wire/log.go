package wire

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/labproof/labproof/helpers/capture"
)

// seen is one decoded frame of a log.
type seen struct {
	on     string // the interface
	number int    // in the interface's pcap, from 1
	sent   bool   // by us
	capture.Packet
}

// frame is one frame as it was.
type frame struct {
	at   time.Time
	data []byte
}

// log is everything that passed one interface, in order, as far as it is kept.
type log struct {
	name string

	mu       sync.Mutex
	frames   []frame
	size     int
	packets  []seen
	flooded  bool
	err      error // why no more will come
	watchers map[chan struct{}]bool
}

func newLog(name string) *log { return &log{name: name, watchers: map[chan struct{}]bool{}} }

// add keeps a frame and returns what it says; kept is false once the log is full.
func (l *log) add(data []byte, sent bool) (s seen, kept bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.frames) >= maxFrames || l.size+len(data) > maxBytes {
		l.flooded = true
		l.wake()
		return seen{}, false
	}
	l.frames = append(l.frames, frame{now, data})
	l.size += len(data)
	s = seen{on: l.name, number: len(l.frames), sent: sent, Packet: untagged(capture.Decode(data, now))}
	l.packets = append(l.packets, s)
	l.wake()
	return s, true
}

// untagged leaves out what travels in a VLAN of its own: it is not for this network.
func untagged(p capture.Packet) capture.Packet {
	tagged := p.ARP != nil && p.ARP.VLAN != 0 || p.Echo != nil && p.Echo.VLAN != 0 || p.Error != nil && p.Error.VLAN != 0
	if tagged {
		return capture.Packet{}
	}
	return p
}

func (l *log) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.wake()
}

// trouble is what makes an absence in the log mean nothing.
func (l *log) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return &LinkError{Name: l.name, Err: l.err}
	case l.flooded:
		return &LinkError{Name: l.name, Err: ErrFlood}
	}
	return nil
}

// mark is a place in the log, for since.
func (l *log) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.packets)
}

// since is what came after a mark.
func (l *log) since(mark int) []seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.packets[mark:len(l.packets):len(l.packets)]
}

// wake tells the watchers that there is something new.
func (l *log) wake() {
	for w := range l.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (l *log) watch(w chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers[w] = true
}

func (l *log) unwatch(w chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watchers, w)
}

// writePcap writes the frames for Wireshark.
func (l *log) writePcap(to io.Writer) error {
	l.mu.Lock()
	frames := l.frames[:len(l.frames):len(l.frames)]
	l.mu.Unlock()
	w := pcapgo.NewWriter(to)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		return fmt.Errorf("writing the capture of %s: %w", l.name, err)
	}
	for _, f := range frames {
		info := gopacket.CaptureInfo{Timestamp: f.at, CaptureLength: len(f.data), Length: len(f.data)}
		if err := w.WritePacket(info, f.data); err != nil {
			return fmt.Errorf("writing the capture of %s: %w", l.name, err)
		}
	}
	return nil
}
