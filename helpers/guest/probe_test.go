package guest

import "testing"

func TestIsProbe(t *testing.T) {
	tests := map[string]struct {
		argv []string
		want bool
	}{
		"a ping":            {[]string{"/usr/bin/env", "LC_ALL=C", "ping", "-n", "-c", "3", "10.0.1.3"}, true},
		"a capture":         {[]string{"/bin/sh", "-c", captureScript, "labproof-capture", "ens18", "icmp"}, true},
		"a capture's end":   {[]string{"/bin/sh", "-c", stopScript, "labproof-capture", "7", "/tmp/x", "1"}, true},
		"another program":   {[]string{"/usr/bin/env", "LC_ALL=C", "rm", "-rf", "/"}, false},
		"another script":    {[]string{"/bin/sh", "-c", captureScript + "; reboot", "x"}, false},
		"nothing":           {nil, false},
		"the shell, no end": {[]string{"/bin/sh", "-c"}, false},
	}
	for name, test := range tests {
		if got := IsProbe(test.argv); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
