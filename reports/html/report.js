// The page is whole without this script; it adds the switches, the filter and the search.
(function () {
  "use strict";
  var root = document.documentElement;
  var one = function (selector) { return document.querySelector(selector); };
  var all = function (selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); };

  // A page opened from disk may not be allowed to remember anything.
  function remember(key, value) { try { localStorage.setItem("labproof." + key, value); } catch (e) { /* then it forgets */ } }
  function recall(key) { try { return localStorage.getItem("labproof." + key); } catch (e) { return null; } }

  function speak(lang) {
    root.lang = lang;
    root.dataset.lang = lang;
    all("option[data-fr]").forEach(function (o) { o.textContent = o.dataset[lang]; });
  }

  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  // What can be filtered: each verdict's details, and its sign in the grid.
  var verdicts = all("details.verdict").map(function (d) {
    return { node: d, outcome: d.dataset.outcome, subject: d.dataset.subject, words: null };
  });
  var signs = all(".grid tbody a");
  var rows = all(".grid tbody tr");
  var others = all("#attention li, .lab");
  var sections = all(".question");
  var buttons = all("button[data-filter]");

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

  function filter() {
    var wanted = buttons.filter(function (b) { return b.getAttribute("aria-pressed") === "true"; }).map(function (b) { return b.dataset.filter; });
    var whom = one("#whom").value;
    var words = one("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
    var fits = function (outcome, subject) {
      return (!wanted.length || wanted.indexOf(outcome) >= 0) && concerns(subject, whom);
    };
    var shown = {};
    var told = {};
    verdicts.forEach(function (v) {
      var yes = fits(v.outcome, v.subject) && words.every(function (w) { return wordsOf(v).indexOf(w) >= 0; });
      told[v.node.id] = true;
      if (yes) { shown[v.node.id] = true; }
      v.node.classList.toggle("hidden", !yes);
    });
    var count = 0;
    signs.forEach(function (a) {
      var id = a.getAttribute("href").slice(1);
      // In a class too large to tell every verdict, the sign is all there is to search.
      var yes = told[id] ? shown[id] === true : fits(a.dataset.outcome, id.split("/")[1]) && words.every(function (w) { return id.indexOf(w) >= 0; });
      if (yes) { count++; }
      a.classList.toggle("dimmed", !yes);
    });
    rows.forEach(function (r) { r.classList.toggle("hidden", !r.querySelector("a[data-outcome]:not(.dimmed)")); });
    others.forEach(function (n) { n.classList.toggle("hidden", !concerns(n.dataset.subject, whom)); });
    sections.forEach(function (s) { s.classList.toggle("hidden", !s.querySelector("details.verdict:not(.hidden)")); });
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
    if (node.classList.contains("verdict")) {
      if (node.classList.contains("hidden")) { reset(); }
      node.open = true;
      node.classList.add("target");
      node.querySelector("summary").focus({ preventScroll: true });
    }
    node.scrollIntoView({ block: "start" });
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
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = all("details.verdict:not([open])").filter(function (d) { return !d.classList.contains("passed"); });
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
