package wire

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/labproof/labproof/helpers/capture"
)

// Request is an echo request: from a borrowed address, to any, by way of a MAC: the
// target's own, or that of the router that is to pass it on.
type Request struct {
	From, To netip.Addr
	Via      string
}

// Echo sends echo requests until one is answered or refused, and says what was seen of
// them here and by the other ears. To test a router between two bridges, To is an address
// that the far bridge's port has borrowed (it answers), or that of a VM there; that port
// and the taps of the router are the other ears.
func (p *Port) Echo(ctx context.Context, r Request, also ...Ear) (Trial, error) {
	trial, err := p.trial(r)
	if err != nil {
		return Trial{}, err
	}
	w := openWindow(p.ear, also)
	concerns := func(a capture.ARP) bool {
		return a.TargetIP == r.From || a.TargetIP == r.To || a.SenderMAC == r.Via
	}
	look := func() Trial { return gather(trial, w.packets(), concerns) }
	decided := func() bool {
		t := look()
		return len(t.Replies()) > 0 || slices.ContainsFunc(t.Errors, Refusal.final)
	}
	for trial.Sent < p.limits.Tries && !decided() {
		if err := p.sendNext(&trial); err != nil {
			return Trial{}, fmt.Errorf("pinging %s from %s: %w", r.To, r.From, err)
		}
		if err := await(ctx, p.limits.Answer, decided, w.logs()...); err != nil {
			return Trial{}, fmt.Errorf("waiting for %s to answer %s: %w", r.To, r.From, err)
		}
	}
	if err := caughtUp(ctx, w.ears); err != nil {
		return Trial{}, fmt.Errorf("pinging %s from %s: %w", r.To, r.From, err)
	}
	return look(), nil
}

// trial is a trial before anything was sent.
func (p *Port) trial(r Request) (Trial, error) {
	mac, ok := p.owned(r.From)
	if !ok {
		return Trial{}, fmt.Errorf("pinging %s: %s is not borrowed at %s", r.To, r.From, p.Name())
	}
	via, err := parseMAC(r.Via)
	if err != nil {
		return Trial{}, fmt.Errorf("pinging %s: %w", r.To, err)
	}
	if !r.To.Is4() {
		return Trial{}, fmt.Errorf("pinging %s: it is no IPv4 address", r.To)
	}
	return Trial{Port: p.Name(), From: r.From, To: r.To, MAC: mac.String(), Via: via.String(), ID: p.nextID(), TTL: firstTTL}, nil
}

// sendNext sends the trial's next request.
func (p *Port) sendNext(t *Trial) error {
	source, err := parseMAC(t.MAC)
	if err != nil {
		return err
	}
	via, err := parseMAC(t.Via)
	if err != nil {
		return err
	}
	t.Sent++
	return p.send(echo{from: t.From, to: t.To, source: source, via: via, id: t.ID, seq: uint16(t.Sent)}.frame())
}
