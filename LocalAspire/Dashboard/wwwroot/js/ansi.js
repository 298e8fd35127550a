// Text with SGR escape sequences (ECMA-48, 8.3.117) as spans. Other sequences are left out.
import { h } from "./dom.js";

const sequence = /\u001b\[([0-9;]*)([A-Za-z])/g;

export const plain = text => text.replace(sequence, "");

/** The elements of one line; `mark` makes something of plain text (to highlight what was searched for). */
export function ansi(text, mark = part => [part]) {
  if (!text.includes("\u001b")) return mark(text);
  const parts = [];
  let style = {};
  let from = 0;
  for (const match of text.matchAll(sequence)) {
    push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = apply(style, match[1]);
  }
  push(text.slice(from));
  return parts;

  function push(part) {
    if (!part) return;
    const classes = [style.fore && `fg-${style.fore}`, style.back && `bg-${style.back}`, style.bold && "bold", style.dim && "faint", style.italic && "italic", style.underline && "underlined"].filter(Boolean);
    const colours = { ...(style.foreColour && { color: style.foreColour }), ...(style.backColour && { "background-color": style.backColour }) };
    parts.push(classes.length || Object.keys(colours).length ? h(["span", ...classes].join("."), { style: colours }, mark(part)) : mark(part));
  }
}

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function apply(before, codes) {
  const style = { ...before };
  const numbers = codes === "" ? [0] : codes.split(";").map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i];
    if (code === 0) Object.keys(style).forEach(key => delete style[key]);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code >= 30 && code <= 37) [style.fore, style.foreColour] = [names[code - 30]];
    else if (code >= 90 && code <= 97) [style.fore, style.foreColour] = [`bright-${names[code - 90]}`];
    else if (code === 39) [style.fore, style.foreColour] = [];
    else if (code >= 40 && code <= 47) [style.back, style.backColour] = [names[code - 40]];
    else if (code >= 100 && code <= 107) [style.back, style.backColour] = [`bright-${names[code - 100]}`];
    else if (code === 49) [style.back, style.backColour] = [];
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(numbers.slice(i + 1));
      i += used;
      if (code === 38) [style.fore, style.foreColour] = [undefined, colour];
      else [style.back, style.backColour] = [undefined, colour];
    }
  }
  return style;
}

// 5;n of the 256 colours, or 2;r;g;b
function extended([mode, a, b, c]) {
  if (mode === 2) return [`rgb(${a} ${b} ${c})`, 4];
  if (a < 16) return [`var(--ansi-${a >= 8 ? "bright-" : ""}${names[a % 8]})`, 2];
  if (a >= 232) return [`rgb(${8 + (a - 232) * 10} ${8 + (a - 232) * 10} ${8 + (a - 232) * 10})`, 2];
  const level = n => (n ? 55 + 40 * n : 0);
  return [`rgb(${level(Math.floor((a - 16) / 36))} ${level(Math.floor((a - 16) / 6) % 6)} ${level((a - 16) % 6)})`, 2];
}
