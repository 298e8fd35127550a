// The little that pages need to make elements and to keep lists fresh without losing focus, selection and scroll.

/** h("a.link", { href, onclick }, "text", child, null): an element; null and false children are left out. */
export function h(selector, ...rest) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  return fill(element, ...rest);
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function s(tag, ...rest) {
  return fill(document.createElementNS(svgNamespace, tag), ...rest);
}

function fill(element, ...rest) {
  const props = rest[0]?.constructor === Object ? rest.shift() : {};
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style" && typeof value === "object") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...rest.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const icons = {
  resources: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  graph: "M6 6h.01M18 6h.01M12 18h.01M6 6l6 12M18 6l-6 12M6 6h12",
  console: "M4 6l6 6-6 6M12 18h8",
  logs: "M5 6h14M5 10h14M5 14h9M5 18h6",
  traces: "M4 6h10M8 11h9M12 16h8",
  metrics: "M4 19V5M4 19h16M7 15l4-5 3 3 5-7",
  play: "M8 5l11 7-11 7z",
  stop: "M7 7h10v10H7z",
  restart: "M19 12a7 7 0 1 1-2.1-5M19 4v4h-4",
  pause: "M9 6v12M15 6v12",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  close: "M6 6l12 12M18 6L6 18",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  hide: "M4 4l16 16M9 5.5A9 9 0 0 1 12 5c6 0 10 7 10 7a18 18 0 0 1-3 3.7M6 7.5C3.5 9.3 2 12 2 12s4 7 10 7a9 9 0 0 0 4-1",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  wrap: "M4 6h16M4 12h13a3 3 0 0 1 0 6h-4M15 16l-2 2 2 2M4 18h5",
  moon: "M20 14a8 8 0 1 1-9-10 6.5 6.5 0 0 0 9 10z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.5 17.5 5 19",
  link: "M9 15l6-6M10 6l1-1a5 5 0 0 1 7 7l-1 1M14 18l-1 1a5 5 0 0 1-7-7l1-1",
  project: "M4 7l8-4 8 4v10l-8 4-8-4zM4 7l8 4 8-4M12 11v10",
  database: "M5 6c0-3 14-3 14 0v12c0 3-14 3-14 0zM5 6c0 3 14 3 14 0M5 12c0 3 14 3 14 0",
  server: "M4 5h16v6H4zM4 13h16v6H4zM7 8h.01M7 16h.01",
  chevron: "M9 6l6 6-6 6",
  help: "M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .9-1 1.7M12 17h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
};

export function icon(name) {
  return s("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, s("path", { d: icons[name] }));
}

/** A button with an icon; its label is for screen readers and the tooltip. */
export function iconButton(name, label, onclick, props = {}) {
  return h("button.icon-button", { type: "button", title: label, "aria-label": label, onclick, ...props }, icon(name));
}

/** Makes the children of a container those of the items: what has not changed stays as it is, with its focus and its selection. */
export function keyed(container, items, keyOf, render) {
  const old = new Map([...container.children].map(child => [child.dataset.key, child]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const look = JSON.stringify(item);
    let child = old.get(key);
    old.delete(key);
    if (!child || child.look !== look) {
      const fresh = render(item);
      fresh.dataset.key = key;
      fresh.look = look;
      if (child) {
        const path = focusPath(child);
        if (child === place) place = fresh;
        child.replaceWith(fresh);
        if (path) path.reduce((element, index) => element?.children[index], fresh)?.focus({ preventScroll: true });
      }
      child = fresh;
    }
    if (child === place) place = place.nextElementSibling;
    else container.insertBefore(child, place);
  }
  for (const gone of old.values()) gone.remove();
}

// where the focus is within an element that is about to be replaced
function focusPath(element) {
  if (!element.contains(document.activeElement)) return null;
  const path = [];
  for (let at = document.activeElement; at !== element; at = at.parentElement) path.unshift([...at.parentElement.children].indexOf(at));
  return path;
}

export function toast(text, isError = false) {
  const message = h(isError ? "div.toast.bad" : "div.toast", text);
  document.getElementById("toasts").append(message);
  setTimeout(() => message.remove(), isError ? 8000 : 3000);
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast("Copied");
}

export function debounce(action, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), ms);
  };
}
