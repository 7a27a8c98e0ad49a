package tp1

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// diary notes what questions were done and looked at, in any order within a stage.
type diary struct {
	mu   sync.Mutex
	done []string
}

func (d *diary) note(what, id string, s subject) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = append(d.done, fmt.Sprintf("%s %s %s", what, id, s.Subject()))
}

func (d *diary) count(line string) int {
	n := 0
	for _, each := range d.done {
		if each == line {
			n++
		}
	}
	return n
}

// step is a question that notes what becomes of it; fails names the subject for whom
// doing it fails.
func (d *diary) step(id string, scope Scope, fails reports.Subject, needs ...string) entry {
	return entry{
		ID: id, Scope: scope, Needs: needs,
		do: func(_ context.Context, s subject) error {
			d.note("do", id, s)
			if s.Subject() == fails {
				return errors.New("it did not work")
			}
			return nil
		},
		look: func(_ context.Context, s subject) (any, error) {
			d.note("look", id, s)
			return map[string]string{"id": id}, nil
		},
	}
}

func twoGroups(t *testing.T, acting bool) *cast {
	t.Helper()
	plan, err := lab.Plan(config.Default().Patterns, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	node := &Node{Config: config.Default(), Plan: plan}
	if acting {
		node.Teacher = &student.Teacher{}
	}
	folder, err := reports.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return newCast(node, folder, reports.Silent{})
}

func TestALaterQuestionDoesTheEarlierOnesOnceAndLooksAtNone(t *testing.T) {
	d := &diary{}
	c := twoGroups(t, true)
	p := newPlay([]entry{d.step("t.a", PerGroup, ""), d.step("t.b", PerGroup, "", "t.a"), d.step("t.c", PerPair, "", "t.b")}, c)

	p.reach(t.Context(), 2, c.pairs[0])
	a := p.reach(t.Context(), 2, c.pairs[0])

	if !a.stands() || a.look == nil {
		t.Fatalf("the last question did not come about: %+v", a)
	}
	for _, line := range []string{"do t.a group-1", "do t.a group-2", "do t.b group-1", "do t.c pair-1-2", "look t.c pair-1-2"} {
		if n := d.count(line); n != 1 {
			t.Errorf("%q happened %d times, want once; %v", line, n, d.done)
		}
	}
	if slices.Contains(d.done, "look t.a group-1") {
		t.Errorf("a question that nobody asked was looked at: %v", d.done)
	}
}

func TestOnlyWhatAQuestionStandsOnIsDoneBeforeIt(t *testing.T) {
	d := &diary{}
	c := twoGroups(t, true)
	p := newPlay([]entry{
		d.step("t.a", PerGroup, ""), d.step("t.b", PerGroup, "", "t.a"), d.step("t.aside", PerGroup, ""), d.step("t.c", PerGroup, "", "t.b"), d.step("t.end", PerNode, ""),
	}, c)

	p.reach(t.Context(), 3, c.groups[0])
	if !slices.Contains(d.done, "do t.a group-1") || slices.Contains(d.done, "do t.aside group-1") {
		t.Errorf("before t.c: %v", d.done)
	}
	d.done = nil
	p.reach(t.Context(), 4, c.node)
	if !slices.Equal(d.done, []string{"do t.end node", "look t.end node"}) {
		t.Errorf("at the end: %v", d.done)
	}
}

func TestWhatFailsForOneGroupStopsOnlyWhatStandsOnIt(t *testing.T) {
	d := &diary{}
	c := twoGroups(t, true)
	p := newPlay([]entry{
		d.step("t.a", PerGroup, "group-2"), d.step("t.b", PerGroup, "", "t.a"), d.step("t.free", PerGroup, ""), d.step("t.pair", PerPair, "", "t.b"),
	}, c)

	p.reach(t.Context(), 2, c.groups[0])
	p.reach(t.Context(), 3, c.pairs[0])

	for key, want := range map[actKey]string{
		{"t.b", "group-1"}: "", {"t.b", "group-2"}: "t.a", {"t.free", "group-2"}: "", {"t.pair", "pair-1-2"}: "t.b",
	} {
		if got := p.acts[key].missing; got != want {
			t.Errorf("%v is missing %q, want %q", key, got, want)
		}
	}
}

func TestNobodyActsWhenTheLabIsOnlyLookedAt(t *testing.T) {
	d := &diary{}
	c := twoGroups(t, false)
	p := newPlay([]entry{d.step("t.a", PerGroup, ""), d.step("t.b", PerGroup, "", "t.a")}, c)

	p.reach(t.Context(), 1, c.groups[0])

	want := []string{"look t.a group-1", "look t.a group-2", "look t.b group-1", "look t.b group-2"}
	slices.Sort(d.done)
	if !slices.Equal(d.done, want) {
		t.Errorf("got %v, want %v", d.done, want)
	}
}

func TestEveryQuestionStandsOnEarlierOnes(t *testing.T) {
	seen := map[string]bool{}
	for _, q := range questions() {
		for _, need := range slices.Concat(q.Needs, q.After) {
			if !seen[need] {
				t.Errorf("%s needs %s, which does not come before it", q.ID, need)
			}
		}
		if seen[q.ID] {
			t.Errorf("%s is asked twice", q.ID)
		}
		seen[q.ID] = true
		if q.Title.FR == "" || q.Title.EN == "" {
			t.Errorf("%s lacks a title in one language", q.ID)
		}
		if err := reports.CheckID(q.ID); err != nil {
			t.Error(err)
		}
	}
	for n := 1; n <= config.Questions; n++ {
		if !seen[config.QuestionID(n)] {
			t.Errorf("%s is never asked", config.QuestionID(n))
		}
	}
}

// A panic in a look is that look's error, and nobody else's.
func TestALookThatPanicsIsAnError(t *testing.T) {
	seen, err := safely(func() (any, error) { panic("no such card") })
	if seen != nil || err == nil || !strings.Contains(err.Error(), "no such card") || blameLook(err) != reports.Error {
		t.Errorf("%v, %v", seen, err)
	}
}

// A lost ping takes its time: the questions of a pair are looked at together where that
// changes nothing, and those that nobody asked for are not.
func TestWhatIsLookedAtTogether(t *testing.T) {
	d := &diary{}
	for name, test := range map[string]struct {
		acting, intrusive bool
		filter            string
		reached           int
		before, together  string
	}{
		"of a pair":             {filter: "t.b || t.c || t.e", reached: 1, before: "t.a", together: "t.b t.c t.e"},
		"with what it needs":    {filter: "t.c", reached: 2, before: "t.a", together: "t.b t.c"},
		"nothing else is asked": {filter: "t.b", reached: 1, before: "t.a", together: "t.b"},
		"of a group":            {filter: "", reached: 0, together: "t.a"},
		"while a student acts":  {acting: true, filter: "", reached: 2, before: "t.a t.b", together: "t.c"},
		"while a grader does":   {intrusive: true, filter: "", reached: 2, before: "t.a t.b", together: "t.c"},
	} {
		c := twoGroups(t, test.acting)
		c.node.Intrusive = test.intrusive
		p := newPlay([]entry{
			d.step("t.a", PerGroup, ""), d.step("t.b", PerPair, "", "t.a"), d.step("t.c", PerPair, "", "t.b"), d.step("t.d", PerPair, ""), d.step("t.e", PerPair, ""),
		}, c)
		for i := range p.questions {
			p.questions[i].Labels = []string{p.questions[i].ID}
		}
		p.asked = c.chosen(test.filter)
		before, together := p.order(test.reached)
		if got := ids(before); got != test.before {
			t.Errorf("%s: %q before, want %q", name, got, test.before)
		}
		if got := ids(together); got != test.together {
			t.Errorf("%s: %q together, want %q", name, got, test.together)
		}
	}
}

func ids(questions []entry) string {
	var all []string
	for _, q := range questions {
		all = append(all, q.ID)
	}
	return strings.Join(all, " ")
}
