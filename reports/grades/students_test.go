package grades

import "testing"

func TestStudents(t *testing.T) {
	mark := 18.5
	data, err := Students([]Grade{
		{Group: 1, Users: []string{"etudiant1a@pve", "anna.b@pam"}, Mark: &mark, OutOf: 20},
		{Group: 2, Users: []string{"=SUM(A1)@pve"}, OutOf: 20, Provisional: true},
		{Group: 3, OutOf: 20},
	})
	want := "username,group,mark,out_of,provisional\netudiant1a,1,18.5,20,no\nanna.b,1,18.5,20,no\n'=SUM(A1),2,,20,yes\n"
	if err != nil || string(data) != want {
		t.Errorf("%v\n%s", err, data)
	}
}
