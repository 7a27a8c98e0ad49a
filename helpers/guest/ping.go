package guest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/linuxnet"
	"github.com/labproof/labproof/helpers/output"
)

// PingResult is a series of pings from a guest, with ping's own words.
type PingResult struct {
	From     string // the guest's name
	To       string
	Sent     int
	Received int
	ID       uint16   // the echo requests' identifier, for finding them in a capture; 0: not known
	Errors   []string // what ping or a router said: "Destination Host Unreachable", "Network is unreachable"
	Exit     int      // 0: answers came; 1: none; 2: ping could not send
	Output   string   // all that ping printed, made visible
	Command  string
	Parsed   linuxnet.Ping
}

// LostAll tells that requests were sent and no answer came.
func (p PingResult) LostAll() bool { return p.Sent > 0 && p.Received == 0 }

// LostNone tells that requests were sent and every one was answered.
func (p PingResult) LostNone() bool { return p.Sent > 0 && p.Received == p.Sent }

// String is the result in one line.
func (p PingResult) String() string {
	text := fmt.Sprintf("%s → %s: %d/%d", p.From, p.To, p.Received, p.Sent)
	if len(p.Errors) > 0 {
		text += " (" + strings.Join(p.Errors, "; ") + ")"
	}
	return text
}

// pingBurst is how many requests go out at once: the most that any user may choose. Two
// requests that are not in the same burst are a second apart, and so long does ping wait
// for the last of its answers; with a shorter time between them a guest that is slow for
// a moment would lose it.
const pingBurst = 3

// pingWait is how long ping waits where no answer comes at all. A guest on a busy
// machine may take seconds to send its first: only a ping that is lost waits so long.
const pingWait = 5 * time.Second

// ARPWait is how long the kernel takes to find that nobody has an address: three
// requests, a second apart (mcast_solicit and retrans_time_ms of neigh/*; arp(7)).
// A ping that waits as long hears of it as "Destination Host Unreachable".
const ARPWait = 4 * time.Second

// Ping sends count echo requests from a guest to addr, the first three at once, and waits
// 5 s where none is answered. A ping that fails is a result; an error means that ping could not
// be run, or that what it printed is no ping's output.
func Ping(ctx context.Context, g Guest, addr string, count int) (PingResult, error) {
	return PingPatiently(ctx, g, addr, count, pingWait)
}

// PingPatiently is Ping with another time, in whole seconds, to wait for the last answer.
func PingPatiently(ctx context.Context, g Guest, addr string, count int, patience time.Duration) (PingResult, error) {
	if strings.HasPrefix(addr, "-") || addr == "" || count < 1 || count > 1000 {
		return PingResult{}, fmt.Errorf("ping: %d times %q makes no sense", count, addr)
	}
	id := uint16(1 + rand.IntN(0xFFFE))
	result, err := ping(ctx, g, addr, count, patience, "-e", strconv.Itoa(int(id)))
	if err == nil && result.Exit == 2 && strings.Contains(result.Stderr, "invalid option") {
		// iputils before 20210722 (Debian 11) cannot be told the identifier.
		id = 0
		result, err = ping(ctx, g, addr, count, patience)
	}
	if err != nil {
		return PingResult{}, fmt.Errorf("ping from %s to %s: %w", g.Name(), addr, err)
	}
	return pingResult(g.Name(), addr, id, result)
}

func ping(ctx context.Context, g Guest, addr string, count int, patience time.Duration, extra ...string) (Result, error) {
	argv := []string{"/usr/bin/env", "LC_ALL=C", "ping", "-n", "-c", strconv.Itoa(count),
		"-l", strconv.Itoa(min(count, pingBurst)), "-W", strconv.Itoa(max(1, int(patience.Seconds())))}
	argv = append(append(argv, extra...), addr)
	return g.Run(ctx, Command{Argv: argv})
}

func pingResult(from, to string, id uint16, r Result) (PingResult, error) {
	text := r.Stdout + r.Stderr
	result := PingResult{From: from, To: to, ID: id, Exit: r.Exit, Output: output.Visible(text), Command: r.Command}
	parsed, err := linuxnet.ParsePing(text)
	if err != nil {
		return result, fmt.Errorf("ping from %s to %s: exit %d: %w", from, to, r.Exit, err)
	}
	result.Parsed, result.Sent, result.Received = parsed, parsed.Sent, parsed.Received
	seen := map[string]bool{}
	for _, problem := range parsed.Problems {
		if !seen[problem.Text] {
			result.Errors = append(result.Errors, problem.Text)
		}
		seen[problem.Text] = true
	}
	if parsed.Failure != "" {
		result.Errors = append(result.Errors, parsed.Failure)
	}
	return result, nil
}
