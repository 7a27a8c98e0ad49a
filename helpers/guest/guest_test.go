package guest

import (
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
)

func TestACommandHasItsLimit(t *testing.T) {
	timeouts := config.Timeouts{Command: 30 * time.Second}
	for name, c := range map[string]struct {
		command Command
		limit   time.Duration
		words   string
	}{
		"any":              {Sh("true"), 30 * time.Second, "waited 30s for true to end on vm in vain (limit: timeouts.command)"},
		"one that is slow": {Command{Shell: "ifup -a", Timeout: 2 * time.Minute, Limit: "network"}, 2 * time.Minute, "waited 2m0s for ifup -a to end on vm in vain (limit: timeouts.network)"},
		"one without name": {Command{Shell: "true", Timeout: time.Second}, time.Second, "waited 1s for true to end on vm in vain"},
		"less than none":   {Command{Shell: "true", Timeout: -1, Limit: "network"}, 30 * time.Second, "(limit: timeouts.command)"},
	} {
		if limit, _ := c.command.limit(timeouts); limit != c.limit {
			t.Errorf("%s: the limit is %v", name, limit)
		}
		if said := c.command.late(timeouts, "vm").Error(); !strings.HasSuffix(said, c.words) {
			t.Errorf("%s: says %q", name, said)
		}
	}
}
