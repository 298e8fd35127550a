// What every page shares: the resources as they are now, and a nudge when telemetry came. One stream for all of it.
import { toast } from "./dom.js";

export const state = { application: "", resources: [], telemetry: { logs: 0, spans: 0, metrics: 0 }, connected: false };
const listeners = new Set();

/** Called with what changed ("resources", "telemetry", "connected") until the returned function is called. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = what => listeners.forEach(listener => listener(what));

export function connect() {
  const events = new EventSource("/api/events");
  const set = (key, value, what = key) => {
    state[key] = value;
    tell(what);
  };
  events.addEventListener("application", event => set("application", JSON.parse(event.data).name));
  events.addEventListener("resources", event => set("resources", JSON.parse(event.data)));
  events.addEventListener("telemetry", event => set("telemetry", JSON.parse(event.data)));
  events.onopen = () => set("connected", true);
  events.onerror = async () => {
    set("connected", false);
    // the stream ends for one of two reasons: the AppHost is gone, or it began anew and knows nothing of this session
    const answer = await fetch("/api/origins").catch(() => null);
    if (answer?.status === 401) location.href = "/login";
  };
}

export async function get(path, query = {}) {
  const known = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
  const answer = await fetch(`${path}?${new URLSearchParams(known)}`);
  if (answer.status === 401) location.href = "/login";
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

export async function command(id, name) {
  const answer = await fetch(`/api/resources/${encodeURIComponent(id)}/${name}`, { method: "POST" });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => ({}));
  toast(problem.title ?? `${name} of ${id} failed (${answer.status})`, true);
}

/** Resources with their replicas: one group for each name. */
export function groups() {
  const byName = new Map();
  for (const resource of state.resources) {
    if (!byName.has(resource.name)) byName.set(resource.name, []);
    byName.get(resource.name).push(resource);
  }
  return [...byName].map(([name, replicas]) => ({ name, replicas }));
}

/** What a replica is called where others of its resource are about. */
export function titleOf(resource) {
  return groups().find(group => group.name === resource.name)?.replicas.length > 1 ? resource.id : resource.name;
}
