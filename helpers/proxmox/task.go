package proxmox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/wait"
)

// A task is looked at soon after its start, then less and less often: a linked
// clone takes 20 ms, a full one minutes, and a node has few workers.
const (
	firstTaskPoll = 100 * time.Millisecond
	lastTaskPoll  = time.Second
)

// maxTaskLog is how many lines of a task's log are kept: its last ones.
const maxTaskLog = 500

// Task is a task that ended well. UPID is empty for a call that the node answered
// without starting one (a PUT of a VM's configuration).
type Task struct {
	UPID       string
	ExitStatus string   // "OK" or "WARNINGS: n"
	Log        []string // read for tasks that ended with warnings
}

// Warnings tells a success that left something to read in the log.
func (t Task) Warnings() bool { return strings.HasPrefix(t.ExitStatus, "WARNINGS") }

// Task sends a call and awaits the end of the task it starts. A refusal is an
// *Error, a task that failed a *TaskError; WARNINGS is a success. When ctx ends
// first, the task goes on at the node and the error names it.
func (s *Session) Task(ctx context.Context, method, path string, params Params) (Task, error) {
	upid, err := s.StartTask(ctx, method, path, params)
	if err != nil {
		return Task{}, err
	}
	if upid == "" {
		return Task{ExitStatus: "OK"}, nil
	}
	return s.Await(ctx, upid)
}

// StartTask sends a call that starts a task and returns its UPID without waiting;
// "" where the node answered without a task.
func (s *Session) StartTask(ctx context.Context, method, path string, params Params) (string, error) {
	e, err := s.do(ctx, method, path, params)
	if err != nil {
		return "", err
	}
	return upidOf(method+" "+path, e.Data)
}

func upidOf(what string, data json.RawMessage) (string, error) {
	upid := strings.TrimSpace(scalar(data))
	if upid == "" {
		return "", nil
	}
	if _, err := ParseUPID(upid); err != nil {
		return "", fmt.Errorf("%s: the node's answer: %w", what, err)
	}
	return upid, nil
}

// Await polls a task until it ends and judges how, as Task does.
func (s *Session) Await(ctx context.Context, upid string) (Task, error) {
	u, err := ParseUPID(upid)
	if err != nil {
		return Task{UPID: upid}, err
	}
	name, limit := s.taskLimit(u.Type)
	var end taskState
	err = wait.Until(ctx, wait.For{
		What: strings.TrimSpace("task " + u.Type + " " + u.ID), Name: name, Timeout: limit,
		Every: s.taskPoll, Max: lastTaskPoll, Hint: "look at the task's log on the node: " + upid,
		WhatFR: strings.TrimSpace("la tâche " + u.Type + " " + u.ID), HintFR: "regardez le journal de la tâche sur le nœud : " + upid,
	}, func(ctx context.Context) (bool, string, error) {
		var err error
		end, err = s.taskState(ctx, u.Node, upid)
		return end.stopped, end.describe(), err
	})
	if err != nil {
		return Task{UPID: upid}, fmt.Errorf("awaiting %s: %w", upid, err)
	}
	return s.judge(ctx, u.Node, upid, end)
}

func (s *Session) judge(ctx context.Context, node, upid string, end taskState) (Task, error) {
	task := Task{UPID: upid, ExitStatus: end.exit}
	if end.exit == "OK" {
		return task, nil
	}
	log, err := s.TaskLog(ctx, upid)
	if err != nil && !task.Warnings() {
		log = []string{"(the log could not be read: " + err.Error() + ")"}
	}
	task.Log = log
	if task.Warnings() {
		return task, nil
	}
	if end.exit == "" {
		end.exit = "the node does not say how the task ended"
	}
	return task, &TaskError{UPID: upid, ExitStatus: end.exit, Log: log}
}

type taskState struct {
	stopped bool
	exit    string
}

func (t taskState) describe() string {
	if !t.stopped {
		return "running"
	}
	return "stopped: " + t.exit
}

// taskState reads into a fresh value every time: what a running task has not got
// yet must not be left over from another look.
func (s *Session) taskState(ctx context.Context, node, upid string) (taskState, error) {
	f, err := s.object(ctx, taskPath(node, upid, "status"), nil)
	if err != nil {
		return taskState{}, err
	}
	return taskState{stopped: f.text("status") == "stopped", exit: strings.TrimSpace(f.text("exitstatus"))}, nil
}

// TaskLog reads a task's log, its last 500 lines where it is longer.
func (s *Session) TaskLog(ctx context.Context, upid string) ([]string, error) {
	u, err := ParseUPID(upid)
	if err != nil {
		return nil, err
	}
	path := taskPath(u.Node, upid, "log")
	e, err := s.do(ctx, http.MethodGet, path, Params{"limit": maxTaskLog})
	if err == nil && e.Total > maxTaskLog {
		e, err = s.do(ctx, http.MethodGet, path, Params{"limit": maxTaskLog, "start": e.Total - maxTaskLog})
	}
	if err != nil {
		return nil, err
	}
	lines, err := objects(e.Data)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return logLines(lines), nil
}

func logLines(lines []fields) []string {
	log := make([]string, 0, len(lines))
	for _, line := range lines {
		log = append(log, line.text("t"))
	}
	if len(log) == 1 && log[0] == "no content" {
		return nil
	}
	return log
}

// StopTask asks the node to end a task.
func (s *Session) StopTask(ctx context.Context, upid string) error {
	u, err := ParseUPID(upid)
	if err != nil {
		return err
	}
	return s.Delete(ctx, taskPath(u.Node, upid, ""), nil, nil)
}

func taskPath(node, upid, rest string) string {
	path := "/nodes/" + node + "/tasks/" + url.PathEscape(upid)
	if rest != "" {
		path += "/" + rest
	}
	return path
}

// taskLimit is the named limit for a kind of task.
func (s *Session) taskLimit(kind string) (name string, limit time.Duration) {
	t := s.timeouts
	switch kind {
	case "qmcreate":
		return "create", t.Create
	case "qmclone":
		return "clone", t.Clone
	case "qmstart":
		return "start", t.Start
	case "qmshutdown", "qmstop":
		return "shutdown", t.Shutdown
	case "qmreboot":
		return "reboot", t.Reboot
	case "srvreload":
		return "apply", t.Apply
	case "imgcopy", "download":
		return "upload", t.Upload
	}
	return "task", t.Task
}

// IsTaskFailure tells whether err is a task that ran and failed.
func IsTaskFailure(err error) bool {
	var failure *TaskError
	return errors.As(err, &failure)
}
