package reports

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	nine  = time.Date(2026, 11, 23, 21, 4, 0, 0, time.UTC)
	title = Text{FR: "Le ping entre groupes échoue", EN: "The ping between groups fails"}
)

func sampleRun() *Run {
	run := &Run{
		ID: "2026-11-23T2104-x7qk", Command: "validate", Tool: "test", Lang: French, Started: nine,
		Target: Target{URL: "https://127.0.0.1:8006", Node: "proxmox1", Version: "9.0.3"},
		Plan:   Plan{Groups: []PlanGroup{{Number: 1, Name: "Groupe_1", Bridge: "vmbr11", Network: "10.0.1.0/29"}}},
		Verdicts: []Verdict{
			{ID: "tp1.q01", Subject: Node, Title: title, Outcome: Passed, Started: nine, Duration: time.Second},
			{
				ID: "tp1.q20", Subject: Pair(1, 2), Title: title, Outcome: Failed, Started: nine, Duration: time.Minute,
				Reasons: []Reason{{
					What: Text{FR: "le ping passe déjà", EN: "the ping works already"}, Expected: Same("0/3"), Seen: Same("3/3"),
					Command: "ping -c3 10.0.2.2", Output: "line 1\nline 2\x1b[31m\n", Next: Text{FR: "voir ip_forward", EN: "see ip_forward"},
				}},
				Evidence: []string{"tp1.q20/pair-1-2/gw-1-2-ens19.pcap"},
				Waits:    []Wait{{What: Same("tcpdump"), Started: nine, Duration: time.Second, Timeout: time.Minute}},
			},
		},
	}
	run.Close(nine.Add(2 * time.Minute))
	return run
}

func TestTextFallsBackOnTheOtherLanguage(t *testing.T) {
	for _, c := range []struct {
		text Text
		lang string
		want string
	}{
		{Text{FR: "oui", EN: "yes"}, French, "oui"},
		{Text{FR: "oui", EN: "yes"}, English, "yes"},
		{Text{FR: "oui"}, English, "oui"},
		{Text{EN: "yes"}, French, "yes"},
		{Textf("%d groupes", "%d groups", 2), English, "2 groups"},
		{Same("ens18"), French, "ens18"},
	} {
		if got := c.text.In(c.lang); got != c.want {
			t.Errorf("%+v in %s: got %q, want %q", c.text, c.lang, got, c.want)
		}
	}
}

func TestSubjects(t *testing.T) {
	for _, c := range []struct {
		subject Subject
		form    string
		fr, en  string
	}{
		{Node, "node", "nœud", "node"},
		{Group(0), "group-0", "groupe 0", "group 0"},
		{Group(12), "group-12", "groupe 12", "group 12"},
		{Pair(1, 2), "pair-1-2", "groupes 1-2", "groups 1-2"},
	} {
		if string(c.subject) != c.form || c.subject.Text() != (Text{FR: c.fr, EN: c.en}) {
			t.Errorf("%s: %+v", c.subject, c.subject.Text())
		}
		if err := c.subject.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []Subject{"", "group", "group-", "group-01", "group--1", "pair-1", "pair-1-2-3", "Group-1", "node\n", "../x"} {
		if bad.Check() == nil {
			t.Errorf("subject %q: accepted", bad)
		}
	}
}

func TestConcerns(t *testing.T) {
	for _, c := range []struct {
		a, b Subject
		want bool
	}{
		{Node, Group(1), true}, {Group(1), Node, true}, {Group(1), Group(1), true}, {Group(1), Group(2), false},
		{Group(1), Pair(1, 2), true}, {Pair(1, 2), Group(2), true}, {Pair(1, 2), Pair(3, 4), false},
	} {
		if got := c.a.Concerns(c.b); got != c.want {
			t.Errorf("%s concerns %s: %t", c.a, c.b, got)
		}
	}
}

func TestJudge(t *testing.T) {
	verdicts := func(outcomes ...Outcome) []Verdict {
		var list []Verdict
		for _, o := range outcomes {
			list = append(list, Verdict{Outcome: o})
		}
		return list
	}
	for _, c := range []struct {
		name string
		run  Run
		want Judgement
	}{
		{"all passed", Run{Verdicts: verdicts(Passed, Passed)}, AllPassed},
		{"what cannot be seen turns nothing red", Run{Verdicts: verdicts(Passed, NotObservable)}, AllPassed},
		{"a failure", Run{Verdicts: verdicts(Passed, Failed)}, SomeFailed},
		{"not attempted", Run{Verdicts: verdicts(Passed, NotAttempted)}, SomeFailed},
		{"nothing was seen right", Run{Verdicts: verdicts(NotObservable)}, SomeFailed},
		{"nothing was asked", Run{}, Broken},
		{"an error outweighs a failure", Run{Verdicts: verdicts(Passed, Failed, Error)}, Broken},
		{"interrupted", Run{Verdicts: verdicts(Passed), Interrupted: true}, Broken},
		{"a problem outside", Run{Verdicts: verdicts(Passed), Problems: []Reason{{}}}, Broken},
	} {
		if got := c.run.Judge(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRunIsReadBackAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), RunFile)
	run := sampleRun()
	if err := Write(path, run); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(run)
	have, _ := json.Marshal(got)
	if string(want) != string(have) {
		t.Errorf("read back\n%s\nwrote\n%s", have, want)
	}
}

func TestWriteRefusesWhatIsNotSound(t *testing.T) {
	for name, spoil := range map[string]func(*Run){
		"same question twice":        func(r *Run) { r.Verdicts = append(r.Verdicts, r.Verdicts[0]); r.Totals.Passed++ },
		"unknown outcome":            func(r *Run) { r.Verdicts[0].Outcome = "fine" },
		"a failure without reason":   func(r *Run) { r.Verdicts[1].Reasons = nil },
		"id of another form":         func(r *Run) { r.Verdicts[0].ID = "q1" },
		"subject of another form":    func(r *Run) { r.Verdicts[0].Subject = "groups" },
		"evidence outside":           func(r *Run) { r.Verdicts[1].Evidence = []string{"../../etc/passwd"} },
		"evidence at an absolute":    func(r *Run) { r.Verdicts[1].Evidence = []string{"/etc/passwd"} },
		"totals that do not add up":  func(r *Run) { r.Totals.Passed = 7 },
		"unknown language":           func(r *Run) { r.Lang = "de" },
		"negative duration":          func(r *Run) { r.Verdicts[0].Duration = -1 },
		"a run of another schema":    func(r *Run) { r.Schema = 2 },
		"a run without a name of it": func(r *Run) { r.ID = "" },
	} {
		run := sampleRun()
		spoil(run)
		path := filepath.Join(t.TempDir(), RunFile)
		if err := Write(path, run); err == nil {
			t.Errorf("%s: written", name)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left", name)
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	good, err := Encode(sampleRun())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ data, want string }{
		"empty":          {"", "EOF|end of JSON"},
		"not JSON":       {"<xml/>", "invalid character"},
		"half of it":     {string(good[:len(good)/2]), "end of JSON"},
		"something else": {string(good) + "{}", "after top-level|follows"},
		"unknown key":    {strings.Replace(string(good), `"lang"`, `"extra": 1, "lang"`, 1), "unknown field"},
		"newer schema":   {strings.Replace(string(good), `"schema": 1`, `"schema": 99`, 1), "schema 99"},
		"no schema":      {"{}", "schema 0"},
	} {
		_, err := Decode(strings.NewReader(c.data))
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		matched := false
		for want := range strings.SplitSeq(c.want, "|") {
			matched = matched || strings.Contains(err.Error(), want)
		}
		if !matched {
			t.Errorf("%s: %v, want something about %s", name, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	good, err := Encode(sampleRun())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"schema":1,"verdicts":[{"id":"tp1.q01"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := Decode(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		if _, err := Encode(run); err != nil {
			t.Errorf("what was read cannot be written again: %v", err)
		}
		for _, v := range run.Verdicts {
			v.Explain(English)
		}
	})
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"déjà 24 Go\n\t✓ 世界":    "déjà 24 Go\n\t✓ 世界",
		"\x1b[31mred":           `\x1b[31mred`,
		"a\x00b\x7fc\rd":        `a\x00b\x7fc\x0dd`,
		"\xff\xfe":              `\xff\xfe`,
		"evil\u202etxt":         `evil\u202etxt`,
		"csi \u009b31m":         `csi \x9b31m`,
		"\ufffe \uffff":         `\ufffe \uffff`,
		"replacement \ufffd ok": "replacement \ufffd ok",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := Line("a\nb\tc"); got != `a\nb\tc` {
		t.Errorf("Line: %q", got)
	}
}

func TestCutKeepsWholeCharacters(t *testing.T) {
	if got := Cut("ééé", 3); got != "é… [+4 bytes]" {
		t.Errorf("got %q", got)
	}
	if got := Cut("abc", 3); got != "abc" {
		t.Errorf("got %q", got)
	}
}

func TestExplain(t *testing.T) {
	got := strings.Join(sampleRun().Verdicts[1].Explain(French), "\n")
	want := `tp1.q20 groupes 1-2: le ping passe déjà
    vu:        3/3
    attendu:   0/3
    commande:  ping -c3 10.0.2.2
    sortie:    line 1
               line 2\x1b[31m
    à voir:    voir ip_forward
    preuve:    tp1.q20/pair-1-2/gw-1-2-ens19.pcap`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExplainIsBounded(t *testing.T) {
	v := Verdict{ID: "tp1.q01", Subject: Node, Outcome: Failed, Reasons: []Reason{{
		What: Same(strings.Repeat("x", 1<<20)), Output: strings.Repeat("y\n", 1<<20),
	}}}
	lines := v.Explain(English)
	if len(lines) > 30 || len(lines[0]) > 3000 {
		t.Errorf("%d lines, the first of %d bytes", len(lines), len(lines[0]))
	}
}

func TestOutcomesAreCounted(t *testing.T) {
	for want, got := range map[string]Text{
		"0 réussi / 0 passed":                  Passed.Counted(0),
		"1 réussi / 1 passed":                  Passed.Counted(1),
		"2 réussis / 2 passed":                 Passed.Counted(2),
		"0 erreur / 0 errors":                  Error.Counted(0),
		"1 erreur / 1 error":                   Error.Counted(1),
		"2 erreurs / 2 errors":                 Error.Counted(2),
		"2 non tentés / 2 not attempted":       NotAttempted.Counted(2),
		"2 non observables / 2 not observable": NotObservable.Counted(2),
		"2 échoués / 2 failed":                 Failed.Counted(2),
	} {
		number := want[:1]
		if said := number + " " + got.FR + " / " + number + " " + got.EN; said != want {
			t.Errorf("said %q, want %q", said, want)
		}
	}
}
