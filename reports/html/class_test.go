package html

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	nethtml "golang.org/x/net/html"

	"github.com/labproof/labproof/reports"
	"github.com/labproof/labproof/reports/grades"
)

// weights gives every question a point, and the steps between them none.
func weights(run *reports.Run) map[string]float64 {
	points := map[string]float64{}
	for _, v := range run.Verdicts {
		if strings.HasPrefix(v.ID, "tp1.q") {
			points[v.ID] = 1
		}
	}
	return points
}

// gradedClass is a class that got some things right and some wrong, each group its own.
func gradedClass(t testing.TB, groups int) (*reports.Run, Options) {
	t.Helper()
	run := class(t, groups)
	run.Command = "grade"
	wrong := reports.Reason{
		What:     reports.Text{FR: "L'adresse de la carte n'est pas dans le réseau du groupe.", EN: "The card's address is not in the group's network."},
		Expected: reports.Same("10.0.1.2/29"), Seen: reports.Same("10.0.1.2/24"), Command: "ip -j addr", Output: "[{\"ifname\":\"ens18\"}]\n",
		Next: reports.Text{FR: "la ligne address de /etc/network/interfaces", EN: "the address line of /etc/network/interfaces"},
	}
	for i := range run.Verdicts {
		v := &run.Verdicts[i]
		numbers := v.Subject.Groups()
		if len(numbers) > 0 {
			v.Rungs = []reports.Rung{reports.ByAgent, reports.ByWire}
			v.Outcome, v.Reasons = mixed(numbers[0], i), nil
			if v.Outcome != reports.Passed {
				v.Reasons = []reports.Reason{wrong}
			}
		}
		if len(numbers) == 2 {
			v.Sides = []reports.Side{{Group: numbers[0], Outcome: reports.Passed}, {Group: numbers[1], Outcome: v.Outcome}}
			if v.Outcome != reports.Passed {
				v.Sides[1].Reason = &wrong
			}
		}
		if v.ID == "tp1.q01" || v.ID == "tp1.q16" {
			v.Answers = answersOf(v.Subject, groups)
		}
	}
	run.Totals = reports.Count(run.Verdicts)
	return run, Options{Grades: grades.Of(run, weights(run)), Evidence: os.DirFS("testdata/red")}
}

// mixed makes every fifth group perfect, and the others each another kind of not: the
// weaker, the more of its questions.
func mixed(group, i int) reports.Outcome {
	weakness := group % 5 * 13
	switch dice := (i*37 + group*11) % 100; {
	case dice >= weakness:
		return reports.Passed
	case group%7 == 0 && dice < 5:
		return reports.Error
	default:
		return []reports.Outcome{reports.Failed, reports.NotAttempted, reports.Failed, reports.NotObservable}[dice%4]
	}
}

func answersOf(s reports.Subject, groups int) []reports.Answer {
	numbers := s.Groups()
	for n := 1; s == reports.Node && n <= groups; n++ {
		numbers = append(numbers, n)
	}
	var list []reports.Answer
	for _, n := range numbers {
		list = append(list, reports.Answer{
			Group: n, Words: "Deux machines <b>répondent</b> à la même question ARP.",
			Reference: reports.Text{FR: "Le pont apprend l'adresse sur deux ports.", EN: "The bridge learns the address on two ports."},
			Facts: []reports.Fact{
				{Name: reports.Text{FR: "cœurs", EN: "cores"}, Said: "8", True: "8", OK: true},
				{Name: reports.Text{FR: "mémoire", EN: "memory"}, Said: "", True: "31.3 GiB ± 3 %", OK: n%2 == 0 || n%5 == 0},
				{Name: reports.Text{FR: "carte", EN: "card"}, Said: "eno1", True: "ens1", OK: n%2 == 0 || n%5 == 0},
			},
		})
	}
	return list
}

func TestAClassHasItsMarks(t *testing.T) {
	run, o := gradedClass(t, 30)
	root := tree(t, encode(t, run, o))
	for _, g := range o.Grades {
		section := byID(root, string(reports.Group(g.Group)))
		if section == nil {
			t.Fatalf("group %d has no place", g.Group)
		}
		for _, lang := range []string{reports.French, reports.English} {
			said := spoken(section, lang)
			for _, want := range []string{g.Name, grades.Decimal(*g.Mark), g.Arithmetic.In(lang)} {
				if !strings.Contains(said, want) {
					t.Errorf("group %d in %s: no %q in %q", g.Group, lang, want, said)
				}
			}
		}
		rows := elements(section, func(n *nethtml.Node) bool { return n.Data == "tr" && n.Parent.Data == "tbody" })
		if len(rows) != len(g.Questions) {
			t.Errorf("group %d: %d lines of arithmetic for %d questions", g.Group, len(rows), len(g.Questions))
		}
	}
	grid := elements(root, classed("grid"))[0]
	marks := elements(grid, func(n *nethtml.Node) bool { return n.Data == "td" && classed("number")(n) && n.FirstChild != nil })
	if len(marks) != 30 {
		t.Errorf("%d marks in the grid of 30 groups", len(marks))
	}
	if said := spoken(byID(root, "class"), "en"); !strings.Contains(said, "30 groups") || !strings.Contains(said, "highest 20") {
		t.Errorf("the class: %q", said)
	}
}

func TestAVerdictTellsItsSidesWaysAndAnswers(t *testing.T) {
	run, o := gradedClass(t, 2)
	v := &run.Verdicts[0]
	for i := range run.Verdicts {
		if run.Verdicts[i].ID == "tp1.q21" {
			v = &run.Verdicts[i]
		}
	}
	v.Outcome, v.Reasons = reports.Failed, []reports.Reason{{What: reports.Same("as a pair")}}
	v.Sides = []reports.Side{{Group: 1, Outcome: reports.Passed}, {Group: 2, Outcome: reports.Failed, Reason: &reports.Reason{What: reports.Same("no default route on instance-2-1")}}}
	run.Totals = reports.Count(run.Verdicts)
	root := tree(t, encode(t, run, o))
	said := spoken(byID(root, anchor(v.ID, v.Subject)), "en")
	for _, want := range []string{"as a pair", "by the guest agent, on the wire", "group 1 passed", "group 2 failed", "no default route on instance-2-1"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
	said = spoken(byID(root, "tp1.q16/group-1"), "en")
	for _, want := range []string{"Deux machines <b>répondent</b>", "The bridge learns", "31.3 GiB", "(nothing)", "wrong", "not answered", "right"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
}

func TestDistribution(t *testing.T) {
	var counts []int
	for _, b := range distribution([]float64{0, 1.99, 2, 13.5, 18, 20}) {
		counts = append(counts, b.Count)
	}
	want := []int{2, 1, 0, 0, 0, 0, 1, 0, 0, 2}
	for i, n := range want {
		if counts[i] != n {
			t.Fatalf("got %v, want %v", counts, want)
		}
	}
}

func TestAGroupsOwnPageKnowsNothingOfTheOthers(t *testing.T) {
	run, o := gradedClass(t, 4)
	for i := range run.Verdicts {
		v := &run.Verdicts[i]
		if n := v.Subject.Groups(); len(n) == 1 && n[0] != 3 {
			v.Outcome, v.Reasons = reports.Failed, []reports.Reason{{What: reports.Same("a stranger's mistake"), Command: "a stranger's command"}}
		}
		if len(v.Subject.Groups()) == 2 {
			v.Outcome, v.Reasons = reports.Failed, []reports.Reason{{What: reports.Same("a stranger's half")}}
			v.Sides[1] = reports.Side{Group: v.Sides[1].Group, Outcome: reports.Failed, Reason: &reports.Reason{What: reports.Same("a stranger's half")}}
		}
		for j := range v.Answers {
			if v.Answers[j].Group != 3 {
				v.Answers[j].Words = "a stranger's words"
			}
		}
	}
	run.Problems = []reports.Reason{{What: reports.Same("a stranger's problem")}}
	run.Changes = []string{"VMs: + 104 a stranger's VM"}
	run.Totals = reports.Count(run.Verdicts)
	o.Grades = grades.Of(run, weights(run))
	folder, err := reports.NewFolder(t.TempDir(), run.Started)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteGroups(folder, run, o); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(grades.GroupFolder(folder, 3), File))
	if err != nil {
		t.Fatal(err)
	}
	for _, others := range []string{"stranger", "Groupe_1", "Groupe_2", "Groupe_4", "group-1", "group-2", "group-4", "31.3 GiB", "Le pont apprend"} {
		if bytes.Contains(data, []byte(others)) {
			t.Errorf("group 3 reads %q", others)
		}
	}
	root := tree(t, string(data))
	if said := spoken(byID(root, "group-3"), "en"); !strings.Contains(said, "Groupe_3") || !strings.Contains(said, o.Grades[2].Arithmetic.EN) {
		t.Errorf("its own mark: %q", said)
	}
	for _, n := range elements(root, func(n *nethtml.Node) bool { return attr(n, "href") != "" && !strings.HasPrefix(attr(n, "href"), "#") }) {
		t.Errorf("a link that is dead once the page is handed over: %q", attr(n, "href"))
	}
	if len(elements(root, classed("lab"))) != 1 {
		t.Error("no picture of its own lab")
	}
}

func TestEveryQuestionOfEveryGroupHasAPlaceInALargeClass(t *testing.T) {
	run, o := gradedClass(t, 100)
	for i := range run.Verdicts {
		for j := range run.Verdicts[i].Reasons {
			run.Verdicts[i].Reasons[j].Output = strings.Repeat("output\n", 2000)
		}
	}
	root := tree(t, encode(t, run, o))
	ids := map[string]bool{}
	for _, n := range elements(root, func(n *nethtml.Node) bool { return attr(n, "id") != "" }) {
		if ids[attr(n, "id")] {
			t.Errorf("the id %q is there twice", attr(n, "id"))
		}
		ids[attr(n, "id")] = true
	}
	for _, v := range run.Verdicts {
		if !ids[anchor(v.ID, v.Subject)] {
			t.Fatalf("a link to %s leads nowhere", anchor(v.ID, v.Subject))
		}
	}
	for _, g := range o.Grades {
		if said := spoken(byID(root, string(reports.Group(g.Group))), "en"); !strings.Contains(said, grades.Decimal(*g.Mark)) {
			t.Errorf("group %d lost its mark: %q", g.Group, said)
		}
	}
}

// What a half got wrong is not told twice when it is the reason of the whole.
func TestASideDoesNotRepeatTheVerdictsReason(t *testing.T) {
	why, own := reports.Reason{What: reports.Same("as a pair")}, reports.Reason{What: reports.Same("its own")}
	told := level{text: 100}.sides(reports.Verdict{Reasons: []reports.Reason{why}, Sides: []reports.Side{
		{Group: 1, Outcome: reports.Failed, Reason: &why}, {Group: 2, Outcome: reports.Failed, Reason: &own},
	}})
	if len(told) != 2 || told[0].Reason != nil || told[1].Reason == nil || told[1].Reason.What.EN != "its own" {
		t.Errorf("told %+v", told)
	}
}

func TestWhatToLookAtFirstIsInTheLabsOrder(t *testing.T) {
	run := load(t, "red")
	for i := range run.Verdicts {
		run.Verdicts[i].Outcome, run.Verdicts[i].Reasons = reports.Failed, []reports.Reason{{What: reports.Same("wrong")}}
	}
	slices.Reverse(run.Verdicts) // judged in whatever order
	run.Totals = reports.Count(run.Verdicts)
	section := byID(tree(t, encode(t, run, Options{})), "attention")
	var hrefs []string
	for _, a := range elements(section, func(n *nethtml.Node) bool { return n.Data == "a" }) {
		if href := attr(a, "href"); strings.HasSuffix(href, "/group-1") {
			hrefs = append(hrefs, href)
		}
	}
	column := func(href string) int {
		return slices.IndexFunc(run.Questions, func(q reports.Listed) bool { return strings.HasPrefix(href, "#"+q.ID+"/") })
	}
	if len(hrefs) < 2 || !slices.IsSortedFunc(hrefs, func(a, b string) int { return column(a) - column(b) }) {
		t.Errorf("the order is %v", hrefs)
	}
}
