// What the pages of telemetry have in common: a list that is asked for anew when something came, unless it is paused.
import { debounce, h, icon, iconButton } from "./dom.js";
import { groups, listen, state } from "./store.js";

/** A choice of a resource or of one of its replicas. */
export function resourceChoice(value, onchange) {
  const select = h("select", { "aria-label": "Resource", onchange: () => onchange(select.value) });
  const options = groups().filter(group => group.replicas[0].type === "Project").flatMap(group => [
    h("option", { value: group.name }, group.name),
    ...(group.replicas.length > 1 ? group.replicas.map(one => h("option", { value: one.id }, `\u00a0\u00a0${one.id}`)) : []),
  ]);
  select.append(h("option", { value: "" }, "All resources"), ...options);
  if (value && ![...select.options].some(option => option.value === value)) select.append(h("option", { value }, value));
  select.value = value;
  return select;
}

export function searchBox(label, value, onchange) {
  const input = h("input", { type: "search", placeholder: label, "aria-label": label, value, oninput: debounce(() => onchange(input.value), 150) });
  return input;
}

/** Calls `load` now, and again when `kind` of telemetry came; a button pauses it. */
export function live(kind, load, onLeave) {
  let isPaused = false;
  let seen = -1;
  let isLoading = false;
  const button = iconButton("pause", "Pause (key p)", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    button.title = isPaused ? "Go on (key p)" : "Pause (key p)";
    button.replaceChildren(icon(isPaused ? "play" : "pause"));
    if (!isPaused) refresh();
  }, { "data-pause": true, "aria-pressed": "false" });

  async function refresh() {
    if (isPaused || isLoading || seen === state.telemetry[kind]) return;
    seen = state.telemetry[kind];
    await now();
  }

  async function now() {
    isLoading = true;
    try {
      await load();
    } catch (failure) {
      if (state.connected) console.error(failure);
    } finally {
      isLoading = false;
    }
  }

  const timer = setInterval(refresh, 1000);
  onLeave(() => clearInterval(timer));
  onLeave(listen(what => what === "telemetry" && seen < 0 && refresh()));
  seen = state.telemetry[kind];
  now();
  return { button, now };
}

/** Puts what is filtered for into the address, so that it can be kept and sent. */
export function remember(path, query) {
  const known = Object.entries(query).filter(([, value]) => value);
  history.replaceState(null, "", `#/${path}${known.length ? `?${new URLSearchParams(known)}` : ""}`);
}
