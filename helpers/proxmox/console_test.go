package proxmox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

const consoleTicket = "PVEVNC:6B0462F4::abcdefgh+/="

// consoleNode is a node whose VM 101 has a console; answer talks to it.
func consoleNode(t *testing.T, answer func(*websocket.Conn)) *fakeNode {
	n := newFakeNode(t)
	n.answers("POST /nodes/proxmox1/qemu/101/termproxy", `{"user":"root@pam","ticket":"`+consoleTicket+`","port":"5900","upid":"UPID:x"}`)
	n.on("GET /nodes/proxmox1/qemu/101/vncwebsocket", func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("port") != "5900" || q.Get("vncticket") != consoleTicket {
			statusLine(w, 401, "invalid ticket "+q.Get("vncticket"), "")
			return
		}
		up := websocket.Upgrader{Subprotocols: []string{"binary"}}
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		if conn.Subprotocol() == "binary" {
			answer(conn)
		}
	})
	return n
}

func TestConsoleTalks(t *testing.T) {
	typed := make(chan string, 10)
	n := consoleNode(t, func(conn *websocket.Conn) {
		_, hello, _ := conn.ReadMessage()
		typed <- string(hello)
		// What the guest writes may come with the OK already.
		_ = conn.WriteMessage(websocket.BinaryMessage, []byte("OKlog"))
		_ = conn.WriteMessage(websocket.BinaryMessage, []byte("in: "))
		_, message, _ := conn.ReadMessage()
		typed <- string(message)
		_ = conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
	})
	c, err := n.login().Console(t.Context(), 101)
	if err != nil {
		t.Fatal(err)
	}
	prompt := make([]byte, 7)
	if _, err := io.ReadFull(c, prompt); err != nil || string(prompt) != "login: " {
		t.Fatalf("%q, %v", prompt, err)
	}
	if _, err := io.WriteString(c, "root\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-typed; got != "root@pam:"+consoleTicket+"\n" {
		t.Errorf("logged in by %q", got)
	}
	if got := <-typed; got != "0:5:root\n" {
		t.Errorf("typed %q", got)
	}
	if _, err := c.Read(prompt); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("closing once or twice: %v", err)
		}
	}
}

// go-proxmox's TermWebSocket panics when the first answer is not OK.
func TestConsoleThatIsNotLetIn(t *testing.T) {
	n := consoleNode(t, func(conn *websocket.Conn) {
		_, _, _ = conn.ReadMessage()
		_ = conn.WriteMessage(websocket.BinaryMessage, []byte("authentication failed"))
	})
	if _, err := n.login().Console(t.Context(), 101); err == nil || !strings.Contains(err.Error(), "did not accept") {
		t.Errorf("got %v", err)
	}
}

func TestConsoleThatIsRefusedKeepsTheNodesWords(t *testing.T) {
	n := consoleNode(t, nil)
	s := n.login()
	n.refuses("GET /nodes/proxmox1/qemu/101/vncwebsocket", 403, "Permission check failed (/vms/101, VM.Console)", "")
	if _, err := s.Console(t.Context(), 101); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	n.refuses("POST /nodes/proxmox1/qemu/101/termproxy", 500, "unable to find a serial interface", "")
	if _, err := s.Console(t.Context(), 101); Words(err) != "unable to find a serial interface" {
		t.Errorf("got %v", err)
	}
	n.answers("POST /nodes/proxmox1/qemu/101/termproxy", `{}`)
	if _, err := s.Console(t.Context(), 101); err == nil {
		t.Error("an empty answer is no error")
	}
}

func TestConsoleEndsWithItsContext(t *testing.T) {
	n := consoleNode(t, func(conn *websocket.Conn) {
		_, _, _ = conn.ReadMessage()
		_ = conn.WriteMessage(websocket.BinaryMessage, []byte("OK"))
		_, _, _ = conn.ReadMessage() // until the other end hangs up
	})
	ctx, cancel := context.WithCancel(t.Context())
	c, err := n.login().Console(ctx, 101)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v", err)
	}
}
