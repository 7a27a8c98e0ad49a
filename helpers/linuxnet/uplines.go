package linuxnet

import (
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
)

// What an interface's own commands do when it comes up: up, pre-up and post-up lines of
// /etc/network/interfaces. Only the two things of the lab are read from them, as people
// write them; any other command is passed over.

// upOptions are those whose commands run while an interface comes up, in their order.
var upOptions = []string{"pre-up", "up", "post-up"}

// commands are the simple commands of a stanza's up lines, as words.
func (s Stanza) commands() [][]string {
	var all [][]string
	for _, option := range upOptions {
		for _, line := range s.Values(option) {
			for _, one := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(";&|", r) }) {
				words := strings.Fields(one)
				if len(words) > 0 && words[0] == "sudo" {
					words = words[1:]
				}
				if len(words) > 0 {
					all = append(all, words)
				}
			}
		}
	}
	return all
}

// DefaultGateway is the default gateway: that of the gateway line, else that of a command
// such as "up ip route add default via 10.0.1.1" or "up route add default gw 10.0.1.1". The
// zero Addr where there is neither.
func (s Stanza) DefaultGateway() (netip.Addr, error) {
	gateway, err := s.Gateway()
	if err != nil || gateway.IsValid() {
		return gateway, err
	}
	for _, words := range s.commands() {
		if addr, ok := defaultRoute(words); ok {
			return addr, nil
		}
	}
	return netip.Addr{}, nil
}

// defaultRoute is the router of the default route that a command adds (ip-route(8), which
// takes its words cut short; route(8)).
func defaultRoute(words []string) (netip.Addr, bool) {
	program, args := path.Base(words[0]), words[1:]
	args = slices.DeleteFunc(slices.Clone(args), func(w string) bool {
		return w == "-net" || program == "ip" && strings.HasPrefix(w, "-")
	})
	mark := "gw"
	if program == "ip" {
		if len(args) == 0 || !strings.HasPrefix("route", args[0]) {
			return netip.Addr{}, false
		}
		mark, args = "via", args[1:]
	} else if program != "route" {
		return netip.Addr{}, false
	}
	if len(args) < 4 || !slices.Contains([]string{"add", "a", "ad", "append", "replace", "repl", "r"}, args[0]) || !everywhere(args[1:]) {
		return netip.Addr{}, false
	}
	at := slices.Index(args, mark)
	if at < 0 || at+1 >= len(args) {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(args[at+1])
	return addr, err == nil && addr.Is4()
}

// everywhere tells whether a route's destination is every address.
func everywhere(args []string) bool {
	switch args[0] {
	case "default", "0.0.0.0/0", "0/0":
		return true
	case "0.0.0.0":
		at := slices.Index(args, "netmask")
		return at > 0 && at+1 < len(args) && args[at+1] == "0.0.0.0"
	}
	return false
}

var echoForward = regexp.MustCompile(`\becho\s+["']?([0-9]+)["']?\s*>\s*/proc/sys/net/ipv4/(?:ip_forward|conf/all/forwarding)\b`)

// ForwardingAtUp is what the commands of interfaces that come up at boot set IPv4
// forwarding to, the last of them: "up sysctl -w net.ipv4.ip_forward=1", "up echo 1 >
// /proc/sys/net/ipv4/ip_forward", "up sysctl -p" with what the file says. Debian's networking
// starts after systemd-sysctl, so they have the last word.
func ForwardingAtUp(i *Interfaces, files Files) (value Assignment, found bool) {
	loads := sysctlLoads{files, map[string]load{}}
	for _, s := range i.Stanzas {
		if !i.IsAuto(s.Name) {
			continue
		}
		for _, o := range s.Options {
			if !slices.Contains(upOptions, o.Name) {
				continue
			}
			if text, sets := loads.forwardingBy(o.Value); sets {
				value, found = Assignment{Key: Forwarding, Value: text, File: o.File, Line: o.Line}, true
			}
		}
	}
	return value, found
}

// sysctlLoads are sysctl's own readings of files, each made once, however often commands ask
// for it.
type sysctlLoads struct {
	files Files
	known map[string]load
}

// load is what a file sets forwarding to, if it does.
type load struct {
	value string
	sets  bool
}

// forwardingBy is what a command line sets forwarding to.
func (l sysctlLoads) forwardingBy(line string) (value string, sets bool) {
	if match := echoForward.FindStringSubmatch(line); match != nil {
		return match[1], true
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t;&|\"'", r) })
	at := slices.IndexFunc(words, func(w string) bool { return path.Base(w) == "sysctl" })
	if at < 0 {
		return "", false
	}
	words = words[at+1:]
	for i, word := range words {
		if text, loads := l.asked(words[i:]); loads {
			value, sets = text, true
		}
		key, text, assigned := strings.Cut(word, "=")
		if key = normalKey(key); assigned && (key == Forwarding || key == forwardingAlias) {
			value, sets = text, true
		}
	}
	return value, sets
}

// asked is what sysctl sets forwarding to by a file that it is told to read, /etc/sysctl.conf
// where it is told no other; --system reads that one as the last (sysctl(8)).
func (l sysctlLoads) asked(words []string) (value string, sets bool) {
	name := legacySysctl
	switch option, attached, _ := strings.Cut(words[0], "="); {
	case option == "--load" && attached != "":
		name = attached
	case slices.Contains([]string{"-p", "-f", "--load"}, option):
		if len(words) > 1 && path.IsAbs(words[1]) {
			name = words[1]
		}
	case option == "--system":
	default:
		return "", false
	}
	one, known := l.known[name]
	if !known {
		r := newSysctlReader(l.files)
		r.file(name)
		found, sets := r.value([]string{Forwarding, forwardingAlias}, Assignment.IsNumber)
		one = load{found.Value, sets}
		l.known[name] = one
	}
	return one.value, one.sets
}
