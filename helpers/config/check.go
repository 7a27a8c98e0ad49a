package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

const longest = 24 * time.Hour

// check reports values that are well formed and impossible.
func (c *Config) check(d *decoder) {
	if c.Lang != "fr" && c.Lang != "en" {
		d.failAt("lang", "%q is unknown; expected fr or en", c.Lang)
	}
	if _, known := c.Targets[c.DefaultTarget]; !known && !isPath(c.DefaultTarget) {
		d.failAt("target", "unknown target %q; expected one of %v, or the path of a target file", c.DefaultTarget, names(c.Targets))
	}
	for _, name := range names(c.Targets) {
		c.Targets[name].check(d, "targets."+name)
	}
	if c.Class.Groups < 0 || c.Class.Groups > maxGroups {
		d.failAt("class.groups", "%d is impossible; expected 1 to %d, or 0 for the groups of the run", c.Class.Groups, maxGroups)
	}
	c.checkClass(d)
	checkDurations(d, "timeouts", c.Timeouts, time.Millisecond, longest)
	checkDurations(d, "poll", c.Poll, minPoll, time.Minute)
	c.Capacity.check(d)
	c.Patterns.check(d)
	c.checkPoints(d)
	for _, name := range names(c.Profiles) {
		c.Profiles[name].check(d, "profiles."+name)
	}
	c.Accept.check(d)
}

// checkClass reports groups that the class does not have.
func (c *Config) checkClass(d *decoder) {
	n := len(c.Class.Numbers)
	if c.Class.Groups == 0 {
		c.Class.Groups = n
	}
	if n > 0 && n != c.Class.Groups {
		d.failAt("class.numbers", "%d numbers for %d groups (class.groups)", n, c.Class.Groups)
		return
	}
	for _, number := range c.Groups {
		if !c.Class.Has(number) {
			d.failAt("groups", "%s", c.Class.unknown(number))
		}
	}
	for _, pair := range c.Pairs {
		for _, number := range pair {
			if !c.Class.Has(number) {
				d.failAt("pairs", "%s", c.Class.unknown(number))
			}
		}
	}
}

func checkDurations(d *decoder, path string, section any, least, most time.Duration) {
	v := reflect.ValueOf(section)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		value := time.Duration(v.Field(i).Int())
		if value < least || value > most {
			d.failAt(join(path, field.Tag.Get("yaml")), "%s is impossible; expected %s to %s (%s)",
				value, least, most, field.Tag.Get("why"))
		}
	}
}

func (c Capacity) check(d *decoder) {
	if c.Memory <= 0 {
		d.failAt("capacity.memory", "a VM needs memory; expected more than 0")
	}
	if c.ReserveMax < c.Reserve {
		d.failAt("capacity.reserve_max", "%s is less than reserve (%s)", c.ReserveMax, c.Reserve)
	}
	if c.OverheadMax < c.Overhead {
		d.failAt("capacity.overhead_max", "%s is less than overhead (%s)", c.OverheadMax, c.Overhead)
	}
}

// check reports patterns that cannot be expanded. What they collide in is found when
// the lab is planned, where the groups are known.
func (p Patterns) check(d *decoder) {
	group, pair := map[string]int{"x": 1}, map[string]int{"x": 1, "y": 2}
	d.patterns(group, "patterns.group", p.Group, "patterns.pool", p.Pool, "patterns.role", p.Role,
		"patterns.template.id", p.Template.ID, "patterns.template.name", p.Template.Name,
		"patterns.first.id", p.First.ID, "patterns.first.name", p.First.Name,
		"patterns.second.id", p.Second.ID, "patterns.second.name", p.Second.Name,
		"patterns.bridge", p.Bridge, "patterns.network", p.Network)
	d.patterns(pair, "patterns.gateway.id", p.Gateway.ID, "patterns.gateway.name", p.Gateway.Name,
		"patterns.gateway_pool", p.GatewayPool)
	if len(p.Users) == 0 {
		d.failAt("patterns.users", "the lab needs at least one user a group")
	}
	for i, user := range p.Users {
		d.patterns(group, fmt.Sprintf("patterns.users[%d]", i), user)
	}
	places := []struct {
		path  string
		place int
	}{
		{"patterns.host", p.Host}, {"patterns.first.address", p.First.Address},
		{"patterns.second.address", p.Second.Address}, {"patterns.gateway.address", p.Gateway.Address},
	}
	for _, place := range places {
		if place.place < 1 {
			d.failAt(place.path, "%d is impossible; expected the place within the network, from 1", place.place)
		}
	}
}

// patterns checks pairs of path and pattern.
func (d *decoder) patterns(values map[string]int, pathsAndPatterns ...string) {
	for i := 0; i+1 < len(pathsAndPatterns); i += 2 {
		path, pattern := pathsAndPatterns[i], pathsAndPatterns[i+1]
		if pattern == "" {
			d.failAt(path, "the pattern is empty")
		} else if _, err := Expand(pattern, values); err != nil {
			d.failAt(path, "%v", err)
		}
	}
}

func (c *Config) checkPoints(d *decoder) {
	known := defaultPoints()
	for _, id := range names(c.Points) {
		points := c.Points[id]
		if _, ok := known[id]; !ok {
			d.failAt("points."+id, "there is no such question; expected %s to %s", QuestionID(1), QuestionID(Questions))
		}
		if points < 0 || math.IsInf(points, 0) || math.IsNaN(points) || points > 1000 {
			d.failAt("points."+id, "%g is impossible; expected 0 to 1000", points)
		}
	}
}

func (p Profile) check(d *decoder, path string) {
	if p.Timeout <= 0 || p.Timeout > 7*longest {
		d.failAt(join(path, "timeout"), "%s is impossible; expected more than 0 and up to a week", p.Timeout)
	}
	if p.FlakeAttempts < 1 || p.FlakeAttempts > 100 {
		d.failAt(join(path, "flake_attempts"), "%d is impossible; expected 1 (one chance) to 100", p.FlakeAttempts)
	}
	if p.Repeat < 1 || p.Repeat > 1000 {
		d.failAt(join(path, "repeat"), "%d is impossible; expected 1 (once) to 1000", p.Repeat)
	}
	if p.Repeat > 1 && p.FlakeAttempts > 1 {
		d.failAt(join(path, "repeat"), "a spec cannot both have to pass %d times and be let off %d times", p.Repeat, p.FlakeAttempts-1)
	}
	if _, err := types.ParseLabelFilter(p.Labels); err != nil {
		d.failAt(join(path, "labels"), "%q is no label filter; expected e.g. \"tp1.q12 || tp1.q20\" (Ginkgo's syntax)", p.Labels)
	}
	spans := map[string]time.Duration{
		"poll_progress_after": p.PollProgressAfter, "poll_progress_every": p.PollProgressEvery, "grace_period": p.GracePeriod,
	}
	for _, name := range names(spans) {
		if spans[name] < 0 {
			d.failAt(join(path, name), "%s is impossible; expected 0 or more", spans[name])
		}
	}
}

func (a Accept) check(d *decoder) {
	pair := map[string]int{"x": 1, "y": 2}
	group := map[string]int{"x": 1}
	lists := []struct {
		path   string
		list   []string
		values map[string]int
	}{
		{"accept.template_names", a.TemplateNames, group}, {"accept.first_names", a.FirstNames, group},
		{"accept.second_names", a.SecondNames, group},
		{"accept.gateway_names", a.GatewayNames, pair}, {"accept.gateway_ids", a.GatewayIDs, pair},
	}
	for _, l := range lists {
		for i, pattern := range l.list {
			d.patterns(l.values, fmt.Sprintf("%s[%d]", l.path, i), pattern)
		}
	}
	for i, bits := range a.Masks {
		if bits < 8 || bits > 29 {
			d.failAt(fmt.Sprintf("accept.masks[%d]", i), "/%d is impossible; expected 8 to 29: the practical needs three addresses", bits)
		}
	}
	for i, format := range a.DiskFormats {
		if !slices.Contains([]string{"raw", "qcow2", "vmdk"}, format) {
			d.failAt(fmt.Sprintf("accept.disk_formats[%d]", i), "%q is no disk format; expected raw, qcow2 or vmdk", format)
		}
	}
}
