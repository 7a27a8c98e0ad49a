package wire

import (
	"context"
	"time"
)

// await waits until done says so, or until limit has passed, which is no error. It looks
// again whenever one of the logs has something new.
func await(ctx context.Context, limit time.Duration, done func() bool, logs ...*log) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	news := make(chan struct{}, 1)
	for _, l := range logs {
		l.watch(news)
		defer l.unwatch(news)
	}
	for {
		for _, l := range logs {
			if err := l.trouble(); err != nil {
				return err
			}
		}
		if done() {
			return nil
		}
		select {
		case <-news:
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// never is the condition of a wait for whatever may still come.
func never() bool { return false }
