package linuxnet

import "strconv"

// maxQuoted is how much of a hostile text an error message repeats.
const maxQuoted = 80

// quote shows text in an error: escaped, so that no terminal obeys it, and short.
func quote(text string) string {
	if len(text) > maxQuoted {
		return strconv.QuoteToASCII(text[:maxQuoted]) + "…"
	}
	return strconv.QuoteToGraphic(text)
}
