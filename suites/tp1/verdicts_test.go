package tp1

import (
	"os"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/labproof/labproof/reports"
)

// Ginkgo keeps what every attempt at a spec left: only the last one's counts.
func TestTheLastAttemptCounts(t *testing.T) {
	broken := types.ReportEntry{Name: outcomeEntry, Value: types.WrapEntryValue(settled{reports.Error, reports.Reason{What: reports.Same("no answer")}})}
	wrong := types.ReportEntry{Name: reasonEntry, Value: types.WrapEntryValue(reports.Reason{What: reports.Same("wrong")})}
	for name, test := range map[string]struct {
		state   types.SpecState
		entries types.ReportEntries
		want    reports.Outcome
		says    string
	}{
		"right at once":            {types.SpecStatePassed, nil, reports.Passed, ""},
		"an error, then right":     {types.SpecStatePassed, types.ReportEntries{broken}, reports.Passed, ""},
		"wrong, then right":        {types.SpecStatePassed, types.ReportEntries{wrong}, reports.Passed, ""},
		"an error, then wrong":     {types.SpecStateFailed, types.ReportEntries{broken, wrong}, reports.Failed, "wrong"},
		"wrong, then an error":     {types.SpecStateFailed, types.ReportEntries{wrong, broken}, reports.Error, "no answer"},
		"something else, an error": {types.SpecStateFailed, types.ReportEntries{broken, {Name: "note"}}, reports.Error, "no answer"},
	} {
		report := types.SpecReport{State: test.state, ReportEntries: test.entries}
		s, isSettled := settledOf(report)
		outcome, reasons := judged(report, s, isSettled)
		if outcome != test.want || (test.says == "") != (len(reasons) == 0) || test.says != "" && reasons[0].What.EN != test.says {
			t.Errorf("%s: %s, %+v", name, outcome, reasons)
		}
	}
}

// Who looks again has seen what it saw last, and nothing else.
func TestTheLastLookIsKept(t *testing.T) {
	c := twoGroups(t, false)
	n := c.notes(ask(sectionUsers, q03()), c.groups[0])
	for _, name := range []string{"Groupe_1", "Groupe_9"} {
		if err := n.keepLook(groupLook{Groups: []string{name}}); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		n.dropLook()
		if _, err := os.Stat(c.folder.Join("tp1.q03", "group-1", lookFile)); !os.IsNotExist(err) || len(n.close()) != 0 {
			t.Errorf("what an earlier attempt saw is still there: %v", err)
		}
	}()
	files := n.close()
	if len(files) != 1 {
		t.Fatalf("kept: %v", files)
	}
	if data, err := os.ReadFile(c.folder.Join(files[0])); err != nil || !strings.Contains(string(data), "Groupe_9") || strings.Contains(string(data), "Groupe_1") {
		t.Errorf("%v: %s", err, data)
	}
}
