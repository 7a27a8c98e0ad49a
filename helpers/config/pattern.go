package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
var placeholderInside = regexp.MustCompile(`^([a-z])(?::([1-9]))?$`)

// Expand replaces {x} and {x:2} (zeros up to two digits) by numbers. A name that is
// not in values, or a brace that belongs to nothing, is an error.
func Expand(pattern string, values map[string]int) (string, error) {
	var wrong error
	out := placeholder.ReplaceAllStringFunc(pattern, func(found string) string {
		inside := placeholderInside.FindStringSubmatch(found[1 : len(found)-1])
		if inside == nil {
			wrong = fmt.Errorf("%s in %q is no placeholder; expected {x} or {x:2}", found, pattern)
			return ""
		}
		value, known := values[inside[1]]
		if !known {
			wrong = fmt.Errorf("%s in %q stands for nothing here; expected %s", found, pattern, placeholders(values))
			return ""
		}
		width, _ := strconv.Atoi("0" + inside[2])
		return fmt.Sprintf("%0*d", width, value)
	})
	if wrong == nil && strings.ContainsAny(out, "{}") {
		wrong = fmt.Errorf("a brace without its partner in %q", pattern)
	}
	if wrong != nil {
		return "", wrong
	}
	return out, nil
}

func placeholders(values map[string]int) string {
	if _, pair := values["y"]; pair {
		return "{x} and {y}"
	}
	return "{x}"
}
