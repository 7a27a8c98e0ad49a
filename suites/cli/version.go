package cli

import "runtime/debug"

// version is what the toolchain wrote into the program: a release, or a commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
