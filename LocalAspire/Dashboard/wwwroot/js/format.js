const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false });
const shortClock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const time = value => clock.format(new Date(value));
export const shortTime = value => shortClock.format(new Date(value));
export const dateTime = value => `${day.format(new Date(value))} ${shortTime(value)}`;

/** 0.412 -> 412 µs, 1240 -> 1.24 s */
export function duration(ms) {
  if (ms === 0) return "0";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round(ms % 60_000 / 1000)} s`;
}

/** "3 min": how long ago, coarsely. */
export function ago(value) {
  const seconds = Math.max(0, (Date.now() - new Date(value)) / 1000);
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

/** A number with its unit, as people write it: 0.0042 s -> 4.2 ms; 1536 By -> 1.5 KiB. */
export function quantity(value, unit) {
  if (!Number.isFinite(value)) return "–";
  if (unit === "s") return duration(value * 1000);
  if (unit === "By") {
    const power = Math.min(4, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10));
    return `${round(value / 2 ** (10 * power))} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
  }
  return round(value);
}

function round(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  if (Number.isInteger(value) || size >= 100) return String(Math.round(value));
  return value.toFixed(size < 1 ? 3 : 2).replace(/\.?0+$/, "");
}

/** One colour for one resource, everywhere, whatever the order. */
const hues = [250, 160, 25, 300, 200, 85, 340, 130, 45, 275];
const given = new Map();
export function hueOf(name) {
  if (!given.has(name)) given.set(name, hues[given.size % hues.length]);
  return given.get(name);
}

/** The resource's colour, a little to the side for each further replica, so that a trace shows where it changes over. */
const replicas = new Map();
export function originHue(origin) {
  const known = replicas.get(origin.service) ?? replicas.set(origin.service, []).get(origin.service);
  if (!known.includes(origin.instance)) known.push(origin.instance);
  return (hueOf(origin.service) + known.indexOf(origin.instance) * 62) % 360;
}
