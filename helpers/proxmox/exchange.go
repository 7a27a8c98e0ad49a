package proxmox

import (
	"context"
	"time"
)

// Exchange is one request and its answer, as evidence. Passwords, tickets, tokens
// and CSRF tokens are replaced by *** before anybody sees it.
type Exchange struct {
	Time   time.Time     `json:"time"`
	User   string        `json:"user"`
	Method string        `json:"method"`
	Path   string        `json:"path"` // below /api2/json, without the query
	Params Params        `json:"params,omitempty"`
	Status int           `json:"status"` // 0: there was no answer
	Reason string        `json:"reason,omitempty"`
	Body   string        `json:"body,omitempty"` // its first 16 KiB
	Took   time.Duration `json:"took"`
	Error  string        `json:"error,omitempty"` // why there was no answer
}

// maxEvidence is how much of an answer an Exchange keeps.
const maxEvidence = 16 << 10

type recordingKey struct{}

// Recording returns a context whose calls are handed to record, without their
// secrets: how one session's calls are told apart by what they were made for.
// record may be called from several goroutines at once.
func Recording(ctx context.Context, record func(Exchange)) context.Context {
	return context.WithValue(ctx, recordingKey{}, record)
}
