package proxmox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The console goes over a websocket of our own: go-proxmox's TermWebSocket knows no
// context, panics over our transport, and takes the terminal of whoever runs labproof
// for the guest's.

// keepAlive is how often the node is told that the console is still wanted; it hangs
// up after 5 min of silence.
const keepAlive = 30 * time.Second

// ErrNeedsTicket is what a session by API token cannot do: Proxmox's websocket takes
// tickets only, on most versions.
var ErrNeedsTicket = errors.New("the console needs a login by password; Proxmox does not accept API tokens for it")

// Console is a VM's serial console. Read gives what the guest writes; Write types.
type Console struct {
	conn    *websocket.Conn
	ticker  *time.Ticker
	done    chan struct{}
	closing sync.Once

	writing sync.Mutex
	rest    bytes.Buffer // read from the websocket, not yet from the console
}

// Console opens the serial console of a running VM with serial0=socket. It is closed
// by Close, or when ctx ends.
func (s *Session) Console(ctx context.Context, id int) (*Console, error) {
	if s.id.token != "" {
		return nil, ErrNeedsTicket
	}
	term, err := s.termProxy(ctx, id)
	if err != nil {
		return nil, err
	}
	conn, err := s.dialWebsocket(ctx, s.VMPath(id, "vncwebsocket"), term)
	if err != nil {
		return nil, err
	}
	c := &Console{conn: conn, ticker: time.NewTicker(keepAlive), done: make(chan struct{})}
	if err := c.login(ctx, term); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("the console of VM %d: %w", id, s.scrubbed(err))
	}
	go c.stayAlive(context.AfterFunc(ctx, func() { _ = c.Close() }))
	return c, nil
}

type term struct {
	user, ticket, port string
}

func (s *Session) termProxy(ctx context.Context, id int) (term, error) {
	path := s.VMPath(id, "termproxy")
	e, err := s.do(ctx, http.MethodPost, path, nil)
	if err != nil {
		return term{}, err
	}
	f, err := object(e.Data)
	if err != nil {
		return term{}, fmt.Errorf("POST %s: %w", path, err)
	}
	t := term{user: f.text("user"), ticket: f.text("ticket"), port: f.text("port")}
	s.secrets.add(t.ticket)
	if t.user == "" || t.ticket == "" || t.port == "" {
		return term{}, fmt.Errorf("POST %s: the node's answer lacks user, ticket or port", path)
	}
	return t, nil
}

func (s *Session) dialWebsocket(ctx context.Context, path string, t term) (*websocket.Conn, error) {
	g, err := s.id.current(ctx)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, s.timeouts.API)
	defer cancel()
	dialer := &websocket.Dialer{
		TLSClientConfig: s.tls.Clone(), Proxy: http.ProxyFromEnvironment,
		// The node closes a websocket that does not ask for this.
		Subprotocols: []string{"binary"},
	}
	query := url.Values{"port": {t.port}, "vncticket": {t.ticket}}
	header := http.Header{}
	g.authorize(header, s.id)
	conn, resp, err := dialer.DialContext(limited, strings.Replace(s.base, "https://", "wss://", 1)+path+"?"+query.Encode(), header)
	if err == nil {
		conn.SetReadLimit(1 << 20)
		return conn, nil
	}
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return nil, (&transport{safe: s.secrets.scrub}).refusal(http.MethodGet, path, resp, body)
	}
	return nil, fmt.Errorf("GET %s: %w", path, s.scrubbed(plain(err)))
}

// scrubbed is an error whose text holds no secret.
func (s *Session) scrubbed(err error) error {
	return &ConnectionError{Err: err, text: s.secrets.scrub(err.Error())}
}

// login presents the console's own ticket; the node answers OK.
func (c *Console) login(ctx context.Context, t term) error {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	defer stop()
	if err := c.send([]byte(t.user + ":" + t.ticket + "\n")); err != nil {
		return err
	}
	_, message, err := c.conn.ReadMessage()
	if err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(message, []byte("OK"))
	if !ok {
		return errors.New("the node did not accept the console's ticket")
	}
	_, _ = c.rest.Write(rest)
	return nil
}

// Read reads what the guest wrote; one reader at a time. It returns io.EOF after the
// console was closed at either end.
func (c *Console) Read(p []byte) (int, error) {
	for c.rest.Len() == 0 {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			select {
			case <-c.done:
				return 0, io.EOF
			default:
			}
			if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseAbnormalClosure, websocket.CloseNoStatusReceived) {
				return 0, io.EOF
			}
			return 0, err
		}
		_, _ = c.rest.Write(message)
	}
	return c.rest.Read(p)
}

// Write types p on the console.
func (c *Console) Write(p []byte) (int, error) {
	// termproxy reads 0:LENGTH:BYTES, and takes 64 KiB at most.
	const most = 4096
	for sent := 0; sent < len(p); {
		part := p[sent:min(sent+most, len(p))]
		if err := c.send(append([]byte("0:"+strconv.Itoa(len(part))+":"), part...)); err != nil {
			return sent, err
		}
		sent += len(part)
	}
	return len(p), nil
}

func (c *Console) send(message []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.conn.WriteMessage(websocket.BinaryMessage, message)
}

func (c *Console) stayAlive(forget func() bool) {
	defer forget()
	for {
		select {
		case <-c.done:
			return
		case <-c.ticker.C:
			if c.send([]byte("2")) != nil {
				return
			}
		}
	}
}

// Close hangs up. It may be called again.
func (c *Console) Close() error {
	c.closing.Do(func() {
		close(c.done)
		c.ticker.Stop()
		_ = c.conn.Close()
	})
	return nil
}
