package wire

import "time"

// Limits bound the waits. The zero value of each stands for its default.
type Limits struct {
	Open   time.Duration // until the port forwards: 1 min, since STP takes twice its delay of 15 s
	Answer time.Duration // for the answers to one round of questions: 1 s, as ping waits
	Settle time.Duration // for a second answer after the first, which tells of a duplicate: 500 ms
	Tries  int           // rounds before an answer is given up: 3, as the kernel asks by ARP
	Life   time.Duration // of a port or tap whose connection hangs without breaking: 10 min
}

func (l Limits) orDefault() Limits {
	set(&l.Open, time.Minute)
	set(&l.Answer, time.Second)
	set(&l.Settle, 500*time.Millisecond)
	set(&l.Tries, 3)
	set(&l.Life, 10*time.Minute)
	return l
}

func set[T time.Duration | int](value *T, standard T) {
	if *value <= 0 {
		*value = standard
	}
}

// The bounds of what is kept.
const (
	maxFrame    = 2048     // longer frames are not passed on by the node
	maxFrames   = 20000    // of one interface: a look makes some hundred
	maxBytes    = 16 << 20 // of one interface
	maxList     = 64       // of each list of a result
	maxResolved = 512      // addresses asked for at once
)
