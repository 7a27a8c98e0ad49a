package tp1

import (
	"context"
	"fmt"
	"testing"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

func TestAnErrorIsNeverAStudentsFault(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want reports.Outcome
	}{
		{"refused by rights", &proxmox.Error{Status: 403}, reports.Failed},
		{"refused in words", &proxmox.Error{Status: 500}, reports.Failed},
		{"bad parameter", &proxmox.Error{Status: 400}, reports.Failed},
		{"a failed task", &proxmox.TaskError{ExitStatus: "no"}, reports.Failed},
		{"a command that failed", &student.Surprise{}, reports.Failed},
		{"our own login", &proxmox.Error{Status: 401}, reports.Error},
		{"the proxy gave up", &proxmox.Error{Status: 596}, reports.Error},
		{"a guest out of reach", &guest.Unreachable{Name: "x", Reason: guest.ErrAgentNotRunning}, reports.Error},
		{"a refusal behind a guest out of reach", &guest.Unreachable{Name: "x", Reason: &proxmox.Error{Status: 500}}, reports.Error},
		{"a wait in vain", &wait.TimeoutError{What: "x"}, reports.Error},
		{"interrupted", context.Canceled, reports.Error},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := blame(fmt.Errorf("step: %w", test.err)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLabelFilterAlwaysTakesTheLabDown(t *testing.T) {
	tests := []struct {
		questions []string
		label     string
		profile   string
		want      string
	}{
		{nil, "", "", ""},
		{[]string{"tp1.q20", "tp1.q21"}, "", "", "tp1.teardown || ((tp1.q20 || tp1.q21))"},
		{[]string{"tp1.q20"}, "router", "!slow", "tp1.teardown || ((!slow) && (router) && (tp1.q20))"},
	}
	for _, test := range tests {
		got := labelFilter(Options{Questions: test.questions, LabelFilter: test.label}, test.profile)
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
