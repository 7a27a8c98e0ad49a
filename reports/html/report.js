// The page is whole without this script; it adds the switches, the filter and the search.
(function () {
  "use strict";
  var root = document.documentElement;
  var one = function (selector) { return document.querySelector(selector); };
  var all = function (selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); };

  // A page opened from disk may not be allowed to remember anything.
  function remember(key, value) { try { localStorage.setItem("labproof." + key, value); } catch (e) { /* then it forgets */ } }
  function recall(key) { try { return localStorage.getItem("labproof." + key); } catch (e) { return null; } }

  var buttons = all("button[data-filter]");

  // The signs have no text of their own: their names are made anew in another language.
  function speak(lang) {
    root.lang = lang;
    root.dataset.lang = lang;
    all("option[data-fr]").forEach(function (o) { o.textContent = o.dataset[lang]; });
    var says = {};
    buttons.forEach(function (b) { says[b.dataset.filter] = b.dataset[lang]; });
    signs.forEach(function (s) {
      var about = one('#whom option[value="' + s.subject + '"]');
      s.node.setAttribute("aria-label", s.id.split("/")[0].split(".")[1] + " " + about.dataset[lang] + ": " + says[s.outcome]);
    });
  }

  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  // What can be filtered: each verdict's details, and its sign in the grid.
  var verdicts = all("details.verdict").map(function (d) {
    return { node: d, outcome: d.dataset.outcome, subject: d.dataset.subject, words: null, shown: true };
  });
  var told = {};
  verdicts.forEach(function (v) { told[v.node.id] = v; });
  var grid = one(".grid");
  var rows = all(".grid tbody tr").map(function (r) {
    var row = { node: r, subject: r.dataset.subject, has: r.dataset.has.split(" "), signs: [], shown: true };
    Array.prototype.forEach.call(r.querySelectorAll("td a"), function (a) {
      row.signs.push({ node: a, id: a.getAttribute("href").slice(1), outcome: a.className, subject: row.subject, bright: true });
    });
    return row;
  });
  var signs = [].concat.apply([], rows.map(function (r) { return r.signs; }));
  var others = all("#attention li, .lab, details.marks").map(function (n) { return { node: n, subject: n.dataset.subject, shown: true }; });
  var sections = all(".question").map(function (s) {
    return { node: s, shown: true, verdicts: all("#" + CSS.escape(s.id) + " > details.verdict").map(function (d) { return told[d.id]; }) };
  });

  function wordsOf(v) {
    if (v.words === null) {
      v.words = (v.node.id + " " + v.node.parentNode.firstElementChild.textContent + " " + v.node.textContent).toLowerCase();
    }
    return v.words;
  }

  // A large class is read while the reader does nothing, so that the first search answers at once.
  var next = 0;
  function readAhead(idle) {
    while (next < verdicts.length && idle.timeRemaining() > 1) { wordsOf(verdicts[next++]); }
    if (next < verdicts.length) { requestIdleCallback(readAhead); }
  }

  // concerns tells whether a subject is the one asked for, or a pair that it is part of.
  function concerns(subject, whom) {
    if (!whom || subject === whom) { return true; }
    var group = /^group-(\d+)$/.exec(whom);
    return !!group && /^pair-/.test(subject) && subject.split("-").slice(1).indexOf(group[1]) >= 0;
  }

  // show touches the page only where something changes.
  function show(thing, yes) {
    if (thing.shown !== yes) {
      thing.shown = yes;
      thing.node.classList.toggle("hidden", !yes);
    }
  }

  function brighten(sign, yes) {
    if (sign.bright !== yes) {
      sign.bright = yes;
      sign.node.classList.toggle("dimmed", !yes);
    }
  }

  // In a class too large to tell every verdict, the sign is all there is to search.
  function found(id, words) {
    var text = told[id] ? wordsOf(told[id]) : id;
    return words.every(function (w) { return text.indexOf(w) >= 0; });
  }

  function filter() {
    var wanted = buttons.filter(function (b) { return b.getAttribute("aria-pressed") === "true"; }).map(function (b) { return b.dataset.filter; });
    var whom = one("#whom").value;
    var words = one("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
    var asked = function (outcome) { return !wanted.length || wanted.indexOf(outcome) >= 0; };
    var count = 0;
    if (wanted.length) { grid.dataset.only = wanted.join(" "); } else { delete grid.dataset.only; }
    rows.forEach(function (r) {
      var any = false;
      if (concerns(r.subject, whom) && r.has.some(asked)) {
        r.signs.forEach(function (s) {
          s.found = !words.length || found(s.id, words);
          if (s.found && asked(s.outcome)) { any = true; count++; }
        });
        if (any) { r.signs.forEach(function (s) { brighten(s, s.found); }); }
      }
      show(r, any);
    });
    sections.forEach(function (s) {
      var any = false;
      s.verdicts.forEach(function (v) {
        var yes = asked(v.outcome) && concerns(v.subject, whom) && found(v.node.id, words);
        any = any || yes;
        show(v, yes);
      });
      show(s, any);
    });
    others.forEach(function (n) { show(n, concerns(n.subject, whom)); });
    one("#shown b").textContent = count;
  }

  function reset() {
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", "false"); });
    one("#whom").value = "";
    one("#search").value = "";
    filter();
  }

  // follow opens the question that the address names, whatever is filtered out.
  function follow() {
    var id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch (e) { return; }
    var node = id && document.getElementById(id);
    if (!node) { return; }
    all(".target").forEach(function (n) { n.classList.remove("target"); });
    if (node.closest(".hidden")) { reset(); }
    if (node.tagName === "DETAILS") {
      node.open = true;
      node.classList.add("target");
      node.querySelector("summary").focus({ preventScroll: true });
    } else if (node.tagName === "A") {
      node.focus({ preventScroll: true });
    }
    node.scrollIntoView({ block: node.tagName === "A" ? "center" : "start" });
  }

  root.classList.add("scripted");
  buttons.forEach(function (b) {
    b.addEventListener("click", function () {
      b.setAttribute("aria-pressed", b.getAttribute("aria-pressed") === "true" ? "false" : "true");
      filter();
    });
  });
  one("#whom").addEventListener("change", filter);
  one("#search").addEventListener("input", filter);
  one("#reset").addEventListener("click", reset);
  one("#language").addEventListener("click", function () {
    var lang = root.dataset.lang === "fr" ? "en" : "fr";
    speak(lang);
    remember("lang", lang);
  });
  one("#theme").addEventListener("click", function () {
    root.dataset.theme = dark() ? "light" : "dark";
    remember("theme", root.dataset.theme);
  });
  one("#print").addEventListener("click", function () { window.print(); });
  document.addEventListener("keydown", function (e) {
    if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) {
      e.preventDefault();
      one("#search").focus();
    }
  });

  // In the grid Tab stops once; the arrows go from sign to sign.
  var stop = null;
  function stopAt(a) {
    if (stop) { stop.tabIndex = -1; }
    stop = a;
    stop.tabIndex = 0;
  }
  function beside(cell, key) {
    var row = cell.parentNode;
    if (key === "ArrowRight") { return cell.nextElementSibling; }
    if (key === "ArrowLeft") { return cell.previousElementSibling; }
    if (key === "Home") { return row.firstElementChild; }
    if (key === "End") { return row.lastElementChild; }
    do { row = key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling; } while (row && row.classList.contains("hidden"));
    return row && row.children[cell.cellIndex];
  }
  function move(e) {
    var cell = e.target.parentNode;
    if (e.target.tagName !== "A" || cell.tagName !== "TD" || !/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(e.key)) { return; }
    e.preventDefault();
    var again = { Home: "ArrowRight", End: "ArrowLeft" }[e.key] || e.key;
    for (cell = beside(cell, e.key); cell; cell = beside(cell, again)) {
      var sign = cell.tagName === "TD" && cell.querySelector("a");
      if (sign) {
        stopAt(sign);
        sign.focus();
        return;
      }
    }
  }
  signs.forEach(function (s) { s.node.tabIndex = -1; });
  if (signs.length) { stopAt(signs[0].node); }
  grid.tBodies[0].addEventListener("keydown", move);
  grid.tBodies[0].addEventListener("focusin", function (e) { if (e.target.parentNode.tagName === "TD") { stopAt(e.target); } });

  var closed = [];
  addEventListener("beforeprint", function () {
    closed = all("details.verdict:not([open]), details.marks:not([open])").filter(function (d) { return !d.classList.contains("passed"); });
    closed.forEach(function (d) { d.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });
  addEventListener("hashchange", follow);

  if (/^(fr|en)$/.test(recall("lang") || "")) { speak(recall("lang")); }
  if (/^(light|dark)$/.test(recall("theme") || "")) { root.dataset.theme = recall("theme"); }
  filter();
  follow();
  if (window.requestIdleCallback) { requestIdleCallback(readAhead); }
})();
