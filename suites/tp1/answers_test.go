package tp1

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/answers"
	"github.com/labproof/labproof/reports"
)

// classOf is a graded class of groups 1 and 2 that saw what a green run saw, whose answers
// files hold these texts; a group without one handed in nothing.
func classOf(t *testing.T, texts map[int]string) *play {
	t.Helper()
	c := stageForJudging(t)
	c.node.Teacher = nil
	p := newPlay(questions(), c)
	for _, q := range p.questions {
		for _, s := range c.subjects(q.Scope) {
			p.acts[actKey{q.ID, s.Subject()}] = &act{looked: true, look: decoded(t, q, seenBy(t, q.ID))}
		}
	}
	from := t.TempDir()
	for group, text := range texts {
		if err := os.WriteFile(filepath.Join(from, answers.FileName(group)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keepAnswers(from, c.folder, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	p.writings = readAnswers(c.folder, c.groups)
	return p
}

// right is what a group that looked well wrote of the node that the green run saw.
const right = `groupe: 1
q01: {coeurs: 2, ram: 24 Go}
q10: {interface: eno1, explication: "carte intégrée"}
q13: {fonctionne: non, pourquoi: "pas d'adresse"}
q19: {interfaces: {ens18: vmbr11, ens19: vmbr12}, methode: "les MAC"}
`

func TestWhatAGroupWroteOfTheNode(t *testing.T) {
	wrong := strings.Replace(strings.Replace(right, "groupe: 1", "groupe: 2", 1), "coeurs: 2", "coeurs: 64", 1)
	p := classOf(t, map[int]string{1: right, 2: wrong})
	all := p.nodeAnswers([]reports.Verdict{{ID: "tp1.q01", Subject: reports.Node}, {ID: "tp1.q02", Subject: reports.Node}})
	want := map[string]reports.Outcome{
		"tp1.q01 group-1": reports.Passed, "tp1.q01 group-2": reports.Failed,
		"tp1.q02 group-1": reports.NotAttempted, "tp1.q02 group-2": reports.NotAttempted,
	}
	if len(all) != len(want) {
		t.Fatalf("%d verdicts: %+v", len(all), all)
	}
	for _, v := range all {
		if got := want[v.ID+" "+string(v.Subject)]; v.Outcome != got {
			t.Errorf("%s %s is %s, want %s: %+v", v.ID, v.Subject, v.Outcome, got, v.Reasons)
		}
		if err := v.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestAWrongFactTurnsARightQuestionRed(t *testing.T) {
	p := classOf(t, map[int]string{1: right, 2: "groupe: 2\nq13: {fonctionne: oui}\n"})
	for _, test := range []struct {
		id            string
		subject       reports.Subject
		shown, want   reports.Outcome
		sides         []reports.Outcome // of groups 1 and 2
		wordsOfGroup1 string
	}{
		{"tp1.q13", "group-1", reports.Passed, reports.Passed, nil, "pas d'adresse"},
		{"tp1.q13", "group-2", reports.Passed, reports.Failed, nil, ""},
		{"tp1.q13", "group-1", reports.Failed, reports.Failed, nil, "pas d'adresse"},
		{"tp1.q13", "group-2", reports.Error, reports.Error, nil, ""},
		{"tp1.q12", "group-2", reports.Passed, reports.Passed, nil, ""},
		{"tp1.q19", "pair-1-2", reports.Passed, reports.NotAttempted, []reports.Outcome{reports.Passed, reports.NotAttempted}, "les MAC"},
	} {
		v := reports.Verdict{ID: test.id, Subject: test.subject, Outcome: test.shown}
		if test.shown != reports.Passed {
			v.Reasons = []reports.Reason{{What: reports.Same("shown")}}
		}
		a := p.acts[actKey{test.id, test.subject}]
		v.Sides = p.sides(v, a)
		p.answer(&v, a)
		if v.Outcome != test.want {
			t.Errorf("%s %s: %s, want %s: %+v", v.ID, v.Subject, v.Outcome, test.want, v.Reasons)
		}
		for i, want := range test.sides {
			if v.Sides[i].Outcome != want {
				t.Errorf("%s: side %d is %s, want %s", v.ID, i, v.Sides[i].Outcome, want)
			}
		}
		if test.wordsOfGroup1 != "" && !slices.ContainsFunc(v.Answers, func(a reports.Answer) bool { return strings.Contains(a.Words, test.wordsOfGroup1) }) {
			t.Errorf("%s: the group's words are lost: %+v", v.ID, v.Answers)
		}
		if err := v.Check(); err != nil {
			t.Error(err)
		}
	}
}

// A file that cannot be read is nobody's mark, and no other group's trouble.
func TestAnswersThatCannotBeRead(t *testing.T) {
	p := classOf(t, map[int]string{1: "\x00\x01", 2: strings.Replace(right, "groupe: 1", "groupe: 2", 1)})
	for _, v := range p.nodeAnswers([]reports.Verdict{{ID: "tp1.q01", Subject: reports.Node}}) {
		if want := map[reports.Subject]reports.Outcome{"group-1": reports.Error, "group-2": reports.Passed}[v.Subject]; v.Outcome != want {
			t.Errorf("%s: %s, want %s: %+v", v.Subject, v.Outcome, want, v.Reasons)
		}
	}
	v := reports.Verdict{ID: "tp1.q13", Subject: "group-1", Outcome: reports.Passed}
	p.answer(&v, p.acts[actKey{"tp1.q13", "group-1"}])
	if v.Outcome != reports.Passed || v.Answers != nil {
		t.Errorf("%+v", v)
	}
	from := t.TempDir()
	if err := os.Mkdir(filepath.Join(from, answers.FileName(1)), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := keepAnswers(from, p.cast.folder, []int{1}); err == nil || !strings.Contains(err.Error(), fs.ErrInvalid.Error()) {
		t.Errorf("a folder in a file's place: %v", err)
	}
}

// Where neither files nor names of cards could be seen, what a group wrote of them is for the
// teacher alone.
func TestWhatCouldNotBeSeenMakesNoFactWrong(t *testing.T) {
	p := classOf(t, map[int]string{1: "groupe: 1\nq15: {fichier: \"auto ens18\\niface ens18 inet static\\naddress 10.0.1.2/29\\ngateway 10.0.1.1\"}\n" + strings.TrimPrefix(right, "groupe: 1\n")})
	file := p.writings[1].file
	for id, look := range map[string]any{
		"tp1.q15": addressLook{Unread: true, Offline: true},
		"tp1.q19": wiring{Wire: []wireVM{{VMID: 912}}},
	} {
		if got := answerOf(p.cast.node, id, file, look); len(got.Facts) != 0 {
			t.Errorf("%s: facts are judged against nothing: %+v", id, got.Facts)
		}
	}
}
