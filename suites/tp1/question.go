// Package tp1 is the practical "TP1: Proxmox, Linux & Networking" as a conformance
// suite: each question, what it asks of a student, what can be seen of it, and
// what must be true of what was seen. One file per section of the practical, the
// questions in its order.
//
// A question has three parts. Do is what the perfect student does (only
// `validate` has a student). Look gathers plain data from the node and its
// guests. Judge is a pure function of that data: it asserts, and nothing else.
package tp1

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/labproof/labproof/reports"
)

// Scope says of whom a question is asked.
type Scope string

// A question is asked once of the node, of every group, or of every pair of groups.
const (
	PerNode  Scope = "node"
	PerGroup Scope = "group"
	PerPair  Scope = "pair"
)

// subject is whoever a question is asked of: *Node, *Group or *Pair.
type subject interface {
	// Subject is stable and names the subject in reports: "node", "group-1", "pair-1-2".
	Subject() reports.Subject
}

// Question is one numbered question of the practical, or one of its steps that
// has no number. S is whom it is asked of; L is what looking at it gives.
type Question[S subject, L any] struct {
	ID    string // "tp1.q07"; the steps have words: "tp1.clone"
	Title reports.Text

	// Needs lists the questions whose result this one stands on. Where one of them
	// is missing, this one is not attempted, and says which.
	Needs []string

	// After lists the questions that have to be done before this one, whatever becomes
	// of them: this one would put them out of reach.
	After []string

	// Absent tells of a look that what the question asks for is not there at all; nil: the
	// node's refusal to show it tells that.
	Absent func(at S, look L) bool

	// Moot tells of a look that nobody acted for that it says nothing about this subject, and
	// why; nil: every look does.
	Moot func(at S, look L) (why reports.Text, moot bool)

	Do    func(ctx context.Context, at S) error
	Look  func(ctx context.Context, at S) (L, error)
	Judge func(j *judge, at S, look L)
}

// entry is a Question of any kind, as the play and the tree of specs handle it.
type entry struct {
	ID     string
	Title  reports.Text
	Scope  Scope
	Needs  []string
	After  []string
	Labels []string

	do    func(ctx context.Context, at subject) error // nil: nothing to do
	look  func(ctx context.Context, at subject) (any, error)
	judge func(j *judge, at subject, look any)

	absent func(at subject, look any) bool                 // nil: only an error tells
	moot   func(at subject, look any) (reports.Text, bool) // nil: it never is

	decode func(data []byte) (any, error) // a look that was kept as evidence
}

// ask files a question under its labels: its id, its section and its scope.
func ask[S subject, L any](section string, q Question[S, L]) entry {
	var whom S
	e := entry{ID: q.ID, Title: q.Title, Scope: scopeOf(whom), Needs: q.Needs, After: q.After}
	e.Labels = []string{q.ID, section, string(e.Scope)}
	if q.Do != nil {
		e.do = func(ctx context.Context, at subject) error { return q.Do(ctx, at.(S)) }
	}
	e.look = func(ctx context.Context, at subject) (any, error) { return q.Look(ctx, at.(S)) }
	e.judge = func(j *judge, at subject, look any) { q.Judge(j, at.(S), look.(L)) }
	if q.Absent != nil {
		e.absent = func(at subject, look any) bool { return q.Absent(at.(S), look.(L)) }
	}
	if q.Moot != nil {
		e.moot = func(at subject, look any) (reports.Text, bool) { return q.Moot(at.(S), look.(L)) }
	}
	e.decode = func(data []byte) (any, error) {
		var look L
		if err := json.Unmarshal(data, &look); err != nil {
			return nil, fmt.Errorf("read what was seen of %s: %w", q.ID, err)
		}
		return look, nil
	}
	return e
}

func scopeOf(whom any) Scope {
	switch whom.(type) {
	case *Node:
		return PerNode
	case *Group:
		return PerGroup
	case *Pair:
		return PerPair
	}
	panic(fmt.Sprintf("no scope for a %T", whom))
}

// section names, used as labels.
const (
	sectionLogin    = "login"
	sectionUsers    = "users"
	sectionFirstVM  = "first-vm"
	sectionTemplate = "template"
	sectionNetwork  = "network"
	sectionConnect  = "connect"
	sectionSecondVM = "second-vm"
	sectionRouter   = "router"
	sectionTeardown = "teardown"
)

// questions is the practical's table of contents, in its order.
func questions() []entry {
	return []entry{
		ask(sectionLogin, q01()),
		ask(sectionLogin, q02()),
		ask(sectionUsers, q03()),
		ask(sectionUsers, q04()),
		ask(sectionUsers, q05()),
		ask(sectionFirstVM, firstVM()),
		ask(sectionFirstVM, q06()),
		ask(sectionTemplate, q07()),
		ask(sectionTemplate, clone()),
		ask(sectionNetwork, q08()),
		ask(sectionNetwork, q09()),
		ask(sectionNetwork, q10()),
		ask(sectionNetwork, q11()),
		ask(sectionNetwork, q12()),
		ask(sectionConnect, q13()),
		ask(sectionConnect, q14()),
		ask(sectionConnect, q15()),
		ask(sectionSecondVM, q16()),
		ask(sectionSecondVM, q17()),
		ask(sectionRouter, q18()),
		ask(sectionRouter, gateway()),
		ask(sectionRouter, q19()),
		ask(sectionRouter, q20()),
		ask(sectionRouter, q21()),
		ask(sectionTeardown, teardown()),
	}
}
