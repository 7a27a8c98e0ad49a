package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/labproof/labproof/reports"
)

// The practical's clones on storages that are no directory: thin LVM keeps raw disks
// and shows no parent, so that only the task's log tells a linked clone; thick LVM
// cannot make one, and says so.
func TestDisksOnOtherStorages(t *testing.T) {
	tests := []struct {
		disks string
		code  int
		clone reports.Outcome
		words string // of the node, in the reason
	}{
		{"lvmthin", ExitPassed, reports.Passed, ""},
		{"lvm", ExitFailed, reports.Failed, "Linked clone feature is not supported for 'lab:vm-101-disk-0' (scsi0)"},
	}
	for _, test := range tests {
		t.Run(test.disks, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "ginkgo.yaml")
			write(t, config, "targets: {embedded: {embedded: {disks: "+test.disks+"}}}\n")
			run := begin(t, "--config", config, "--groups", "1", "--question", "vm,clone")
			_, got := run.end(t, test.code)
			for _, v := range got.Verdicts {
				if v.ID != "tp1.clone" {
					continue
				}
				if v.Outcome != test.clone {
					t.Errorf("%s is %s, want %s: %+v", v.ID, v.Outcome, test.clone, v.Reasons)
				}
				if test.words != "" && !strings.Contains(v.Reasons[0].Seen.EN, test.words) {
					t.Errorf("the reason is %+v, want the node's words %q", v.Reasons[0], test.words)
				}
			}
			if len(got.Verdicts) != 3 {
				t.Errorf("%d verdicts, want vm, clone and teardown", len(got.Verdicts))
			}
		})
	}
}
