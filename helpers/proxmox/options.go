package proxmox

import (
	"log/slog"
	"time"

	"github.com/labproof/labproof/helpers/config"
)

// Option changes how a session works.
type Option func(*settings)

// settings are shared by all identities of one Login.
type settings struct {
	recorder   func(Exchange)
	log        *slog.Logger
	timeouts   config.Timeouts
	taskPoll   time.Duration
	agentCalls int
	readOnly   *readOnly // nil: writes are sent
	memory     *memory   // nil: every read is sent
	now        func() time.Time
}

func defaults() settings {
	c := config.Default()
	return settings{
		log:      slog.New(slog.DiscardHandler),
		timeouts: c.Timeouts,
		taskPoll: firstTaskPoll,
		// A node has three workers for everybody; an agent call may hold one for 5 s.
		agentCalls: 2,
		now:        time.Now,
	}
}

// WithRecorder hands every exchange to record, without its secrets. record may be
// called from several goroutines at once.
func WithRecorder(record func(Exchange)) Option {
	return func(s *settings) { s.recorder = record }
}

// WithLog logs every exchange at debug level: method, path, status, time; nothing else.
func WithLog(log *slog.Logger) Option {
	return func(s *settings) {
		if log != nil {
			s.log = log
		}
	}
}

// WithTimeouts sets the named limits (ginkgo.yaml's timeouts). Those that are zero
// keep their defaults.
func WithTimeouts(t config.Timeouts) Option {
	return func(s *settings) {
		keep(&s.timeouts.API, t.API)
		keep(&s.timeouts.Login, t.Login)
		keep(&s.timeouts.Task, t.Task)
		keep(&s.timeouts.Create, t.Create)
		keep(&s.timeouts.Clone, t.Clone)
		keep(&s.timeouts.Start, t.Start)
		keep(&s.timeouts.Shutdown, t.Shutdown)
		keep(&s.timeouts.Reboot, t.Reboot)
		keep(&s.timeouts.Apply, t.Apply)
		keep(&s.timeouts.Upload, t.Upload)
		keep(&s.timeouts.Agent, t.Agent)
		keep(&s.timeouts.Console, t.Console)
	}
}

// WithAgentCalls limits how many guest agent calls are under way at once; the
// default of 2 leaves a real node one worker for everybody else.
func WithAgentCalls(n int) Option {
	return func(s *settings) {
		if n > 0 {
			s.agentCalls = n
		}
	}
}

// withClock replaces the clock that tickets age by.
func withClock(now func() time.Time) Option {
	return func(s *settings) { s.now = now }
}

func keep(to *time.Duration, value time.Duration) {
	if value > 0 {
		*to = value
	}
}
