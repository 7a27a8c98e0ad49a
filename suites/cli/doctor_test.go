package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labproof/labproof/suites/doctor"
)

// found are the doctor's findings about this machine with an acceleration, by check.
func found(t *testing.T, accel string) map[string]doctor.Finding {
	t.Helper()
	cmd := program(t, t.Context(), "doctor", "--json")
	write(t, filepath.Join(cmd.Dir, "ginkgo.yaml"), "targets: {embedded: {embedded: {accel: "+accel+"}}}\n")
	r := finish(t, cmd)
	var list []doctor.Finding
	if err := json.Unmarshal([]byte(r.out), &list); err != nil {
		t.Fatalf("exit %d, %v: %s%s", r.code, err, r.out, r.err)
	}
	byCheck := map[string]doctor.Finding{}
	for _, f := range list {
		byCheck[f.Check] = f
	}
	return byCheck
}

func TestDoctorTellsTheAcceleration(t *testing.T) {
	tell := func(accel string) doctor.Finding {
		f := found(t, accel)["embedded.acceleration"]
		if f.What.FR == "" || f.What.EN == "" || (f.State == doctor.OK) != (f.Next.EN == "") {
			t.Errorf("%s: %+v", accel, f)
		}
		return f
	}
	if f := tell("tcg"); f.State != doctor.Warning || !strings.Contains(f.What.EN, "TCG") {
		t.Errorf("TCG: %+v", f)
	}
	// What else there is depends on the machine: KVM where it was proven, and then only.
	proven := tell("auto")
	want := map[doctor.State]doctor.State{doctor.OK: doctor.OK, doctor.Warning: doctor.Bad}[proven.State]
	if asked := tell("kvm"); asked.State != want {
		t.Errorf("KVM is %+v, and where it is asked for %+v", proven, asked)
	}
}
