// What happened, one line a trace.
import { h, keyed } from "./dom.js";
import { get } from "./store.js";
import { dateTime, duration, originHue, time } from "./format.js";
import { live, remember, resourceChoice, searchBox } from "./filters.js";

export function tracesPage({ root, query, onLeave }) {
  const filter = { resource: query.get("resource") ?? "", text: query.get("text") ?? "", errors: query.get("errors") ?? "" };
  const body = h("div.rows", { role: "rowgroup" });
  const count = h("span.count");
  const empty = h("p.empty", { hidden: true }, "Nothing fits. Traces come here when a service sends them over OTLP.");
  const list = live("spans", async () => {
    const { total, items } = await get("/api/traces", { ...filter, limit: 200 });
    const longest = Math.max(1, ...items.map(item => item.ms));
    keyed(body, items.map(item => ({ ...item, share: Math.round(100 * item.ms / longest) })), item => item.id, traceRow);
    count.textContent = total > items.length ? `the newest ${items.length} of ${total}` : `${total}`;
    empty.hidden = total > 0;
  }, onLeave);
  const change = (name, value) => {
    filter[name] = value;
    remember("traces", filter);
    list.now();
  };

  const errors = h("input", { type: "checkbox", onchange: () => change("errors", errors.checked ? "true" : "") });
  errors.checked = filter.errors === "true";
  root.append(
    h("header.page-head", h("h1", "Traces"), count, h("div.tools", h("label.check", errors, "Errors only"), resourceChoice(filter.resource, value => change("resource", value)), searchBox("Search names and ids", filter.text, value => change("text", value)), list.button)),
    h("div.table.traces", { role: "table", "aria-label": "Traces" },
      h("div.row.head", { role: "row" }, ["Time", "Name", "Resources", "Spans", "Duration"].map(name => h("div", { role: "columnheader" }, name))), body, empty));
}

function traceRow(trace) {
  return h(trace.hasError ? "div.row.failed" : "div.row", { role: "row", tabindex: 0, "data-row": true, "data-name": trace.name, onclick: () => (location.hash = `#/trace/${trace.id}`) },
    h("div.mono.dim", { role: "cell", title: dateTime(trace.start) }, time(trace.start)),
    h("div.clip", { role: "cell" }, h("a", { href: `#/trace/${trace.id}`, tabindex: -1 }, trace.name), h("span.dim.mono", ` ${trace.id.slice(0, 7)}`)),
    h("div.services", { role: "cell" }, trace.services.map(one => h(one.hasError ? "span.service.bad" : "span.service", { style: { "--hue": originHue(one.origin) }, title: one.origin.instance }, one.origin.instance, h("b", String(one.spans))))),
    h("div", { role: "cell" }, String(trace.spans)),
    h("div.duration", { role: "cell" }, h("span", duration(trace.ms)), h("i", { style: { width: `${Math.max(1, trace.share)}%` } })));
}
