package linuxnet

import (
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
)

const maxDepth = 16

// ParseInterfaces reads the interfaces file at name and what it sources from files, by
// the rules of ifupdown 0.8 (asked of Debian 12's 0.8.41, ifup --no-act). It returns what it understood also where
// there are errors (*SyntaxErrors, each with file and line); ifupdown itself refuses to
// bring up anything from a file with a single error in it.
func ParseInterfaces(files Files, name string) (*Interfaces, error) {
	p := &ifParser{files: files, result: &Interfaces{}}
	if _, ok, err := files.read(name); err != nil {
		p.errors.add(name, 0, "%v", err)
	} else if !ok {
		p.errors.add(name, 0, "there is no such file")
	} else {
		p.file(name)
	}
	p.inherits()
	return p.result, p.errors.err()
}

type ifParser struct {
	files  Files
	result *Interfaces
	errors SyntaxErrors
	open   []string // the files being read, outermost first
	spent  int      // see spend
	state  section
}

// spend counts what one line may multiply: lines, but also names, patterns, files and options
// that are inherited. A few lines that source and inherit one another must not make gigabytes.
// It is false once there is more than maxLines of it all.
func (p *ifParser) spend(file string, line, cost int) bool {
	if p.spent <= maxLines && p.spent+cost > maxLines {
		p.errors.add(file, line, "more than %d lines in all", maxLines)
	}
	p.spent = min(p.spent+cost, maxLines+1)
	return p.spent <= maxLines
}

// section is what an option line belongs to.
type section int

const (
	nowhere section = iota // an option here is misplaced
	inStanza
	inMapping
)

// file reads one file. A sourced file ends the stanza it is sourced from.
func (p *ifParser) file(name string) {
	content, ok, err := p.files.read(name)
	if err != nil {
		p.errors.add(name, 0, "%v", err)
	}
	if err != nil || !ok || !p.spend(name, 0, len(content)/bytesALine) {
		return
	}
	p.result.Files = append(p.result.Files, name)
	p.open = append(p.open, name)
	p.state = nowhere
	for _, line := range ifLines(content) {
		if !p.spend(name, line.number, 1) {
			break
		}
		p.line(name, line)
	}
	p.state = nowhere
	p.open = p.open[:len(p.open)-1]
}

// ifLines are the logical lines: comments and empty lines are gone, a backslash at the
// very end joins the next line. A comment is never continued, and ends a continuation.
func ifLines(content string) []textLine {
	var lines []textLine
	joining := false
	for i, physical := range strings.Split(content, "\n") {
		physical = strings.TrimSuffix(physical, "\r")
		trimmed := strings.TrimSpace(physical)
		if strings.HasPrefix(trimmed, "#") || (trimmed == "" && !joining) {
			joining = false
			continue
		}
		text, continued := strings.CutSuffix(physical, `\`)
		if joining {
			lines[len(lines)-1].text += text
		} else {
			lines = append(lines, textLine{number: i + 1, text: text})
		}
		joining = continued
	}
	return lines
}

func (p *ifParser) line(file string, line textLine) {
	text := strings.TrimSpace(line.text)
	if text == "" {
		return
	}
	keyword, rest := splitWord(text)
	class, allow := strings.CutPrefix(keyword, "allow-")
	switch {
	case keyword == "auto" || (allow && class != ""):
		p.selection(file, line.number, class, allow, rest)
	case keyword == "iface":
		p.stanza(file, line.number, strings.Fields(rest))
	case keyword == "mapping":
		p.state = inMapping
	case keyword == "source":
		p.source(file, line.number, rest)
	case keyword == "source-directory" || keyword == "source-dir":
		p.sourceDirectory(file, line.number, rest)
	case keyword == "no-auto-down" || keyword == "no-scripts" || keyword == "rename":
		p.state = nowhere // about how interfaces go down or are named, not about addresses
	default:
		p.option(file, line.number, keyword, rest)
	}
}

func splitWord(text string) (word, rest string) {
	end := strings.IndexFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}

func (p *ifParser) selection(file string, line int, class string, allow bool, rest string) {
	p.state = nowhere
	if !allow {
		class = "auto"
	}
	for i, name := range strings.Fields(rest) {
		if i > 0 && !p.spend(file, line, 1) {
			return
		}
		p.result.Auto = append(p.result.Auto, Selection{Class: class, Name: name, File: file, Line: line})
	}
}

// methods are the methods of each family. Families without a list are not this lab's:
// their methods are taken as they are.
var methods = map[string][]string{
	"inet":  {"loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll"},
	"inet6": {"auto", "loopback", "static", "manual", "dhcp", "v4tunnel", "6to4"},
	"can":   nil,
	"ipx":   nil,
	"link":  nil,
}

func (p *ifParser) stanza(file string, line int, fields []string) {
	p.state = inStanza
	s := Stanza{File: file, Line: line}
	if len(fields) == 0 {
		p.errors.add(file, line, "iface without a name; expected iface NAME inet static|dhcp|manual|loopback")
		p.result.Stanzas = append(p.result.Stanzas, s)
		return
	}
	s.Name, fields = fields[0], fields[1:]
	if i := slices.Index(fields, "inherits"); i >= 0 {
		if i+1 >= len(fields) {
			p.errors.add(file, line, "iface %s inherits from nothing; expected inherits NAME", quote(s.Name))
		} else {
			s.Inherits = fields[i+1]
		}
		fields = fields[:i]
	}
	if len(fields) > 0 {
		s.Family = fields[0]
	}
	if len(fields) > 1 {
		s.Method = fields[1]
	}
	p.checkStanza(s)
	p.result.Stanzas = append(p.result.Stanzas, s)
}

func (p *ifParser) checkStanza(s Stanza) {
	known, isFamily := methods[s.Family]
	switch {
	case s.Family == "" && s.Inherits != "":
	case !isFamily:
		p.errors.add(s.File, s.Line, "iface %s: %s is no address family; expected inet or inet6", quote(s.Name), quote(s.Family))
	case s.Method == "" && s.Inherits != "":
	case s.Method == "" || (known != nil && !slices.Contains(known, s.Method)):
		p.errors.add(s.File, s.Line, "iface %s: %s is no method; expected static, dhcp, manual or loopback", quote(s.Name), quote(s.Method))
	}
}

func (p *ifParser) option(file string, line int, name, value string) {
	switch {
	case p.state == inMapping && (name == "script" || name == "map"):
	case p.state != inStanza:
		p.errors.add(file, line, "%s belongs to no iface (options stand below their iface line, before any other auto, source or iface)", quote(name))
	case value == "":
		p.errors.add(file, line, "%s has no value", quote(name))
	default:
		last := &p.result.Stanzas[len(p.result.Stanzas)-1]
		last.Options = append(last.Options, Option{Name: name, Value: value, File: file, Line: line})
	}
}

// source reads the files that match the patterns, hidden ones left out, in the order of
// their names.
func (p *ifParser) source(file string, line int, patterns string) {
	for _, pattern := range strings.Fields(patterns) {
		if !p.spend(file, line, 1) {
			break
		}
		if !path.IsAbs(pattern) {
			pattern = path.Join(path.Dir(file), pattern)
		}
		p.sourceAll(file, func(name string) bool {
			hidden := strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(path.Base(pattern), ".")
			matched, err := path.Match(pattern, name)
			return err == nil && matched && !hidden
		})
	}
	p.state = nowhere
}

// directoryName is what source-directory takes: a name with a dot, such as lan.conf, is
// passed over.
var directoryName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

func (p *ifParser) sourceDirectory(file string, line int, directories string) {
	for _, directory := range strings.Fields(directories) {
		if !p.spend(file, line, 1) {
			break
		}
		if !path.IsAbs(directory) {
			directory = path.Join(path.Dir(file), directory)
		}
		directory = path.Clean(directory)
		p.sourceAll(file, func(name string) bool {
			return path.Dir(name) == directory && directoryName.MatchString(path.Base(name))
		})
	}
	p.state = nowhere
}

func (p *ifParser) sourceAll(from string, wanted func(string) bool) {
	var names []string
	for name := range p.files {
		if wanted(name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		if slices.Contains(p.open, name) || len(p.open) >= maxDepth {
			p.errors.add(from, 0, "%s sources itself", quote(name))
			continue
		}
		p.file(name)
	}
}

// inherits gives every stanza the options of the stanza it inherits from, which must
// stand before it. Its own options come first.
func (p *ifParser) inherits() {
	for i := range p.result.Stanzas {
		s := &p.result.Stanzas[i]
		if s.Inherits == "" {
			continue
		}
		found := slices.IndexFunc(p.result.Stanzas[:i], func(o Stanza) bool { return o.Name == s.Inherits })
		if found < 0 {
			p.errors.add(s.File, s.Line, "iface %s inherits from %s, which is not defined before it", quote(s.Name), quote(s.Inherits))
			continue
		}
		p.inherit(s, p.result.Stanzas[found])
	}
}

func (p *ifParser) inherit(s *Stanza, parent Stanza) {
	if s.Family == "" {
		s.Family = parent.Family
	}
	if s.Method == "" {
		s.Method = parent.Method
	}
	own := map[string]bool{}
	for _, o := range s.Options {
		own[o.Name] = true
	}
	for _, o := range parent.Options {
		if !p.spend(s.File, s.Line, 1) {
			return
		}
		if !own[o.Name] {
			s.Options = append(s.Options, o)
		}
	}
}
