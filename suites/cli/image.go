package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/terminal"
)

// defaultRelease is the Debian of the guests where nothing says otherwise.
const defaultRelease = "12"

// imaging are the flags of image.
type imaging struct {
	release string
	mirror  string
	cache   string
	force   bool
}

func (a *app) image() *cobra.Command {
	var f imaging
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Build the guest image, or tell where it is",
		Long: `image builds the Debian image of the guests, once: it is cached by the hash of its
recipe. It prints the path of the qcow2.`,
		Example: `  labproof image
  labproof image --release 13 --mirror http://mirror.example/debian`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return interrupted(cmd.Context(), a.runImage(cmd.Context(), f))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.release, "release", "", "Debian release: 12 or 13 (default: the configuration's)")
	flags.StringVar(&f.mirror, "mirror", "", "package mirror (default: the configuration's, else this machine's own)")
	flags.StringVar(&f.cache, "cache", "", "folder of built images (default: LABPROOF_CACHE, else the user's cache)")
	flags.BoolVar(&f.force, "force", false, "build it even if it is there")
	flags.SortFlags = false
	return cmd
}

func (a *app) runImage(ctx context.Context, f imaging) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	settings, err := a.embeddedSettings(cfg)
	if err != nil {
		return err
	}
	o := imageOptions(settings, a.logger(a.Err))
	o.CacheDir, o.Force = f.cache, f.force
	if f.release != "" {
		o.Release = f.release
	}
	if f.mirror != "" {
		o.Mirror = f.mirror
	}
	made, err := a.guestImage(ctx, cfg, o)
	if err != nil {
		return err
	}
	if a.common.json {
		return json.NewEncoder(a.Out).Encode(map[string]string{"path": made.Path, "hash": made.Hash, "user": made.User, "key": made.PrivateKeyPath})
	}
	fmt.Fprintln(a.Out, made.Path)
	return nil
}

func imageOptions(settings config.Embedded, log *slog.Logger) image.Options {
	return image.Options{Release: settings.Release, Mirror: settings.Mirror, Log: log}
}

// guestImage builds the image if it is not there, telling so on standard error: what a
// command prints is its result alone.
func (a *app) guestImage(ctx context.Context, cfg *config.Config, o image.Options) (image.Image, error) {
	if cached, ok := image.Cached(o); ok {
		return cached, nil
	}
	if err := image.Check(o); err != nil {
		return image.Image{}, err
	}
	screen := terminal.New(a.screenOn(a.Err))
	defer screen.Close()
	return buildImage(ctx, cfg, screen, o)
}

func buildImage(ctx context.Context, cfg *config.Config, screen *terminal.Terminal, o image.Options) (image.Image, error) {
	step := screen.Step(reports.Textf("construction de l'image Debian %s (une seule fois)", "building the Debian %s image (once)", o.Release))
	ctx, cancel := limited(ctx, "image", cfg.Timeouts.Image)
	defer cancel()
	o.Progress = func(p image.Progress) { step.Doing(reports.Text{FR: p.FR, EN: p.EN}) }
	made, err := image.Ensure(ctx, o)
	step.End(err == nil)
	return made, err
}
