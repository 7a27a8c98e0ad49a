package ledger

import (
	"slices"
	"sort"
)

// order is the order of teardown: what stands on something else goes first. A base
// volume refuses to go before its clones (and on lvmthin does not even refuse), a pool
// must be empty, and users still have their rights while their things are removed.
var order = []Kind{Gateway, Clone, Template, Volume, Bridge, ACL, Token, User, Group, Role, Pool, Node}

func rank(k Kind) int {
	if i := slices.Index(order, k); i >= 0 {
		return i
	}
	return len(order)
}

// book is the state that a ledger's lines add up to.
type book struct {
	entries map[Key]*record
	count   int
}

type record struct {
	Entry
	number int // the order of the intentions
}

func newBook() *book { return &book{entries: map[Key]*record{}} }

// apply takes one line. A line may come without its intention: the file may be the rest
// of a damaged one, and what was made must be found all the same.
func (b *book) apply(e Entry) {
	r, known := b.entries[e.Key()]
	if !known || (e.State == Intended && r.State == Removed) {
		b.count++
		b.entries[e.Key()] = &record{Entry: e, number: b.count}
		return
	}
	if e.Mark == "" {
		e.Mark = r.Mark
	}
	if e.Detail == nil {
		e.Detail = r.Detail
	}
	if e.Run == "" {
		e.Run = r.Run
	}
	r.Entry = e
}

func (b *book) sorted(less func(x, y *record) bool, keep func(*record) bool) []Entry {
	var records []*record
	for _, r := range b.entries {
		if keep(r) {
			records = append(records, r)
		}
	}
	sort.Slice(records, func(i, j int) bool { return less(records[i], records[j]) })
	entries := make([]Entry, len(records))
	for i, r := range records {
		entries[i] = r.Entry
	}
	return entries
}

func (b *book) all() []Entry {
	return b.sorted(func(x, y *record) bool { return x.number < y.number }, func(*record) bool { return true })
}

// remaining is in the order of teardown; within a kind, what was made last goes first.
func (b *book) remaining() []Entry {
	less := func(x, y *record) bool {
		if a, b := rank(x.Kind), rank(y.Kind); a != b {
			return a < b
		}
		return x.number > y.number
	}
	return b.sorted(less, func(r *record) bool { return r.State != Removed })
}
