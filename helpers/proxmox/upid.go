package proxmox

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// UPID names a task: UPID:node:pid:pstart:starttime:type:id:user: with three
// numbers in hexadecimal (PVE::UPID in pve-common).
type UPID struct {
	Node    string
	PID     int64
	Started time.Time
	Type    string // "qmclone"
	ID      string // "101", "networking", may be empty
	User    string // "u1@pve"
}

var upidPattern = regexp.MustCompile(`^UPID:([A-Za-z0-9][A-Za-z0-9.-]{0,62}):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s]{1,64}):([^:\s]{0,128}):([^:\s]{1,128}):$`)

// ParseUPID reads a task's name; anything else is an error, never a panic.
func ParseUPID(s string) (UPID, error) {
	m := upidPattern.FindStringSubmatch(s)
	if m == nil {
		if len(s) > 80 {
			s = s[:80] + "…"
		}
		return UPID{}, fmt.Errorf("%q is no task id (UPID:node:pid:pstart:starttime:type:id:user:)", s)
	}
	pid, err := strconv.ParseInt(m[2], 16, 64)
	if err != nil {
		return UPID{}, fmt.Errorf("task id: %w", err)
	}
	start, err := strconv.ParseInt(m[4], 16, 64)
	if err != nil {
		return UPID{}, fmt.Errorf("task id: %w", err)
	}
	return UPID{Node: m[1], PID: pid, Started: time.Unix(start, 0), Type: m[5], ID: m[6], User: m[7]}, nil
}

func looksLikeUPID(s string) bool { return strings.HasPrefix(s, "UPID:") }
