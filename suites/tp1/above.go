package tp1

import "slices"

// Above are the questions that stand on one, directly or on one that does, in the order
// of the practical.
func Above(id string) []string {
	on := []string{id}
	for _, q := range questions() { // a question stands on earlier ones only
		if slices.ContainsFunc(q.Needs, func(need string) bool { return slices.Contains(on, need) }) {
			on = append(on, q.ID)
		}
	}
	return on[1:]
}
