package guestdisk

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxLinks is Linux's own limit on the way to one file.
const maxLinks = 40

var errLinks = errors.New("too many levels of symbolic links")

// lookup finds the inode behind a path, through links.
func (e *ext4) lookup(name string) (inode, error) { return e.walk(name, true) }

// lookupLink is lookup that does not follow a link at the path's end.
func (e *ext4) lookupLink(name string) (inode, error) { return e.walk(name, false) }

func (e *ext4) walk(name string, follow bool) (inode, error) {
	rest, err := components(name)
	if err != nil {
		return inode{}, err
	}
	root, err := e.inode(rootInode)
	if err != nil {
		return inode{}, err
	}
	way, links := []inode{root}, 0 // way is from the root to where we are
	for len(rest) > 0 {
		step := rest[0]
		rest = rest[1:]
		if step == "." || step == ".." {
			if step == ".." && len(way) > 1 {
				way = way[:len(way)-1]
			}
			continue
		}
		next, err := e.child(way[len(way)-1], step)
		if err != nil {
			return inode{}, err
		}
		if !next.is(modeLink) || len(rest) == 0 && !follow {
			way = append(way, next)
			continue
		}
		if links++; links > maxLinks {
			return inode{}, errLinks
		}
		target, err := e.target(next)
		if err != nil {
			return inode{}, err
		}
		if path.IsAbs(target) {
			way = way[:1]
		}
		steps, err := components("/" + target)
		if err != nil {
			return inode{}, err
		}
		rest = append(steps, rest...)
	}
	return way[len(way)-1], nil
}

// child finds a name in a directory.
func (e *ext4) child(dir inode, name string) (inode, error) {
	if !dir.is(modeDir) {
		return inode{}, fs.ErrNotExist
	}
	children, err := e.children(dir)
	if err != nil {
		return inode{}, err
	}
	for _, c := range children {
		if c.name == name {
			return e.inode(c.inode)
		}
	}
	return inode{}, fs.ErrNotExist
}

// target is where a link points to.
func (e *ext4) target(link inode) (string, error) {
	b, err := e.content(link, 4096)
	return string(b), err
}

// list is a directory's entries, sorted by name.
func (e *ext4) list(name string) ([]child, error) {
	dir, err := e.lookup(name)
	if err != nil {
		return nil, err
	}
	if !dir.is(modeDir) {
		return nil, fs.ErrInvalid
	}
	children, err := e.children(dir)
	slices.SortFunc(children, func(a, b child) int { return strings.Compare(a.name, b.name) })
	return children, err
}

// maxMatches is how many paths a pattern may stand for.
const maxMatches = 1000

var errMatches = errors.New("the pattern matches more than 1000 files")

// glob finds the paths that a pattern stands for.
func (e *ext4) glob(pattern string) ([]string, error) {
	steps, err := components(pattern)
	if err != nil {
		return nil, err
	}
	found := []string{"/"}
	for _, step := range steps {
		if found, err = e.matches(found, step); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(found, func(name string) bool {
		_, err := e.lookupLink(name)
		return errors.Is(err, fs.ErrNotExist)
	}), nil
}

func (e *ext4) matches(dirs []string, step string) ([]string, error) {
	var found []string
	for _, dir := range dirs {
		if !strings.ContainsAny(step, `*?[\`) {
			found = append(found, path.Join(dir, step))
			continue
		}
		children, err := e.list(dir)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, c := range children {
			ok, err := path.Match(step, c.name)
			if err != nil {
				return nil, err
			}
			if ok && (c.name[0] != '.' || step[0] == '.') {
				found = append(found, path.Join(dir, c.name))
			}
		}
		if len(found) > maxMatches {
			return nil, errMatches
		}
	}
	return found, nil
}

// readLink is where a path leads to that is a symbolic link; "" where it is none.
func (e *ext4) readLink(name string) (string, error) {
	i, err := e.lookupLink(name)
	if err != nil || !i.is(modeLink) {
		return "", err
	}
	return e.target(i)
}
