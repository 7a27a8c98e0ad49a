package cli

import (
	"errors"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
)

// labelFilter parses a filter as Ginkgo does and keeps one line of its complaint.
func labelFilter(filter string) error {
	_, err := types.ParseLabelFilter(filter)
	if err == nil {
		return nil
	}
	var complaint types.GinkgoError
	if errors.As(err, &complaint) {
		return errors.New(strings.ToLower(complaint.Heading))
	}
	first, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return errors.New(first)
}
