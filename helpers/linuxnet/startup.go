package linuxnet

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// What starts at boot beside the network's own files and the sysctls: enabled units,
// rc.local, cron, ifupdown's scripts, systemd-networkd. Only what switches IPv4 forwarding is
// read from them, as people write it.

const (
	rcLocal     = "/etc/rc.local"
	ifScripts   = "/etc/network/if-*up.d/*"
	crontab     = "/etc/crontab"
	cronDir     = "/etc/cron.d"
	rootCrontab = "/var/spool/cron/crontabs/root"
	networkDir  = "/etc/systemd/network"
	networkd    = "systemd-networkd.service"

	enabledUnits = "/etc/systemd/system/*.wants/*.service"
	networkdConf = "/etc/systemd/networkd.conf"
)

// StartFiles are patterns of the files from which ForwardingAtStart reads; see IsProgram.
func StartFiles() []string {
	return []string{rcLocal, ifScripts, crontab, cronDir + "/*", rootCrontab, enabledUnits, networkDir + "/*.network", networkdConf}
}

// IsProgram tells of which of them nothing starts where they are not executable: rc.local
// (systemd-rc-local-generator(8)) and what ifupdown runs (run-parts(8)).
func IsProgram(name string) bool {
	script, err := path.Match(ifScripts, name)
	return name == rcLocal || err == nil && script
}

// ForwardingAtStart is what programs that start at boot set IPv4 forwarding to, the last of
// them: systemd-networkd, a script of ifupdown, an enabled unit, rc.local, cron's @reboot. All
// of these run after systemd-sysctl; among themselves their order is not promised, and who
// means one thing does not depend on it.
func ForwardingAtStart(files Files) (value Assignment, found bool) {
	loads := sysctlLoads{files, map[string]load{}}
	for _, read := range []func(Files) []command{networkdSwitches, ifCommands, unitCommands, rcCommands, cronCommands} {
		for _, c := range read(files) {
			if text, sets := loads.forwardingBy(c.text); sets {
				value, found = Assignment{Key: Forwarding, Value: text, File: c.file, Line: c.line}, true
			}
		}
	}
	return value, found
}

// command is a command line and where it stands.
type command struct {
	text, file string
	line       int
}

// startLines are the lines of the files that match, by their paths' order, without blanks
// around them, comments and empty ones.
func startLines(files Files, pattern, comments string) []command {
	var all []command
	for _, name := range matchingNames(files, pattern) {
		content, _, err := files.read(name)
		if err != nil {
			continue
		}
		for i, line := range strings.SplitN(content, "\n", maxLines) {
			if line = strings.TrimSpace(line); line != "" && !strings.ContainsRune(comments, rune(line[0])) {
				all = append(all, command{line, name, i + 1})
			}
		}
	}
	return all
}

// matchingNames are the paths that match, sorted.
func matchingNames(files Files, pattern string) []string {
	var names []string
	for name := range files {
		if ok, err := path.Match(pattern, name); err == nil && ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func rcCommands(files Files) []command { return program(files, rcLocal) }

// runParts is how run-parts(8) wants a script's name; others it passes over.
var runParts = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

func ifCommands(files Files) []command {
	var all []command
	for _, name := range matchingNames(files, ifScripts) {
		if runParts.MatchString(path.Base(name)) {
			all = append(all, program(files, name)...)
		}
	}
	return all
}

// program are the lines of a script up to its exit: Debian's old rc.local ends with "exit 0",
// and what somebody appends behind it never runs. Without a first line that says who reads
// it, it is no program.
func program(files Files, name string) []command {
	if content, _, err := files.read(name); err != nil || !strings.HasPrefix(content, "#!") {
		return nil
	}
	lines := startLines(files, name, "#")
	end := slices.IndexFunc(lines, func(c command) bool { return strings.Fields(c.text)[0] == "exit" })
	if end >= 0 {
		lines = lines[:end]
	}
	return lines
}

// cronCommands are those of @reboot lines; the system's tables name a user before the
// command (crontab(5)), and only root may set a sysctl.
func cronCommands(files Files) []command {
	var all []command
	for _, pattern := range []string{crontab, cronDir + "/*", rootCrontab} {
		for _, c := range startLines(files, pattern, "#") {
			word, rest := splitWord(c.text)
			if word != "@reboot" {
				continue
			}
			user := "root"
			if pattern != rootCrontab {
				user, rest = splitWord(rest)
			}
			if c.text = rest; user == "root" {
				all = append(all, c)
			}
		}
	}
	return all
}

// unitCommands are what enabled services run when they start (systemd.service(5)).
func unitCommands(files Files) []command {
	var all []command
	for _, s := range settings(files, enabledUnits, "Service") {
		if slices.Contains([]string{"ExecStartPre", "ExecStart", "ExecStartPost"}, s.key) {
			all = append(all, s.command)
		}
	}
	return all
}

// networkdSwitches are the settings of an enabled systemd-networkd that switch forwarding, as
// the command that does the same: IPForward= of a network, which sets it for all cards, and
// IPv4Forwarding= of networkd.conf since systemd 256 (systemd.network(5), networkd.conf(5)).
func networkdSwitches(files Files) []command {
	if !slices.ContainsFunc(matchingNames(files, enabledUnits), func(name string) bool { return path.Base(name) == networkd }) {
		return nil
	}
	var all []command
	for _, by := range [][2]string{{networkdConf, "IPv4Forwarding"}, {networkDir + "/*.network", "IPForward"}} {
		for _, s := range settings(files, by[0], "Network") {
			if s.key == by[1] && slices.Contains([]string{"yes", "true", "on", "1", "ipv4"}, strings.ToLower(s.text)) {
				s.text = "sysctl -w " + Forwarding + "=1"
				all = append(all, s.command)
			}
		}
	}
	return all
}

// setting is a line "key = value" of systemd's files; the command is the value.
type setting struct {
	key string
	command
}

// settings are those of a section, in the files that match.
func settings(files Files, pattern, section string) []setting {
	var all []setting
	file, current := "", ""
	for _, c := range startLines(files, pattern, "#;") {
		if c.file != file {
			file, current = c.file, ""
		}
		if strings.HasPrefix(c.text, "[") {
			current = strings.Trim(c.text, "[]")
			continue
		}
		key, value, assigned := strings.Cut(c.text, "=")
		if assigned && current == section {
			c.text = strings.TrimSpace(value)
			all = append(all, setting{strings.TrimSpace(key), c})
		}
	}
	return all
}
