// What services measure, as charts: one line for each replica and each set of attributes.
import { h, keyed } from "./dom.js";
import { get } from "./store.js";
import { originHue, quantity } from "./format.js";
import { live, remember, searchBox } from "./filters.js";
import { chart, swatch } from "./chart.js";

const linesMax = 12;
const quantileNames = ["p50", "p90", "p99"];

export function metricsPage({ root, query, onLeave }) {
  const filter = { meter: query.get("meter") ?? "", name: query.get("name") ?? "", minutes: query.get("minutes") ?? "5", text: "" };
  let instruments = [];
  let loads = 0;
  const tree = h("nav.instruments", { "aria-label": "Instruments" });
  const view = h("div.metric");
  const list = live("metrics", async () => {
    if (loads++ % 10 === 0 || !instruments.length) instruments = await get("/api/metrics"); // new ones are rare
    if (!filter.name && instruments.length) choose(instruments.find(one => one.name === "thebot.chat.delivery.lag") ?? instruments[0]);
    drawTree();
    await drawChart();
  }, onLeave);
  const minutes = h("select", { "aria-label": "Time", onchange: () => {
    filter.minutes = minutes.value;
    keep();
    list.now();
  } }, [1, 5, 15, 30, 60].map(value => h("option", { value }, value === 60 ? "last hour" : `last ${value} min`)));
  minutes.value = filter.minutes;
  root.append(
    h("header.page-head", h("h1", "Metrics"), h("div.tools", searchBox("Find an instrument", "", value => {
      filter.text = value.toLowerCase();
      drawTree();
    }), minutes, list.button)),
    h("div.split", tree, view));

  const keep = () => remember("metrics", { meter: filter.meter, name: filter.name, minutes: filter.minutes });

  function choose(instrument) {
    filter.meter = instrument.meter;
    filter.name = instrument.name;
    keep();
  }

  function drawTree() {
    const fitting = instruments.filter(one => !filter.text || `${one.meter} ${one.name} ${one.description}`.toLowerCase().includes(filter.text));
    const meters = [...Map.groupBy(fitting, one => one.meter)].sort(([a], [b]) => b.startsWith("TheBot") - a.startsWith("TheBot"));
    keyed(tree, meters.map(([meter, items]) => ({ meter, items, chosen: filter.meter === meter ? filter.name : "" })), item => item.meter, ({ meter, items, chosen }) => h("section", h("h2", meter), items.map(one =>
      h("button.instrument", { type: "button", "data-row": true, title: one.description, "aria-current": one.name === chosen ? "true" : null, onclick: () => {
        choose(one);
        drawTree();
        drawChart();
      } }, one.name.replace(/^thebot\.chat\./, ""), h("small", one.unit.replace(/[{}]/g, ""))))));
    if (!fitting.length) tree.replaceChildren(h("p.empty", instruments.length ? "Nothing fits." : "No metrics yet."));
  }

  async function drawChart() {
    const instrument = instruments.find(one => one.meter === filter.meter && one.name === filter.name);
    if (!instrument) return;
    const series = await get("/api/metrics/series", { meter: filter.meter, name: filter.name, minutes: filter.minutes });
    if (instrument.name !== filter.name) return; // another was chosen meanwhile
    const to = Date.now();
    const from = to - filter.minutes * 60_000;
    const isHistogram = instrument.kind === "Histogram";
    const lines = isHistogram ? quantiles(series) : named(series).map(one => ({ ...one, points: one.points.map(point => ({ at: Date.parse(point.at), value: point.value })) }));
    const unit = instrument.kind === "Counter" ? "/s" : instrument.unit;
    const width = Math.max(480, view.clientWidth - 40);
    view.replaceChildren(
      h("header", h("h2", instrument.name), h("p", instrument.description, h("small", kindText(instrument)))),
      chart(lines.slice(0, linesMax), { from, to, unit, width }),
      isHistogram ? h("div.second", h("h3", "Values a second"), chart(named(series).slice(0, linesMax).map(one => ({ ...one, points: one.points.map(point => ({ at: Date.parse(point.at), value: point.value })) })), { from, to, unit: "/s", width, height: 150 })) : null,
      legend(lines, unit));
  }
}

const kindText = instrument => `${instrument.kind.toLowerCase()}${instrument.unit ? `, ${instrument.unit.replace(/[{}]/g, "")}` : ""}${instrument.kind === "Counter" ? " a second" : ""}`;

/** Series with a name and a colour: the replica's, and to its side for each further set of attributes. */
function named(series) {
  const seen = new Map();
  return series.filter(one => one.points.length).map(one => {
    const label = one.attributes.map(field => `${field.name}=${field.value}`).join(" ");
    const turn = seen.get(one.origin.instance) ?? 0;
    seen.set(one.origin.instance, turn + 1);
    return { name: label ? `${one.origin.instance} · ${label}` : one.origin.instance, hue: (originHue(one.origin) + turn * 47) % 360, points: one.points };
  });
}

function quantiles(series) {
  return named(series).flatMap(one => quantileNames.map((quantile, index) => ({
    name: `${one.name} ${quantile}`,
    hue: one.hue,
    light: (1 - index) * 14,
    dash: ["none", "7 4", "2 4"][index],
    points: one.points.filter(point => point.quantiles).map(point => ({ at: Date.parse(point.at), value: Number(point.quantiles[index]) })),
  })));
}

function legend(lines, unit) {
  return h("div.legend", { role: "list" }, lines.slice(0, linesMax).map(line => h("div", { role: "listitem" }, swatch(line), h("span.clip", { title: line.name }, line.name), h("b", quantity(line.points.at(-1)?.value ?? NaN, unit)))),
    lines.length > linesMax ? h("p.dim", `and ${lines.length - linesMax} more`) : null);
}
