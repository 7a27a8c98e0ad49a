package junit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/reports"
)

// schemas are what the two CIs document, kept here in words of our own.
var schemas = []string{"testdata/jenkins.xsd", "testdata/gitlab.xsd"}

// validate asks libxml2 whether a report is of a schema's form.
func validate(t *testing.T, schema string, report []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, report, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", schema, path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// large is a class of 100 groups.
func large() *reports.Run {
	var verdicts []reports.Verdict
	for n := 1; n <= 100; n++ {
		for _, o := range reports.Outcomes() {
			verdicts = append(verdicts, verdict("tp1."+strings.ReplaceAll(string(o), "_", ""), reports.Group(n), o))
		}
	}
	return run(verdicts...)
}

func TestReportsAreOfTheFormThatJenkinsAndGitLabDocument(t *testing.T) {
	broke := run(verdict("tp1.q01", reports.Node, reports.Passed))
	broke.Interrupted = true
	nothing := run()
	nothing.Problems = []reports.Reason{{What: reports.Same("the node did not start")}}
	unended := every()
	unended.Ended = time.Time{}
	for name, r := range map[string]*reports.Run{
		"every outcome": every(), "nasty evidence": nastyRun(nasty), "a run that broke": broke,
		"a run that never began": nothing, "a run that has not ended": unended, "a large class": large(),
	} {
		t.Run(name, func(t *testing.T) {
			report := encode(t, r, Options{Evidence: "reports/out/x"})
			for _, schema := range schemas {
				if err := validate(t, schema, report); err != nil {
					t.Errorf("%s: %v", schema, err)
				}
			}
		})
	}
}

// The schemas tell what is wrong: a test that nothing can fail proves nothing.
func TestTheSchemasRefuseWhatTheCIsDo(t *testing.T) {
	report := encode(t, every(), Options{})
	for name, c := range map[string]struct{ schema, old, new string }{
		"a name that is there twice":     {"testdata/gitlab.xsd", `name="tp1.q08"`, `name="tp1.q07"`},
		"no class name":                  {"testdata/gitlab.xsd", `classname="tp1.node" `, ``},
		"two states":                     {"testdata/gitlab.xsd", `<error `, `<skipped message="x"></skipped><error `},
		"an attribute Jenkins lacks":     {"testdata/jenkins.xsd", `<testsuites `, `<testsuites skipped="2" `},
		"properties of a test case":      {"testdata/jenkins.xsd", `<system-out>`, `<properties></properties><system-out>`},
		"a time that is no number":       {"testdata/jenkins.xsd", `time="90.000"`, `time="1m30s"`},
		"a count that is no number":      {"testdata/jenkins.xsd", `tests="5"`, `tests="five"`},
		"an element that nobody defined": {"testdata/jenkins.xsd", `</testsuites>`, `<summary/></testsuites>`},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := bytes.Replace(report, []byte(c.old), []byte(c.new), 1)
			if bytes.Equal(wrong, report) {
				t.Fatalf("no %q in\n%s", c.old, report)
			}
			if err := validate(t, c.schema, wrong); err == nil {
				t.Errorf("%s takes it", c.schema)
			}
		})
	}
}
