// Package answers reads what the groups wrote: a YAML file for each group, with the
// questions of the practical that are answered in words or with facts of the node.
//
// The files come from students. Reading is bounded, never panics, and keeps what is well
// formed: a question whose YAML is broken, or a field that is not what was asked for,
// costs neither the other answers of its file nor another group's. What is right is not
// decided here.
package answers

import "fmt"

// File is one group's answers. A field that was left empty is not answered; one that
// cannot be read is answered, has no value, and a Problem in Problems.
type File struct {
	Path     string
	Group    int
	Problems []Problem // in the order of the file

	Q01 Q01
	Q02 Q02
	Q06 Q06
	Q07 Q07
	Q08 Q08
	Q10 Q10
	Q11 Q11
	Q13 Q13
	Q14 Q14
	Q15 Q15
	Q16 Q16
	Q17 Q17
	Q18 Q18
	Q19 Q19
	Q20 Q20
	Q21 Q21
}

// The questions, each with its fields. Words are for a teacher to read; everything else
// can be compared with the node.
type (
	// Q01 asks for the node's cores and RAM.
	Q01 struct {
		Cores Count
		RAM   Size
	}
	// Q02 asks how many VMs of 1 vCPU and 2 GB run at once.
	Q02 struct {
		VMs          Count
		NoOvercommit YesNo // every VM was given a CPU of its own
		Reasoning    Words
	}
	// Q06 asks for a file in /root, and how it was made.
	Q06 struct {
		Path    Word
		Command Words
	}
	// Q07 asks why a running VM becomes no template.
	Q07 struct{ Why Words }
	// Q08 asks how the access to the Internet is tested.
	Q08 struct{ Command, Result Words }
	// Q10 asks for the host's physical interface and the meaning of its name.
	Q10 struct {
		Interface   Names
		Explanation Words
	}
	// Q11 asks for vmbr0's configuration.
	Q11 struct {
		Address Address
		Gateway Address
		Ports   Names
		Method  Method
	}
	// Q13 asks whether the VM without an address reaches the host.
	Q13 struct {
		Works YesNo
		Why   Words
	}
	// Q14 asks what lo is.
	Q14 struct {
		Address     Address
		Explanation Words
	}
	// Q15 asks for the VM's /etc/network/interfaces.
	Q15 struct{ File Words }
	// Q16 asks what two equal MAC addresses would do.
	Q16 struct{ Explanation Words }
	// Q17 asks what a host that the VMs can reach is good for.
	Q17 struct{ Explanation Words }
	// Q18 asks whether the host that has left the bridge can be reached.
	Q18 struct {
		Works YesNo
		Why   Words
	}
	// Q19 asks which interface of the gateway is on which bridge.
	Q19 struct {
		Interfaces Wiring
		Method     Words
	}
	// Q20 asks what crosses the gateway without forwarding.
	Q20 struct {
		Crosses     YesNo
		Observation Words
	}
	// Q21 asks what crosses the gateway with forwarding.
	Q21 struct {
		Crosses       YesNo
		TTLIn, TTLOut Count // of the same request, before and behind the gateway; optional
		Observation   Words
	}
)

// question is a question's key in the file and its fields, in the template's order.
type question struct {
	key    string
	fields []field
}

// ID is the question's stable name: tp1.q07.
func (q question) id() string { return "tp1." + q.key }

type field struct {
	key string
	value
	optional bool
}

// questions are all of them, with the places that their fields are read into.
func (f *File) questions() []question {
	return []question{
		{"q01", []field{must("coeurs", &f.Q01.Cores), must("ram", &f.Q01.RAM)}},
		{"q02", []field{must("vm", &f.Q02.VMs), may("sans_surallocation", &f.Q02.NoOvercommit), must("raisonnement", &f.Q02.Reasoning)}},
		{"q06", []field{must("fichier", &f.Q06.Path), must("commande", &f.Q06.Command)}},
		{"q07", []field{must("pourquoi", &f.Q07.Why)}},
		{"q08", []field{must("commande", &f.Q08.Command), must("resultat", &f.Q08.Result)}},
		{"q10", []field{must("interface", &f.Q10.Interface), must("explication", &f.Q10.Explanation)}},
		{"q11", []field{must("adresse", &f.Q11.Address), must("passerelle", &f.Q11.Gateway), must("ports", &f.Q11.Ports), must("methode", &f.Q11.Method)}},
		{"q13", []field{must("fonctionne", &f.Q13.Works), must("pourquoi", &f.Q13.Why)}},
		{"q14", []field{must("adresse", &f.Q14.Address), must("explication", &f.Q14.Explanation)}},
		{"q15", []field{must("fichier", &f.Q15.File)}},
		{"q16", []field{must("explication", &f.Q16.Explanation)}},
		{"q17", []field{must("explication", &f.Q17.Explanation)}},
		{"q18", []field{must("fonctionne", &f.Q18.Works), must("pourquoi", &f.Q18.Why)}},
		{"q19", []field{must("interfaces", &f.Q19.Interfaces), must("methode", &f.Q19.Method)}},
		{"q20", []field{must("passe", &f.Q20.Crosses), must("observation", &f.Q20.Observation)}},
		{"q21", []field{must("passe", &f.Q21.Crosses), may("ttl_entree", &f.Q21.TTLIn), may("ttl_sortie", &f.Q21.TTLOut), must("observation", &f.Q21.Observation)}},
	}
}

func must(key string, v value) field { return field{key: key, value: v} }
func may(key string, v value) field  { return field{key: key, value: v, optional: true} }

// IDs are the questions that a file can answer, in their order: "tp1.q01".
func IDs() []string {
	var ids []string
	for _, q := range new(File).questions() {
		ids = append(ids, q.id())
	}
	return ids
}

// State is how much of a question a file answers.
type State string

// The states of a question.
const (
	Answered   State = "answered"   // every field that is asked for
	Partly     State = "partly"     // some fields
	Missing    State = "missing"    // none
	Unreadable State = "unreadable" // something of it cannot be read
)

// State tells how much of a question is answered; the id is one of IDs.
func (f *File) State(id string) State {
	for _, p := range f.Problems {
		if p.Question == id {
			return Unreadable
		}
	}
	written, empty := 0, 0
	for _, each := range f.fields(id) {
		switch {
		case each.Written() != "":
			written++
		case !each.optional:
			empty++
		}
	}
	switch {
	case written == 0:
		return Missing
	case empty > 0:
		return Partly
	}
	return Answered
}

// Words is what a teacher reads of a question: its texts as the group wrote them, each
// below its key where the question has several. "" where nothing was written.
func (f *File) Words(id string) string {
	var texts []field
	for _, each := range f.fields(id) {
		if _, ok := each.value.(*Words); ok {
			texts = append(texts, each)
		}
	}
	var all string
	for _, each := range texts {
		switch text := each.Written(); {
		case text == "":
		case len(texts) == 1:
			all = text
		default:
			all += fmt.Sprintf("%s:\n%s\n", each.key, text)
		}
	}
	return all
}

func (f *File) fields(id string) []field {
	for _, q := range f.questions() {
		if q.id() == id {
			return q.fields
		}
	}
	return nil
}

// FileName is the name of a group's file.
func FileName(group int) string { return fmt.Sprintf("groupe-%d.yaml", group) }
