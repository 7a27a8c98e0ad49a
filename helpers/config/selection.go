package config

import "slices"

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
