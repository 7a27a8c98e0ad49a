// Package sshtest is an SSH server for tests: it runs commands in this machine's
// shell and forwards connections.
package sshtest

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Server is an SSH server on a loopback address.
type Server struct {
	Addr     string
	Password string
	Key      string // the private key it lets in, PEM
	HostKey  ssh.PublicKey
	Signals  bool // pass "signal" requests on to the command

	// Silent leaves every command without an answer, and every channel open.
	Silent bool

	// Forward says where a direct-tcpip request goes instead of its address.
	Forward func(addr string) string

	config *ssh.ServerConfig
	lis    net.Listener
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  map[net.Conn]bool
	logins int
	runs   []string
}

// New starts a server that ends with the test.
func New(t *testing.T) *Server {
	t.Helper()
	s := &Server{Password: "open sesame", conns: map[net.Conn]bool{}}
	host := signer(t)
	s.HostKey = host.PublicKey()
	user, key := clientKey(t)
	s.Key = key
	s.config = &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return nil, s.check(string(password) == s.Password)
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			return nil, s.check(string(key.Marshal()) == string(user.Marshal()))
		},
	}
	s.config.AddHostKey(host)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.lis, s.Addr = lis, lis.Addr().String()
	s.wg.Go(s.accept)
	t.Cleanup(func() {
		_ = lis.Close()
		s.Drop()
		s.wg.Wait()
	})
	return s
}

func (s *Server) check(ok bool) error {
	if !ok {
		return errors.New("permission denied")
	}
	return nil
}

// HostKeyLine is the host key as one line: "ssh-ed25519 AAAA…".
func (s *Server) HostKeyLine() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.HostKey)))
}

// Drop hangs up on every client.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// Logins is how many connections were let in.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Runs are the commands that were run.
func (s *Server) Runs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.runs...)
}

func (s *Server) accept() {
	for {
		conn, err := s.lis.Accept()
		if err != nil {
			return
		}
		s.wg.Go(func() { s.serve(conn) })
	}
}

func (s *Server) serve(conn net.Conn) {
	s.track(conn, true)
	defer s.track(conn, false)
	defer func() { _ = conn.Close() }()
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.logins++
	s.mu.Unlock()
	go ssh.DiscardRequests(requests)
	for c := range channels {
		switch c.ChannelType() {
		case "session":
			s.wg.Go(func() { s.session(c) })
		case "direct-tcpip":
			s.wg.Go(func() { s.forward(c) })
		case "direct-streamlocal@openssh.com":
			s.wg.Go(func() { socket(c) })
		default:
			_ = c.Reject(ssh.UnknownChannelType, c.ChannelType())
		}
	}
}

func (s *Server) track(conn net.Conn, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if open {
		s.conns[conn] = true
	} else {
		delete(s.conns, conn)
	}
}

func (s *Server) session(c ssh.NewChannel) {
	channel, requests, err := c.Accept()
	if err != nil {
		return
	}
	defer func() { _ = channel.Close() }()
	var cmd *exec.Cmd
	for r := range requests {
		if s.Silent {
			continue
		}
		switch r.Type {
		case "exec":
			var in struct{ Command string }
			_ = ssh.Unmarshal(r.Payload, &in)
			s.mu.Lock()
			s.runs = append(s.runs, in.Command)
			s.mu.Unlock()
			cmd = command(in.Command, channel)
			started := cmd.Start()
			_ = r.Reply(started == nil, nil)
			if started == nil {
				s.wg.Go(func() { finish(cmd, channel) })
			}
		case "signal":
			if s.Signals && cmd != nil && cmd.Process != nil {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			}
			_ = r.Reply(true, nil)
		default:
			_ = r.Reply(false, nil)
		}
	}
	// The client went away: its command is told, as by a terminal that is closed.
	if cmd != nil && cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGHUP)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // below nohup SIGHUP ends nothing
	}
}

func command(line string, channel ssh.Channel) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err == nil {
		go func() {
			_, _ = io.Copy(stdin, channel)
			_ = stdin.Close()
		}()
	}
	return cmd
}

func finish(cmd *exec.Cmd, channel ssh.Channel) {
	_ = cmd.Wait()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		_, _ = channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal     string
			CoreDumped bool
			Error      string
			Lang       string
		}{Signal: signalNames[status.Signal()]}))
	} else {
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status.ExitStatus())}))
	}
	_ = channel.Close()
}

var signalNames = map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM", syscall.SIGINT: "INT"}

func (s *Server) forward(c ssh.NewChannel) {
	var in struct {
		Host  string
		Port  uint32
		From  string
		FPort uint32
	}
	_ = ssh.Unmarshal(c.ExtraData(), &in)
	addr := net.JoinHostPort(in.Host, strconv.Itoa(int(in.Port)))
	if s.Forward != nil {
		addr = s.Forward(addr)
	}
	connect(c, "tcp", addr)
}

func socket(c ssh.NewChannel) {
	var in struct {
		Path, Reserved string
		Unused         uint32
	}
	_ = ssh.Unmarshal(c.ExtraData(), &in)
	connect(c, "unix", in.Path)
}

func connect(c ssh.NewChannel, network, addr string) {
	conn, err := net.Dial(network, addr)
	if err != nil {
		_ = c.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := c.Accept()
	if err != nil {
		_ = conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(channel, conn); _ = channel.CloseWrite() })
	both.Go(func() { _, _ = io.Copy(conn, channel); _ = conn.Close() })
	both.Wait()
	_ = channel.Close()
}

func signer(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func clientKey(t *testing.T) (ssh.PublicKey, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s.PublicKey(), string(pem.EncodeToMemory(block))
}
