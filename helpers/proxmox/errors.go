package proxmox

import (
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strings"

	"github.com/labproof/labproof/helpers/output"
)

// The kinds of refusal that callers tell apart with errors.Is. Proxmox answers 500
// for "already exists" and "does not exist", so those two go by its words.
var (
	ErrBadParameter   = errors.New("the node refused a parameter")           // 400
	ErrUnauthorized   = errors.New("the node does not accept this identity") // 401
	ErrForbidden      = errors.New("the node refuses for lack of rights")    // 403
	ErrNotImplemented = errors.New("the node does not know this call")       // 501
	ErrUnavailable    = errors.New("the node's API daemon did not answer")   // 595, 596
	ErrExists         = errors.New("it exists already")
	ErrNotFound       = errors.New("it does not exist")
	ErrLockTimeout    = errors.New("the node could not get a lock in time")
)

// Error is a refusal in the node's own words: every answer that is not 2xx.
type Error struct {
	Method  string
	Path    string // below /api2/json, without the query
	Status  int
	Message string            // the JSON message where there is one, else the status line's text
	Fields  map[string]string // the "errors" of a 400: what is wrong with which parameter
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.Path, e.Status)
	if e.Message != "" {
		b.WriteString(" " + output.Line(e.Message, maxMessage))
	}
	for _, name := range sortedKeys(e.Fields) {
		fmt.Fprintf(&b, " [%s: %s]", output.Line(name, 100), output.Line(e.Fields[name], maxMessage))
	}
	return b.String()
}

// Is makes errors.Is(err, ErrForbidden) and its likes work.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBadParameter:
		return e.Status == http.StatusBadRequest
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotImplemented:
		return e.Status == http.StatusNotImplemented
	case ErrUnavailable:
		return e.Status == statusRefused || e.Status == statusBroken
	case ErrExists:
		return says(e.Message, e.Fields, "already exists")
	case ErrNotFound:
		return e.Status == http.StatusNotFound || says(e.Message, e.Fields, "does not exist", "no such")
	case ErrLockTimeout:
		return e.Status == http.StatusInternalServerError && isLockTimeout(e.Message)
	}
	return false
}

// Permission is the path and the alternatives of the missing privilege that the
// refusal names, e.g. "/storage/local" and [Datastore.AllocateSpace Datastore.Audit].
func (e *Error) Permission() (path string, privileges []string, ok bool) {
	return ParsePermission(e.Message)
}

// ParsePermission finds "Permission check failed (/path, A|B)" in a refusal or in
// a failed task's exit status.
func ParsePermission(message string) (path string, privileges []string, ok bool) {
	_, rest, found := strings.Cut(message, "Permission check failed (")
	if !found {
		return "", nil, false
	}
	inside, _, found := strings.Cut(rest, ")")
	if !found {
		return "", nil, false
	}
	path, list, found := strings.Cut(inside, ", ")
	if !found {
		return path, nil, true
	}
	return path, strings.Split(list, "|"), true
}

// Words is what the node said, without labproof's own words around it: the message
// of the *Error or the exit status of the *TaskError in err's chain, or err's text.
func Words(err error) string {
	var refusal *Error
	var task *TaskError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return refusal.Message
	case errors.As(err, &task):
		return task.ExitStatus
	}
	return err.Error()
}

// TaskError is a task that ended neither OK nor with warnings only.
type TaskError struct {
	UPID       string
	ExitStatus string   // the node's words
	Log        []string // the task's log, its last lines where it is long
}

func (e *TaskError) Error() string {
	name := "task"
	if u, err := ParseUPID(e.UPID); err == nil {
		name = strings.TrimSpace("task " + u.Type + " " + u.ID)
	}
	return fmt.Sprintf("%s failed: %s", name, output.Line(e.ExitStatus, maxMessage))
}

// Is tells a task that was refused for lack of rights, or that found no lock.
func (e *TaskError) Is(target error) bool {
	switch target {
	case ErrForbidden:
		_, _, ok := ParsePermission(e.ExitStatus)
		return ok
	case ErrExists:
		return says(e.ExitStatus, nil, "already exists")
	case ErrNotFound:
		return says(e.ExitStatus, nil, "does not exist", "no such")
	case ErrLockTimeout:
		return isLockTimeout(e.ExitStatus)
	}
	return false
}

// PendingChangesError is the refusal to edit a network configuration in which
// somebody else's changes wait to be applied: applying ours would apply theirs.
type PendingChangesError struct {
	Node    string
	Changes string // the diff that the node shows
}

func (e *PendingChangesError) Error() string {
	return fmt.Sprintf("the network configuration of node %s has pending changes that are not ours; apply or revert them first:\n%s",
		e.Node, output.Visible(e.Changes))
}

// CertificateError is a node that shows another certificate than the pinned one.
type CertificateError struct {
	Want, Got string // SHA-256, AA:BB:…
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("the node's certificate is not the pinned one: its fingerprint is %s, the target says %s", e.Got, e.Want)
}

const maxMessage = 2000

// The statuses of pveproxy for a backend that refuses (595) or breaks (596) the
// connection, from pve-http-server.
const (
	statusRefused = 595
	statusBroken  = 596
)

func says(message string, fields map[string]string, words ...string) bool {
	text := strings.ToLower(message)
	for _, field := range fields {
		text += "\n" + strings.ToLower(field)
	}
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// isLockTimeout tells the two messages that prove that a call did nothing because
// it found no lock: lock_file of pve-common and cfs_lock of pve-cluster. Other
// "got timeout"s (a VM that did not power down) prove no such thing.
func isLockTimeout(message string) bool {
	if strings.Contains(message, "got lock request timeout") {
		return true
	}
	_, rest, found := strings.Cut(message, "can't lock file '")
	return found && strings.Contains(rest, "got timeout")
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
