package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/labproof/labproof/helpers/output"
)

// ErrReadOnly is what a session that only reads says to everything else.
var ErrReadOnly = errors.New("this session only reads")

// ReadOnlyError is a request that was not sent because its session only reads.
type ReadOnlyError struct {
	Method  string
	Path    string
	Command []string // of a command in a guest; nil: it was none
}

func (e *ReadOnlyError) Error() string {
	text := fmt.Sprintf("%s %s was not sent: %v", e.Method, e.Path, ErrReadOnly)
	if e.Command != nil {
		text += output.Line(fmt.Sprintf(", and %q is not among the commands that it may run in guests", e.Command), maxMessage)
	}
	return text
}

// Is makes errors.Is(err, ErrReadOnly) work.
func (e *ReadOnlyError) Is(target error) bool { return target == ErrReadOnly }

// WithReadOnly makes a session that reads and nothing else: whatever is no GET is refused
// with a *ReadOnlyError before it is sent, by whichever way it comes. Two kinds of POST
// are let through because they change nothing: the login, and a command in a guest that
// mayRun allows (with its words, as the guest gets them).
func WithReadOnly(mayRun func(argv []string) bool) Option {
	return func(s *settings) { s.readOnly = &readOnly{mayRun: mayRun} }
}

type readOnly struct{ mayRun func(argv []string) bool }

var (
	agentExec = regexp.MustCompile(`^/nodes/[^/]+/qemu/[0-9]+/agent/exec$`)
	agentPing = regexp.MustCompile(`^/nodes/[^/]+/qemu/[0-9]+/agent/ping$`)
)

// check refuses a request that is no read; a nil readOnly refuses nothing.
func (r *readOnly) check(ctx context.Context, method, path string) error {
	switch {
	case r == nil, method == http.MethodGet:
		return nil
	case method == http.MethodPost && (path == "/access/ticket" || agentPing.MatchString(path)):
		return nil
	case method != http.MethodPost || !agentExec.MatchString(path):
		return &ReadOnlyError{Method: method, Path: path}
	}
	params := callOf(ctx).params
	argv, isList := params["command"].([]string)
	if _, hasInput := params["input-data"]; isList && !hasInput && len(params) == 1 && r.mayRun != nil && r.mayRun(slices.Clone(argv)) {
		return nil
	}
	return &ReadOnlyError{Method: method, Path: path, Command: append([]string{}, argv...)}
}
