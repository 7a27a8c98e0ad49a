package config

import (
	"fmt"
	"slices"
)

// PairsOf are the pairs written in the configuration of which both groups are
// selected; none means that consecutive groups are neighbours.
func (c *Config) PairsOf(groups []int) [][2]int {
	var pairs [][2]int
	for _, pair := range c.Pairs {
		if slices.Contains(groups, pair[0]) && slices.Contains(groups, pair[1]) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// CheckGroups refuses a group that the class does not have, as *Error: a number typed
// wrongly must not make a lab of its own.
func (c *Config) CheckGroups(groups []int) error {
	e := &Error{}
	for _, number := range groups {
		if !c.Class.Has(number) {
			e.Problems = append(e.Problems, Problem{File: c.file, Text: c.Class.unknown(number)})
		}
	}
	if len(e.Problems) > 0 {
		return e
	}
	return nil
}

// Has says that a group of that number is in the class; where no class is named, every
// number from 1 is.
func (c Class) Has(number int) bool {
	if len(c.Numbers) > 0 {
		return slices.Contains(c.Numbers, number)
	}
	return number >= 1 && (c.Groups == 0 || number <= c.Groups)
}

// Members are the class's group numbers; none where no class is named.
func (c Class) Members() []int {
	if len(c.Numbers) > 0 {
		return slices.Clone(c.Numbers)
	}
	var all []int
	for number := 1; number <= c.Groups; number++ {
		all = append(all, number)
	}
	return all
}

func (c Class) unknown(number int) string {
	switch {
	case len(c.Numbers) > 0:
		return fmt.Sprintf("unknown group %d; expected one of class.numbers %v", number, []int(c.Numbers))
	case c.Groups > 0:
		return fmt.Sprintf("unknown group %d; expected 1 to %d (class.groups)", number, c.Groups)
	}
	return fmt.Sprintf("unknown group %d; groups are counted from 1", number)
}
