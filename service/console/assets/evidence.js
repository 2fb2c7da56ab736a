// A text with what decided: each character's share of the n-grams that cover it, drawn in three strengths.

import { h } from "./dom.js";
import { table } from "./charts.js";

const LEVELS = 3;
const FAINT = 0.08;

export function highlighted(text, evidence) {
  const letters = Array.from(text); // offsets are code points
  const shares = new Float64Array(letters.length);
  for (const { start, end, contribution } of evidence.items) {
    for (let place = start; place < end; place++) shares[place] += contribution / (end - start);
  }
  const strongest = Math.max(...shares.map(Math.abs), 0);
  const level = (share) => {
    const part = strongest ? Math.abs(share) / strongest : 0;
    return part < FAINT ? 0 : Math.sign(share) * Math.min(LEVELS, 1 + Math.floor(part * LEVELS));
  };
  const pieces = [];
  for (let place = 0; place < letters.length; place++) {
    const strength = level(shares[place]);
    const last = pieces.at(-1);
    if (last && last.strength === strength) last.text += letters[place];
    else pieces.push({ text: letters[place], strength });
  }
  return h("p", { class: "evidence", "data-testid": "evidence" }, ...pieces.map(drawn));
}

export function strongestTable(evidence) {
  const head = h("tr", {}, h("th", { scope: "col" }, "n-gram"), h("th", { scope: "col", class: "number" }, "adds to the logit"));
  const rows = evidence.items.map((item) => row(item.text, item.contribution));
  rows.push(row("all weaker n-grams", evidence.rest), row("bias", evidence.bias), row("logit, the sum of all", evidence.logit));
  return table(`What speaks for “${evidence.label}” (above 0) and against it (below 0), exactly`, head, rows);
}

function drawn({ text, strength }) {
  if (!strength) return text;
  const kind = strength > 0 ? "for" : "against";
  return h("mark", { class: `${kind} level-${Math.abs(strength)}`, title: strength > 0 ? "speaks for the label" : "speaks against the label" }, text);
}

function row(text, value) {
  const sign = value >= 0 ? "+" : "−";
  return h("tr", {}, h("td", {}, text), h("td", { class: "number" }, `${sign}${Math.abs(value).toFixed(3)}`));
}
