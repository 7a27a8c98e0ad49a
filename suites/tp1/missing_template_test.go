package tp1

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// Every question about a VM that was never made says so, whatever it asks the node first.
func TestAVMThatWasNeverMadeIsNotThere(t *testing.T) {
	node := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api2/json")
		if strings.Contains(path, "/qemu/") {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"data":null,"message":"Configuration file 'nodes/proxmox1/qemu-server/101.conf' does not exist\n"}`)
			return
		}
		_, _ = io.WriteString(w, `{"data":`+graderAnswers(path)+`}`)
	}))
	t.Cleanup(node.Close)
	c := twoGroups(t, false)
	c.node.Quiet = true
	c.node.Target = config.Target{Node: "proxmox1", Storage: "local", ISOStorage: "local", Bridge: "vmbr0"}
	c.node.API = graderOn(t, node, mayRun(false, false))
	for _, q := range questions() {
		switch q.ID {
		case "tp1.q03", "tp1.q04", "tp1.q05", "tp1.q12", "tp1.q18", teardownID: // no VM is asked first
			continue
		}
		for _, s := range c.subjects(q.Scope) {
			if s == subject(c.node) {
				continue
			}
			_, err := q.look(t.Context(), s)
			if blameLook(err) == reports.NotObservable {
				continue // the moment has passed
			}
			if _, absent := notThere(s, err); !absent {
				t.Errorf("%s %s: %v", q.ID, s.Subject(), err)
			}
		}
	}
}
