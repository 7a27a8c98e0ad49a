package tp1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// Options says what a run does, and where.
type Options struct {
	Config  *config.Config
	Profile string // of Config; empty: "validate"
	Target  config.Target
	Lab     lab.Lab

	// ImagePath is the guest image to upload to a target that names no image of its own.
	ImagePath string

	Folder   *reports.Folder
	Observer reports.Observer

	Keep bool // leave the lab standing: no teardown
	Look bool // nobody acts: look at a lab that stands already

	// Grade is Look without packets of its own, unless Probe is set. A session that looks
	// cannot write.
	Grade     bool
	Probe     bool
	Intrusive bool // bring back for a moment what can be seen then only: see Intrusions

	// Answers is a folder with the groups' answers files, to be judged with what they built;
	// "": nobody was asked to write anything.
	Answers string

	Questions   []string // ids; empty: all
	LabelFilter string   // Ginkgo's
	Lang        string
	Log         *slog.Logger

	// Testing is the test that the run is part of, which then shows Ginkgo's own
	// output; nil: the run reports to its Observer alone.
	Testing *testing.T
}

// quiet tells whether no packets may be sent.
func (o Options) quiet() bool { return o.Grade && !o.Probe }

// List is the practical's table of contents: what a run asks, of whom.
func List(lab.Lab) []reports.Listed {
	var all []reports.Listed
	for _, q := range questions() {
		all = append(all, reports.Listed{ID: q.ID, Title: q.Title, Scope: string(q.Scope), Labels: q.Labels})
	}
	return all
}

// Run plays the practical and returns what became of each question. An error is
// labproof's or the node's own; whatever was found out before it is in the run all the
// same. Ginkgo has one tree per process, so Run can be called once.
func Run(ctx context.Context, o Options) (run *reports.Run, err error) {
	run = &reports.Run{
		ID: o.Folder.ID, Command: "validate", Lang: o.Lang, Started: time.Now(),
		Target: reports.Target{URL: o.Target.URL, Node: o.Target.Node}, Plan: planOf(o.Lab),
	}
	if o.Grade {
		run.Command, o.Look = "grade", true
	}
	stage, err := setUp(ctx, o)
	if err != nil {
		return nil, err
	}
	run.Target.Version = stage.version
	run.Verdicts, run.Plan.Groups = stage.perform(ctx, o, run.Plan.Groups)
	run.Interrupted = ctx.Err() != nil
	if o.Look {
		run.Changes = stage.changes(ctx)
	}
	return run, stage.close(ctx, o)
}

// perform grows the tree and has Ginkgo run it. The groups are the plan's; they come back with
// the users that they were seen to have.
func (s *stage) perform(ctx context.Context, o Options, planned []reports.PlanGroup) ([]reports.Verdict, []reports.PlanGroup) {
	play := newPlay(s.questions(o), s.cast)
	play.writings = readAnswers(o.Folder, s.cast.groups)
	verdicts := &verdicts{observer: o.Observer}
	play.specs(ctx, verdicts)
	suite, reporter := GinkgoConfiguration()
	o.profile().apply(&suite, &reporter)
	suite.LabelFilter = labelFilter(o, suite.LabelFilter)
	play.asked = s.cast.chosen(suite.LabelFilter)
	if o.Testing == nil {
		formatter.ColorableStdOut = io.Discard
	}
	RunSpecs(result{o.Testing}, "TP1: Proxmox, Linux & Networking", suite, reporter)
	for _, v := range play.nodeAnswers(verdicts.all) {
		verdicts.add(v)
	}
	return verdicts.all, play.members(planned)
}

// members adds to each planned group the users that it was seen to have.
func (p *play) members(planned []reports.PlanGroup) []reports.PlanGroup {
	all := slices.Clone(planned)
	for i, g := range all {
		a := p.acts[actKey{"tp1.q04", reports.Group(g.Number)}]
		if a == nil {
			continue
		}
		if look, seen := a.look.(usersLook); seen && a.lookErr == nil {
			all[i].Members = nil
			for _, u := range look.Users {
				all[i].Members = append(all[i].Members, u.ID)
			}
		}
	}
	return all
}

// questions leaves out the teardown where the lab is to stand.
func (s *stage) questions(o Options) []entry {
	all := questions()
	if o.Keep || o.Look {
		all = slices.DeleteFunc(all, func(q entry) bool { return q.ID == teardownID })
	}
	return all
}

// labelFilter asks for the chosen questions among those that the labels leave. The
// teardown is always among them: whatever was made is taken down.
func labelFilter(o Options, profile string) string {
	var parts []string
	for _, filter := range []string{profile, o.LabelFilter, strings.Join(o.Questions, " || ")} {
		if filter != "" {
			parts = append(parts, "("+filter+")")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return teardownID + " || (" + strings.Join(parts, " && ") + ")"
}

// chosen tells of which questions a label filter leaves something to ask.
func (c *cast) chosen(filter string) func(entry) bool {
	keeps, err := types.ParseLabelFilter(filter)
	return func(q entry) bool {
		return err == nil && slices.ContainsFunc(c.subjects(q.Scope), func(s subject) bool { return keeps(labels(q, s)) })
	}
}

func (o Options) profile() profile {
	name := o.Profile
	if name == "" {
		name = "validate"
	}
	return profile(o.Config.Profiles[name])
}

// profile is a profile of ginkgo.yaml as Ginkgo's own configuration.
type profile config.Profile

func (p profile) apply(suite *types.SuiteConfig, reporter *types.ReporterConfig) {
	suite.LabelFilter = p.Labels
	suite.Timeout = p.Timeout
	suite.FlakeAttempts = max(p.FlakeAttempts, 1)
	if p.Seed != 0 {
		suite.RandomSeed = p.Seed
	}
	suite.FailFast = p.FailFast
	suite.MustPassRepeatedly = max(p.Repeat, 1)
	if suite.MustPassRepeatedly > 1 {
		suite.FlakeAttempts = 0 // Ginkgo takes one or the other
	} else {
		suite.MustPassRepeatedly = 0
	}
	suite.PollProgressAfter, suite.PollProgressInterval = p.PollProgressAfter, p.PollProgressEvery
	if p.GracePeriod > 0 {
		suite.GracePeriod = p.GracePeriod
	}
	reporter.SilenceSkips = p.SilenceSkips
}

// result is what Ginkgo tells of a failure: the test, where there is one. The verdicts
// tell the rest.
type result struct{ t *testing.T }

func (r result) Fail() {
	if r.t != nil {
		r.t.Fail()
	}
}

// planOf sums the plan up for the reports.
func planOf(l lab.Lab) reports.Plan {
	var plan reports.Plan
	for _, g := range l.Groups {
		plan.Groups = append(plan.Groups, reports.PlanGroup{
			Number: g.Number, Name: g.Name, Users: g.Users, Bridge: g.Bridge, Network: g.Network.String(),
			VMs: []reports.PlanVM{planned(g.Template, "template"), planned(g.First, "first"), planned(g.Second, "second")},
		})
	}
	for _, p := range l.Pairs {
		plan.Pairs = append(plan.Pairs, reports.PlanPair{X: p.X.Number, Y: p.Y.Number, Gateway: planned(p.Gateway, "gateway")})
	}
	return plan
}

func planned(vm lab.VM, role string) reports.PlanVM {
	p := reports.PlanVM{ID: vm.ID, Name: vm.Name, Role: role}
	if vm.Addr.IsValid() {
		p.Addr = vm.Addr.String()
	}
	return p
}

// errLeft is a teardown that left something on the node.
var errLeft = errors.New("the teardown left something on the node")

func left(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errLeft, err)
}
