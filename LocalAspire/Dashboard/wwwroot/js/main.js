import { h, icon, iconButton } from "./dom.js";
import { connect, listen, state } from "./store.js";
import { resourcesPage } from "./resources.js";
import { graphPage } from "./graph.js";
import { consolePage } from "./console.js";
import { logsPage } from "./logs.js";
import { tracesPage } from "./traces.js";
import { tracePage } from "./trace.js";
import { metricsPage } from "./metrics.js";
import { closePanel } from "./panel.js";

// one page a line: its address, its name, its key
const pages = [
  { path: "resources", title: "Resources", key: "r", show: resourcesPage },
  { path: "graph", title: "Graph", key: "g", show: graphPage },
  { path: "console", title: "Console", key: "c", show: consolePage },
  { path: "logs", title: "Structured logs", key: "s", show: logsPage },
  { path: "traces", title: "Traces", key: "t", show: tracesPage },
  { path: "metrics", title: "Metrics", key: "m", show: metricsPage },
];
const hidden = [{ path: "trace", title: "Trace", show: tracePage, under: "traces" }];

const rail = document.getElementById("rail");
const content = document.getElementById("content");
let leave = () => {};

function drawRail(current) {
  const isDark = document.documentElement.dataset.theme === "dark";
  rail.replaceChildren(
    h("div.brand", h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }), h("div", h("strong", state.application || "…"), h("span", "local dashboard"))),
    h("nav", pages.map(page => h("a", { href: `#/${page.path}`, "aria-current": page.path === current ? "page" : null, title: `${page.title} (key ${page.key})` },
      icon(page.path), h("span", page.title), h("kbd", page.key)))),
    h("div.rail-foot",
      h(state.connected ? "span.link-state.ok" : "span.link-state.bad", { title: state.connected ? "Live" : "The AppHost does not answer" }, state.connected ? "Live" : "Disconnected"),
      iconButton("help", "Keys (key ?)", showKeys),
      iconButton(isDark ? "sun" : "moon", isDark ? "Light (key d)" : "Dark (key d)", toggleTheme)));
}

function route() {
  const [path, ...rest] = location.hash.replace(/^#\/?/, "").split("?")[0].split("/");
  const query = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const page = [...pages, ...hidden].find(one => one.path === path) ?? pages[0];
  leave();
  closePanel();
  document.title = `${page.title} · ${state.application || "Dashboard"}`;
  drawRail(page.under ?? page.path);
  content.replaceChildren();
  content.dataset.page = page.path;
  const stops = [];
  page.show({ root: content, argument: decodeURIComponent(rest.join("/")), query, onLeave: stop => stops.push(stop) });
  leave = () => stops.forEach(stop => stop());
}

function toggleTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  drawRail(rail.querySelector("[aria-current]")?.getAttribute("href")?.slice(2));
}

function showKeys() {
  document.querySelector("dialog")?.remove();
  const keys = [...pages.map(page => [page.key, page.title]), ["/", "Search"], ["p", "Pause and go on"], ["j k", "Next and previous row"], ["Enter", "Open the row"], ["Esc", "Close, leave a field"], ["d", "Dark or light"], ["?", "These keys"]];
  const dialog = h("dialog", { "aria-label": "Keys" }, h("h2", "Keys"), h("dl", keys.map(([key, what]) => [h("dt", key.split(" ").map(one => h("kbd", one))), h("dd", what)])), h("form", { method: "dialog" }, h("button.button", "Close")));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function moveRow(step) {
  const rows = [...content.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.findIndex(row => row.contains(document.activeElement));
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))].focus();
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    if (isTyping) event.target.blur();
    else closePanel();
    return;
  }
  if (isTyping || document.querySelector("dialog[open]")) return;
  const row = event.target.closest?.("[data-row]");
  const actions = {
    "/": () => content.querySelector("input[type=search]")?.focus(),
    "?": showKeys,
    p: () => content.querySelector("[data-pause]")?.click(),
    d: toggleTheme,
    j: () => moveRow(1),
    k: () => moveRow(-1),
    ArrowDown: row ? () => moveRow(1) : null,
    ArrowUp: row ? () => moveRow(-1) : null,
    Enter: row === event.target ? () => row.click() : null,
  };
  const action = actions[event.key] ?? (page => page && (() => (location.hash = `#/${page.path}`)))(pages.find(page => page.key === event.key));
  if (!action) return;
  event.preventDefault();
  action();
});

addEventListener("hashchange", route);
listen(what => {
  if (what === "application" || what === "connected") drawRail(rail.querySelector("[aria-current]")?.getAttribute("href")?.slice(2));
  if (what === "application") document.title = document.title.replace(/ · .*/, ` · ${state.application}`);
});
connect();
route();
