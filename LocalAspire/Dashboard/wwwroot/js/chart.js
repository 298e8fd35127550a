// A line chart in SVG: time to the right, one line a series, values read off by pointing at it.
import { h, s } from "./dom.js";
import { quantity, shortTime } from "./format.js";

const margin = { left: 64, right: 14, top: 12, bottom: 26 };

/** lines: [{ name, hue, dash, points: [{ at (ms), value }] }] by time; gaps longer than `gapMs` are not bridged. */
export function chart(lines, { from, to, unit, height = 320, width = 900, gapMs = 15_000 }) {
  const values = lines.flatMap(line => line.points.map(point => point.value)).filter(Number.isFinite);
  const steps = niceSteps(Math.min(0, ...values), Math.max(0, ...values));
  const [low, high] = [steps[0], steps.at(-1)];
  const x = at => margin.left + (at - from) / (to - from) * (width - margin.left - margin.right);
  const y = value => height - margin.bottom - (value - low) / (high - low) * (height - margin.top - margin.bottom);

  const tip = h("div.chart-tip", { hidden: true });
  const cursor = s("line", { class: "cursor", y1: margin.top, y2: height - margin.bottom, visibility: "hidden" });
  const picture = s("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": lines.map(line => `${line.name}: ${quantity(line.points.at(-1)?.value ?? NaN, unit)}`).join("; ") },
    steps.map(value => [s("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }), s("text", { class: "axis", x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, quantity(value, unit))]),
    Array.from({ length: 6 }, (_, i) => from + (to - from) * i / 5).map((at, i) => s("text", { class: "axis", x: x(at), y: height - 6, "text-anchor": i === 0 ? "start" : i === 5 ? "end" : "middle" }, shortTime(at))),
    lines.map(line => s("path", { class: "line", d: path(line.points, x, y, gapMs), style: { "--hue": line.hue, "stroke-dasharray": line.dash ?? "none", "--light": line.light ?? 0 } })),
    cursor);

  picture.addEventListener("pointermove", event => {
    const box = picture.getBoundingClientRect();
    const at = from + ((event.clientX - box.left) / box.width * width - margin.left) / (width - margin.left - margin.right) * (to - from);
    if (at < from || at > to) return leave();
    const read = lines.map(line => ({ line, point: nearest(line.points, at) })).filter(one => one.point && Math.abs(one.point.at - at) < gapMs);
    if (!read.length) return leave();
    cursor.setAttribute("x1", x(read[0].point.at));
    cursor.setAttribute("x2", x(read[0].point.at));
    cursor.setAttribute("visibility", "visible");
    tip.replaceChildren(h("strong", shortTime(read[0].point.at)), ...read.map(one => h("div", swatch(one.line), h("span", one.line.name), h("b", quantity(one.point.value, unit)))));
    tip.hidden = false;
    tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${Math.max(0, event.clientY - box.top - tip.offsetHeight - 10)}px`;
  });
  picture.addEventListener("pointerleave", leave);
  function leave() {
    tip.hidden = true;
    cursor.setAttribute("visibility", "hidden");
  }
  return h("div.chart-frame", picture, tip);
}

export const swatch = line => h("i.swatch", { style: { "--hue": line.hue, "--light": line.light ?? 0 } });

function path(points, x, y, gapMs) {
  let last = null;
  return points.map(point => {
    if (!Number.isFinite(point.value)) {
      last = null;
      return "";
    }
    const verb = last === null || point.at - last > gapMs ? "M" : "L";
    last = point.at;
    return `${verb}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`;
  }).join("");
}

function nearest(points, at) {
  let best = null;
  for (const point of points) if (Number.isFinite(point.value) && (!best || Math.abs(point.at - at) < Math.abs(best.at - at))) best = point;
  return best;
}

// 0, 20, 40, 60: four to six round numbers around the values
function niceSteps(low, high) {
  if (high === low) high = low + 1;
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(one => one >= rough);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
