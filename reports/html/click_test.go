package html

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// settled brings the element that a selector names to the middle of the window and promises
// the centre [x, y] of its rectangle, in CSS pixels of the window, once a mouse would hit the
// element there: while the page is laid out again (parts out of sight are, as they come near)
// a place measured too early is soon somebody else's. An element that never comes to rest
// leaves the promise open.
const settled = `(selector) => new Promise(resolve => {
	let before = "", still = 0;
	const look = () => {
		const node = document.querySelector(selector);
		if (node) {
			const b = node.getBoundingClientRect(), now = [b.x, b.y, b.width, b.height].join(), x = b.x + b.width / 2, y = b.y + b.height / 2;
			const hit = document.elementFromPoint(x, y);
			still = hit && node.contains(hit) && now === before ? still + 1 : 0;
			before = now;
			if (still === 10) { resolve([x, y]); return; }
			if (!still) { node.scrollIntoView({block: "center", inline: "center"}); }
		}
		requestAnimationFrame(look);
	};
	look();
})`

// click presses the mouse on an element that has come to rest, as a reader does.
func click(t testing.TB, ctx context.Context, selector string) {
	t.Helper()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[2]float64](fmt.Sprintf("(%s)(%q)", settled, selector), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s never came to rest where a mouse hits it: %v", selector, err)
	}
	do(t, ctx, chromedp.MouseClickXY(at[0], at[1]))
}

// await waits until an expression is no longer falsy, and returns what it is then.
func await[T any](t testing.TB, ctx context.Context, expression string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Poll[T](expression, chromedp.WithPollingTimeout(0))) // the test's own patience is the limit
	if err != nil {
		t.Fatalf("waited for %s: %v", expression, err)
	}
	return got
}
