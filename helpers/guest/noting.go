package guest

import "context"

type notingKey struct{}

// Noting returns a context in which every command that is run in a guest is handed
// to note when it has ended: evidence, kept by what the command was run for. note may
// be called from several goroutines at once.
func Noting(ctx context.Context, note func(guest string, result Result)) context.Context {
	return context.WithValue(ctx, notingKey{}, note)
}

// noted hands a command's end to the context's note, and passes it on.
func noted(ctx context.Context, guest string, result Result, err error) (Result, error) {
	if note, ok := ctx.Value(notingKey{}).(func(string, Result)); ok && err == nil {
		note(guest, result)
	}
	return result, err
}
