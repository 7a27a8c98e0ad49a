package wire

// window is what several ears hear from its opening on.
type window struct {
	ears  []*ear
	marks []int
}

// openWindow begins with the first ear; one that is named twice counts once.
func openWindow(first *ear, also []Ear) window {
	w := window{ears: []*ear{first}, marks: []int{first.log.mark()}}
	known := map[*ear]bool{first: true}
	for _, e := range also {
		if one := e.listening(); !known[one] {
			known[one] = true
			w.ears = append(w.ears, one)
			w.marks = append(w.marks, one.log.mark())
		}
	}
	return w
}

func (w window) logs() []*log {
	logs := make([]*log, len(w.ears))
	for i, e := range w.ears {
		logs[i] = e.log
	}
	return logs
}

// packets are what was seen so far, ear by ear.
func (w window) packets() []seen {
	var all []seen
	for i, e := range w.ears {
		all = append(all, e.log.since(w.marks[i])...)
	}
	return all
}
