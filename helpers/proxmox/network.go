package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labproof/labproof/helpers/wait"
)

// EditNetwork makes one batch of changes to the node's network configuration and
// applies it once. A node has a single pending configuration for everybody, and
// applying applies everybody's: so one batch at a time, none while somebody else's
// changes are pending (*PendingChangesError), and the result is read again. When
// edit fails, what it changed so far is taken back and its error returned.
func (s *Session) EditNetwork(ctx context.Context, edit func(context.Context, *NetworkEdit) error) error {
	release, err := s.network.take(ctx, s.node)
	if err != nil {
		return fmt.Errorf("waiting for our turn to edit node %s's network: %w", s.node, err)
	}
	defer release()

	before, err := s.Networks(ctx)
	if err != nil {
		return fmt.Errorf("before editing the network: %w", err)
	}
	if before.Changes != "" {
		return &PendingChangesError{Node: s.node, Changes: before.Changes}
	}
	batch := &NetworkEdit{session: s, before: before, touched: map[string]bool{}}
	if err := edit(ctx, batch); err != nil {
		return errors.Join(err, batch.undo(ctx))
	}
	if len(batch.touched) == 0 {
		return nil
	}
	if err := batch.alone(ctx); err != nil {
		return errors.Join(err, batch.undo(ctx))
	}
	if err := s.applyNetwork(ctx); err != nil {
		return err
	}
	return batch.verify(ctx)
}

// applyNetwork applies what is pending. The node moves the new file into place
// before it reloads, so a reload that met another one is simply asked for again.
func (s *Session) applyNetwork(ctx context.Context) error {
	return wait.Until(ctx, wait.For{
		What: "the node to apply its network configuration", Name: "apply", Timeout: s.timeouts.Apply,
		Every: 500 * time.Millisecond, Max: 2 * time.Second,
		Hint:   "look at the srvreload task on the node",
		WhatFR: "que le nœud applique sa configuration réseau", HintFR: "regardez la tâche srvreload sur le nœud",
	}, func(ctx context.Context) (bool, string, error) {
		_, err := s.Task(ctx, http.MethodPut, s.NodePath("network"), nil)
		if anotherReload(err) {
			return false, "another reload is running", wait.Again(err)
		}
		return err == nil, "", err
	})
}

func anotherReload(err error) bool {
	const words = "Another instance of this program is already running"
	var task *TaskError
	if !errors.As(err, &task) {
		return false
	}
	return strings.Contains(task.ExitStatus+"\n"+strings.Join(task.Log, "\n"), words)
}

// NetworkEdit is a batch of edits under way; it lives as long as EditNetwork's function.
type NetworkEdit struct {
	session *Session
	before  NetworkState
	touched map[string]bool
	deleted map[string]bool
}

// Before is the configuration the batch started from.
func (e *NetworkEdit) Before() NetworkState { return e.before }

// Create adds an interface: params as POST /nodes/{node}/network takes them (type,
// cidr, autostart …). Without autostart=1 a bridge is not brought up by applying.
func (e *NetworkEdit) Create(ctx context.Context, iface string, params Params) error {
	all := Params{"iface": iface}
	for name, value := range params {
		all[name] = value
	}
	if err := e.session.Post(ctx, e.session.NodePath("network"), all, nil); err != nil {
		return err
	}
	e.touch(iface, false)
	return nil
}

// Update changes an interface. Proxmox takes the request as the whole new state of
// what it names: params must hold type, and a setting goes away only by its name in
// remove (e.g. "cidr").
func (e *NetworkEdit) Update(ctx context.Context, iface string, params Params, remove ...string) error {
	all := Params{}
	for name, value := range params {
		all[name] = value
	}
	if len(remove) > 0 {
		all["delete"] = strings.Join(remove, ",")
	}
	if err := e.session.Put(ctx, e.path(iface), all, nil); err != nil {
		return err
	}
	e.touch(iface, false)
	return nil
}

// Delete removes an interface.
func (e *NetworkEdit) Delete(ctx context.Context, iface string) error {
	if err := e.session.Delete(ctx, e.path(iface), nil, nil); err != nil {
		return err
	}
	e.touch(iface, true)
	return nil
}

// Pending is the configuration as it stands now, with this batch's edits in it.
func (e *NetworkEdit) Pending(ctx context.Context) (NetworkState, error) {
	return e.session.Networks(ctx)
}

func (e *NetworkEdit) path(iface string) string {
	return e.session.NodePath("network/" + url.PathEscape(iface))
}

func (e *NetworkEdit) touch(iface string, deleted bool) {
	if e.deleted == nil {
		e.deleted = map[string]bool{}
	}
	e.touched[iface], e.deleted[iface] = true, deleted
}

// alone makes sure that nobody else edited while the batch was made.
func (e *NetworkEdit) alone(ctx context.Context) error {
	now, err := e.session.Networks(ctx)
	if err != nil {
		return fmt.Errorf("before applying the network: %w", err)
	}
	if foreign := differing(e.before, now, e.touched); len(foreign) > 0 {
		return &PendingChangesError{Node: e.session.node, Changes: now.Changes}
	}
	return nil
}

// undo takes the batch back: all that is pending where it is ours alone, else our
// own interfaces one by one, so that the other's edits stay as they are.
func (e *NetworkEdit) undo(ctx context.Context) error {
	if len(e.touched) == 0 {
		return nil
	}
	// What was begun is taken back even when the caller has no more time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.session.timeouts.API)
	defer cancel()
	now, err := e.session.Networks(ctx)
	if err != nil {
		return fmt.Errorf("taking back our network edits: %w", err)
	}
	if now.Changes == "" {
		return nil
	}
	if len(differing(e.before, now, e.touched)) == 0 {
		if err := e.session.Delete(ctx, e.session.NodePath("network"), nil, nil); err != nil {
			return fmt.Errorf("reverting our network edits: %w", err)
		}
		return nil
	}
	return e.restore(ctx, now)
}

// restore brings our own interfaces back to what they were.
func (e *NetworkEdit) restore(ctx context.Context, now NetworkState) error {
	var failures []error
	for iface := range e.touched {
		was, existed := e.before.Interface(iface)
		_, exists := now.Interface(iface)
		var err error
		switch {
		case existed && exists:
			err = e.session.Put(ctx, e.path(iface), was.settings(), nil)
		case existed:
			params := was.settings()
			params["iface"] = iface
			err = e.session.Post(ctx, e.session.NodePath("network"), params, nil)
		case exists:
			err = e.session.Delete(ctx, e.path(iface), nil, nil)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("taking back our edit of %s: %w", iface, err))
		}
	}
	return errors.Join(failures...)
}

// verify reads the configuration again and compares it with what was asked.
func (e *NetworkEdit) verify(ctx context.Context) error {
	now, err := e.session.Networks(ctx)
	if err != nil {
		return fmt.Errorf("after applying the network: %w", err)
	}
	for iface := range e.touched {
		if _, exists := now.Interface(iface); exists && e.deleted[iface] {
			return fmt.Errorf("after applying the network: %s still exists on node %s", iface, e.session.node)
		}
	}
	return nil
}
