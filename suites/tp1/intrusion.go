package tp1

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/reports"
)

// Some states were there for a moment only. With --intrusive a grader brings them back for
// the time of one look: each such change is listed here, told beforehand, and undone.

// Intrusions are what grading a lab with --intrusive changes for a moment, in its order.
func Intrusions(plan lab.Lab) []reports.Text {
	var all []reports.Text
	for _, p := range plan.Pairs {
		all = append(all, reports.Textf(
			"tp1.q20 : sur %s, net.ipv4.ip_forward passe à 0 le temps d'un ping, puis revient à 1",
			"tp1.q20: on %s, net.ipv4.ip_forward is set to 0 for the time of one ping, then back to 1", p.Gateway.Name))
	}
	return all
}

// setForward is the command that an intrusion runs in a gateway.
func setForward(value string) []string {
	return []string{"sysctl", "-q", "-w", "net.ipv4.ip_forward=" + value}
}

// isIntrusion tells whether argv is one of the changes that --intrusive allows.
func isIntrusion(argv []string) bool {
	return slices.Equal(argv, setForward("0")) || slices.Equal(argv, setForward("1"))
}

// closed calls look while forwarding is off on the pair's gateway. Where it was on it is
// switched on again, whatever happens to the look.
func (p *Pair) closed(ctx context.Context, look func() error) (err error) {
	gw := p.Node.into(ctx, p.Gateway)
	if gw == nil {
		return &notObservable{Why: onlyDisk}
	}
	before, err := forwarding(ctx, gw)
	if err != nil {
		return err
	}
	if before != "1" || p.Node.acting() {
		return look()
	}
	defer func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.Node.Config.Timeouts.Command)
		defer cancel()
		if _, restored := guest.Must(limited, gw, guest.Cmd(setForward("1")...)); restored != nil {
			err = errors.Join(err, fmt.Errorf("forwarding is still off on %s (sysctl -w net.ipv4.ip_forward=1 puts it back): %w", p.Gateway.Name, restored))
		}
	}()
	if _, err := guest.Must(ctx, gw, guest.Cmd(setForward("0")...)); err != nil {
		return err
	}
	return look()
}
