package tp1

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
)

// A student may choose another storage than the target's: what a clone is, that one tells.
func TestDisksOnAnotherStorage(t *testing.T) {
	const (
		base = `{"volid":"thin:base-101-disk-0","vmid":101,"format":"raw","content":"images"}`
		onto = `{"volid":"local:102/vm-102-disk-0.qcow2","vmid":102,"format":"qcow2","content":"images"}`
		log  = `[{"n":1,"t":"create linked clone of drive scsi0 (thin:base-101-disk-0)"},{"n":2,"t":"  Logical volume \"vm-102-disk-0\" created."}]`
	)
	for name, test := range map[string]struct {
		clone  string // the volume of the clone
		log    string // of the task that made it
		linked bool
		hidden bool
	}{
		"linked, as the log says": {"thin:vm-102-disk-0", log, true, false},
		"full, as the log says":   {"thin:vm-102-disk-0", strings.Replace(log, "linked", "full", 1), false, false},
		"without a log":           {"thin:vm-102-disk-0", "", false, true},
		"on a third one":          {"local:102/vm-102-disk-0.qcow2", "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := groupOn(t, map[string]string{
				"/nodes/proxmox1/storage":               `[{"storage":"local","type":"dir"},{"storage":"thin","type":"lvmthin"}]`,
				"/nodes/proxmox1/storage/thin/content":  `[` + base + `,{"volid":"thin:vm-102-disk-0","vmid":102,"format":"raw","content":"images"}]`,
				"/nodes/proxmox1/storage/local/content": `[` + onto + `]`,
				"/nodes/proxmox1/qemu/101/config":       `{"name":"Debian-1","template":1,"scsi0":"thin:base-101-disk-0,size=10G","net0":"virtio=BC:24:11:00:00:01,bridge=vmbr0"}`,
				"/nodes/proxmox1/qemu/102/config":       `{"name":"instance-1-1","scsi0":"` + test.clone + `,size=10G","net0":"virtio=BC:24:11:00:00:02,bridge=vmbr11"}`,
				"/nodes/proxmox1/qemu":                  `[{"vmid":101,"template":1,"status":"stopped"},{"vmid":102,"status":"stopped"}]`,
				"/nodes/proxmox1/tasks":                 tasks(test.log),
				"log":                                   test.log,
			})
			look, err := lookClone(t.Context(), g)
			if hidden := errors.As(err, new(*notObservable)); hidden != test.hidden || err != nil && !hidden {
				t.Fatalf("%v", err)
			}
			if err == nil && look.linked(g.Node) != test.linked {
				t.Errorf("linked: %t, of %+v", !test.linked, look)
			}
			template, err := lookTemplate(t.Context(), g)
			if err != nil || template.Disk.ID != "thin:base-101-disk-0" || template.Disk.on(g.Node).Type != "lvmthin" {
				t.Errorf("%+v, %v", template.Disk, err)
			}
		})
	}
}

func tasks(log string) string {
	if log == "" {
		return `[]`
	}
	return `[{"upid":"UPID:proxmox1:00000001:00000001:65000000:qmclone:101:root@pam:","node":"proxmox1","type":"qmclone","id":"101","user":"root@pam","starttime":1,"endtime":2,"status":"OK"}]`
}

// groupOn is the first group on a node that gives these answers, by path; "log" is that of
// every task.
func groupOn(t *testing.T, answers map[string]string) *Group {
	t.Helper()
	node := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api2/json")
		if strings.HasSuffix(path, "/log") {
			path = "log"
		}
		answer, known := answers[path]
		if !known {
			answer = graderAnswers(path)
		}
		_, _ = io.WriteString(w, `{"data":`+answer+`}`)
	}))
	t.Cleanup(node.Close)
	c := twoGroups(t, false)
	c.node.Disks = student.DisksOfType("dir")
	c.node.Target = config.Target{Node: "proxmox1", Storage: "local", ISOStorage: "local", Bridge: "vmbr0"}
	c.node.API = graderOn(t, node, mayRun(false, false))
	return c.groups[0]
}
