package proxmox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/wait"
)

// How often a call is repeated that provably did nothing or changes nothing.
const (
	attempts   = 4
	firstRetry = 100 * time.Millisecond
)

// Get reads path with params. out receives "data" by encoding/json; nil drops it.
func (s *Session) Get(ctx context.Context, path string, params Params, out any) error {
	return s.into(ctx, http.MethodGet, path, params, out)
}

// Post sends params to path as a POST. See Task for calls that start a task.
func (s *Session) Post(ctx context.Context, path string, params Params, out any) error {
	return s.into(ctx, http.MethodPost, path, params, out)
}

// Put sends params to path as a PUT.
func (s *Session) Put(ctx context.Context, path string, params Params, out any) error {
	return s.into(ctx, http.MethodPut, path, params, out)
}

// Delete sends a DELETE; params travel in the URL.
func (s *Session) Delete(ctx context.Context, path string, params Params, out any) error {
	return s.into(ctx, http.MethodDelete, path, params, out)
}

func (s *Session) into(ctx context.Context, method, path string, params Params, out any) error {
	e, err := s.do(ctx, method, path, params)
	if err != nil || out == nil || isNull(e.Data) {
		return err
	}
	if err := json.Unmarshal(e.Data, out); err != nil {
		return fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	}
	return nil
}

// do sends one call until it is answered for good. Reads are repeated when the
// connection or the daemon behind it breaks; writes only where the node's own words
// prove that nothing was done. A 401 renews the ticket, once: the node looks at
// the identity before it does anything.
func (s *Session) do(ctx context.Context, method, path string, params Params) (envelope, error) {
	if !s.memory.holds(ctx, method, path) {
		return s.ask(ctx, method, path, params)
	}
	query, err := params.query()
	if err != nil {
		return envelope{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return s.memory.answer(ctx, s.User()+" "+path+"?"+query, func(ctx context.Context) (envelope, error) {
		return s.ask(ctx, method, path, params)
	})
}

// ask sends one call until it is answered for good, whatever is remembered.
func (s *Session) ask(ctx context.Context, method, path string, params Params) (envelope, error) {
	renewed := false
	pause := firstRetry
	for attempt := 1; ; attempt++ {
		g, err := s.id.current(ctx)
		if err != nil {
			return envelope{}, fmt.Errorf("%s %s: %w", method, path, err)
		}
		e, err := s.send(ctx, g, method, path, params)
		switch {
		case err == nil:
			return e, nil
		case errors.Is(err, ErrUnauthorized) && !renewed && s.id.token == "":
			renewed = true
			if _, err := s.id.renew(ctx, g, false); err != nil {
				return envelope{}, fmt.Errorf("%s %s: %w", method, path, err)
			}
			continue
		case attempt >= attempts || !repeatable(method, err) || ctx.Err() != nil:
			return envelope{}, err
		}
		if wait.Pause(ctx, pause) != nil {
			return envelope{}, err
		}
		pause *= 2
	}
}

func (s *Session) send(ctx context.Context, g *grant, method, path string, params Params) (envelope, error) {
	release, err := s.agentTurn(ctx, path)
	if err != nil {
		return envelope{}, err
	}
	defer release()
	limited, cancel := context.WithTimeoutCause(ctx, s.timeouts.API, errAPILimit)
	defer cancel()

	c := &call{user: s.User(), params: params}
	target, body, err := encode(method, path, params)
	if err != nil {
		return envelope{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if err := g.client.Req(withCall(limited, c), method, target, body, nil); err != nil {
		return envelope{}, s.failure(limited, method, path, err)
	}
	e, err := unwrap(c.answer)
	if err != nil {
		return envelope{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return e, nil
}

// encode puts params where the method carries them.
func encode(method, path string, params Params) (target string, body []byte, err error) {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if method == http.MethodGet || method == http.MethodDelete {
		query, err := params.query()
		if err != nil || query == "" {
			return path, nil, err
		}
		return path + "?" + query, nil, nil
	}
	object, err := params.body()
	if err != nil {
		return "", nil, err
	}
	body, err = json.Marshal(object)
	return path, body, err
}

var errAPILimit = errors.New("the node did not answer in time")

// failure is a call that got no answer, or the node's refusal, without the layers
// in between (whose text repeats the URL with its query).
func (s *Session) failure(ctx context.Context, method, path string, err error) error {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal
	}
	var withheld *ReadOnlyError
	if errors.As(err, &withheld) {
		return withheld
	}
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		if errors.Is(cause, errAPILimit) {
			return fmt.Errorf("%s %s: %w (timeouts.api: %v)", method, path, errAPILimit, s.timeouts.API)
		}
		return fmt.Errorf("%s %s: %w", method, path, cause)
	}
	return fmt.Errorf("%s %s: %w", method, path, &ConnectionError{Err: plain(err), text: s.secrets.scrub(plain(err).Error())})
}

// ConnectionError is a call that brought no answer of the node.
type ConnectionError struct {
	Err  error
	text string
}

func (e *ConnectionError) Error() string {
	return "no answer from the node: " + output.Line(e.text, maxMessage)
}
func (e *ConnectionError) Unwrap() error { return e.Err }

// plain drops the *url.Error that net/http wraps around everything.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// repeatable tells whether a failed call may be sent again.
func repeatable(method string, err error) bool {
	if errors.Is(err, ErrLockTimeout) {
		return true
	}
	if method != http.MethodGet {
		return false
	}
	return errors.Is(err, ErrUnavailable) || lostConnection(err)
}

// lostConnection tells whether no answer came, for a reason that may pass.
func lostConnection(err error) bool {
	var certificate *CertificateError
	var refusal *Error
	switch {
	case errors.As(err, &certificate), errors.As(err, &refusal), isTrust(err):
		return false
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errAPILimit):
		return false
	}
	return isNetwork(err)
}

// agentTurn waits until one more guest agent call may be under way.
func (s *Session) agentTurn(ctx context.Context, path string) (release func(), err error) {
	if !strings.Contains(path, "/agent/") {
		return func() {}, nil
	}
	select {
	case s.agents <- struct{}{}:
		return func() { <-s.agents }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// object, list: the answer of a read, leniently.

func (s *Session) object(ctx context.Context, path string, params Params) (fields, error) {
	e, err := s.do(ctx, http.MethodGet, path, params)
	if err != nil {
		return nil, err
	}
	f, err := object(e.Data)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return f, nil
}

func (s *Session) list(ctx context.Context, path string, params Params) ([]fields, error) {
	e, err := s.do(ctx, http.MethodGet, path, params)
	if err != nil {
		return nil, err
	}
	list, err := objects(e.Data)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return list, nil
}
