// One trace as a waterfall: who did what below whom, when, and how long.
import { h, iconButton, keyed } from "./dom.js";
import { get } from "./store.js";
import { dateTime, duration, originHue } from "./format.js";
import { facts, openPanel, section } from "./panel.js";
import { live } from "./filters.js";
import { logRow, service } from "./logs.js";

export function tracePage({ root, argument: id, onLeave }) {
  const title = h("h1", "Trace");
  const about = h("span.count");
  const ruler = h("div.ruler");
  const body = h("div.rows", { role: "rowgroup" });
  const logs = h("div.rows");
  const logSection = h("section.trace-logs", { hidden: true }, h("h2", "Logs of this trace"), h("div.table.logs", logs));
  const folded = new Set();
  let spans = [];

  const list = live("spans", async () => {
    const trace = await get(`/api/traces/${id}`).catch(() => null);
    if (!trace) {
      about.textContent = "is not known (any more)";
      return;
    }
    spans = inOrder(trace.spans);
    draw();
    keyed(logs, [...trace.logs].reverse(), log => log.number, logRow);
    logSection.hidden = trace.logs.length === 0;
  }, onLeave);

  root.append(
    h("header.page-head", h("a.back", { href: "#/traces" }, "Traces"), title, about, h("div.tools", h("a.button", { href: `#/logs?trace=${id}` }, "Logs"), list.button)),
    h("div.table.waterfall", { role: "table", "aria-label": "Spans" },
      h("div.row.head", { role: "row" }, h("div", { role: "columnheader" }, "Span"), h("div", { role: "columnheader" }, ruler)), body),
    logSection);

  function draw() {
    const end = Math.max(0.001, ...spans.map(span => span.fromMs + span.ms));
    const services = new Set(spans.map(span => span.origin.instance));
    title.textContent = spans[0].name;
    about.textContent = `${dateTime(spans[0].at)} · ${duration(end)} · ${spans.length} spans · ${[...services].join(", ")}`;
    ruler.replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map(part => h("span", { style: { left: `${part * 100}%` } }, duration(part * end))));
    const visible = spans.filter(span => !span.above.some(one => folded.has(one)));
    keyed(body, visible.map(span => ({ span, end, isFolded: folded.has(span.spanId) })), item => item.span.spanId, spanRow);
  }

  function spanRow({ span, end, isFolded }) {
    const from = 100 * span.fromMs / end;
    const width = Math.max(0.3, 100 * span.ms / end);
    return h(span.isError ? "div.row.failed" : "div.row", { role: "row", tabindex: 0, "data-row": true, "data-span": span.name, "data-origin": span.origin.instance, style: { "--hue": originHue(span.origin) }, onclick: event => event.target.closest("button") || showSpan(span) },
      h("div.span-name", { role: "cell", style: { "padding-left": `${span.above.length * 18}px` } },
        span.children ? iconButton("chevron", isFolded ? "Unfold" : "Fold", () => {
          if (!folded.delete(span.spanId)) folded.add(span.spanId);
          draw();
        }, { "aria-expanded": String(!isFolded) }) : h("i.leaf"),
        h("span.clip", h("strong", span.name), h("small", span.origin.instance)), isFolded ? h("small.dim", ` +${span.children}`) : null),
      h("div.lane", { role: "cell" },
        h("i.bar", { style: { left: `${from}%`, width: `${width}%` }, title: `${span.name}: ${duration(span.ms)}` }),
        span.events.map(event => h("i.tick", { style: { left: `${100 * (new Date(event.at) - new Date(span.at) + span.fromMs) / end}%` }, title: event.name })),
        h(from + width > 80 ? "span.bar-text.before" : "span.bar-text", { style: from + width > 80 ? { right: `${100 - from}%` } : { left: `${from + width}%` } }, duration(span.ms))));
  }
}

/** Children below their parents, by their beginning; `above` are the ids of those they are below, `children` how many are below them. */
function inOrder(all) {
  const known = new Set(all.map(span => span.spanId));
  const below = Map.groupBy(all, span => (known.has(span.parentSpanId) ? span.parentSpanId : ""));
  const ordered = [];
  (function add(parent, above) {
    let count = 0;
    for (const span of below.get(parent) ?? []) {
      const entry = { ...span, above, children: 0 };
      ordered.push(entry);
      entry.children = add(span.spanId, [...above, span.spanId]);
      count += 1 + entry.children;
    }
    return count;
  })("", []);
  return ordered;
}

function showSpan(span) {
  openPanel(span.name, `${span.kind.toLowerCase()} span of ${span.origin.instance}`, [
    section("Span", facts([
      ["Resource", service(span.origin)],
      ["Began", `${new Date(span.at).toISOString()}`],
      ["After", duration(span.fromMs)],
      ["Took", duration(span.ms)],
      ["Status", span.isError ? `error${span.status ? `: ${span.status}` : ""}` : null],
      ["Source", span.scope],
      ["Id", span.spanId],
      ["Parent", span.parentSpanId],
    ])),
    span.attributes.length ? section("Attributes", facts(span.attributes.map(field => [field.name, field.value]))) : null,
    span.events.length ? section("Events", span.events.map(event => h("div", h("strong", event.name), facts(event.attributes.map(field => [field.name, field.value]))))) : null,
    span.links.length ? section("Links", h("ul", span.links.map(link => h("li", h("a", { href: `#/trace/${link.traceId}` }, `${link.traceId.slice(0, 7)} · ${link.spanId}`))))) : null,
  ].filter(Boolean));
}
