package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/ledger"
	"github.com/labproof/labproof/reports"
)

// embedded is the node that labproof brings along for one run.
type embedded struct {
	node   *node.Node
	record record
}

// startEmbedded builds the guest image if it is not there yet and starts the node. What
// it is about to make is on disk before it is made, so that `labproof clean` finds it
// after any end.
func (s *session) startEmbedded(ctx context.Context, log *slog.Logger) (*embedded, error) {
	settings := *s.target.Embedded
	guests, err := s.ensureImage(ctx, settings, log)
	if err != nil {
		return nil, err
	}
	e := &embedded{}
	if e.record, err = newRecord(s.folder, settings.StateDir, s.keep); err != nil {
		return nil, err
	}
	step := s.screen.Step(reports.Text{FR: "démarrage du nœud embarqué", EN: "starting the embedded node"})
	ctx, cancel := limited(ctx, "node", s.cfg.Timeouts.Node)
	defer cancel()
	o := nodeOptions(settings, guests, log)
	o.StateDir, o.Detach = e.record.StateDir, s.keep
	if s.keep {
		o.WriteTarget = s.folder.Join(targetFile)
	}
	e.node, err = node.Launch(ctx, o)
	step.End(err == nil)
	if err != nil {
		return nil, errors.Join(err, e.record.remove())
	}
	return e, nil
}

func (s *session) ensureImage(ctx context.Context, settings config.Embedded, log *slog.Logger) (image.Image, error) {
	o := imageOptions(settings, log)
	if cached, ok := image.Cached(o); ok {
		return cached, nil
	}
	return buildImage(ctx, s.cfg, s.screen, o)
}

// nodeOptions are what a configured embedded node means to the launcher.
func nodeOptions(settings config.Embedded, guests image.Image, log *slog.Logger) node.Options {
	return node.Options{
		StateDir: settings.StateDir, PVE: settings.PVE, Accel: settings.Accel, Disks: settings.Disks, MinDisk: uint64(settings.MinDisk), Log: log,
		ImagePath: guests.Path,
		Guest:     guestOf(guests),
	}
}

// guestOf is how to log in to the guests of an image.
func guestOf(i image.Image) config.Guest {
	return config.Guest{User: i.User, Password: config.Secret(i.Password), Key: config.Secret(i.PrivateKeyPath)}
}

// watch ends the run when the node ends by itself: nothing can be asked of it any more.
func (e *embedded) watch(cancel context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-done:
		case <-e.node.Done():
			cancel(e.died())
		}
	}()
	return func() { close(done) }
}

// died is why the node is gone before anybody stopped it, nil if it is there.
func (e *embedded) died() error {
	select {
	case <-e.node.Done():
		return &Problem{
			Code: ExitBroken,
			What: reports.Text{FR: "le nœud embarqué s'est arrêté tout seul", EN: "the embedded node ended by itself"},
			Next: reports.Text{
				FR: "le journal est dans le dossier du passage (node.log) ; relancez labproof validate",
				EN: "its log is in the run's folder (node.log); run labproof validate again",
			},
		}
	default:
		return nil
	}
}

// endEmbedded stops the node, also when ctx is over, and keeps its log as evidence: all that
// the ledger names is gone with it. A node to be kept is left alone, if a run began on it.
func (s *session) endEmbedded(ctx context.Context, e *embedded, began bool) error {
	s.keepNodeLog(e)
	if s.keep && began && ctx.Err() == nil && e.died() == nil {
		return nil
	}
	ctx, cancel := limited(context.WithoutCancel(ctx), "node", s.cfg.Timeouts.Node)
	defer cancel()
	if err := e.node.Stop(ctx); err != nil {
		return fmt.Errorf("stop the embedded node: %w", err)
	}
	s.stopped = true
	return errors.Join(forget(s.folder.Join(ledger.FileName)), e.record.remove())
}

func (s *session) keepNodeLog(e *embedded) {
	log, err := os.ReadFile(nodeLog(e.record.StateDir))
	if err == nil {
		err = os.WriteFile(s.folder.Join("node.log"), log, 0o644)
	}
	if err != nil {
		s.screen.Note(fmt.Sprintf("labproof: the node's log could not be kept: %v", err))
	}
}
