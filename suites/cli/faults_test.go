package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/faults"
)

func TestTheFaultsAreListed(t *testing.T) {
	r := labproof(t, "faults", "run", "--list", "--json", "--fault", "forwarding-off,wrong-mask")
	var all []listedFault
	if err := json.Unmarshal([]byte(r.out), &all); err != nil || r.code != ExitPassed {
		t.Fatalf("exit %d, %v: %s%s", r.code, err, r.out, r.err)
	}
	if len(all) != 2 || all[0].ID != "wrong-mask" || all[0].Title.FR == "" || cellsText(all[0].Own) != "tp1.q15 group-1" {
		t.Errorf("listed %+v", all)
	}
	if r := labproof(t, "faults", "run", "--list", "--lang", "en"); strings.Count(r.out, "\n") != len(faults.All()) {
		t.Errorf("listed\n%s", r.out)
	}
}

func TestFaultsThatCannotBeRun(t *testing.T) {
	oneLine(t, labproof(t, "faults", "run", "--lang", "en", "--fault", "wrong-mask,nonsense"), ExitUsage, `unknown fault "nonsense"`, "--list")
	oneLine(t, labproof(t, "faults", "run", "--lang", "en", "--times", "0"), ExitUsage, "--times 0")
	oneLine(t, labproof(t, "faults", "run", "--lang", "en", "--target", "nowhere.yaml"), ExitUsage, "nowhere.yaml")
}

func TestFaultsArePickedInTheirOwnOrder(t *testing.T) {
	all := faults.All()
	picked, err := pickFaults([]string{all[7].ID, all[2].ID}, all)
	if err != nil || len(picked) != 2 || picked[0].ID != all[2].ID || picked[1].ID != all[7].ID {
		t.Errorf("picked %v, %v", picked, err)
	}
	everything, err := pickFaults(nil, all)
	if err != nil || !slices.EqualFunc(everything, all, func(a, b faults.Fault) bool { return a.ID == b.ID }) {
		t.Errorf("picked %d of %d, %v", len(everything), len(all), err)
	}
}
