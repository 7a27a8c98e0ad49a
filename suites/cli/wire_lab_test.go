package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

// closedLab is a lab that stands and whose guests let nobody in: neither agent nor SSH.
type closedLab struct {
	dir    string // where its run was typed
	target string // file
	plan   lab.Lab
	api    *proxmox.Session
	cfg    *config.Config
}

// TestGuestsThatLetNobodyIn grades what students built, without a password of any guest: the
// gateway has a wrong mask on its second side, which is asked about when the first has proven
// right, and everything else is right.
func TestGuestsThatLetNobodyIn(t *testing.T) {
	at := buildClosedLab(t, func(at *closedLab) {
		gateway := at.plan.Pairs[0].Gateway
		at.run(t, gateway, "sed -i 's,10.0.2.1/29,10.0.2.1/24,' /etc/network/interfaces && systemctl restart networking")
	})
	write(t, filepath.Join(at.dir, "ginkgo.yaml"), "timeouts: {boot: 1s}\n") // they booted long ago
	grade := program(t, t.Context(), "grade", "--probe", "--target", at.target, "--groups", "1-2", "--lang", "en", "--json")
	grade.Dir = at.dir
	got := finish(t, grade)
	run, err := reports.Decode(strings.NewReader(got.out))
	if err != nil {
		t.Fatalf("exit %d: %v\n%s%s", got.code, err, got.out, got.err)
	}
	seen := map[string]reports.Verdict{}
	for _, v := range run.Verdicts {
		seen[v.ID+" "+string(v.Subject)] = v
		if v.Outcome != reports.Passed && v.Outcome != reports.NotObservable && v.ID != "tp1.q20" {
			t.Errorf("%s %s is %s: %s", v.ID, v.Subject, v.Outcome, strings.Join(v.Explain(reports.English), "\n"))
		}
	}
	for _, cell := range []string{"tp1.q15 group-1", "tp1.q15 group-2", "tp1.q17 group-1", "tp1.q19 pair-1-2", "tp1.q20 pair-1-2", "tp1.q21 pair-1-2"} {
		if !slices.Contains(seen[cell].Rungs, reports.ByWire) {
			t.Errorf("%s was judged by %v", cell, seen[cell].Rungs)
		}
	}
	if said := strings.Join(seen["tp1.q20 pair-1-2"].Explain(reports.English), "\n"); !strings.Contains(said, "gw-1-2's mask is not that of the network 10.0.2.0/29") {
		t.Errorf("the gateway's mask is told as: %s", said)
	}
}

// buildClosedLab keeps a lab of two groups, spoils it, and closes its guests.
func buildClosedLab(t *testing.T, spoil func(*closedLab)) *closedLab {
	t.Helper()
	kept := begin(t, "--keep", "--groups", "1-2")
	at := &closedLab{dir: kept.cmd.Dir, target: filepath.Join(kept.record(t).folder, targetFile)}
	t.Cleanup(func() {
		clean := program(t, context.WithoutCancel(t.Context()), "clean")
		clean.Dir = at.dir
		if got := finish(t, clean); got.code != 0 {
			t.Errorf("clean: exit %d\n%s%s", got.code, got.out, got.err)
		}
	})
	kept.end(t, ExitPassed)
	at.cfg = config.Default()
	target, err := config.LoadTarget(at.target)
	if err != nil {
		t.Fatal(err)
	}
	if at.plan, err = lab.Plan(at.cfg.Patterns, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	if at.api, err = proxmox.Login(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(at.api.Close)
	spoil(at)
	at.close(t)
	return at
}

func (at *closedLab) in(vm lab.VM, limits config.Timeouts) guest.Guest {
	return guest.Agent(at.api, vm.ID, guest.Options{Name: vm.Name, Timeouts: limits, Poll: at.cfg.Poll})
}

func (at *closedLab) run(t *testing.T, vm lab.VM, line string) {
	t.Helper()
	if _, err := guest.Must(t.Context(), at.in(vm, at.cfg.Timeouts), guest.Sh(line)); err != nil {
		t.Fatal(err)
	}
}

// close stops what leads into the guests, all at once, and waits until nothing does.
func (at *closedLab) close(t *testing.T) {
	t.Helper()
	pair := at.plan.Pairs[0]
	var all sync.WaitGroup
	for _, vm := range slices.Concat(pair.X.Instances(), pair.Y.Instances(), []lab.VM{pair.Gateway}) {
		all.Go(func() {
			hasty := at.cfg.Timeouts
			hasty.Agent, hasty.Command = time.Second, 5*time.Second
			in := at.in(vm, hasty)
			// The agent may be gone before it answers.
			_, _ = in.Run(t.Context(), guest.Sh("systemctl --no-block stop ssh.service ssh.socket qemu-guest-agent.service"))
			err := wait.Until(t.Context(), wait.For{What: vm.Name + "'s agent to end", Timeout: 2 * time.Minute},
				func(ctx context.Context) (bool, string, error) {
					_, err := in.Run(ctx, guest.Cmd("true"))
					return errors.Is(err, guest.ErrAgentNotRunning), "", nil
				})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
