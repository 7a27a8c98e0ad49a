package guest

import "slices"

// IsProbe tells whether argv is one of this package's active looks: a ping, or a capture
// by tcpdump with its end. Both leave nothing behind in the guest.
func IsProbe(argv []string) bool {
	switch {
	case len(argv) > 3 && slices.Equal(argv[:3], []string{"/usr/bin/env", "LC_ALL=C", "ping"}):
		return true
	case len(argv) > 3 && argv[0] == "/bin/sh" && argv[1] == "-c":
		return argv[2] == captureScript || argv[2] == stopScript
	}
	return false
}
