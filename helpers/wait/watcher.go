package wait

import "context"

// Watcher is told of every wait of a run, for live progress. It must be safe for
// concurrent use: groups are built side by side.
type Watcher interface {
	WaitBegins(For) Watch
}

// Watch follows one wait.
type Watch interface {
	Saw(seen string) // called when what is seen changes
	Ended(err error) // nil: the condition came true
}

type watcherKey struct{}

// With returns a context whose waits are told to w.
func With(ctx context.Context, w Watcher) context.Context {
	return context.WithValue(ctx, watcherKey{}, w)
}

func watcherOf(ctx context.Context) Watcher {
	if w, ok := ctx.Value(watcherKey{}).(Watcher); ok && w != nil {
		return w
	}
	return nobody{}
}

// nobody is the watcher of a context that carries none.
type nobody struct{}

func (nobody) WaitBegins(For) Watch { return nobody{} }
func (nobody) Saw(string)           {}
func (nobody) Ended(error)          {}
