package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	gp "github.com/luthermonson/go-proxmox"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/wait"
)

// renewAfter is the age at which a ticket is renewed; Proxmox ends it after 2 h.
const renewAfter = time.Hour

// identity is who a session is, and the means to prove it. A go-proxmox client
// reads its ticket without a lock, so a client is logged in before anybody else sees
// it and never changes afterwards: a renewed ticket is a new client.
type identity struct {
	user     string        // "u1@pve", or "u1@pve!id" for a token
	password config.Secret // empty for a token
	token    config.Secret // user@realm!id=secret
	base     string        // https://host:8006/api2/json
	http     *http.Client
	secrets  *secrets
	now      func() time.Time
	limit    time.Duration // of one login

	renewing chan struct{} // holds one element while nobody logs in
	mu       sync.Mutex
	grant    *grant
}

// grant is a client that is logged in.
type grant struct {
	client *gp.Client
	ticket string
	csrf   string
	since  time.Time
}

func newIdentity(c *connection, user string, password, token config.Secret) *identity {
	id := &identity{
		user: user, password: password, token: token,
		base: c.base, http: c.http, secrets: c.secrets, now: c.now, limit: c.timeouts.Login,
		renewing: make(chan struct{}, 1),
	}
	id.renewing <- struct{}{}
	return id
}

// current is a client whose ticket is young enough, renewed if need be.
func (id *identity) current(ctx context.Context) (*grant, error) {
	id.mu.Lock()
	g := id.grant
	id.mu.Unlock()
	if g != nil && (id.token != "" || id.now().Sub(g.since) < renewAfter) {
		return g, nil
	}
	return id.renew(ctx, g, true)
}

// renew replaces a grant that is too old (its ticket is still good to log in with)
// or that the node refused (it is not). Of many callers one logs in; the others take
// what it brought.
func (id *identity) renew(ctx context.Context, old *grant, good bool) (*grant, error) {
	select {
	case <-id.renewing:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { id.renewing <- struct{}{} }()

	id.mu.Lock()
	g := id.grant
	id.mu.Unlock()
	if g != old && g != nil {
		return g, nil
	}
	g, err := id.login(ctx, old, good)
	if err != nil {
		return nil, fmt.Errorf("logging in as %s: %w", id.user, err)
	}
	id.mu.Lock()
	id.grant = g
	id.mu.Unlock()
	return g, nil
}

func (id *identity) login(ctx context.Context, old *grant, good bool) (*grant, error) {
	ctx, cancel := context.WithTimeout(ctx, id.limit)
	defer cancel()
	if id.token != "" {
		return id.byToken()
	}
	if old != nil && good {
		// A ticket stands for the password; it also works where the password was
		// changed since.
		if g, err := id.byPassword(ctx, old.ticket); err == nil {
			return g, nil
		}
	}
	return id.byPassword(ctx, id.password.Reveal())
}

func (id *identity) byToken() (*grant, error) {
	name, secret, err := splitToken(id.token)
	if err != nil {
		return nil, err
	}
	id.secrets.add(secret)
	client := gp.NewClient(id.base, gp.WithHTTPClient(id.http), gp.WithUserAgent(userAgent), gp.WithAPIToken(name, secret))
	return &grant{client: client, since: id.now()}, nil
}

// splitToken tells a token's name from its secret.
func splitToken(token config.Secret) (name, secret string, err error) {
	name, secret, found := strings.Cut(token.Reveal(), "=")
	if !found || secret == "" || !strings.Contains(name, "@") || !strings.Contains(name, "!") {
		return "", "", errors.New("the token must read user@realm!id=secret")
	}
	return name, secret, nil
}

func (id *identity) byPassword(ctx context.Context, password string) (*grant, error) {
	id.secrets.add(password)
	client := gp.NewClient(id.base, gp.WithHTTPClient(id.http), gp.WithUserAgent(userAgent),
		gp.WithCredentials(&gp.Credentials{Username: id.user, Password: password}))
	c := &call{user: id.user, params: Params{"username": id.user, "password": hidden}}
	since := id.now()
	if err := persist(ctx, func() error { return client.CreateSession(withCall(ctx, c)) }); err != nil {
		return nil, plain(err)
	}
	if err := needsTFA(c.answer); err != nil {
		return nil, err
	}
	session := client.Session()
	if session == nil || session.Ticket == "" {
		return nil, errors.New("the node answered without a ticket")
	}
	id.secrets.add(session.Ticket, session.CSRFPreventionToken)
	return &grant{client: client, ticket: session.Ticket, csrf: session.CSRFPreventionToken, since: since}, nil
}

// persist repeats a login that never reached the node; a refusal is final.
func persist(ctx context.Context, login func() error) error {
	pause := firstRetry
	for attempt := 1; ; attempt++ {
		err := login()
		if err == nil || attempt == attempts || !lostConnection(err) || ctx.Err() != nil {
			return err
		}
		if wait.Pause(ctx, pause) != nil {
			return err
		}
		pause *= 2
	}
}

// needsTFA refuses a ticket that is only half a login.
func needsTFA(answer []byte) error {
	e, err := unwrap(answer)
	if err != nil {
		return err
	}
	data, err := object(e.Data)
	if err != nil {
		return err
	}
	if data.flag("NeedTFA") {
		return errors.New("this user needs a second factor; give labproof an API token or a user without one")
	}
	return nil
}
