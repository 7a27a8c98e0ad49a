package tp1

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/guestdisk"
	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/wire"
	"github.com/labproof/labproof/reports"
)

// Everything that the looks run in guests: a grader's session runs these words and no
// others.
const (
	networkScript = "ip -j address && echo && ip -j route"
	rootScript    = `for f in /root/*; do [ ! -f "$f" ] || [ -L "$f" ] || printf '%s\n' "$f"; done`
	// interfacesFile is where the practical has a VM's network configured.
	interfacesFile = "/etc/network/interfaces"
	forwardFile    = "/proc/sys/net/ipv4/ip_forward"
)

var (
	// Beside interfaces lie the files that its own source lines may name.
	interfacesFiles = []string{"/etc/network/*", "/etc/network/interfaces.d/*"}
	sysctlFiles     = []string{
		"/etc/sysctl.conf", "/etc/sysctl.d/*.conf", "/run/sysctl.d/*.conf",
		"/usr/local/lib/sysctl.d/*.conf", "/usr/lib/sysctl.d/*.conf", "/lib/sysctl.d/*.conf",
	}
)

// onDisk are the patterns of files that a disk can have: /run is in memory.
func onDisk(patterns []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return strings.HasPrefix(p, "/run/") })
}

// matching are the files whose path matches one of the patterns.
func matching(files linuxnet.Files, patterns []string) linuxnet.Files {
	found := linuxnet.Files{}
	for name, file := range files {
		if slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, name); return ok }) {
			found[name] = file
		}
	}
	return found
}

// mayRun tells which commands a grader may run in guests: the reading ones, where the
// teacher asked for probes the pings and captures, and where for intrusions those.
func mayRun(probe, intrusive bool) func(argv []string) bool {
	reading := [][]string{{"/bin/sh", "-c", sightScript}, {"/bin/sh", "-c", filesScript(linuxnet.StartFiles())}, {"cat", forwardFile}}
	return func(argv []string) bool {
		return slices.ContainsFunc(reading, func(known []string) bool { return slices.Equal(known, argv) }) ||
			probe && guest.IsProbe(argv) || intrusive && isIntrusion(argv)
	}
}

// nodeReads are the commands by which the looks read the node itself.
var nodeReads = []*regexp.Regexp{
	regexp.MustCompile(`^lscpu -p=CPU,CORE,SOCKET$`),
	regexp.MustCompile(`^grep MemTotal /proc/meminfo$`),
	regexp.MustCompile(`^ip -j -d address show dev [A-Za-z][A-Za-z0-9_.]{0,14}$`),
}

// mayRunOnNode tells which commands a grader may run in the node's shell: those that read,
// and with probes also those that put a port on a bridge for a moment.
func mayRunOnNode(probe bool) func(command string) bool {
	return func(command string) bool {
		return slices.ContainsFunc(nodeReads, func(known *regexp.Regexp) bool { return known.MatchString(command) }) ||
			guest.ReadsNeighbours(command) || guestdisk.Reads(command) || probe && wire.Probes(command)
	}
}

// quietLook is why a question that only packets answer cannot be seen.
var quietLook = reports.Text{
	FR: "Pour voir cela, il faut envoyer des paquets : ajoutez --probe.",
	EN: "Seeing this takes packets of our own: add --probe.",
}

// vms are the VMs of the lab that a subject is about.
func vms(s subject) []lab.VM {
	switch at := s.(type) {
	case *Group:
		return at.VMs()
	case *Pair:
		return append(append(at.X.VMs(), at.Y.VMs()...), at.Gateway)
	}
	return nil
}

// bridges are the bridges of the lab that a subject is about.
func bridges(s subject) []string {
	switch at := s.(type) {
	case *Group:
		return []string{at.Bridge}
	case *Pair:
		return []string{at.X.Bridge, at.Y.Bridge}
	}
	return nil
}
