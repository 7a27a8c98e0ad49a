package linuxnet

import (
	"net/netip"
	"time"
)

// Ping is the output of iputils ping (LC_ALL=C).
type Ping struct {
	Target     string // as written on the PING line
	Addr       netip.Addr
	Sent       int
	Received   int
	Duplicates int
	Errors     int     // as counted by ping: +3 errors
	Loss       float64 // percent
	Summary    bool    // the statistics were there; without them the counts are 0
	Replies    []PingReply
	Problems   []PingProblem
	Failure    string // why ping sent nothing: "Network is unreachable"
}

// PingReply is one "64 bytes from" line.
type PingReply struct {
	From      netip.Addr
	Seq       int
	TTL       int
	Time      time.Duration
	Duplicate bool
}

// PingProblem is one line of a router or of the host itself: "From 10.0.1.2
// icmp_seq=1 Destination Host Unreachable".
type PingProblem struct {
	From netip.Addr
	Seq  int
	Text string
}

// ParsePing reads the whole output of ping, both streams.
func ParsePing(output string) (Ping, error) { return Ping{}, nil }

// LostAll says that something was sent and nothing came back.
func (p Ping) LostAll() bool { return p.Summary && p.Sent > 0 && p.Received == 0 }

// LostNone says that something was sent and everything came back.
func (p Ping) LostNone() bool { return p.Summary && p.Sent > 0 && p.Received == p.Sent }
