package cli

import (
	"context"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// serving are the flags of node.
type serving struct {
	listen      string
	listenSSH   string
	writeTarget string
	stateDir    string
	name        string
	pve         int
	noImage     bool
}

func (a *app) node() *cobra.Command {
	var f serving
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Run the embedded Proxmox node in the foreground",
		Long: `node runs the embedded Proxmox node until Ctrl-C, for any client: HTTPS with a
certificate of its own, and SSH for the node's shell. Everything it starts lives in its
own namespaces and ends with it. The target file says how to reach it, password
included; only you can read it.`,
		Example: `  labproof node --listen 127.0.0.1:8006 --write-target target.yaml
  labproof validate --target target.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runNode(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8006", "address of the API; port 0 takes any free one")
	flags.StringVar(&f.listenSSH, "listen-ssh", "127.0.0.1:0", "address of the node's shell")
	flags.StringVar(&f.writeTarget, "write-target", "", "write a target file for --target here")
	flags.StringVar(&f.stateDir, "state-dir", "", "keep the node's state here from one start to the next (default: none is kept)")
	flags.StringVar(&f.name, "name", node.DefaultNodeName, "name of the node")
	flags.IntVar(&f.pve, "pve", 0, "Proxmox VE to be: 8 or 9 (default: the configuration's)")
	flags.BoolVar(&f.noImage, "no-image", false, "do not build the guest image, nor put it on the node's storage")
	flags.SortFlags = false
	return cmd
}

func (a *app) runNode(ctx context.Context, f serving) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	settings, err := a.embeddedSettings(cfg)
	if err != nil {
		return err
	}
	log := a.logger(a.Err)
	o := f.over(nodeOptions(settings, noGuests(), log))
	if err := node.Preflight(o); err != nil {
		return err
	}
	if !f.noImage {
		guests, err := a.guestImage(ctx, cfg, imageOptions(settings, log))
		if err != nil {
			return interrupted(ctx, err)
		}
		o = f.over(nodeOptions(settings, guests, log))
	}
	return interruptedStart(ctx, node.Run(ctx, o, a.nodeOutput(f)))
}

// over lays the flags over what the configuration says.
func (f serving) over(o node.Options) node.Options {
	o.Listen, o.ListenSSH, o.NodeName, o.WriteTarget = f.listen, f.listenSSH, f.name, f.writeTarget
	if f.stateDir != "" {
		o.StateDir = f.stateDir
	}
	if f.pve != 0 {
		o.PVE = f.pve
	}
	return o
}

// embeddedSettings are those of the target asked for, which must be an embedded one.
func (a *app) embeddedSettings(cfg *config.Config) (config.Embedded, error) {
	target, err := a.target(cfg)
	if err != nil {
		return config.Embedded{}, err
	}
	if target.Embedded != nil {
		return *target.Embedded, nil
	}
	return config.Embedded{}, &Problem{
		Code: ExitUsage,
		What: reports.Textf("la cible %s n'est pas un nœud embarqué", "the target %s is no embedded node", target.Name),
		Next: reports.Text{FR: "donnez --target embedded", EN: "give --target embedded"},
	}
}

// interruptedStart: Ctrl-C is how a node in the foreground is meant to end.
func interruptedStart(ctx context.Context, err error) error {
	if ctx.Err() != nil && err != nil {
		return interrupted(ctx, err)
	}
	return err
}

// nodeOutput is where the node says that it answers; with --json, an object instead of
// lines.
func (a *app) nodeOutput(f serving) io.Writer {
	if !a.common.json {
		return a.Out
	}
	return &readyObject{out: a.Out, target: f.writeTarget}
}

// readyObject writes one object once the node says that it answers.
type readyObject struct {
	out    io.Writer
	target string
	said   bool
}

// Write takes the node's lines and says the same for a program.
func (r *readyObject) Write(p []byte) (int, error) {
	if r.said {
		return len(p), nil
	}
	r.said = true
	err := json.NewEncoder(r.out).Encode(map[string]any{"ready": true, "target": r.target})
	return len(p), err
}

// noGuests is an image that is not there: for checks, and for a node without guests.
func noGuests() image.Image { return image.Image{} }
