package wire

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/labproof/labproof/helpers/hypervisor"
)

// namePrefix begins the name of every port on a node.
const namePrefix = "lpwire"

// Port is a port of our own on a bridge. One look is under way at a time.
type Port struct {
	*ear
	bridgeMAC string
	limits    Limits
	asked     chan seen // questions to answer; what does not fit is not answered

	mu     sync.Mutex
	nonce  [4]byte
	own    map[netip.Addr]net.HardwareAddr // the borrowed addresses
	lastID uint16
}

// Station is an address and who answers for it.
type Station struct {
	Addr netip.Addr `json:"addr"`
	MAC  string     `json:"mac"` // lower case with colons
}

// Open makes a port on a bridge of the node, which shell must be root of. It ends with
// ctx, too; Close it all the same.
func Open(ctx context.Context, shell *hypervisor.Shell, bridge string, limits Limits) (*Port, error) {
	if !interfaceName.MatchString(bridge) {
		return nil, fmt.Errorf("opening a probe port: %q is no bridge's name", bridge)
	}
	limits = limits.orDefault()
	nonce := newNonce()
	name := fmt.Sprintf("%s%x", namePrefix, nonce)
	// The tap's own MAC belongs to the bridge's side. It is the highest there is, because a
	// bridge takes the lowest of its ports'.
	mac := net.HardwareAddr{0xfe, 0xff, 0xff, nonce[0], nonce[1], nonce[2]}
	link, ready, err := start(ctx, shell, limits, "port", name, bridge, mac.String())
	if err != nil {
		return nil, fmt.Errorf("opening a probe port on %s: %w", bridge, err)
	}
	bridgeMAC, err := parseMAC(ready)
	if err != nil {
		_ = link.Close()
		return nil, fmt.Errorf("opening a probe port on %s: the bridge's address: %w", bridge, err)
	}
	return newPort(link, bridgeMAC.String(), limits, nonce), nil
}

// NewPort is a port over any link. bridgeMAC is the bridge's own, as its node answers with it.
func NewPort(link Link, bridgeMAC string, limits Limits) *Port {
	return newPort(link, bridgeMAC, limits.orDefault(), newNonce())
}

func newPort(link Link, bridgeMAC string, limits Limits, nonce [4]byte) *Port {
	p := &Port{
		ear: newEar(link), bridgeMAC: bridgeMAC, limits: limits, nonce: nonce,
		asked: make(chan seen, maxResolved), own: map[netip.Addr]net.HardwareAddr{},
		lastID: uint16(nonce[2])<<8 | uint16(nonce[3]),
	}
	go p.answerAll()
	go func() {
		defer close(p.asked)
		p.listen(p.hear)
	}()
	return p
}

func newNonce() (nonce [4]byte) {
	_, _ = rand.Read(nonce[:]) // never fails
	return nonce
}

// BridgeMAC is the bridge's own MAC, by which its node answers.
func (p *Port) BridgeMAC() string { return p.bridgeMAC }

// mac is the one under which the port asks.
func (p *Port) mac() net.HardwareAddr { return append(net.HardwareAddr{0x02, 'p'}, p.nonce[:]...) }

// macOf is the MAC of a borrowed address, the same for every port there ever is: a VM that
// has it in its neighbour table from an earlier look still finds it. Being another for
// each address, it tells which one a frame was meant for.
func macOf(addr netip.Addr) net.HardwareAddr {
	return append(net.HardwareAddr{0x02, 'l'}, addr.AsSlice()...)
}

func (p *Port) owned(addr netip.Addr) (net.HardwareAddr, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mac, ok := p.own[addr]
	return mac, ok
}

func (p *Port) nextID() uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	return p.lastID
}

// send keeps a frame and sends it.
func (p *Port) send(frame []byte, err error) error {
	if err != nil {
		return err
	}
	if _, kept := p.log.add(frame, true); !kept {
		return p.log.trouble()
	}
	if err := p.link.Send(frame); err != nil {
		if trouble := p.log.trouble(); trouble != nil {
			return trouble
		}
		return &LinkError{Name: p.Name(), Err: err}
	}
	return nil
}

// hear leaves questions to answerAll: who listens must never wait for what is sent.
func (p *Port) hear(s seen) {
	question := s.ARP != nil && s.ARP.Request || s.Echo != nil && s.Echo.Request
	if !question {
		return
	}
	select {
	case p.asked <- s:
	default:
	}
}

// answerAll speaks for the borrowed addresses: to ARP questions and to pings.
func (p *Port) answerAll() {
	for s := range p.asked {
		if err := p.reply(s); err != nil {
			p.log.end(err)
		}
	}
}

func (p *Port) reply(s seen) error {
	switch {
	case s.ARP != nil && s.ARP.Request:
		mac, ok := p.owned(s.ARP.TargetIP)
		to, err := parseMAC(s.ARP.SenderMAC)
		if ok && err == nil {
			return p.send(arpReply(mac, s.ARP.TargetIP, to, s.ARP.SenderIP))
		}
	case s.Echo != nil && s.Echo.Request && !s.Echo.Bad:
		mac, ok := p.owned(s.Echo.Dst)
		to, err := parseMAC(s.Echo.SrcMAC)
		if ok && err == nil && s.Echo.DstMAC == mac.String() {
			return p.send(echo{reply: true, from: s.Echo.Dst, to: s.Echo.Src, source: mac, via: to, id: s.Echo.ID, seq: s.Echo.Seq}.frame())
		}
	}
	return nil
}
