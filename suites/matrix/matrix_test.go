package matrix

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/labproof/labproof/fixtures/faults"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/suites/tp1"
)

func twoGroups(t *testing.T) lab.Lab {
	t.Helper()
	plan, err := lab.Plan(config.Default().Patterns, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// Every question that grade asks has a mistake that it must catch, and every mistake names
// questions that there are, about subjects of their kind.
func TestEveryQuestionHasAFault(t *testing.T) {
	plan := twoGroups(t)
	scopes, caught := map[string]string{}, map[string]bool{}
	for _, q := range tp1.List(plan) {
		scopes[q.ID] = q.Scope
	}
	for _, f := range faults.All() {
		for _, cell := range Cells(f.Own, plan.Pairs[0]) {
			scope, known := scopes[cell.ID]
			written := scope == "node" && len(cell.Subject.Groups()) == 1
			if kind, _, _ := strings.Cut(string(cell.Subject), "-"); !known || kind != scope && !written {
				t.Errorf("%s: %s is no question about %s", f.ID, cell.ID, cell.Subject)
			}
			caught[cell.ID] = true
		}
	}
	for id := range scopes {
		if !caught[id] && id != "tp1.teardown" {
			t.Errorf("no fault for %s", id)
		}
	}
}

func TestTheTableOfFaults(t *testing.T) {
	all := faults.All()
	if len(all) < 40 {
		t.Errorf("%d faults", len(all))
	}
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen, titles := map[string]bool{}, map[string]bool{}
	harmless := 0
	for _, f := range all {
		if seen[f.ID] || !form.MatchString(f.ID) {
			t.Errorf("id %q: twice, or of another form", f.ID)
		}
		for _, title := range []string{f.FR, f.EN} {
			if title == "" || titles[title] || strings.HasSuffix(title, ".") {
				t.Errorf("%s: title %q", f.ID, title)
			}
			titles[title] = true
		}
		if err := reports.CheckID("faults." + f.ID); err != nil {
			t.Error(err)
		}
		if len(f.Own) == 0 {
			harmless++
		}
		seen[f.ID] = true
	}
	if harmless > 2 {
		t.Errorf("%d faults turn nothing red", harmless)
	}
}

func verdict(id string, subject reports.Subject, o reports.Outcome) reports.Verdict {
	v := reports.Verdict{ID: id, Subject: subject, Outcome: o}
	if o != reports.Passed {
		v.Reasons = []reports.Reason{{What: reports.Same("because")}}
	}
	return v
}

func green() []reports.Verdict {
	return []reports.Verdict{
		verdict("tp1.q01", "node", reports.Passed), verdict("tp1.q08", "group-1", reports.NotObservable),
		verdict("tp1.q15", "group-1", reports.Passed), verdict("tp1.q15", "group-2", reports.Passed),
		verdict("tp1.q17", "group-1", reports.Passed), verdict("tp1.q20", "pair-1-2", reports.Passed), verdict("tp1.q20", "pair-3-4", reports.Passed),
	}
}

// with is the green lab with other outcomes.
func with(changes ...reports.Verdict) []reports.Verdict {
	all := green()
	for _, change := range changes {
		i := slices.IndexFunc(all, func(v reports.Verdict) bool { return v.ID == change.ID && v.Subject == change.Subject })
		all[i] = change
	}
	return all
}

func words(all []Seen) []string {
	lines := []string{}
	for _, s := range all {
		lines = append(lines, s.ID+" "+string(s.Subject)+" "+string(s.Outcome))
	}
	return lines
}

func TestCompare(t *testing.T) {
	own := []Cell{{"tp1.q15", "group-1"}}
	tests := map[string]struct {
		own                            []Cell
		now                            []reports.Verdict
		met, missed, dependent, alarms []string
	}{
		"found": {own: own, now: with(verdict("tp1.q15", "group-1", reports.Failed)), met: []string{"tp1.q15 group-1 failed"}},
		"found, with what stands on it": {
			own: own,
			now: with(verdict("tp1.q15", "group-1", reports.Failed), verdict("tp1.q17", "group-1", reports.Error), verdict("tp1.q20", "pair-1-2", reports.NotAttempted)),
			met: []string{"tp1.q15 group-1 failed"}, dependent: []string{"tp1.q17 group-1 error", "tp1.q20 pair-1-2 not_attempted"},
		},
		"missed":             {own: own, now: green(), missed: []string{"tp1.q15 group-1 passed"}},
		"an error is no red": {own: own, now: with(verdict("tp1.q15", "group-1", reports.Error)), missed: []string{"tp1.q15 group-1 error"}},
		"the neighbours pay": {
			own: own, now: with(verdict("tp1.q15", "group-1", reports.Failed), verdict("tp1.q15", "group-2", reports.Failed)),
			met: []string{"tp1.q15 group-1 failed"}, alarms: []string{"tp1.q15 group-2 failed"},
		},
		"another pair pays": {
			own: own, now: with(verdict("tp1.q15", "group-1", reports.Failed), verdict("tp1.q20", "pair-3-4", reports.Failed)),
			met: []string{"tp1.q15 group-1 failed"}, alarms: []string{"tp1.q20 pair-3-4 failed"},
		},
		"what it stands on turns red": {
			own: []Cell{{"tp1.q20", "pair-1-2"}}, now: with(verdict("tp1.q20", "pair-1-2", reports.Failed), verdict("tp1.q17", "group-1", reports.Failed)),
			met: []string{"tp1.q20 pair-1-2 failed"}, alarms: []string{"tp1.q17 group-1 failed"},
		},
		"no longer to be seen": {
			own: nil, now: with(verdict("tp1.q17", "group-1", reports.NotObservable)), alarms: []string{"tp1.q17 group-1 not_observable"},
		},
		"nothing is wrong": {own: nil, now: green()},
		"never asked":      {own: []Cell{{"tp1.q99", "group-1"}}, now: green(), missed: []string{"tp1.q99 group-1 "}},
	}
	for name, test := range tests {
		f := Compare(test.own, green(), test.now, tp1.Above)
		for _, each := range []struct {
			what string
			got  []Seen
			want []string
		}{{"met", f.Met, test.met}, {"missed", f.Missed, test.missed}, {"dependent", f.Dependent, test.dependent}, {"alarms", f.Alarms, test.alarms}} {
			if got := words(each.got); !slices.Equal(got, each.want) {
				t.Errorf("%s: %s: %q, want %q", name, each.what, got, each.want)
			}
		}
		if right := len(test.missed)+len(test.alarms) == 0; f.Right() != right {
			t.Errorf("%s: right is %t", name, f.Right())
		}
	}
}

// bench is a lab of one switch per fault, on a table.
type bench struct {
	made    []string
	on      string
	stuck   string // a fault that is not taken back
	refuses string // a fault that cannot be made
}

func (b *bench) Make(_ context.Context, f faults.Fault) error {
	b.made = append(b.made, f.ID)
	b.on = f.ID
	if f.ID == b.refuses {
		return errors.New("the node said no")
	}
	return nil
}

func (b *bench) Undo(context.Context) error {
	if b.on != b.stuck {
		b.on = ""
	}
	return nil
}

func (b *bench) State(context.Context, bool) (faults.State, error) {
	state := faults.State{Guests: map[string]string{}}
	if b.on != "" {
		state.Node = []string{"spoilt by " + b.on}
	}
	return state, nil
}

// grade sees what the right mistake makes red, but for the blind fault.
func (b *bench) grade(blind string) func(context.Context, string) (*reports.Run, error) {
	return func(_ context.Context, out string) (*reports.Run, error) {
		run := &reports.Run{Questions: []reports.Listed{{ID: "tp1.q15"}, {ID: "tp1.q17"}, {ID: "tp1.teardown"}}, Verdicts: green()}
		if b.on != "" && b.on != blind {
			run.Verdicts = with(verdict("tp1.q15", "group-1", reports.Failed))
		}
		return run, os.MkdirAll(filepath.Join(out, "evidence"), 0o755)
	}
}

func (b *bench) run(t *testing.T, ctx context.Context, times int, blind string) (*Matrix, string, error) {
	t.Helper()
	folder := t.TempDir()
	own := []faults.Question{{ID: "tp1.q15", Of: faults.X}}
	m, err := Run(ctx, Options{
		Places: []Place{{b, twoGroups(t).Pairs[0]}}, Times: times, Folder: folder, Limit: time.Minute, Above: tp1.Above, Grade: b.grade(blind),
		Faults: []faults.Fault{{ID: "a", FR: "a", EN: "a", Own: own}, {ID: "b", FR: "b", EN: "b", Own: own}},
		Began:  func(faults.Fault, int) {}, Ended: func(Trial) {},
	})
	return m, folder, err
}

func TestEveryMistakeIsMadeGradedAndTakenBack(t *testing.T) {
	b := &bench{}
	m, folder, err := b.run(t, t.Context(), 2, "")
	if err != nil || m.Judge() != reports.AllPassed || len(m.Trials) != 4 || len(m.Untouched) != 3 {
		t.Fatalf("%v, %s, %d trials, %d times untouched", err, m.Judge(), len(m.Trials), len(m.Untouched))
	}
	if want := []string{"a", "b", "a", "b"}; !slices.Equal(b.made, want) || b.on != "" {
		t.Errorf("made %v, still on: %q", b.made, b.on)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("gradings that were as they should be are kept: %v, %v", left, err)
	}
}

func TestAMissIsKeptWithItsEvidence(t *testing.T) {
	m, folder, err := (&bench{}).run(t, t.Context(), 1, "b")
	if err != nil || m.Judge() != reports.SomeFailed {
		t.Fatalf("%v, %s", err, m.Judge())
	}
	if _, err := os.Stat(filepath.Join(folder, "b", "evidence")); err != nil || m.Trials[1].Folder == "" {
		t.Errorf("no evidence: %v", err)
	}
	want := "  15 17\na  x   \nb  ?   "
	if got := Table(m); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
	said := m.Trials[1].Explain()
	if len(said) != 2 || said[0].EN != "Missed: tp1.q15 group-1 had to fail, seen: passed" {
		t.Errorf("said %q", said)
	}
}

func TestALabThatIsNotAsItWasIsTold(t *testing.T) {
	m, _, err := (&bench{stuck: "a"}).run(t, t.Context(), 1, "")
	if m.Judge() != reports.Broken || len(m.Trials) != 2 || len(m.Trials[0].Left) == 0 {
		t.Errorf("%v, %s, %+v", err, m.Judge(), m.Trials)
	}
}

func TestAMistakeThatCannotBeMadeProvesNothing(t *testing.T) {
	b := &bench{refuses: "a"}
	m, _, err := b.run(t, t.Context(), 1, "")
	if err != nil || m.Judge() != reports.Broken || !strings.Contains(m.Trials[0].Broken, "the node said no") || b.on != "" {
		t.Errorf("%v, %s, %+v", err, m.Judge(), m.Trials[0])
	}
	if !m.Trials[1].Right() {
		t.Errorf("the next mistake pays for it: %+v", m.Trials[1])
	}
}

// A trial that is cut short is none: nothing is told of its fault, unless it left something.
func TestAnInterruptionTakesTheMistakeBack(t *testing.T) {
	stop := errors.New("Ctrl-C")
	for stuck, trials := range map[string]int{"": 0, "a": 1} {
		b := &bench{stuck: stuck}
		ctx, cancel := context.WithCancelCause(t.Context())
		grade := func(ctx context.Context, out string) (*reports.Run, error) {
			if b.on == "" {
				return b.grade("")(ctx, out)
			}
			cancel(stop)
			return nil, errors.New("the grading was ended by a signal")
		}
		m, err := Run(ctx, Options{
			Places: []Place{{b, twoGroups(t).Pairs[0]}}, Folder: t.TempDir(), Limit: time.Minute, Above: tp1.Above, Grade: grade,
			Faults: []faults.Fault{{ID: "a"}, {ID: "b"}}, Began: func(faults.Fault, int) {}, Ended: func(Trial) {},
		})
		if !errors.Is(err, stop) || b.on != stuck || !slices.Equal(b.made, []string{"a"}) {
			t.Errorf("%v, still on: %q, made %v", err, b.on, b.made)
		}
		if len(m.Trials) != trials || m.Judge() != reports.Broken {
			t.Errorf("%s, told %+v", m.Judge(), m.Trials)
		}
	}
}

func TestAnUntouchedLabThatIsRedProvesNothing(t *testing.T) {
	b := &bench{on: "somebody else's"}
	m, _, err := b.run(t, t.Context(), 1, "")
	if !errors.Is(err, ErrNotGreen) || len(b.made) > 0 || m.Judge() != reports.Broken {
		t.Errorf("%v, made %v, %s", err, b.made, m.Judge())
	}
}

func TestTheMatrixIsSummedUp(t *testing.T) {
	began := time.Date(2026, 11, 27, 2, 21, 0, 0, time.UTC)
	m := &Matrix{
		Started: began, Ended: began.Add(90 * time.Second),
		Trials:    []Trial{{}, {Broken: "the node said no"}, {Left: []string{"+ b"}}, {Finding: Finding{Missed: []Seen{{}}}}},
		Untouched: [][]Seen{nil, {}, {{Outcome: reports.Failed}}},
	}
	want := []reports.Text{
		{FR: "essais comme il faut : 1 sur 4 (1m30s)", EN: "trials as they should be: 1 of 4 (1m30s)"},
		{FR: "notations du lab intact tout en vert : 2 sur 3", EN: "gradings of the untouched lab all green: 2 of 3"},
	}
	if diff := cmp.Diff(want, m.Summary()); diff != "" {
		t.Error(diff)
	}
}

func TestTheReports(t *testing.T) {
	m, _, err := (&bench{refuses: "a"}).run(t, t.Context(), 2, "b")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := reports.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, m, reports.English); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{File, "junit.xml"} {
		if data, err := os.ReadFile(folder.Join(name)); err != nil || !strings.Contains(string(data), "the node said no") {
			t.Errorf("%s: %v", name, err)
		}
	}
	got := map[string]reports.Outcome{}
	for _, v := range asRun("x", reports.English, m).Verdicts {
		got[v.ID] = v.Outcome
	}
	if diff := cmp.Diff(map[string]reports.Outcome{"faults.a": reports.Error, "faults.b": reports.Failed}, got); diff != "" {
		t.Error(diff)
	}
}
