package proxmox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
)

// Permissions maps a path to the privileges held there; the value tells whether the
// privilege propagates below.
type Permissions map[string]map[string]bool

// Has tells whether a privilege is held on a path, as far as the answer lists it.
func (p Permissions) Has(path, privilege string) bool {
	_, ok := p[path][privilege]
	return ok
}

// Privileges are the names held on a path, sorted.
func (p Permissions) Privileges(path string) []string {
	names := make([]string, 0, len(p[path]))
	for name := range p[path] {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Permissions reads what the session's own user may do, on one path or, with "", on
// all that have a rule.
func (s *Session) Permissions(ctx context.Context, path string) (Permissions, error) {
	return s.permissions(ctx, Params{}, path)
}

// PermissionsOf reads what another user may do; it needs Sys.Audit on /access.
func (s *Session) PermissionsOf(ctx context.Context, userid, path string) (Permissions, error) {
	return s.permissions(ctx, Params{"userid": userid}, path)
}

func (s *Session) permissions(ctx context.Context, params Params, path string) (Permissions, error) {
	if path != "" {
		params["path"] = path
	}
	f, err := s.object(ctx, "/access/permissions", params)
	if err != nil {
		return nil, err
	}
	permissions := Permissions{}
	for path := range f {
		inner := f.inner(path)
		permissions[path] = map[string]bool{}
		for privilege := range inner {
			permissions[path][privilege] = inner.flag(privilege)
		}
	}
	return permissions, nil
}

// User is an account.
type User struct {
	ID      string // "u1@pve"
	Realm   string // its realm's kind: "pve", "pam", …
	Enabled bool
	Expire  int64 // Unix seconds; 0: never
	Groups  []string
	Comment string
	Email   string
	First   string
	Last    string
}

// Users lists the accounts that the session may see, with their groups where it may
// see those.
func (s *Session) Users(ctx context.Context) ([]User, error) {
	list, err := s.list(ctx, "/access/users", Params{"full": true})
	if err != nil {
		return nil, err
	}
	users := make([]User, 0, len(list))
	for _, f := range list {
		users = append(users, parseUser(f.text("userid"), f))
	}
	return users, nil
}

// UserDetails reads one account.
func (s *Session) UserDetails(ctx context.Context, userid string) (User, error) {
	f, err := s.object(ctx, "/access/users/"+url.PathEscape(userid), nil)
	if err != nil {
		return User{}, err
	}
	return parseUser(userid, f), nil
}

func parseUser(id string, f fields) User {
	return User{
		ID: id, Realm: f.text("realm-type"), Enabled: f.flagOr("enable", true), Expire: f.integer("expire"),
		Groups: f.list("groups"), Comment: f.text("comment"), Email: f.text("email"),
		First: f.text("firstname"), Last: f.text("lastname"),
	}
}

// Group is a group of accounts.
type Group struct {
	ID      string
	Comment string
	Users   []string // sorted
}

// Groups lists the groups that the session may see.
func (s *Session) Groups(ctx context.Context) ([]Group, error) {
	list, err := s.list(ctx, "/access/groups", nil)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, 0, len(list))
	for _, f := range list {
		groups = append(groups, parseGroup(f.text("groupid"), f.list("users"), f))
	}
	return groups, nil
}

// Group reads one group with its members.
func (s *Session) Group(ctx context.Context, id string) (Group, error) {
	f, err := s.object(ctx, "/access/groups/"+url.PathEscape(id), nil)
	if err != nil {
		return Group{}, err
	}
	return parseGroup(id, f.list("members"), f), nil
}

func parseGroup(id string, users []string, f fields) Group {
	sort.Strings(users)
	return Group{ID: id, Comment: f.text("comment"), Users: users}
}

// Role is a named set of privileges.
type Role struct {
	ID         string
	Privileges []string // sorted
	Builtin    bool
}

// Roles lists all roles.
func (s *Session) Roles(ctx context.Context) ([]Role, error) {
	list, err := s.list(ctx, "/access/roles", nil)
	if err != nil {
		return nil, err
	}
	roles := make([]Role, 0, len(list))
	for _, f := range list {
		privileges := f.list("privs")
		sort.Strings(privileges)
		roles = append(roles, Role{ID: f.text("roleid"), Privileges: privileges, Builtin: f.flag("special")})
	}
	return roles, nil
}

// ACLEntry gives a role on a path to a user, a group or a token.
type ACLEntry struct {
	Path      string
	Kind      string // "user", "group", "token"
	Subject   string // "u1@pve", "Groupe_1" (without @), "u1@pve!id"
	Role      string
	Propagate bool
}

// ACL lists the entries that the session may see: all with Sys.Audit or
// Permissions.Modify, else those of the paths where it has the latter.
func (s *Session) ACL(ctx context.Context) ([]ACLEntry, error) {
	list, err := s.list(ctx, "/access/acl", nil)
	if err != nil {
		return nil, err
	}
	entries := make([]ACLEntry, 0, len(list))
	for _, f := range list {
		entries = append(entries, ACLEntry{
			Path: f.text("path"), Kind: f.text("type"), Subject: f.text("ugid"),
			Role: f.text("roleid"), Propagate: f.flagOr("propagate", true),
		})
	}
	return entries, nil
}

// Pool is a resource pool.
type Pool struct {
	ID       string
	Comment  string
	VMs      []int // sorted; in Pool only, the list does not name members
	Storages []string
}

// Pools lists the pools that the session may see, without members.
func (s *Session) Pools(ctx context.Context) ([]Pool, error) {
	list, err := s.list(ctx, "/pools", nil)
	if err != nil {
		return nil, err
	}
	pools := make([]Pool, 0, len(list))
	for _, f := range list {
		pools = append(pools, Pool{ID: f.text("poolid"), Comment: f.text("comment")})
	}
	return pools, nil
}

// Pool reads one pool with its members, from GET /pools/{poolid}, which every
// version knows.
func (s *Session) Pool(ctx context.Context, id string) (Pool, error) {
	path := "/pools/" + url.PathEscape(id)
	f, err := s.object(ctx, path, nil)
	if err != nil {
		return Pool{}, err
	}
	pool := Pool{ID: id, Comment: f.text("comment")}
	members, err := objects(json.RawMessage(f["members"]))
	if err != nil {
		return Pool{}, fmt.Errorf("GET %s: members: %w", path, err)
	}
	for _, m := range members {
		if m.has("vmid") {
			pool.VMs = append(pool.VMs, int(m.integer("vmid")))
		} else if storage := m.text("storage"); storage != "" {
			pool.Storages = append(pool.Storages, storage)
		}
	}
	sort.Ints(pool.VMs)
	return pool, nil
}
