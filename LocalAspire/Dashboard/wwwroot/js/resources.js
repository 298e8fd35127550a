// Every resource, with its replicas under it: how it is, why, and what can be done about it.
import { h, icon, iconButton, keyed, copy } from "./dom.js";
import { command, get, groups, listen, state, titleOf } from "./store.js";
import { ago, dateTime, hueOf, shortTime } from "./format.js";
import { facts, openPanel, section } from "./panel.js";

const moods = { Running: "ok", Finished: "done", Exited: "bad", FailedToStart: "bad", Starting: "busy", Waiting: "busy", Stopping: "busy" };

/** ok, warn, bad, busy, done or idle. */
export function moodOf(resource) {
  if (resource.state === "Running" && resource.health && resource.health !== "Healthy") return resource.health === "Degraded" ? "warn" : "bad";
  if ((resource.state === "Finished" || resource.state === "Exited") && resource.exitCode) return "bad";
  if (resource.state === "Exited" && (resource.exitCode === 0 || resource.exitCode === undefined)) return "idle";
  return moods[resource.state] ?? "idle";
}

export function stateLabel(resource) {
  if (resource.state === "Running") return resource.health && resource.health !== "Healthy" ? `Running, ${resource.health.toLowerCase()}` : "Running";
  if (resource.exitCode) return `${resource.state}, exit code ${resource.exitCode}`;
  return resource.state === "FailedToStart" ? "Failed to start" : resource.state;
}

export function typeIcon(type) {
  return { Project: "project", PostgresDatabase: "database", PostgresServer: "server", Redis: "server" }[type] ?? "server";
}

const canRun = resource => !["Running", "Starting", "Stopping", "Waiting"].includes(resource.state);
const isRunning = resource => resource.state === "Running";

export function resourcesPage({ root, argument, onLeave }) {
  const body = h("div.rows", { role: "rowgroup" });
  const search = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter resources", oninput: draw });
  const count = h("span.count");
  root.append(
    h("header.page-head", h("h1", "Resources"), count, h("div.tools", search)),
    h("div.table.resources", { role: "table", "aria-label": "Resources" },
      h("div.row.head", { role: "row" }, ["Name", "State", "Started", "Source", "Endpoints", "Actions"].map(name => h("div", { role: "columnheader" }, name))), body));

  function draw() {
    const text = search.value.toLowerCase();
    const rows = groups()
      .filter(group => !text || group.name.includes(text) || group.replicas.some(one => `${one.id} ${one.source} ${stateLabel(one)}`.toLowerCase().includes(text)))
      .flatMap(group => group.replicas.length === 1
        ? [{ kind: "single", resource: group.replicas[0] }]
        : [{ kind: "group", group }, ...group.replicas.map(resource => ({ kind: "replica", resource }))]);
    keyed(body, rows, row => row.kind === "group" ? `group ${row.group.name}` : row.resource.id, row => row.kind === "group" ? groupRow(row.group) : resourceRow(row.resource, row.kind === "replica"));
    const well = state.resources.filter(one => ["ok", "done"].includes(moodOf(one))).length;
    count.textContent = state.resources.length ? `${well} of ${state.resources.length} well` : "";
    if (argument) {
      const chosen = state.resources.find(one => one.id === argument);
      if (chosen) showResource(chosen.id);
      argument = "";
    }
  }

  onLeave(listen(what => what === "resources" && draw()));
  const clock = setInterval(() => root.querySelectorAll("[data-since]").forEach(cell => (cell.textContent = ago(cell.dataset.since))), 1000);
  onLeave(() => clearInterval(clock));
  draw();
}

function groupRow(group) {
  const running = group.replicas.filter(isRunning).length;
  const moodsHere = group.replicas.map(moodOf);
  const mood = moodsHere.includes("bad") ? "bad" : moodsHere.includes("warn") ? "warn" : moodsHere.every(one => one === "ok") ? "ok" : "busy";
  const first = group.replicas[0];
  return h("div.row.group", { role: "row" },
    nameCell(first, group.name, `${group.replicas.length} replicas`),
    h("div", { role: "cell" }, badge(mood, `${running} of ${group.replicas.length} running`)),
    h("div", { role: "cell" }),
    h("div.dim.clip", { role: "cell", title: first.source ?? null }, shortSource(first)),
    endpoints(first),
    h("div.actions", { role: "cell" },
      iconButton("play", `Start all of ${group.name}`, () => all(group, "start", canRun), { disabled: !group.replicas.some(canRun) }),
      iconButton("stop", `Stop all of ${group.name}`, () => all(group, "stop", isRunning), { disabled: !group.replicas.some(isRunning) }),
      iconButton("restart", `Restart ${group.name}, one replica after the other`, () => oneByOne(group), { disabled: !group.replicas.some(isRunning) }),
      h("a.icon-button", { href: `#/logs?resource=${group.name}`, title: "Structured logs", "aria-label": `Structured logs of ${group.name}` }, icon("logs"))));
}

const all = (group, name, fits) => Promise.all(group.replicas.filter(fits).map(one => command(one.id, name)));

async function oneByOne(group) {
  for (const one of group.replicas.filter(isRunning)) await command(one.id, "restart");
}

function resourceRow(resource, isReplica) {
  const label = stateLabel(resource);
  const since = resource.stopped ?? resource.started;
  return h(isReplica ? "div.row.replica" : "div.row", { role: "row", tabindex: 0, "data-row": true, onclick: event => event.target.closest("button, a") || showResource(resource.id) },
    nameCell(resource, isReplica ? resource.id : resource.name, isReplica ? "" : typeLabel(resource.type)),
    h("div", { role: "cell" }, badge(moodOf(resource), label), reason(resource)),
    h("div", { role: "cell", title: since ? dateTime(since) : null }, since ? [h("span", shortTime(since)), " ", h("span.dim", { "data-since": since }, ago(since))] : h("span.dim", "–")),
    h("div.dim.clip", { role: "cell", title: resource.source ?? null }, isReplica ? "" : shortSource(resource)),
    isReplica ? h("div", { role: "cell" }) : endpoints(resource),
    h("div.actions", { role: "cell" }, actionsOf(resource)));
}

function actionsOf(resource) {
  const isDatabase = resource.type === "PostgresDatabase";
  return [
    isDatabase ? null : iconButton("play", `Start ${resource.id}`, () => command(resource.id, "start"), { disabled: !canRun(resource), "data-command": "start" }),
    isDatabase ? null : iconButton("stop", `Stop ${resource.id}`, () => command(resource.id, "stop"), { disabled: !isRunning(resource), "data-command": "stop" }),
    isDatabase ? null : iconButton("restart", `Restart ${resource.id}`, () => command(resource.id, "restart"), { disabled: !isRunning(resource), "data-command": "restart" }),
    isDatabase ? null : h("a.icon-button", { href: `#/console/${resource.id}`, title: "Console", "aria-label": `Console of ${resource.id}` }, icon("console")),
  ];
}

function nameCell(resource, title, more) {
  return h("div.name", { role: "cell" }, h("span.type-icon", { style: { "--hue": hueOf(resource.name) } }, icon(typeIcon(resource.type))), h("span.clip", h("strong", title), more && h("small", more)));
}

export function badge(mood, text) {
  return h(`span.badge.${mood}`, h("i", { "aria-hidden": "true" }), text);
}

// why it is not well, in one line
function reason(resource) {
  const ill = resource.reports.find(report => report.status && report.status !== "Healthy");
  if (resource.state === "Running" && ill) return h("small.reason", { title: ill.description ?? "" }, ill.description ?? ill.name);
  if (resource.state === "Waiting" && resource.waits.length) return h("small.reason", `for ${resource.waits.map(wait => wait.resource).join(", ")}`);
  return null;
}

function endpoints(resource) {
  return h("div.endpoints", { role: "cell" }, resource.urls.map(url => h("a", { href: url.url, target: "_blank", rel: "noreferrer" }, url.url.replace(/^https?:\/\//, ""))));
}

const typeLabel = type => type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

// a project's file, a server's version: the rest is in the tooltip
function shortSource(resource) {
  const source = resource.source ?? "";
  return source.split(", ").map(part => part.startsWith("/") ? part.split("/").pop() : part).join(", ");
}

/** The details of one instance, kept fresh while they are open. */
export function showResource(id) {
  const shown = new Map();
  const body = h("div");
  const find = () => state.resources.find(one => one.id === id);
  const draw = () => {
    const resource = find();
    if (resource) keyed(body, [{ resource, shown: [...shown] }], () => id, () => h("div", details(resource, shown, draw)));
  };
  const resource = find();
  if (!resource) return;
  const stop = listen(what => what === "resources" && draw());
  openPanel(titleOf(resource), resource.source ?? typeLabel(resource.type), body, stop);
  draw();
}

function details(resource, shown, draw) {
  return [
    h("div.panel-actions", badge(moodOf(resource), stateLabel(resource)), h("span.spacer"), actionsOf(resource)),
    section("State", facts([
      ["Id", resource.id],
      ["Type", typeLabel(resource.type)],
      ["Started", resource.started && dateTime(resource.started)],
      ["Stopped", resource.stopped && dateTime(resource.stopped)],
      ["Exit code", resource.exitCode?.toString()],
      ["Source", resource.source],
      ...resource.properties.map(property => [property.name, property.value]),
    ])),
    resource.reports.length ? section("Health", h("ul.reports", resource.reports.map(report => h("li",
      badge(!report.status ? "busy" : report.status === "Healthy" ? "ok" : report.status === "Degraded" ? "warn" : "bad", report.status ?? "not asked yet"),
      h("strong", report.name), report.description && h("p", report.description), report.exception && h("details", h("summary", "Exception"), h("pre", report.exception)))))) : null,
    resource.waits.length || resource.references.length ? section("Depends on", facts([
      ...resource.waits.map(wait => [wait.resource, h("span", `until it is ${wait.until}`, " ", stateOf(wait.resource))]),
      ...resource.references.filter(name => !resource.waits.some(wait => wait.resource === name)).map(name => [name, h("span", "by reference ", stateOf(name))]),
    ])) : null,
    resource.urls.length ? section("Endpoints", facts(resource.urls.map(url => [url.name ?? "url", h("a", { href: url.url, target: "_blank", rel: "noreferrer" }, url.url)]))) : null,
    resource.environment.length ? section("Environment", environment(resource, shown, draw)) : null,
  ];
}

function stateOf(name) {
  const group = groups().find(one => one.name === name);
  return group ? badge(moodOf(group.replicas[0]), stateLabel(group.replicas[0])) : null;
}

function environment(resource, shown, draw) {
  async function toggle(variable) {
    if (shown.has(variable.name)) shown.delete(variable.name);
    else shown.set(variable.name, (await get(`/api/resources/${encodeURIComponent(resource.id)}/environment`, { name: variable.name })).value);
    draw();
  }
  const valueOf = async variable => variable.isSecret ? (await get(`/api/resources/${encodeURIComponent(resource.id)}/environment`, { name: variable.name })).value : variable.value;
  return h("dl.facts.mono", resource.environment.map(variable => h("div", { "data-variable": variable.name },
    h("dt", { title: variable.name }, variable.name),
    h("dd", variable.isSecret && !shown.has(variable.name) ? h("span.masked", "••••••••") : shown.get(variable.name) ?? variable.value ?? ""),
    variable.isSecret ? iconButton(shown.has(variable.name) ? "hide" : "eye", `${shown.has(variable.name) ? "Cover" : "Show"} ${variable.name}`, () => toggle(variable)) : null,
    iconButton("copy", `Copy ${variable.name}`, async () => copy(await valueOf(variable))))));
}

