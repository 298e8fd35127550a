// What services log, with its fields: filtered by resource, level, words and trace.
import { h, keyed } from "./dom.js";
import { get } from "./store.js";
import { dateTime, originHue, time } from "./format.js";
import { facts, openPanel, section } from "./panel.js";
import { live, remember, resourceChoice, searchBox } from "./filters.js";

const levels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];

export function logsPage({ root, query, onLeave }) {
  const filter = { resource: query.get("resource") ?? "", level: query.get("level") ?? "", text: query.get("text") ?? "", trace: query.get("trace") ?? "" };
  const body = h("div.rows", { role: "rowgroup" });
  const count = h("span.count");
  const empty = h("p.empty", { hidden: true }, "Nothing fits. Logs come here when a service sends them over OTLP.");
  const list = live("logs", async () => {
    const { total, items } = await get("/api/logs", { ...filter, limit: 300 });
    keyed(body, items, item => item.number, logRow);
    count.textContent = total > items.length ? `the newest ${items.length} of ${total}` : `${total}`;
    empty.hidden = total > 0;
  }, onLeave);
  const change = (name, value) => {
    filter[name] = value;
    remember("logs", filter);
    list.now();
  };

  const level = h("select", { "aria-label": "Level", onchange: () => change("level", level.value) }, h("option", { value: "" }, "All levels"), levels.slice(1).map((name, index) => h("option", { value: index + 1 }, `${name} and above`)));
  level.value = filter.level;
  const chip = filter.trace && h("button.chip", { type: "button", title: "Show all traces' logs", onclick: event => {
    event.target.remove();
    change("trace", "");
  } }, `trace ${filter.trace.slice(0, 8)} ×`);
  root.append(
    h("header.page-head", h("h1", "Structured logs"), count, h("div.tools", chip, resourceChoice(filter.resource, value => change("resource", value)), level, searchBox("Search messages and fields", filter.text, value => change("text", value)), list.button)),
    h("div.table.logs", { role: "table", "aria-label": "Structured logs" },
      h("div.row.head", { role: "row" }, ["Time", "Level", "Resource", "Message", "Trace"].map(name => h("div", { role: "columnheader" }, name))), body, empty));
}

export function logRow(log) {
  return h(`div.row.level-${log.level}`, { role: "row", tabindex: 0, "data-row": true, onclick: event => event.target.closest("a") || showLog(log) },
    h("div.mono.dim", { role: "cell", title: dateTime(log.at) }, time(log.at)),
    h("div", { role: "cell" }, h("span.level", log.levelName)),
    h("div.clip", { role: "cell", title: log.origin.instance }, service(log.origin)),
    h("div.clip.message", { role: "cell", title: log.category }, log.message),
    h("div.mono", { role: "cell" }, log.traceId && h("a", { href: `#/trace/${log.traceId}` }, log.traceId.slice(0, 7))));
}

export function service(origin) {
  return h("span.service", { style: { "--hue": originHue(origin) }, title: origin.instance }, origin.instance);
}

export function showLog(log) {
  const exception = log.attributes.find(field => field.name === "exception.stacktrace")?.value;
  openPanel(log.message, `${log.levelName} of ${log.origin.instance}, ${dateTime(log.at)}`, [
    section("Message", h("pre.wrap", log.message)),
    exception ? section("Exception", h("pre", exception)) : null,
    section("Fields", facts([
      ["Time", new Date(log.at).toISOString()],
      ["Category", log.category],
      ["Trace", log.traceId && h("a", { href: `#/trace/${log.traceId}` }, log.traceId)],
      ["Span", log.spanId],
      ...log.attributes.filter(field => field.name !== "exception.stacktrace").map(field => [field.name, field.value]),
    ])),
  ].filter(Boolean));
}
