package linuxnet

import (
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Assignment is one key = value line of a sysctl file.
type Assignment struct {
	Key   string // with dots: net.ipv4.ip_forward
	Value string
	File  string // the path under which systemd-sysctl reads it
	Line  int
}

// sysctlNumber is what the kernel takes for a number: decimal, hexadecimal or octal, with
// nothing but blanks behind it; what stands behind the blanks is not looked at.
var sysctlNumber = regexp.MustCompile(`^-?(0[xX][0-9a-fA-F]{1,8}|0[0-7]{0,11}|[1-9][0-9]{0,9})(\s|$)`)

// IsNumber says that the kernel takes the value for a number: "1 # routing" is 1, and
// "yes", "1;" and quoted numbers are refused, which leaves what was there before.
func (a Assignment) IsNumber() bool { return sysctlNumber.MatchString(a.Value) }

// On says that the value is a number other than 0.
func (a Assignment) On() bool {
	word, _ := splitWord(a.Value)
	n, err := strconv.ParseInt(word, 0, 64)
	return a.IsNumber() && err == nil && n != 0
}

// BootValue is what a key has after a reboot.
type BootValue struct {
	Assignment              // the line that sets it
	Overridden []Assignment // lines that a later one replaces
	Ignored    []Assignment // lines without effect: in files that are not read at boot (/etc/sysctl.conf on Debian 13), or with a value that the kernel refuses
}

// Forwarding is the key of the lab's last question.
const Forwarding = "net.ipv4.ip_forward"

// forwardingAlias is another name of the same switch: writing either sets every card.
const forwardingAlias = "net.ipv4.conf.all.forwarding"

// sysctlDirs are read in one pass, sorted by file name over all of them; of files with
// the same name only the one in the first directory counts (sysctl.d(5)). `sysctl
// --system` goes by the same order and reads /etc/sysctl.conf last (sysctl(8), procps 4),
// which is no boot's doing.
var sysctlDirs = []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"}

// legacySysctl is read by systemd-sysctl only where a link in /etc/sysctl.d points to
// it, as /etc/sysctl.d/99-sysctl.conf does on Debian 12 and not on Debian 13.
const legacySysctl = "/etc/sysctl.conf"

// The rules below were asked of systemd-sysctl 252 in a network namespace of its own.

// SysctlAtBoot finds the value that systemd-sysctl gives a key at boot, from the files
// of the sysctl.d directories and /etc/sysctl.conf. found is false where no file that is
// read sets it; Ignored then says whether one that is not read would. Lines that are no
// assignments are skipped, as systemd does, and are in the error (*SyntaxErrors), which
// does not make the value wrong.
func SysctlAtBoot(files Files, key string) (value BootValue, found bool, err error) {
	return atBoot(files, func(Assignment) bool { return true }, normalKey(key))
}

// ForwardingAtBoot is SysctlAtBoot for IPv4 forwarding, which net.ipv4.ip_forward and
// net.ipv4.conf.all.forwarding both set: the later one wins, and a value that is no
// number leaves the earlier one standing.
func ForwardingAtBoot(files Files) (value BootValue, found bool, err error) {
	return atBoot(files, Assignment.IsNumber, Forwarding, forwardingAlias)
}

// atBoot finds the last line for one of keys whose value the kernel takes.
func atBoot(files Files, taken func(Assignment) bool, keys ...string) (BootValue, bool, error) {
	r := newSysctlReader(files)
	read := sysctlFiles(files)
	for _, name := range read {
		r.file(name)
	}
	value, found := r.value(keys, taken)
	value.Ignored = append(value.Ignored, ignored(files, read, keys)...)
	return value, found, r.errors.err()
}

// sysctlFiles are the files that are read at boot, in order.
func sysctlFiles(files Files) []string {
	winner := map[string]string{}
	for _, dir := range sysctlDirs {
		for name := range files {
			base := path.Base(name)
			if path.Dir(name) != dir || !strings.HasSuffix(base, ".conf") || strings.HasPrefix(base, ".") {
				continue
			}
			if _, taken := winner[base]; !taken {
				winner[base] = name
			}
		}
	}
	bases := make([]string, 0, len(winner))
	for base := range winner {
		bases = append(bases, base)
	}
	sort.Strings(bases)
	for i, base := range bases {
		bases[i] = winner[base]
	}
	return bases
}

// sysctlReader collects lines in the order in which the last of each key counts.
type sysctlReader struct {
	files  Files
	errors SyntaxErrors
	set    []Assignment   // in the order they are written to the kernel; a key once; see takenBack
	at     map[string]int // where in set a key stands
	past   []Assignment   // replaced or taken back
	lines  int
}

func newSysctlReader(files Files) *sysctlReader {
	return &sysctlReader{files: files, at: map[string]int{}}
}

// takenBack tells of a place in set whose assignment a later line replaced or took back.
func (a Assignment) takenBack() bool { return a.Line == 0 }

func (r *sysctlReader) file(name string) {
	content, ok, err := r.files.read(name)
	if err != nil {
		r.errors.add(name, 0, "%v", err)
	}
	if err != nil || !ok {
		return
	}
	for i, line := range strings.Split(content, "\n") {
		if r.lines++; r.lines > maxLines {
			r.errors.add(name, i+1, "more than %d lines in all", maxLines)
			return
		}
		r.line(name, i+1, strings.TrimSpace(line))
	}
}

func (r *sysctlReader) line(file string, number int, line string) {
	if line == "" || line[0] == '#' || line[0] == ';' {
		return
	}
	key, value, assigned := strings.Cut(line, "=")
	key, exclusion := strings.CutPrefix(strings.TrimSpace(key), "-")
	if !assigned && !exclusion {
		r.errors.add(file, number, "%s is no assignment; expected key = value", quote(line))
		return
	}
	a := Assignment{Key: normalKey(key), Value: strings.TrimSpace(value), File: file, Line: number}
	if i, found := r.at[a.Key]; found {
		if assigned && r.set[i].Value == a.Value {
			return // said again, a value keeps the place of the first time
		}
		r.past = append(r.past, r.set[i])
		r.set[i] = Assignment{}
		delete(r.at, a.Key)
	}
	if assigned {
		r.at[a.Key] = len(r.set)
		r.set = append(r.set, a)
	} // "-key" alone takes back what was set
}

// value is the line written last for one of keys. A glob does not touch a key that is
// set by its name.
func (r *sysctlReader) value(keys []string, taken func(Assignment) bool) (BootValue, bool) {
	var value BootValue
	found := false
	for _, a := range r.past {
		if slices.Contains(keys, a.Key) {
			value.Overridden = append(value.Overridden, a)
		}
	}
	for _, a := range r.set {
		if a.takenBack() {
			continue
		}
		sets := slices.ContainsFunc(keys, func(key string) bool {
			_, named := r.at[key]
			return a.Key == key || (isGlob(a.Key) && !named && globMatches(a.Key, key))
		})
		if !sets {
			continue
		}
		if !taken(a) {
			value.Ignored = append(value.Ignored, a)
			continue
		}
		if found {
			value.Overridden = append(value.Overridden, value.Assignment)
		}
		value.Assignment, found = a, true
	}
	return value, found
}

func isGlob(key string) bool { return strings.ContainsAny(key, "*?[") }

// globMatches works on the paths below /proc/sys, where * stops at a slash.
func globMatches(pattern, key string) bool {
	matched, err := path.Match(pathOf(pattern), pathOf(key))
	return err == nil && matched
}

func pathOf(key string) string { return strings.ReplaceAll(key, ".", "/") }

// normalKey writes a key with dots. A key whose first separator is a slash keeps its
// dots as part of a name (net/ipv4/conf/eth0.10/forwarding); here they become slashes.
func normalKey(key string) string {
	key = strings.TrimSpace(key)
	first := strings.IndexAny(key, "./")
	if first < 0 || key[first] == '.' {
		return key
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '/':
			return '.'
		case '.':
			return '/'
		}
		return r
	}, key)
}

// ignored are the lines for keys in files that look like sysctl files and are not read.
func ignored(files Files, read, keys []string) []Assignment {
	var names []string
	for name := range files {
		inDir := slices.Contains(sysctlDirs, path.Dir(name))
		if (inDir || name == legacySysctl) && !slices.Contains(read, name) && !linkedFrom(files, read, name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	r := newSysctlReader(files)
	var lines []Assignment
	for _, name := range names {
		r.set, r.at = nil, map[string]int{}
		r.file(name)
		for _, a := range r.set {
			if !a.takenBack() && slices.Contains(keys, a.Key) {
				lines = append(lines, a)
			}
		}
	}
	return lines
}

// linkedFrom says that a file that is read is a link to name.
func linkedFrom(files Files, read []string, name string) bool {
	return slices.ContainsFunc(read, func(link string) bool {
		target := files[link].Link
		if target != "" && !path.IsAbs(target) {
			target = path.Join(path.Dir(link), target)
		}
		return target != "" && path.Clean(target) == name
	})
}
