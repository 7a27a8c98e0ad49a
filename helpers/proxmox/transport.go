package proxmox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody is the largest answer that is read. A guest's command may answer with
// 16 MiB of output and as much of errors, each written as JSON.
const maxBody = 64 << 20

// transport turns every answer that is not 2xx into an *Error. go-proxmox above it
// would lose status and message of a 401, 403 or 500 and take a 404 or 596 with a
// JSON body for a success; it never gets to see one. Answers that are 2xx are handed
// to the caller through the request's context as well, because go-proxmox drops what
// stands beside "data" (changes, total).
type transport struct {
	base   http.RoundTripper
	prefix string // the URL's path before the API's own, normally /api2/json
	report func(context.Context, Exchange)
	safe   func(string) string // removes secrets from text
	only   *readOnly           // nil: writes are sent
}

// RoundTrip implements http.RoundTripper; unlike most it returns an error for an
// answer that it did get.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(req.URL.Path, t.prefix)
	if err := t.only.check(req.Context(), req.Method, path); err != nil {
		return nil, err
	}
	call := callOf(req.Context())
	exchange := Exchange{
		Time: time.Now(), User: call.user, Method: req.Method, Path: path,
		Params: redactParams(path, call.params),
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		exchange.Error = t.safe(err.Error())
		t.tell(req.Context(), exchange, nil)
		return nil, err
	}
	body, err := readAll(resp)
	exchange.Status, exchange.Reason = resp.StatusCode, t.safe(reason(resp))
	if err != nil {
		exchange.Error = t.safe(err.Error())
		t.tell(req.Context(), exchange, nil)
		return nil, err
	}
	t.tell(req.Context(), exchange, body)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, t.refusal(req.Method, path, resp, body)
	}
	call.answer = body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func (t *transport) tell(ctx context.Context, exchange Exchange, body []byte) {
	if t.report == nil {
		return
	}
	exchange.Took = time.Since(exchange.Time)
	text := t.safe(redactBody(exchange.Path, body))
	if len(text) > maxEvidence {
		text = text[:maxEvidence] + "…"
	}
	exchange.Body = text
	t.report(ctx, exchange)
}

// refusal reads the node's words from both places: versions before 8 write them in
// the status line only, later ones repeat them as JSON.
func (t *transport) refusal(method, path string, resp *http.Response, body []byte) *Error {
	refusal := &Error{Method: method, Path: path, Status: resp.StatusCode, Message: t.safe(reason(resp))}
	f, err := object(body)
	if err != nil {
		return refusal
	}
	if message := strings.TrimSpace(f.text("message")); message != "" {
		refusal.Message = t.safe(message)
	}
	for name, raw := range f.inner("errors") {
		if refusal.Fields == nil {
			refusal.Fields = map[string]string{}
		}
		refusal.Fields[name] = t.safe(strings.TrimSpace(scalar(raw)))
	}
	return refusal
}

// reason is the status line's text without the number.
func reason(resp *http.Response) string {
	text := strings.TrimPrefix(resp.Status, fmt.Sprintf("%d", resp.StatusCode))
	if text = strings.TrimSpace(text); text != "" {
		return text
	}
	return http.StatusText(resp.StatusCode)
}

func readAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	}
	return body, nil
}

// call travels in a request's context, past go-proxmox, down to the transport.
type call struct {
	user   string
	params Params
	answer []byte // the body of a 2xx answer
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// envelope is the frame of every answer.
type envelope struct {
	Data    json.RawMessage
	Changes string // GET network: the diff of what is pending
	Total   int64  // GET tasks/{upid}/log and others
}

func unwrap(body []byte) (envelope, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return envelope{}, nil
	}
	f, err := object(body)
	if err != nil {
		return envelope{}, fmt.Errorf("the node's answer is no JSON: %w", err)
	}
	return envelope{Data: f["data"], Changes: f.text("changes"), Total: f.integer("total")}, nil
}
