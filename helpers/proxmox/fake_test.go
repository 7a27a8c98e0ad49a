package proxmox

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/labproof/labproof/helpers/config"
)

// fakeNode answers as a node was recorded to, and as badly as a test wants.
type fakeNode struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	handlers map[string]http.HandlerFunc // "GET /version"
	seen     []seen
	tickets  int             // handed out so far
	ended    map[string]bool // tickets that are no longer accepted
	password string
}

// seen is a request that arrived.
type seen struct {
	Method, Path, Query, Auth, CSRF, Type string
	Body                                  map[string]any
	Raw                                   string
}

const (
	fakePassword = "correct horse battery"
	fakeToken    = "root@pam!ci=11111111-2222-3333-4444-555555555555"
)

func newFakeNode(t *testing.T) *fakeNode {
	t.Helper()
	n := &fakeNode{t: t, handlers: map[string]http.HandlerFunc{}, ended: map[string]bool{}, password: fakePassword}
	n.Server = httptest.NewUnstartedServer(http.HandlerFunc(n.serve))
	// Refused handshakes are what some tests are about.
	n.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	n.StartTLS()
	t.Cleanup(n.Close)
	n.on("POST /access/ticket", n.ticket)
	n.on("GET /nodes", func(w http.ResponseWriter, _ *http.Request) { data(w, `[{"node":"proxmox1","type":"node"}]`) })
	return n
}

func (n *fakeNode) on(route string, h http.HandlerFunc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.handlers[route] = h
}

// answers makes a route answer with data.
func (n *fakeNode) answers(route, json string) {
	n.on(route, func(w http.ResponseWriter, _ *http.Request) { data(w, json) })
}

// refuses makes a route refuse, with a status line as only Proxmox writes them.
func (n *fakeNode) refuses(route string, status int, reason, body string) {
	n.on(route, func(w http.ResponseWriter, _ *http.Request) { statusLine(w, status, reason, body) })
}

// sequence makes a route give one answer after the other, the last one for ever.
func (n *fakeNode) sequence(route string, hs ...http.HandlerFunc) {
	var mu sync.Mutex
	i := 0
	n.on(route, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := hs[min(i, len(hs)-1)]
		i++
		mu.Unlock()
		h(w, r)
	})
}

func (n *fakeNode) serve(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(bytes.NewReader(raw))
	path := strings.TrimPrefix(r.URL.Path, "/api2/json")
	s := seen{Method: r.Method, Path: path, Query: r.URL.RawQuery, Auth: r.Header.Get("Authorization"),
		CSRF: r.Header.Get("CSRFPreventionToken"), Type: r.Header.Get("Content-Type"), Raw: string(raw)}
	_ = json.Unmarshal(raw, &s.Body)
	ticket := ""
	if c := r.Header.Get("Cookie"); c != "" {
		ticket = strings.TrimPrefix(c, "PVEAuthCookie=")
	}
	n.mu.Lock()
	n.seen = append(n.seen, s)
	h := n.handlers[r.Method+" "+path]
	refused := n.ended[ticket]
	n.mu.Unlock()
	switch {
	case path != "/access/ticket" && (refused || ticket == "" && s.Auth == ""):
		statusLine(w, 401, "No ticket", "")
	case h == nil:
		statusLine(w, 501, fmt.Sprintf("Method '%s %s' not implemented", r.Method, path), `{"data":null}`)
	default:
		h(w, r)
	}
}

func (n *fakeNode) ticket(w http.ResponseWriter, r *http.Request) {
	var in struct{ Username, Password string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	n.mu.Lock()
	ok := in.Password == n.password || strings.HasPrefix(in.Password, "PVE:"+in.Username+":") && !n.ended[in.Password]
	n.tickets++
	ticket := fmt.Sprintf("PVE:%s:%08X::%s", in.Username, n.tickets, strings.Repeat("s", 40))
	n.mu.Unlock()
	if !ok {
		statusLine(w, 401, "authentication failure", `{"data":null,"message":"authentication failure\n"}`)
		return
	}
	data(w, fmt.Sprintf(`{"username":%q,"ticket":%q,"CSRFPreventionToken":"6B0462F4:csrfcsrfcsrf"}`, in.Username, ticket))
}

func (n *fakeNode) end(ticket string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended[ticket] = true
}

// requests are the requests to a route, in order.
func (n *fakeNode) requests(route string) []seen {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []seen
	for _, s := range n.seen {
		if s.Method+" "+s.Path == route {
			list = append(list, s)
		}
	}
	return list
}

func (n *fakeNode) paths() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []string
	for _, s := range n.seen {
		list = append(list, s.Method+" "+s.Path)
	}
	return slices.Clone(list)
}

func (n *fakeNode) target() config.Target {
	sum := sha256.Sum256(n.Certificate().Raw)
	return config.Target{URL: n.URL, Fingerprint: colons(sum), Node: "proxmox1", Username: "root@pam", Password: config.Secret(n.password)}
}

// login is a session on the fake node.
func (n *fakeNode) login(opts ...Option) *Session {
	n.t.Helper()
	s, err := Login(n.t.Context(), n.target(), opts...)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(s.Close)
	return s
}

func data(w http.ResponseWriter, json string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = io.WriteString(w, `{"data":`+json+`}`)
}

// respond is data as a handler.
func respond(json string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { data(w, json) }
}

func refuse(status int, reason, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { statusLine(w, status, reason, body) }
}

// drop hangs up without an answer.
func drop(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// silence never answers. A handler that returned when the client hangs up would still
// answer 200, and net/http's client takes an answer that comes before its own end of
// the connection is closed.
func silence(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// statusLine answers with a reason of its own, which net/http's server cannot do.
func statusLine(w http.ResponseWriter, status int, reason, body string) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, reason, len(body), body)
	_ = buffer.Flush()
}

const taskPrefix = "UPID:proxmox1:00000C83:00055174:6B046928:"

// task makes a route start a task that ends with exit and has a log.
func (n *fakeNode) task(route, kind, id, exit string, log ...string) string {
	upid := taskPrefix + kind + ":" + id + ":root@pam:"
	n.answers(route, fmt.Sprintf("%q", upid))
	n.taskEnds(upid, exit, log...)
	return upid
}

func (n *fakeNode) taskEnds(upid, exit string, log ...string) {
	quoted, _ := json.Marshal(exit)
	n.answers("GET /nodes/proxmox1/tasks/"+upid+"/status", fmt.Sprintf(`{"status":"stopped","exitstatus":%s,"upid":%q}`, quoted, upid))
	lines := []string{}
	for i, line := range log {
		text, _ := json.Marshal(line)
		lines = append(lines, fmt.Sprintf(`{"n":%d,"t":%s}`, i+1, text))
	}
	n.answers("GET /nodes/proxmox1/tasks/"+upid+"/log", "["+strings.Join(lines, ",")+"]")
}
