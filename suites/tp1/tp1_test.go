package tp1

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/floor"
	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// The embedded node is this program once more, and so is the floor of the benchmark.
func TestMain(m *testing.M) {
	node.RunIfChild()
	floor.RunIfChild()
	os.Exit(m.Run())
}

// The practical, played by the perfect student on the embedded node, is right in every
// question: `go test ./suites/tp1` and `go tool ginkgo run ./suites/tp1` run the same
// specs as `labproof validate`.
func TestPractical(t *testing.T) {
	cfg, err := config.Load("../../ginkgo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := lab.Plan(cfg.Patterns, cfg.Groups, cfg.Pairs...)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := reports.NewFolder(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	run, err := Run(t.Context(), Options{
		Config: cfg, Target: embeddedNode(t), Lab: plan, Folder: folder, Observer: reports.Silent{},
		Lang: cfg.Lang, Log: slog.New(slog.DiscardHandler), Testing: t,
	})
	if err != nil {
		t.Fatal(err)
	}
	run.Close(time.Now())
	if err := run.Check(); err != nil {
		t.Error(err)
	}
	for _, v := range run.Verdicts {
		if v.Outcome != reports.Passed {
			t.Errorf("%s %s: %s: %+v", v.ID, v.Subject, v.Outcome, v.Reasons)
		}
	}
	want := len(plan.Groups)*16 + len(plan.Pairs)*4 + 5
	if len(run.Verdicts) != want {
		t.Errorf("%d verdicts, want %d", len(run.Verdicts), want)
	}
}

// embeddedNode starts a node that ends with the test.
func embeddedNode(t *testing.T) config.Target {
	t.Helper()
	ctx := t.Context()
	guests, err := image.Ensure(ctx, image.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Launch(ctx, node.Options{
		StateDir: t.TempDir(), ImagePath: guests.Path,
		Guest: config.Guest{User: guests.User, Password: config.Secret(guests.Password), Key: config.Secret(guests.PrivateKeyPath)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	return n.Target()
}
