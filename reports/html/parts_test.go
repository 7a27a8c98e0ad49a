package html

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/capture"
	"github.com/labproof/labproof/reports"
)

func seenIn(t testing.TB, name string) (*reports.Run, sights) {
	t.Helper()
	run := load(t, name)
	return run, gather(run, os.DirFS(filepath.Join("testdata", name)))
}

// story is a ladder in words.
func story(l *ladder) string {
	var b strings.Builder
	for _, r := range l.Rungs {
		b.WriteString(l.Rails[r.from].Name + " > " + l.Rails[r.to].Name + " " + r.Kind + " " + r.Text.EN + "\n")
	}
	return b.String()
}

func TestLadderOfARoutedPing(t *testing.T) {
	_, seen := seenIn(t, "green")
	l := seen.ladders["tp1.q21/pair-1-2"]
	if l == nil {
		t.Fatal("no ladder")
	}
	if n := len(l.Rungs); n != 12 {
		t.Errorf("%d rungs, want 3 requests and 3 replies on two cards each", n)
	}
	if want := `instance-1-1 > gw-1-2 ens18 request request 1 · TTL 64
gw-1-2 ens19 > instance-2-1 request request 1 · TTL 63
instance-2-1 > gw-1-2 ens19 reply reply 1 · TTL 64
gw-1-2 ens18 > instance-1-1 reply reply 1 · TTL 63
`; !strings.HasPrefix(story(l), want) {
		t.Errorf("got\n%s", story(l))
	}
	if l.Rails[0].MAC != "bc:24:11:7f:0d:9a" || l.Rails[1].MAC != "bc:24:11:0f:fa:cb" || l.Rails[2].MAC != "bc:24:11:23:f9:4a" {
		t.Errorf("MACs %+v", l.Rails)
	}
}

func TestLadderShowsWhatNeverCame(t *testing.T) {
	_, green := seenIn(t, "green")
	_, red := seenIn(t, "red")
	for name, c := range map[string]struct {
		l    *ladder
		want string
	}{
		"q13":     {green.ladders["tp1.q13/group-1"], "instance-1-1 > 10.0.1.1 lost nothing was sent: Network is unreachable\n"},
		"q18":     {green.ladders["tp1.q18/group-1"], strings.Repeat("instance-1-1 > vmbr11 lost who-has 10.0.1.1? nobody answers\n", 4)},
		"q20":     {green.ladders["tp1.q20/pair-1-2"], "gw-1-2 ens18 > gw-1-2 ens19 lost 1 does not leave\n"},
		"q21 red": {red.ladders["tp1.q21/pair-1-2"], "gw-1-2 ens18 > gw-1-2 ens19 lost 3 does not leave\n"},
	} {
		if c.l == nil {
			t.Errorf("%s: no ladder", name)
			continue
		}
		if !strings.Contains(story(c.l), c.want) {
			t.Errorf("%s: got\n%s", name, story(c.l))
		}
	}
}

func TestALadderIsBounded(t *testing.T) {
	run := load(t, "green")
	l := unreachable(run, run.Verdicts[len(run.Verdicts)-1], look{})
	if l != nil {
		t.Error("the node has no ladder")
	}
	d := &ladder{Rails: []rail{{}, {}}}
	for range 10_000 {
		d.add(rung{to: 1})
	}
	if d.lay(); len(d.Rungs) != maxRungs || d.More != 10_000-maxRungs {
		t.Errorf("%d rungs and %d more", len(d.Rungs), d.More)
	}
	two := map[string]*capture.Capture{"gw-1-2-a": {}, "gw-1-2-b": {}}
	v := reports.Verdict{ID: "tp1.q20", Subject: reports.Pair(1, 2)}
	if l := across(run, v, look{}, two); l == nil || len(l.Rungs) != 0 {
		t.Errorf("two empty captures: %+v", l)
	}
	if l := across(run, v, look{}, map[string]*capture.Capture{"gw-1-2-a": {}}); l != nil {
		t.Error("a single card is no way across")
	}
}

// A gateway's cards may be in either order: the look says which is on whose bridge.
func TestCardsInEitherOrder(t *testing.T) {
	run := load(t, "green")
	v := reports.Verdict{ID: "tp1.q21", Subject: reports.Pair(1, 2)}
	two := map[string]*capture.Capture{"gw-1-2-ens18": {}, "gw-1-2-ens19": {}}
	l := across(run, v, look{Cross: &crossing{Cards: []string{"ens19", "ens18"}}}, two)
	if l == nil || l.Rails[1].Name != "gw-1-2 ens19" || l.Rails[2].Name != "gw-1-2 ens18" {
		t.Errorf("the ladder is %+v", l)
	}
	for name, test := range map[string]struct {
		nics []nic
		want [2]string
	}{
		"in order":  {[]nic{{Bridge: "vmbr11"}, {Bridge: "vmbr12"}}, [2]string{"net0", "net1"}},
		"exchanged": {[]nic{{Bridge: "vmbr12"}, {Bridge: "vmbr11"}}, [2]string{"net1", "net0"}},
		"both on X": {[]nic{{Bridge: "vmbr11"}, {Bridge: "vmbr11"}}, [2]string{"net0", "net1 → vmbr11"}},
		"elsewhere": {[]nic{{Bridge: "vmbr0"}, {Bridge: "vmbr12"}}, [2]string{"net0 → vmbr0", "net1"}},
	} {
		pic := drawn(t, run, sights{looks: map[string]look{anchor("tp1.gateway", reports.Pair(1, 2)): {NICs: test.nics}}})
		var labels []string
		for _, w := range pic.Wires {
			if strings.HasPrefix(w.Label, "net") {
				labels = append(labels, w.Label)
				if (w.State == wrong) != strings.Contains(w.Label, "→") {
					t.Errorf("%s: %s is %s", name, w.Label, w.State)
				}
			}
		}
		if !slices.Equal(labels, test.want[:]) {
			t.Errorf("%s: %q, want %q", name, labels, test.want)
		}
	}
}

func drawn(t *testing.T, run *reports.Run, seen sights) picture {
	t.Helper()
	list := pictures(run, seen, levels[0])
	if len(list) != 1 {
		t.Fatalf("%d pictures, want one of the pair", len(list))
	}
	return list[0]
}

func boxNamed(t *testing.T, p picture, name string) box {
	t.Helper()
	for _, b := range p.Boxes {
		if b.Name == name {
			return b
		}
	}
	t.Fatalf("no %s in the picture", name)
	return box{}
}

func TestThePictureOfAGoodLabIsGood(t *testing.T) {
	p := drawn(t, load(t, "green"), sights{})
	for _, b := range p.Boxes {
		if b.State != good {
			t.Errorf("%s is %s", b.Name, b.State)
		}
	}
	if len(p.Boxes) != 7 || len(p.Bars) != 2 || len(p.Missing) != 0 {
		t.Errorf("%d machines, %d bridges, missing %v", len(p.Boxes), len(p.Bars), p.Missing)
	}
}

func TestThePictureShowsWhatIsWrong(t *testing.T) {
	run, seen := seenIn(t, "red")
	if b := boxNamed(t, drawn(t, run, seen), "gw-1-2"); b.State != wrong || b.Anchor != "tp1.q21/pair-1-2" {
		t.Errorf("the gateway without forwarding: %+v", b)
	}
	for i := range run.Verdicts {
		switch v := &run.Verdicts[i]; anchor(v.ID, v.Subject) {
		case "tp1.q12/group-1", "tp1.q15/group-1":
			v.Outcome = reports.Failed
		case "tp1.clone/group-2":
			v.Outcome = reports.NotAttempted
		case "tp1.q16/group-2":
			v.Outcome = reports.Error
		}
	}
	l := seen.looks["tp1.q13/group-1"]
	l.NIC.Bridge = "vmbr0"
	seen.looks["tp1.q13/group-1"] = l
	p := drawn(t, run, seen)
	if p.Bars[0].State != wrong || p.Bars[1].State != good {
		t.Errorf("bridges %+v", p.Bars)
	}
	for name, want := range map[string]string{"instance-1-1": wrong, "instance-2-1": wrong, "instance-2-3": unknown, "instance-1-3": good} {
		if b := boxNamed(t, p, name); b.State != want {
			t.Errorf("%s is %s, want %s", name, b.State, want)
		}
	}
	if !strings.Contains(strings.Join(p.Missing, " "), "vmbr11") {
		t.Errorf("missing %v", p.Missing)
	}
	found := false
	for _, w := range p.Wires {
		found = found || w.State == wrong && w.Label == "→ vmbr0"
	}
	if !found {
		t.Error("nothing shows that a card is on the wrong bridge")
	}
}

func TestThePictureShowsTheAddressThatIsThere(t *testing.T) {
	const place = "tp1.q15/group-1"
	data, err := os.ReadFile(filepath.Join("testdata", "green", place, "look.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		has     string
		outcome reports.Outcome
		want    string
	}{
		{"10.0.1.2/29", reports.Passed, "VM 102 · 10.0.1.2"},
		{"10.0.1.5/29", reports.Passed, "VM 102 · 10.0.1.5"}, // any free address is right
		{"10.0.1.5/29", reports.Failed, "10.0.1.5 ≠ 10.0.1.2"},
		{"10.0.1.2/24", reports.Failed, "10.0.1.2/24 ≠ /29"},
		{"10.0.1.2/24", reports.Passed, "VM 102 · 10.0.1.2"}, // where accept takes the mask
		{"10.0.1.2/29", reports.Failed, "VM 102 · 10.0.1.2"},
	} {
		run, seen := seenIn(t, "green")
		seen.looks[place] = parseLook([]byte(strings.ReplaceAll(string(data), "10.0.1.2/29", c.has)))
		judge(run, place, c.outcome)
		if b := boxNamed(t, drawn(t, run, seen), "instance-1-1"); b.Lines[0].Text != c.want || b.Lines[0].Wrong != (c.outcome == reports.Failed) {
			t.Errorf("%s, %s: %+v", c.has, c.outcome, b.Lines)
		}
	}
}

// judge gives a verdict another outcome.
func judge(run *reports.Run, place string, outcome reports.Outcome) {
	for i := range run.Verdicts {
		if v := &run.Verdicts[i]; anchor(v.ID, v.Subject) == place {
			v.Outcome = outcome
		}
	}
}

// What a group did not write of its lab says nothing of the lab.
func TestThePictureShowsWhatWasBuilt(t *testing.T) {
	for _, c := range []struct {
		shown []reports.Outcome
		want  reports.Outcome
	}{
		{nil, reports.NotAttempted},
		{[]reports.Outcome{reports.Passed}, reports.Passed},
		{[]reports.Outcome{reports.Passed, reports.Failed}, reports.Failed},
		{[]reports.Outcome{reports.Failed, reports.Passed}, reports.Failed},
		{[]reports.Outcome{""}, reports.NotAttempted},
	} {
		v := reports.Verdict{Outcome: reports.NotAttempted}
		for i, shown := range c.shown {
			v.Answers = append(v.Answers, reports.Answer{Group: i + 1, Shown: shown})
		}
		if got := built(v); got != c.want {
			t.Errorf("shown %v: %s, want %s", c.shown, got, c.want)
		}
	}
}

func TestTheSecondCardOnAnotherBridge(t *testing.T) {
	run, seen := seenIn(t, "green")
	seen.looks["tp1.q16/group-2"] = parseLook([]byte(`{"nic": {"MAC": "BC:24:11:19:D3:4E", "Bridge": "vmbr0"}}`))
	p := drawn(t, run, seen)
	if !slices.ContainsFunc(p.Wires, func(w wire) bool { return w.State == wrong && w.Label == "→ vmbr0" && w.Anchor == "tp1.q16/group-2" }) {
		t.Errorf("nothing shows it: %+v", p.Wires)
	}
	if b := boxNamed(t, p, "instance-2-3"); b.Lines[len(b.Lines)-1].Text != "bc:24:11:19:d3:4e" {
		t.Errorf("%+v", b.Lines)
	}
}

func TestATimeLineFollowsTheClock(t *testing.T) {
	run := load(t, "green")
	l := newTimeline(run)
	bars := 0
	for _, lane := range l.Lanes {
		for _, b := range lane.Bars {
			bars++
			if b.X < laneLeft || b.X+b.W > float64(l.Width) {
				t.Errorf("%s lies outside: %+v", b.Anchor, b)
			}
		}
	}
	if bars != len(run.Verdicts) || len(l.Lanes) != 4 || len(l.Ticks) < 4 {
		t.Errorf("%d bars in %d lanes, %d ticks", bars, len(l.Lanes), len(l.Ticks))
	}
	if newTimeline(&reports.Run{}) != nil {
		t.Error("a run without time has a time line")
	}
}

func FuzzParseLook(f *testing.F) {
	for _, place := range []string{"tp1.q13/group-1", "tp1.q15/group-1", "tp1.gateway/pair-1-2"} {
		data, err := os.ReadFile(filepath.Join("testdata", "green", place, "look.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"nic": [], "before": {"Sent": 1e9, "Received": -5}}`))
	run := load(f, "green")
	f.Fuzz(func(t *testing.T, data []byte) {
		l := parseLook(data)
		seen := sights{looks: map[string]look{}}
		for _, v := range run.Verdicts {
			seen.looks[anchor(v.ID, v.Subject)] = l
			if d := newLadder(run, v, l, nil); d != nil && len(d.Rungs) > maxRungs {
				t.Errorf("%d rungs", len(d.Rungs))
			}
		}
		for _, p := range pictures(run, seen, levels[0]) {
			for _, b := range p.Boxes {
				for _, r := range b.Lines {
					if len(r.Text) > 3*maxLine {
						t.Errorf("%d bytes in a box", len(r.Text))
					}
				}
			}
		}
		if _, err := json.Marshal(l); err != nil {
			t.Error(err)
		}
	})
}
