// Package proxmox is a session on a Proxmox VE node: who labproof is there, what it
// asks, and what the node answers in its own words.
//
// go-proxmox does the requests and the tickets. What it gets wrong for a tool that
// must see refusals as they are is done here: every answer that is not 2xx becomes
// one typed *Error (transport.go), tasks are awaited and judged (task.go), and the
// node's JSON is read leniently in one place (decode.go).
package proxmox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/config"
)

const userAgent = "labproof"

// Session is one identity on one node. It is safe for concurrent use.
type Session struct {
	*connection
	id   *identity
	node string
}

// connection is what all identities of one Login share.
type connection struct {
	settings
	base    string // https://host:8006/api2/json
	tls     *tls.Config
	http    *http.Client
	secrets *secrets
	network *turns        // one network edit at a time per node
	agents  chan struct{} // guest agent calls under way
}

// Login proves who target says we are and finds the node. A refused login is an
// *Error (ErrUnauthorized), a wrong certificate a *CertificateError.
func Login(ctx context.Context, target config.Target, opts ...Option) (*Session, error) {
	c, err := connect(target, opts)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", target.URL, err)
	}
	user := target.Username
	if target.Token != "" {
		if user, _, err = splitToken(target.Token); err != nil {
			return nil, fmt.Errorf("target %s: %w", target.URL, err)
		}
	}
	s := &Session{connection: c, id: newIdentity(c, user, target.Password, target.Token), node: target.Node}
	if _, err := s.id.current(ctx); err != nil {
		return nil, fmt.Errorf("target %s: %w", target.URL, err)
	}
	if target.Token != "" || s.node == "" {
		// A token is not shown to the node before the first call: make one.
		if err := s.findNode(ctx); err != nil {
			return nil, fmt.Errorf("target %s: %w", target.URL, err)
		}
	}
	return s, nil
}

// As logs in to the same node as somebody else. Both sessions share their recorder
// and their turns at network edits.
func (s *Session) As(ctx context.Context, userid, password string) (*Session, error) {
	other := &Session{connection: s.connection, id: newIdentity(s.connection, userid, config.Secret(password), ""), node: s.node}
	if _, err := other.id.current(ctx); err != nil {
		return nil, err
	}
	return other, nil
}

// Node is the node's name.
func (s *Session) Node() string { return s.node }

// User is who this session is: "u1@pve", or "u1@pve!token".
func (s *Session) User() string { return s.id.user }

// NodePath is /nodes/{node}/rest.
func (s *Session) NodePath(rest string) string {
	return "/nodes/" + s.node + "/" + strings.TrimPrefix(rest, "/")
}

// Timeouts are the limits this session works with.
func (s *Session) Timeouts() config.Timeouts { return s.timeouts }

// Close drops idle connections. A ticket cannot be given back; it ends by itself.
func (s *Session) Close() { s.http.CloseIdleConnections() }

func (s *Session) findNode(ctx context.Context) error {
	nodes, err := s.list(ctx, "/nodes", nil)
	if err != nil {
		return err
	}
	if s.node != "" {
		return nil
	}
	if len(nodes) != 1 {
		return fmt.Errorf("the cluster has %d nodes that %s sees; name one in the target (node:)", len(nodes), s.User())
	}
	s.node = nodes[0].text("node")
	if s.node == "" {
		return errors.New("the node does not say its name; name it in the target (node:)")
	}
	return nil
}

func connect(target config.Target, opts []Option) (*connection, error) {
	base, err := apiBase(target.URL)
	if err != nil {
		return nil, err
	}
	trust, err := tlsConfig(target)
	if err != nil {
		return nil, err
	}
	c := &connection{settings: defaults(), base: base.String(), tls: trust, secrets: &secrets{}, network: newTurns()}
	for _, opt := range opts {
		opt(&c.settings)
	}
	c.agents = make(chan struct{}, c.agentCalls)
	c.secrets.add(target.Password.Reveal())
	c.http = &http.Client{Transport: &transport{
		base: baseTransport(trust), prefix: base.Path, report: c.report, safe: c.secrets.scrub, only: c.readOnly,
	}}
	return c, nil
}

func baseTransport(trust *tls.Config) *http.Transport {
	return &http.Transport{
		TLSClientConfig:     trust.Clone(),
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 8,
		// pveproxy drops idle connections after 5 s; a write must not meet one that is going.
		IdleConnTimeout:     4 * time.Second,
		TLSHandshakeTimeout: 15 * time.Second,
	}
}

func apiBase(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" {
		return nil, errors.New("url: expected https://host:8006")
	}
	if u.Scheme != "https" {
		return nil, errors.New("url: expected https, so that passwords are not sent in the clear")
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/api2/json") + "/api2/json"
	return u, nil
}

func (c *connection) report(ctx context.Context, e Exchange) {
	c.log.Debug("node", "user", e.User, "method", e.Method, "path", e.Path, "status", e.Status, "took", e.Took)
	if c.recorder != nil {
		c.recorder(e)
	}
	recorderOf(ctx)(e)
}
