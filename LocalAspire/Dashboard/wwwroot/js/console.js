// One replica's console as it comes: searched, held still, taken away as a file.
import { debounce, h, icon, iconButton } from "./dom.js";
import { command, listen, state, titleOf } from "./store.js";
import { ansi, plain } from "./ansi.js";
import { badge, moodOf, stateLabel } from "./resources.js";

const linesMax = 10_000;
const drawnAtOnce = 2_000;

export function consolePage({ root, argument, onLeave }) {
  const own = state.resources.filter(one => one.type !== "PostgresDatabase");
  const id = argument || own.find(one => one.type === "Project" && one.state === "Running")?.id || own[0]?.id || "";
  const lines = [];
  let waiting = [];
  let isPaused = false;
  let needle = "";

  const choice = h("select", { "aria-label": "Resource", onchange: () => (location.hash = `#/console/${choice.value}`) });
  const status = h("span");
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search in the console", oninput: debounce(searched, 120), onkeydown: event => event.key === "Enter" && jump(event.shiftKey ? -1 : 1) });
  const found = h("span.count", { "aria-live": "polite" });
  const pause = iconButton("pause", "Pause (key p)", togglePause, { "data-pause": true, "aria-pressed": "false" });
  const wrap = iconButton("wrap", "Wrap long lines", () => {
    screen.classList.toggle("wrapped");
    wrap.setAttribute("aria-pressed", String(screen.classList.contains("wrapped")));
  }, { "aria-pressed": "true" });
  const screen = h("div.console.wrapped", { role: "log", "aria-label": "Console", tabindex: 0 });
  const newest = h("button.newest", { type: "button", hidden: true, onclick: () => toEnd() }, "Newest");
  root.append(
    h("header.page-head", h("h1", "Console"), choice, status, h("div.tools", found, search, pause, wrap,
      iconButton("restart", "Restart", () => command(id, "restart"), { "data-command": "restart" }),
      iconButton("download", "Download", download))),
    h("div.console-frame", screen, newest));

  function drawHead() {
    const consoles = state.resources.filter(one => one.type !== "PostgresDatabase");
    choice.replaceChildren(...consoles.map(one => h("option", { value: one.id, selected: one.id === id }, titleOf(one))));
    const resource = state.resources.find(one => one.id === id);
    status.replaceChildren(...(resource ? [badge(moodOf(resource), stateLabel(resource))] : []));
  }

  const isAtEnd = () => screen.scrollHeight - screen.scrollTop - screen.clientHeight < 40;
  function toEnd() {
    screen.scrollTop = screen.scrollHeight;
    newest.hidden = true;
  }
  screen.addEventListener("scroll", () => (newest.hidden = isAtEnd()));

  function take(batch) {
    if (isPaused) {
      waiting.push(...batch);
      pause.dataset.count = waiting.length;
      return;
    }
    const follow = isAtEnd();
    lines.push(...batch);
    lines.splice(0, Math.max(0, lines.length - linesMax));
    screen.append(...batch.slice(-drawnAtOnce).map(row));
    while (screen.children.length > Math.max(drawnAtOnce, lines.length)) screen.firstElementChild.remove();
    if (needle) count();
    if (follow) toEnd();
    else newest.hidden = false;
  }

  function row([number, text, isError]) {
    return h(isError ? "div.line.err" : "div.line", h("span.number", { "aria-hidden": "true" }, String(number)), h("span.text", ansi(text, mark)));
  }

  function mark(text) {
    if (!needle) return [text];
    const parts = [];
    const lower = text.toLowerCase();
    let from = 0;
    for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
      parts.push(text.slice(from, at), h("mark", text.slice(at, at + needle.length)));
      from = at + needle.length;
    }
    return [...parts, text.slice(from)];
  }

  function searched() {
    needle = search.value.toLowerCase();
    screen.replaceChildren(...lines.slice(-drawnAtOnce).map(row));
    count();
    if (needle) jump(-1);
    else toEnd();
  }

  function count() {
    const hits = needle ? lines.filter(([, text]) => plain(text).toLowerCase().includes(needle)).length : 0;
    found.textContent = needle ? `${hits} ${hits === 1 ? "line" : "lines"}` : "";
  }

  // from the marked one on, or from the end
  function jump(step) {
    const marks = [...screen.querySelectorAll("mark")];
    if (!marks.length) return;
    const at = marks.findIndex(one => one.classList.contains("current"));
    marks[at]?.classList.remove("current");
    const next = marks[at < 0 ? marks.length - 1 : (at + step + marks.length) % marks.length];
    next.classList.add("current");
    next.scrollIntoView({ block: "center" });
  }

  function togglePause() {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.title = isPaused ? "Go on (key p)" : "Pause (key p)";
    pause.replaceChildren(icon(isPaused ? "play" : "pause"));
    delete pause.dataset.count;
    if (isPaused) return;
    const missed = waiting;
    waiting = [];
    take(missed);
  }

  function download() {
    const url = URL.createObjectURL(new Blob([[...lines, ...waiting].map(([, text]) => `${plain(text)}\n`).join("")], { type: "text/plain" }));
    h("a", { href: url, download: `${id}.log` }).click();
    URL.revokeObjectURL(url);
  }

  onLeave(listen(what => {
    if (what !== "resources") return;
    if (!id && state.resources.length) dispatchEvent(new HashChangeEvent("hashchange"));
    else drawHead();
  }));
  drawHead();
  if (!id) return;
  const events = new EventSource(`/api/resources/${encodeURIComponent(id)}/console`);
  // a stream that was cut begins with all kept lines again
  events.addEventListener("open", () => {
    lines.length = 0;
    waiting = [];
    screen.replaceChildren();
  });
  events.addEventListener("lines", event => take(JSON.parse(event.data)));
  onLeave(() => events.close());
}
