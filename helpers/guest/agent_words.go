package guest

import (
	"errors"
	"regexp"
	"strings"

	"github.com/labproof/labproof/helpers/output"
	"github.com/labproof/labproof/helpers/proxmox"
)

// What PVE::QemuServer::Agent and PVE::API2::Qemu::Agent die with.
const (
	wordsNotConfigured = "No QEMU guest agent configured"
	wordsNoAnswer      = "QEMU guest agent is not running"
)

var wordsNotRunning = regexp.MustCompile(`^VM \d+ (is )?not running$`)

// agentReason reads why the agent cannot be asked; nil: for another reason, or none.
func agentReason(err error) error {
	var refusal *proxmox.Error
	if !errors.As(err, &refusal) {
		return nil
	}
	message := strings.TrimSpace(refusal.Message)
	switch {
	case strings.Contains(message, wordsNotConfigured):
		return ErrAgentNotConfigured
	case strings.Contains(message, wordsNoAnswer), strings.Contains(message, "got timeout") && strings.Contains(message, "guest-ping"):
		return ErrAgentNotRunning
	case wordsNotRunning.MatchString(message):
		return ErrNotRunning
	}
	return nil
}

// noSuchProgram tells GLib's words for a program that could not be started.
func noSuchProgram(err error) bool {
	var refusal *proxmox.Error
	return errors.As(err, &refusal) && strings.Contains(refusal.Message, "Failed to execute child process")
}

// fill takes over what the agent says about a program that has ended.
func (r *Result) fill(s proxmox.ExecStatus, keep int) {
	if keep <= 0 {
		keep = output.Limit
	}
	var cutOut, cutErr bool
	r.Stdout, cutOut = output.Cut(s.Stdout, keep)
	r.Stderr, cutErr = output.Cut(s.Stderr, keep)
	r.Truncated = cutOut || cutErr || s.Truncated
	r.Exit, r.Signal = s.ExitCode, s.Signal
	if s.Signal > 0 {
		r.Exit = 128 + s.Signal
	}
}

// short is a command for a message.
func short(c Command) string { return output.Line(c.String(), 60) }
