// The panel at the right: details of what was chosen. One at a time; Esc closes it.
import { h, iconButton, copy } from "./dom.js";

let panel = null;
let onClose = () => {};

export function openPanel(title, subtitle, body, closed = () => {}) {
  const before = panel ? null : document.activeElement;
  closePanel();
  panel = h("aside.panel", { "aria-label": title, tabindex: -1 },
    h("header", h("div", h("h2", title), subtitle && h("p", subtitle)), iconButton("close", "Close (key Esc)", closePanel)),
    h("div.panel-body", body));
  onClose = () => {
    closed();
    before?.focus?.({ preventScroll: true });
  };
  document.body.append(panel);
  document.body.classList.add("with-panel");
  return panel;
}

export function closePanel() {
  if (!panel) return;
  const closed = onClose;
  panel.remove();
  panel = null;
  onClose = () => {};
  document.body.classList.remove("with-panel");
  closed();
}

export function section(title, ...body) {
  return h("section", h("h3", title), ...body);
}

/** Names and values, each to be copied. */
export function facts(fields) {
  return h("dl.facts", fields.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) =>
    h("div", h("dt", { title: name }, name), h("dd", value), typeof value === "string" ? iconButton("copy", `Copy ${name}`, () => copy(value)) : null)));
}

