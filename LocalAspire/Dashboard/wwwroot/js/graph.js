// Who depends on whom: dependencies to the right of those who need them.
import { h, icon, s } from "./dom.js";
import { groups, listen } from "./store.js";
import { hueOf } from "./format.js";
import { moodOf, showResource, stateLabel, typeIcon } from "./resources.js";

const size = { width: 220, height: 76, gapMin: 56, gapMax: 120, rowGap: 34, margin: 28 };

export function graphPage({ root, onLeave }) {
  const stage = h("div.graph");
  root.append(h("header.page-head", h("h1", "Graph"), h("span.count", "arrows point at what is depended on")), stage);
  const draw = () => stage.replaceChildren(...picture(groups(), stage.clientWidth));
  onLeave(listen(what => what === "resources" && draw()));
  draw();
}

/** name -> names of what it depends on: waits, references, the server of a database. */
function edgesOf(all) {
  const names = new Set(all.map(group => group.name));
  return all.flatMap(group => {
    const [first] = group.replicas;
    const found = new Map();
    for (const name of first.references) found.set(name, "uses");
    for (const wait of first.waits) found.set(wait.resource, `waits until ${wait.until}`);
    if (first.parent) found.set(first.parent, "part of");
    return [...found].filter(([name]) => names.has(name) && name !== group.name).map(([to, why]) => ({ from: group.name, to, why }));
  });
}

function picture(all, room) {
  if (!all.length) return [h("p.empty", "No resources yet.")];
  const edges = edgesOf(all);
  const columns = layers(all.map(group => group.name), edges);
  const places = new Map();
  const tallest = Math.max(...columns.map(column => column.length));
  const step = size.height + size.rowGap;
  const gap = Math.min(size.gapMax, Math.max(size.gapMin, (room - size.margin * 2 - columns.length * size.width) / Math.max(1, columns.length - 1)));
  columns.forEach((column, x) => column.forEach((name, y) => places.set(name, {
    x: size.margin + x * (size.width + gap),
    y: size.margin + (y + (tallest - column.length) / 2) * step,
  })));
  const width = size.margin * 2 + columns.length * (size.width + gap) - gap;
  const height = size.margin * 2 + tallest * step - size.rowGap;
  return [h("div.graph-stage", { style: { width: `${width}px`, height: `${height}px` } },
    s("svg", { width, height, "aria-hidden": "true" },
      s("defs", s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, s("path", { d: "M0 0 8 4 0 8z", class: "arrow" }))),
      edges.map(edge => arrow(places.get(edge.from), places.get(edge.to), edge))),
    all.map(group => node(group, places.get(group.name), edges)))];
}

/** The longest way to it decides the column, so that every arrow points to the right; a ring would never end, so its length is bounded. */
function layers(names, edges) {
  const depth = new Map(names.map(name => [name, 0]));
  for (let round = 0; round < names.length; round++) {
    for (const { from, to } of edges) depth.set(to, Math.min(names.length - 1, Math.max(depth.get(to), depth.get(from) + 1)));
  }
  const columns = [];
  for (const [name, x] of depth) (columns[x] ??= []).push(name);
  return columns.filter(Boolean);
}

function arrow(from, to, edge) {
  const [x1, y1, x2, y2] = [from.x + size.width, from.y + size.height / 2, to.x, to.y + size.height / 2];
  const bend = Math.max(30, (x2 - x1) / 2);
  return s("path", { class: edge.why.startsWith("waits") ? "edge" : "edge soft", d: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 4} ${y2}`, "marker-end": "url(#arrow)" }, s("title", `${edge.from} ${edge.why} ${edge.to}`));
}

function node(group, place, edges) {
  const worst = group.replicas.find(one => moodOf(one) === "bad") ?? group.replicas[0];
  const mood = moodOf(worst);
  const needs = edges.filter(edge => edge.from === group.name).map(edge => edge.to);
  return h(`button.node.${mood}`, {
    type: "button",
    style: { left: `${place.x}px`, top: `${place.y}px`, "--hue": hueOf(group.name) },
    "aria-label": `${group.name}, ${stateLabel(worst)}${needs.length ? `, depends on ${needs.join(", ")}` : ""}`,
    "data-row": true,
    onclick: () => showResource(worst.id),
  },
    h("span.type-icon", icon(typeIcon(worst.type))),
    h("span.clip", h("strong", group.name), h(`small.badge.plain.${mood}`, h("i"), stateLabel(worst))),
    group.replicas.length > 1 ? h("span.replicas", { title: `${group.replicas.length} replicas` }, group.replicas.map(one => h(`i.dot.${moodOf(one)}`))) : null);
}
