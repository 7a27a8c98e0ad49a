package tp1

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/ledger"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// LedgerFile is the ledger's name in a run's folder.
const LedgerFile = "ledger.jsonl"

// oldest is the oldest version of Proxmox VE that the suite knows well.
const oldest = 8

// stage is everything that stands before the first question and is put away after the
// last: sessions, ledger, cast.
type stage struct {
	version string
	cast    *cast
	node    *Node
	ledger  *ledger.Ledger

	remembers bool // the node as it was before anybody looked is known
}

// setUp logs in, finds what the lab is built from, and takes the node's measure. All that it
// may make is the image on the node's storage; where it fails, that is taken down again.
func setUp(ctx context.Context, o Options) (_ *stage, err error) {
	options := []proxmox.Option{proxmox.WithTimeouts(o.Config.Timeouts), proxmox.WithLog(o.Log)}
	if o.Look {
		options = append(options, proxmox.WithReadOnly(mayRun(!o.quiet(), o.Intrusive)), proxmox.WithMemory())
	}
	api, err := proxmox.Login(ctx, o.Target, options...)
	if err != nil {
		return nil, err
	}
	node := &Node{Config: o.Config, Target: withDefaults(o.Target, api), Plan: o.Lab, API: api, Quiet: o.quiet(), Intrusive: o.Intrusive}
	s := &stage{node: node, cast: newCast(node, o.Folder, o.Observer)}
	defer func() {
		if err != nil {
			o.Keep = false // there is no lab to keep
			err = errors.Join(err, s.close(ctx, o))
		}
	}()
	version, err := api.Version(ctx)
	if err != nil {
		return nil, err
	}
	s.version, node.Major = version.Version, version.Major()
	if node.Major < oldest {
		o.Log.Warn("this Proxmox VE is out of support; labproof goes on where it can", "version", version.Version, "oldest", oldest)
	}
	if node.Disks, err = student.DisksOf(ctx, api, node.Target.Storage); err != nil {
		return nil, err
	}
	if o.Target.SSH != nil {
		if node.Shell, err = hypervisor.Dial(ctx, *o.Target.SSH); err != nil {
			return nil, fmt.Errorf("open the node's shell: %w", err)
		}
		if o.Look {
			node.Shell.Only(mayRunOnNode(!o.quiet()))
		}
	}
	node.rungs = node.ladder()
	if o.Look {
		if err := s.node.find(ctx); err != nil {
			return nil, err
		}
		s.remember(ctx)
		if err := s.collect(o); err != nil {
			return nil, err
		}
		return s, s.keep(o.Folder)
	}
	if err := s.keep(o.Folder); err != nil {
		return nil, err
	}
	return s, s.prepare(ctx, o)
}

// collect takes what the groups handed in into the run's folder.
func (s *stage) collect(o Options) error {
	if o.Answers == "" {
		return nil
	}
	missing, err := keepAnswers(o.Answers, o.Folder, s.node.Plan.Numbers())
	if len(missing) > 0 {
		o.Log.Warn("some groups handed in no answers: their questions count as not answered", "groups", missing, "folder", o.Answers)
	}
	return err
}

// remember notes what the node was like before anybody looked. An account that may not
// read all of it can grade all the same.
func (s *stage) remember(ctx context.Context) {
	before, err := student.TakeSnapshot(ctx, s.node.API, s.node.Target.Storage, s.node.Target.ISOStorage)
	if err == nil {
		s.node.before, s.remembers = before, true
	}
}

// changes are what is different on the node since then: labproof changed nothing, so it was
// somebody else.
func (s *stage) changes(ctx context.Context) []string {
	if !s.remembers || ctx.Err() != nil {
		return nil
	}
	after, err := student.TakeSnapshot(proxmox.Fresh(ctx), s.node.API, s.node.Target.Storage, s.node.Target.ISOStorage)
	if err != nil {
		return nil
	}
	return s.node.before.Changed(after)
}

// withDefaults fills in what most targets leave out.
func withDefaults(t config.Target, api *proxmox.Session) config.Target {
	if t.Node == "" {
		t.Node = api.Node()
	}
	if t.Storage == "" {
		t.Storage = "local"
	}
	if t.ISOStorage == "" {
		t.ISOStorage = "local"
	}
	if t.Bridge == "" {
		t.Bridge = "vmbr0"
	}
	return t
}

// prepare gets the teacher ready. A node that has something of the lab's already is
// refused before anything is made: it is somebody's.
func (s *stage) prepare(ctx context.Context, o Options) error {
	var err error
	if s.node.before, err = student.TakeSnapshot(ctx, s.node.API, s.node.Target.Storage, s.node.Target.ISOStorage); err != nil {
		return err
	}
	if taken := s.taken(); len(taken) > 0 {
		return &TakenError{Node: s.node.Target.Node, Things: taken}
	}
	kit := &student.Kit{Run: o.Folder.ID, Mark: student.NewMark(), Config: o.Config, Target: s.node.Target, Major: s.node.Major}
	kit.Disks = s.node.Disks
	if kit.ISO, err = findISO(ctx, s.node); err != nil {
		return err
	}
	if s.ledger, err = ledger.Open(filepath.Join(o.Folder.Path, LedgerFile)); err != nil {
		return err
	}
	kit.Ledger = s.ledger
	s.node.Teacher = &student.Teacher{Kit: kit, Node: s.node.API}
	return s.node.Teacher.ProvideImage(ctx, o.ImagePath)
}

// TakenError is a lab that would collide with what is on the node already.
type TakenError struct {
	Node   string
	Things []string
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("node %s already has %s: clean it (labproof clean, with this run's --target) or choose other groups", e.Node, strings.Join(e.Things, ", "))
}

// taken lists what the plan would make and what is there already.
func (s *stage) taken() []string {
	var found []string
	has := func(lines []string, what, id string) {
		for _, line := range lines {
			if line == id || strings.HasPrefix(line, id+" ") {
				found = append(found, what+" "+id)
			}
		}
	}
	before := s.node.before
	for _, vm := range s.node.vms() {
		has(before.VMs, "VM", id(vm))
	}
	for _, g := range s.node.Plan.Groups {
		has(before.Groups, "group", g.Name)
		has(before.Pools, "pool", g.Pool)
		has(before.Roles, "role", g.Role)
		has(before.Interfaces, "bridge", g.Bridge)
		for _, user := range g.Users {
			has(before.Users, "user", user)
		}
	}
	for _, p := range s.node.Plan.Pairs {
		has(before.Pools, "pool", p.Pool)
	}
	return found
}

// findISO is the target's ISO, or the first one of its ISO storage.
func findISO(ctx context.Context, n *Node) (string, error) {
	if n.Target.ISO != "" {
		return n.Target.ISO, nil
	}
	images, err := n.API.Content(ctx, n.Target.ISOStorage, "iso")
	if err != nil {
		return "", err
	}
	if len(images) == 0 {
		return "", fmt.Errorf("storage %s of node %s has no ISO image: upload a Debian one, or name it in the target (iso:)", n.Target.ISOStorage, n.Target.Node)
	}
	return images[0].ID, nil
}

// close takes down whatever still stands and drops the sessions. It goes on after an
// interruption, within the teardown's own limit.
func (s *stage) close(ctx context.Context, o Options) error {
	var errs []error
	if s.ledger != nil {
		if !o.Keep {
			errs = append(errs, left(s.tearDown(ctx, o)))
		}
		errs = append(errs, s.ledger.Close())
	}
	if s.node.Shell != nil {
		errs = append(errs, s.node.Shell.Close())
	}
	s.node.API.Close()
	return errors.Join(errs...)
}

// tearDown removes what the ledger still has, after a teardown spec that did not run or
// did not finish.
func (s *stage) tearDown(ctx context.Context, o Options) error {
	if len(s.ledger.Entries()) == 0 {
		return nil
	}
	limit := o.Config.Timeouts.Teardown
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	o.Observer.Started(teardownID, reports.Node, teardown().Title)
	o.Observer.Waiting(teardownID, reports.Node, reports.Text{FR: "démontage", EN: "teardown"}, time.Now())
	report := s.node.Teacher.TakeDown(ctx, func(ledger.Entry) *proxmox.Session { return s.node.API })
	return report.Err()
}
