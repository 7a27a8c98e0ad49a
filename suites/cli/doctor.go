package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/doctor"
)

// examining are the flags of doctor.
type examining struct {
	groups string
	use    string
}

func (a *app) doctor() *cobra.Command {
	var e examining
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Before term: does the node carry this lab, for this many groups, with these rights?",
		Long: `doctor looks at a node and says, a line per check, what is ready for the lab, what
somebody should know, and what must be done first. It only reads.

On a real node: its certificate, version, the account's rights, storage and linked
clones, the ISO, the bridge, room for the class, what is there already, pending network
changes, whether the host forwards; then the places where the lab's own text does not
hold there. On the embedded node: programs, disk, memory, acceleration, image.

Exit codes: 0 ready, 1 something must be done first, 2 usage or configuration,
3 the node does not answer.`,
		Example: `  labproof doctor
  labproof doctor --target lab9.yaml --groups 1-9
  labproof doctor --target lab9.yaml --for grade --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDoctor(cmd.Context(), e) },
	}
	flags := cmd.Flags()
	flags.StringVar(&e.groups, "groups", "", "groups that are to work at once, such as 1-9 (default: the configuration's)")
	flags.StringVar(&e.use, "for", string(doctor.Validate), "what the node is wanted for: validate (the lab is still to be built) or grade")
	flags.SortFlags = false
	return cmd
}

func (a *app) runDoctor(ctx context.Context, e examining) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	use := doctor.Use(e.use)
	if use != doctor.Validate && use != doctor.Grade {
		return &Problem{
			Code: ExitUsage,
			What: reports.Textf("--for %s inconnu", "unknown --for %s", e.use),
			Next: reports.Text{FR: "choisissez validate ou grade", EN: "choose validate or grade"},
		}
	}
	plan, err := a.plan(cfg, e.groups)
	if err != nil {
		return err
	}
	target, err := a.target(cfg)
	if err != nil {
		return err
	}
	if target.Embedded != nil {
		found := embeddedFindings(ctx, *target.Embedded)
		if ctx.Err() != nil {
			return interrupted(ctx, ctx.Err())
		}
		return a.tellFindings(found)
	}
	target = doctor.Defaults(target)
	facts, err := doctor.Gather(ctx, target, cfg.Timeouts)
	if ctx.Err() != nil {
		return interrupted(ctx, ctx.Err())
	}
	if err != nil {
		err := a.tellFindings(doctor.Unreachable(target, err))
		a.outcome = ExitBroken
		return err
	}
	return a.tellFindings(doctor.Examine(facts, doctor.Question{Config: cfg, Target: target, Lab: plan, Use: use}))
}

// tellFindings prints a line per check, and what to do below it.
func (a *app) tellFindings(findings []doctor.Finding) error {
	if doctor.Worst(findings) == doctor.Bad {
		a.outcome = ExitFailed
	}
	if a.common.json {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(findings)
	}
	for _, f := range findings {
		fmt.Fprintf(a.Out, "%s %s\n", f.State.Sign(), reports.Line(f.What.In(a.lang)))
		if next := f.Next.In(a.lang); next != "" {
			fmt.Fprintf(a.Out, "    → %s\n", reports.Line(next))
		}
	}
	return nil
}

// embeddedFindings are about this machine, which is to carry the embedded node.
func embeddedFindings(ctx context.Context, settings config.Embedded) []doctor.Finding {
	o := nodeOptions(settings, noGuests(), nil)
	if o.StateDir == "" {
		o.StateDir = stateRoot()
	}
	found := []doctor.Finding{
		finding("embedded.node", node.Preflight(o), "programmes, droits et disque : de quoi lancer le nœud embarqué", "programs, rights and disk: enough to start the embedded node"),
		finding("embedded.memory", enoughMemory(settings.MinMemory), "assez de mémoire libre", "enough free memory"),
		acceleration(ctx, o),
	}
	if cached, ok := image.Cached(imageOptions(settings, nil)); ok {
		return append(found, finding("embedded.image", nil, "image des invités construite : "+cached.Path, "the guests' image is built: "+cached.Path))
	}
	return append(found, finding("embedded.image", image.Check(imageOptions(settings, nil)),
		"de quoi construire l'image des invités ; le premier validate le fait", "everything to build the guests' image; the first validate does"))
}

// acceleration tells how fast guests will be: without KVM everything works, and takes longer.
// That KVM was asked for proves nothing: it is tried all the same.
func acceleration(ctx context.Context, o node.Options) doctor.Finding {
	const check, kvm = "embedded.acceleration", "kvm"
	asked := o.Accel
	if asked == kvm {
		o.Accel = "auto"
	}
	kind, reason, err := node.Acceleration(ctx, o)
	switch {
	case err != nil:
		return finding(check, err, "", "")
	case kind == kvm:
		return finding(check, nil, "les VM tournent avec KVM", "VMs run with KVM")
	case asked == kvm:
		return doctor.Finding{
			Check: check, State: doctor.Bad,
			What: reports.Textf("accel: kvm est demandé (%s)", "accel: kvm is asked for (%s)", reason),
			Next: reports.Text{FR: "accel: auto dans ginkgo.yaml", EN: "accel: auto in ginkgo.yaml"},
		}
	}
	return doctor.Finding{
		Check: check, State: doctor.Warning,
		What: reports.Textf("les VM tournent par TCG, sans KVM : aussi juste, plus lent (%s)", "VMs run by TCG, without KVM: as true, and slower (%s)", reason),
		Next: reports.Text{FR: "rien n'y oblige ; une machine avec KVM, ou la virtualisation imbriquée, va plus vite", EN: "nothing needs to be done; a machine with KVM, or nested virtualisation, is faster"},
	}
}

func finding(check string, err error, fr, en string) doctor.Finding {
	if err == nil {
		return doctor.Finding{Check: check, State: doctor.OK, What: reports.Text{FR: fr, EN: en}}
	}
	reason := reasonOf(err)
	return doctor.Finding{Check: check, State: doctor.Bad, What: reason.What, Next: reason.Next}
}
