package tp1

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/reports"
)

// groupLook is a group of users as the node lists it.
type groupLook struct {
	Groups []string `json:"groups"` // all that there are
	Again  *Refusal `json:"again"`  // the second creation
}

// Q3: create the group Groupe_x.
func q03() Question[*Group, groupLook] {
	return Question[*Group, groupLook]{
		ID:    "tp1.q03",
		Title: reports.Text{FR: "Créer le groupe d'utilisateurs", EN: "Create the group of users"},
		Do: func(ctx context.Context, g *Group) error {
			again, err := g.Node.Teacher.CreateGroup(ctx, g.Group)
			g.saw.secondGroup = &again
			return err
		},
		Look: func(ctx context.Context, g *Group) (groupLook, error) {
			look := groupLook{Again: g.saw.secondGroup}
			groups, err := g.Node.API.Groups(ctx)
			for _, each := range groups {
				look.Groups = append(look.Groups, each.ID)
			}
			if err == nil && !slices.Contains(look.Groups, g.Name) {
				err = g.hiddenGroup(ctx)
			}
			return look, err
		},
		Absent: func(g *Group, look groupLook) bool { return !slices.Contains(look.Groups, g.Name) },
		Judge: func(j *judge, g *Group, look groupLook) {
			j.Expect(look.Groups).To(ContainElement(g.Name), j.because(
				"Le groupe %s n'existe pas.", "Group %s does not exist.", g.Name).
				seen("GET /access/groups", strings.Join(look.Groups, "\n")).
				next("Datacenter → Permissions → Groups : le nom doit être exact, majuscules comprises.",
					"Datacenter → Permissions → Groups: the name must be exact, capitals included.").say)
			if look.Again == nil {
				return
			}
			j.Expect(look.Again.Message).To(Equal(fmt.Sprintf("create group failed: group '%s' already exists", g.Name)), j.because(
				"Créer %s une seconde fois doit être refusé, avec les mots du nœud.",
				"Creating %s a second time must be refused, in the node's own words.", g.Name).refused(*look.Again).say)
		},
	}
}

// hiddenGroup is why a group, or its users, cannot be seen, where they are not listed: the node
// leaves out of its lists what the account has no right to. Of a group that is not there, or
// that has no users, it is nil.
func (g *Group) hiddenGroup(ctx context.Context) error {
	group, err := g.Node.API.Group(ctx, g.Name)
	switch {
	case errors.Is(err, proxmox.ErrNotFound):
		return nil
	case err != nil:
		return err
	case len(group.Users) > 0:
		return fmt.Errorf("the node has users in group %s (%s) and does not list them to this account", g.Name, strings.Join(group.Users, ", "))
	}
	return nil
}

// usersLook is what the node says of the group's users.
type usersLook struct {
	Users []proxmox.User `json:"users"`
	Now   int64          `json:"now"` // when they were looked at, in Unix seconds
	Story *usersStory    `json:"story"`
}

// Q4: create a user per member, realm PVE, in the group.
func q04() Question[*Group, usersLook] {
	return Question[*Group, usersLook]{
		ID:    "tp1.q04",
		Title: reports.Text{FR: "Créer un utilisateur PVE par membre, dans le groupe", EN: "Create a PVE user per member, in the group"},
		Needs: []string{"tp1.q03"},
		Do:    doUsers,
		Look: func(ctx context.Context, g *Group) (usersLook, error) {
			users, err := g.Node.API.Users(ctx)
			mine := slices.DeleteFunc(users, func(u proxmox.User) bool {
				return !slices.Contains(g.Users, u.ID) && !slices.Contains(u.Groups, g.Name)
			})
			if err == nil && len(mine) == 0 {
				err = g.hiddenGroup(ctx)
			}
			return usersLook{Users: mine, Now: time.Now().Unix(), Story: g.saw.users}, err
		},
		Absent: func(_ *Group, look usersLook) bool { return len(look.Users) == 0 },
		Judge:  judgeUsers,
	}
}

// doUsers makes the users, logs every one of them in, and gives the keyboard to the
// first: from here on the student acts as that user.
func doUsers(ctx context.Context, g *Group) error {
	accounts, again, err := g.Node.Teacher.CreateUsers(ctx, g.Group)
	if err != nil {
		return err
	}
	story := &usersStory{Again: again}
	g.saw.users, g.Accounts = story, accounts
	for _, account := range accounts {
		session, err := student.LogIn(ctx, g.Node.Teacher, g.Group, account)
		if err != nil {
			return err
		}
		story.LogIns = append(story.LogIns, account.ID)
		if g.Student == nil {
			g.Student = session
		}
	}
	return nil
}

func judgeUsers(j *judge, g *Group, look usersLook) {
	j.Expect(look.Users).NotTo(BeEmpty(), j.because(
		"Le groupe %s n'a aucun utilisateur.", "Group %s has no user.", g.Name).
		next("Datacenter → Permissions → Users → Add, champ Group.", "Datacenter → Permissions → Users → Add, field Group.").say)
	if look.Story != nil {
		for _, id := range g.Users {
			j.Expect(look.Users).To(ContainElement(HaveField("ID", id)), j.because(
				"L'utilisateur %s n'existe pas.", "User %s does not exist.", id).say)
		}
	}
	for _, user := range look.Users {
		id := user.ID
		j.Expect(user.Groups).To(ContainElement(g.Name), j.because(
			"%s n'est pas dans le groupe %s.", "%s is not in group %s.", id, g.Name).
			next("Éditez l'utilisateur : champ Group.", "Edit the user: field Group.").say)
		j.Expect(user.Enabled).To(BeTrue(), j.because(
			"%s est désactivé : il ne peut pas se connecter.", "%s is disabled and cannot log in.", id).
			next("Éditez l'utilisateur : case Enabled.", "Edit the user: the Enabled box.").say)
		j.Expect(user.Expire == 0 || user.Expire > look.Now).To(BeTrue(), j.because(
			"%s a expiré : il ne peut plus se connecter.", "%s has expired and can no longer log in.", id).
			next("Éditez l'utilisateur : champ Expire.", "Edit the user: field Expire.").say)
		j.Expect(user.Realm).To(Equal("pve"), j.because(
			"%s n'est pas du royaume pve.", "%s is not of the realm pve.", id).
			next("Datacenter → Permissions → Users : le royaume doit être Proxmox VE (pve), pas PAM.",
				"Datacenter → Permissions → Users: the realm must be Proxmox VE (pve), not PAM.").say)
	}
	if look.Story == nil {
		return
	}
	j.Expect(look.Story.LogIns).To(ConsistOf(g.Users), j.because(
		"Tous les utilisateurs doivent pouvoir se connecter.", "Every user must be able to log in.").say)
	j.Expect(look.Story.Again.Message).To(Equal(fmt.Sprintf("create user failed: user '%s' already exists", g.Users[0])), j.because(
		"Créer %s une seconde fois doit être refusé, avec les mots du nœud.",
		"Creating %s a second time must be refused, in the node's own words.", g.Users[0]).refused(look.Story.Again).say)
}
