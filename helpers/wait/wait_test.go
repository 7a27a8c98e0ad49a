package wait

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// In a synctest bubble time is simulated: nothing here takes real time.

func TestUntilPollsUntilDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		err := Until(t.Context(), For{What: "three looks", Timeout: time.Minute}, func(context.Context) (bool, string, error) {
			looks++
			return looks == 3, "", nil
		})
		if err != nil || looks != 3 {
			t.Fatalf("looks %d, error %v", looks, err)
		}
	})
}

func TestUntilTellsWhatItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		err := Until(t.Context(), For{What: "VM 102's agent", Name: "boot", Timeout: time.Minute, Every: time.Second, Hint: "look at the console"},
			func(context.Context) (bool, string, error) { return false, "no answer", Again(refused) })
		var late *TimeoutError
		if !errors.As(err, &late) {
			t.Fatalf("got %v", err)
		}
		want := "waited 1m0s for VM 102's agent in vain; seen last: no answer (limit: timeouts.boot); try: look at the console"
		if late.Error() != want {
			t.Errorf("got  %q\nwant %q", late.Error(), want)
		}
		if !errors.Is(err, refused) {
			t.Error("the last error marked by Again is lost")
		}
	})
}

func TestUntilEndsAtOnceOnAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		looks := 0
		err := Until(t.Context(), For{What: "x", Timeout: time.Hour}, func(context.Context) (bool, string, error) {
			looks++
			return false, "", broken
		})
		if !errors.Is(err, broken) || looks != 1 {
			t.Fatalf("looks %d, error %v", looks, err)
		}
	})
}

func TestUntilTellsTheCallersEndFromItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("Ctrl-C")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(stop) })
		err := Until(ctx, For{What: "x", Timeout: time.Hour}, func(ctx context.Context) (bool, string, error) {
			return false, "waiting", nil
		})
		var interrupted *InterruptedError
		if !errors.As(err, &interrupted) || !errors.Is(err, stop) {
			t.Fatalf("got %v", err)
		}
		if interrupted.After != 5*time.Second {
			t.Errorf("after %v", interrupted.After)
		}
	})
}

func TestUntilTakesTheConditionsOwnDeadlineForItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := Until(t.Context(), For{What: "x", Timeout: time.Second}, func(ctx context.Context) (bool, string, error) {
			<-ctx.Done()
			return false, "", ctx.Err()
		})
		var late *TimeoutError
		if !errors.As(err, &late) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestUntilWaitsLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		_ = Until(t.Context(), For{What: "x", Timeout: time.Minute, Delay: time.Second, Every: 4 * time.Second, Max: 6 * time.Second},
			func(context.Context) (bool, string, error) {
				at = append(at, time.Since(start))
				return len(at) == 4, "", nil
			})
		want := []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 16 * time.Second}
		if !slices.Equal(at, want) {
			t.Errorf("looked at %v, want %v", at, want)
		}
	})
}

func TestWatcherIsToldOfEveryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &recorder{}
		looks := 0
		err := Until(With(t.Context(), w), For{What: "x"}, func(context.Context) (bool, string, error) {
			looks++
			if looks < 3 {
				return false, "no", nil
			}
			return true, "yes", nil
		})
		want := []string{"begins x", "saw no", "saw yes", "ended"}
		if err != nil || !slices.Equal(w.told, want) {
			t.Errorf("told %q (%v), want %q", w.told, err, want)
		}
	})
}

type recorder struct {
	mu   sync.Mutex
	told []string
}

func (r *recorder) tell(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, s)
}

func (r *recorder) WaitBegins(f For) Watch { r.tell("begins " + f.What); return r }
func (r *recorder) Saw(s string)           { r.tell("saw " + s) }
func (r *recorder) Ended(error)            { r.tell("ended") }

func TestAgainOfNothingIsNothing(t *testing.T) {
	if Again(nil) != nil {
		t.Error("Again(nil) is an error")
	}
}
