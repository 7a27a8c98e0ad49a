// Package hypervisor is a shell on the node, over SSH: commands, long-running
// programs such as tcpdump, and connections to what only the node can reach.
package hypervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/output"
)

// dialTimeout limits a connection and its handshake where ctx does not.
const dialTimeout = 30 * time.Second

// Shell is a shell on a machine. It is safe for concurrent use; every command is a
// session of its own on one connection, which is made again when it breaks.
type Shell struct {
	addr   string
	config *ssh.ClientConfig
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	allow  func(command string) bool // nil: every command may be run

	mu     sync.Mutex
	client *ssh.Client
}

// Dial connects to the machine and logs in. The host's key must be the one that
// access names (HostKey); there is no way around that.
func Dial(ctx context.Context, access config.SSH) (*Shell, error) {
	policy, err := ParseHostKey(access.HostKey, access.Addr)
	if err != nil {
		return nil, err
	}
	return Through(ctx, (&net.Dialer{}).DialContext, access, policy)
}

// Through is Dial over connections that dial makes (a Shell's DialTCP, to reach a
// guest through its node) and with another policy for the host's key.
func Through(ctx context.Context, dial func(ctx context.Context, network, addr string) (net.Conn, error), access config.SSH, policy HostKeyPolicy) (*Shell, error) {
	methods, err := authMethods(access)
	if err != nil {
		return nil, fmt.Errorf("ssh %s@%s: %w", access.User, access.Addr, err)
	}
	s := &Shell{addr: access.Addr, dial: dial, config: &ssh.ClientConfig{
		User: access.User, Auth: methods, HostKeyCallback: policy.check,
		HostKeyAlgorithms: policy.algorithms(), Timeout: dialTimeout,
	}}
	if _, err := s.connected(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// ErrNotAllowed is what a shell says to a command that is not among those it may run.
var ErrNotAllowed = errors.New("this shell only reads")

// Only lets the shell run nothing but the commands that allow accepts: every other one is
// refused with ErrNotAllowed before anything is sent. It is to be called once, before the
// shell is used.
func (s *Shell) Only(allow func(command string) bool) { s.allow = allow }

func (s *Shell) check(command string) error {
	if s.allow == nil || s.allow(command) {
		return nil
	}
	return fmt.Errorf("ssh %s: %s was not run: %w", s.addr, output.Line(command, 200), ErrNotAllowed)
}

// Addr is the address the shell was dialled at.
func (s *Shell) Addr() string { return s.addr }

// Close ends the connection and with it every command under way.
func (s *Shell) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return nil
	}
	err := s.client.Close()
	s.client = nil
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// DialTCP connects from the machine to addr ("10.0.1.2:22").
func (s *Shell) DialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return s.forward(ctx, "tcp", addr)
}

// DialUnix connects to a socket in the machine's file system, by OpenSSH's
// direct-streamlocal channel. The connection knows no deadlines.
func (s *Shell) DialUnix(ctx context.Context, path string) (net.Conn, error) {
	return s.forward(ctx, "unix", path)
}

func (s *Shell) forward(ctx context.Context, network, addr string) (net.Conn, error) {
	for again := true; ; again = false {
		client, err := s.connected(ctx)
		if err != nil {
			return nil, err
		}
		conn, err := client.DialContext(ctx, network, addr)
		if err == nil {
			return conn, nil
		}
		var refused *ssh.OpenChannelError
		if !again || errors.As(err, &refused) || ctx.Err() != nil {
			return nil, fmt.Errorf("connecting to %s from %s: %w", addr, s.addr, err)
		}
		s.forget(client)
	}
}

// connected is the connection, made again if it is gone.
func (s *Shell) connected(ctx context.Context) (*ssh.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	client, err := s.connect(ctx)
	if err != nil {
		return nil, &ConnectError{User: s.config.User, Addr: s.addr, Err: err}
	}
	s.client = client
	return client, nil
}

func (s *Shell) connect(ctx context.Context) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := s.dial(ctx, "tcp", s.addr)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	// The handshake knows no context: closing the connection ends it.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, s.addr, s.config)
	if !stop() && err == nil {
		_ = c.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

// forget drops a connection that turned out to be broken.
func (s *Shell) forget(client *ssh.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == client {
		_ = client.Close()
		s.client = nil
	}
}

// session opens a channel for one command, on a new connection if the old one broke.
func (s *Shell) session(ctx context.Context) (*ssh.Session, *ssh.Client, error) {
	for again := true; ; again = false {
		client, err := s.connected(ctx)
		if err != nil {
			return nil, nil, err
		}
		session, err := newSession(ctx, client)
		if err == nil {
			return session, client, nil
		}
		var refused *ssh.OpenChannelError
		if errors.As(err, &refused) || ctx.Err() != nil {
			return nil, nil, fmt.Errorf("ssh %s: opening a session: %w", s.addr, err)
		}
		s.forget(client)
		if !again {
			return nil, nil, &ConnectError{User: s.config.User, Addr: s.addr, Err: err}
		}
	}
}

// newSession ends with the context; a session that opens later is closed.
func newSession(ctx context.Context, client *ssh.Client) (*ssh.Session, error) {
	type opened struct {
		session *ssh.Session
		err     error
	}
	done := make(chan opened, 1)
	go func() {
		session, err := client.NewSession()
		done <- opened{session, err}
	}()
	select {
	case o := <-done:
		return o.session, o.err
	case <-ctx.Done():
		go func() {
			if o := <-done; o.err == nil {
				_ = o.session.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// ConnectError is a machine that cannot be reached or does not let us in.
type ConnectError struct {
	User, Addr string
	Err        error
}

func (e *ConnectError) Error() string { return fmt.Sprintf("ssh %s@%s: %v", e.User, e.Addr, e.Err) }
func (e *ConnectError) Unwrap() error { return e.Err }
