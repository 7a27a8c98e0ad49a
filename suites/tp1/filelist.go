package tp1

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/linuxnet"
)

// maxConfig is how many bytes of a file are read: the real ones have some hundred, and one
// of megabytes must not keep the others from being seen.
const maxConfig = 64 << 10

// maxConfigs is how many bytes are read of all files of a disk together: as much as an agent
// hands on.
const maxConfigs = 1 << 20

// maxFiles is how many of them are read of a disk: a Debian has some thirty.
const maxFiles = 500

const (
	withContent    = "content" // a file, or a link to one
	withoutContent = "nothing" // a link that leads to no file
)

// listFiles prints every file that matches the patterns, as a line of withContent or
// withoutContent, path and link; after an empty line the sizes of those with content and
// their names; after another one their contents, one behind the other, of each its first
// maxConfig bytes.
//
// A link that leads to no file counts: what it is called masks files of the same name
// elsewhere. Programs count only where they are executable, see linuxnet.IsProgram. Under TCG
// each program that it starts takes the guest 40 ms, so it starts few, and reads nothing twice
// where /lib is /usr/lib.
func listFiles(patterns []string) string {
	return `set --
for f in ` + strings.Join(patterns, " ") + `; do
	[ -f "$f" ] || { [ -L "$f" ] && [ ! -d "$f" ]; } || continue
	case $f in
	/lib/*) [ ! -L /lib ] || continue ;;
	*/etc/rc.local | */etc/network/if-*up.d/*) [ -x "$f" ] || continue ;;
	esac
	kind=` + withoutContent + `
	[ ! -f "$f" ] || { kind=` + withContent + `; set -- "$@" "$f"; }
	printf '%s\t%s\t' "$kind" "$f"
	[ -L "$f" ] && readlink "$f" || echo
done
echo
[ "$#" = 0 ] || { wc -c "$@"; echo; head -q -c ` + strconv.Itoa(maxConfig) + ` "$@"; }`
}

// encoded is a script whose output may be any bytes, as base64: an answer of the agent's is
// text.
func encoded(script string) string { return "{ " + script + "\n} | base64 -w0" }

// filesScript is listFiles for a guest.
func filesScript(patterns []string) string { return encoded(listFiles(patterns)) }

// readFiles reads all files of a guest that match the patterns, links included. One
// command reads them all: each costs a guest under TCG a good part of a second.
func readFiles(ctx context.Context, g guest.Guest, patterns ...string) (linuxnet.Files, error) {
	result, err := g.Run(ctx, guest.Sh(filesScript(patterns)))
	if err != nil {
		return nil, err
	}
	list, err := base64.StdEncoding.DecodeString(strings.TrimSpace(result.Stdout))
	if err != nil {
		return nil, fmt.Errorf("%s: list of files: %w", g.Name(), err)
	}
	files, err := parseFiles(string(list))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.Name(), err)
	}
	return files, nil
}

// parseFiles reads what listFiles printed.
func parseFiles(out string) (linuxnet.Files, error) {
	list, rest, complete := strings.Cut("\n"+out, "\n\n")
	if !complete {
		return nil, fmt.Errorf("list of files: it breaks off after %.80q", list)
	}
	files := linuxnet.Files{}
	var filled []string
	for line := range strings.SplitSeq(strings.TrimPrefix(list, "\n"), "\n") {
		if line == "" {
			continue // there is no file
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 || parts[0] != withContent && parts[0] != withoutContent {
			return nil, fmt.Errorf("list of files: %.80q is no line of a file", line)
		}
		files[parts[1]] = linuxnet.File{Link: parts[2]}
		if parts[0] == withContent {
			filled = append(filled, parts[1])
		}
	}
	if err := fill(files, filled, rest); err != nil {
		return nil, err
	}
	return files, nil
}

// fill gives the files their contents.
func fill(files linuxnet.Files, names []string, out string) error {
	sizes, contents := "", out
	if len(names) > 0 {
		sizes, contents, _ = strings.Cut(out, "\n\n")
	}
	lines := strings.Split(sizes, "\n")
	for i, name := range names {
		if i >= len(lines) {
			return fmt.Errorf("size of %q: there is none", name)
		}
		number, _, _ := strings.Cut(strings.TrimLeft(lines[i], " "), " ")
		size, err := strconv.ParseUint(number, 10, 63)
		if err != nil {
			return fmt.Errorf("size of %q: %w", name, err)
		}
		size = min(size, maxConfig)
		if size > uint64(len(contents)) {
			return fmt.Errorf("content of %q: %d bytes of %d", name, len(contents), size)
		}
		file := files[name]
		file.Content, contents = contents[:size], contents[size:]
		files[name] = file
	}
	if contents != "" {
		return fmt.Errorf("list of files: %d bytes belong to none of them", len(contents))
	}
	return nil
}
