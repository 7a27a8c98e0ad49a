package matrix

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/labproof/labproof/fixtures/faults"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/tp1"
)

func TestBatches(t *testing.T) {
	all := []faults.Fault{{ID: "a", Shared: true}, {ID: "b", Shared: true}, {ID: "c"}, {ID: "d"}, {ID: "e", Shared: true}, {ID: "f"}}
	for places, want := range map[int][]string{
		1: {"a", "b", "c", "d", "e", "f"},
		3: {"a+c+d", "b+f", "e"},
		9: {"a+c+d+f", "b", "e"},
	} {
		var got []string
		for _, batch := range batches(all, places) {
			got = append(got, nameOfBatch(batch))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d places: %q, want %q", places, got, want)
		}
	}
}

// street is a row of places on one node, each with a switch of its own.
type street struct {
	sync.Mutex
	on   map[int]string // by the first group's number
	seen [][]string     // what was on at each grading
}

type house struct {
	*street
	first int
	stuck bool
}

func (h house) Make(_ context.Context, f faults.Fault) error {
	h.Lock()
	defer h.Unlock()
	h.on[h.first] = f.ID
	if f.ID == "refused" {
		return errors.New("the node said no")
	}
	return nil
}

func (h house) Undo(context.Context) error {
	h.Lock()
	defer h.Unlock()
	if !h.stuck {
		delete(h.on, h.first)
	}
	return nil
}

func (h house) State(context.Context, bool) (faults.State, error) {
	h.Lock()
	defer h.Unlock()
	return faults.State{Node: slices.Sorted(maps.Values(h.on))}, nil
}

// grade sees each mistake at its own pair; "spreads" is seen at everybody's.
func (s *street) grade(context.Context, string) (*reports.Run, error) {
	s.seen = append(s.seen, slices.Sorted(maps.Values(s.on)))
	run := &reports.Run{Questions: []reports.Listed{{ID: "tp1.q15"}}}
	for _, first := range []int{1, 3, 5} {
		outcome := reports.Passed
		if s.on[first] != "" || slices.Contains(slices.Collect(maps.Values(s.on)), "spreads") {
			outcome = reports.Failed
		}
		run.Verdicts = append(run.Verdicts, verdict("tp1.q15", reports.Group(first), outcome))
	}
	return run, nil
}

func (s *street) run(t *testing.T, stuck int, ids ...string) *Matrix {
	t.Helper()
	plan, err := lab.Plan(config.Default().Patterns, []int{1, 2, 3, 4, 5, 6})
	if err != nil {
		t.Fatal(err)
	}
	s.on = map[int]string{}
	o := Options{
		Folder: t.TempDir(), Limit: time.Minute, Above: tp1.Above, Grade: s.grade,
		Began: func(faults.Fault, int) {}, Ended: func(Trial) {},
	}
	for _, pair := range plan.Pairs {
		o.Places = append(o.Places, Place{house{s, pair.X.Number, pair.X.Number == stuck}, pair})
	}
	for _, id := range ids {
		o.Faults = append(o.Faults, faults.Fault{ID: id, FR: id, EN: id, Own: []faults.Question{{ID: "tp1.q15", Of: faults.X}}})
	}
	m, _ := Run(t.Context(), o) // a lab that stays red ends it, and that is in the matrix
	return m
}

func TestMistakesSideBySide(t *testing.T) {
	s := &street{}
	m := s.run(t, 0, "a", "b", "c", "d")
	if m.Judge() != reports.AllPassed {
		t.Errorf("%s: %+v", m.Judge(), m.Trials)
	}
	if diff := cmp.Diff([][]string{nil, {"a", "b", "c"}, {"d"}, nil}, s.seen); diff != "" {
		t.Error(diff)
	}
	var subjects []string
	for _, trial := range m.Trials {
		subjects = append(subjects, trial.Fault+" "+string(trial.Met[0].Subject))
	}
	if want := []string{"a group-1", "b group-3", "c group-5", "d group-1"}; !slices.Equal(subjects, want) {
		t.Errorf("met %q, want %q", subjects, want)
	}
}

// A mistake that shows at a pair without one is a false alarm of those that were made.
func TestAMistakeThatShowsElsewhere(t *testing.T) {
	m := (&street{}).run(t, 0, "spreads", "b")
	for _, trial := range m.Trials {
		if got := words(trial.Alarms); !slices.Equal(got, []string{"tp1.q15 group-5 failed"}) {
			t.Errorf("%s: false alarms %q", trial.Fault, got)
		}
	}
}

func TestOneThatCannotBeMadeCostsTheOthersNothing(t *testing.T) {
	m := (&street{}).run(t, 0, "a", "refused", "c")
	for _, trial := range m.Trials {
		if broken := strings.Contains(trial.Broken, "the node said no"); broken != (trial.Fault == "refused") || trial.Right() == broken {
			t.Errorf("%+v", trial)
		}
	}
	if kept := m.Trials[0].Folder + m.Trials[1].Folder; !strings.HasSuffix(kept, "a+refused+c") {
		t.Errorf("evidence in %q", kept)
	}
}

// What the node refused before an interruption is told all the same.
func TestOneThatCouldNotBeMadeBeforeAnInterruption(t *testing.T) {
	s := &street{on: map[int]string{}}
	ctx, cancel := context.WithCancel(t.Context())
	r := &runner{Options: Options{
		Folder: t.TempDir(), Limit: time.Minute, Above: tp1.Above,
		Places: []Place{{Lab: house{street: s, first: 1}}, {Lab: house{street: s, first: 3}}},
		Grade: func(context.Context, string) (*reports.Run, error) {
			cancel()
			return nil, context.Canceled
		},
	}, states: make([]faults.State, 2)}
	told := r.batch(ctx, []faults.Fault{{ID: "a"}, {ID: "refused"}}, 1)
	if len(told) != 1 || told[0].Fault != "refused" || told[0].Broken != "the node said no" {
		t.Errorf("told %+v", told)
	}
}

func TestOneThatStaysIsTold(t *testing.T) {
	m := (&street{}).run(t, 3, "a", "b")
	if m.Judge() != reports.Broken || len(m.Trials) != 2 || !slices.Equal(m.Trials[1].Left, []string{"+ b"}) {
		t.Errorf("%s: %+v", m.Judge(), m.Trials)
	}
	if _, err := os.Stat(m.Trials[1].Folder); m.Trials[1].Folder == "" || err == nil {
		t.Errorf("evidence in %q, %v", m.Trials[1].Folder, err)
	}
}
