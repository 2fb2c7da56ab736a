// Small charts as SVG, each with a sentence or a table that says the same.

import { h, svg } from "./dom.js";

const WIDTH = 420;
const HEIGHT = 220;
const LEFT = 56;
const BOTTOM = 28;

export function percent(value, digits = 1) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)} %`;
}

export function scoreBars(scores) {
  const rows = Object.entries(scores).sort((a, b) => b[1] - a[1]);
  return h(
    "ul",
    { class: "bars", "aria-label": "Scores" },
    ...rows.map(([label, score]) => {
      const bar = h("div");
      bar.style.width = `${100 * score}%`;
      return h(
        "li",
        {},
        h("span", {}, label),
        h("div", { class: "track", "aria-hidden": "true" }, bar),
        h("span", { class: "number" }, percent(score)),
      );
    }),
  );
}

// Series of [name, class, [[x, y], ...]] in one frame.
export function lines(title, series, { xLabel, low, high } = {}) {
  const points = series.flatMap(([, , values]) => values).filter(([, y]) => Number.isFinite(y));
  if (!points.length) return h("p", { class: "hint" }, "Nothing to draw yet.");
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const range = [Math.min(...xs), Math.max(...xs), low ?? Math.min(...ys), high ?? Math.max(...ys)];
  const [x0, x1, y0, y1] = range;
  const across = (x) => LEFT + ((x - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - 12);
  const up = (y) => HEIGHT - BOTTOM - ((y - y0) / (y1 - y0 || 1)) * (HEIGHT - BOTTOM - 24);
  const frame = `M${LEFT} 16V${HEIGHT - BOTTOM}H${WIDTH - 8}`;
  const drawn = series.flatMap(([, kind, values]) => {
    const places = values.filter(([, y]) => Number.isFinite(y)).map(([x, y]) => [across(x), up(y)]);
    const path = svg("polyline", { class: kind, points: places.map((place) => place.join(",")).join(" ") });
    const single = places.length === 1 ? [svg("circle", { class: "dot", cx: places[0][0], cy: places[0][1], r: 3 })] : [];
    return [path, ...single];
  });
  return h(
    "figure",
    {},
    svg(
      "svg",
      { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
      svg("path", { class: "axis", d: frame }),
      svg("text", { x: LEFT - 6, y: 20, "text-anchor": "end" }, short(y1)),
      svg("text", { x: LEFT - 6, y: HEIGHT - BOTTOM, "text-anchor": "end" }, short(y0)),
      svg("text", { x: LEFT, y: HEIGHT - 8 }, short(x0)),
      svg("text", { x: WIDTH - 12, y: HEIGHT - 8, "text-anchor": "end" }, `${short(x1)} ${xLabel ?? ""}`),
      ...drawn,
    ),
    h("figcaption", { class: "caption" }, title),
  );
}

export function learningCurves(history) {
  const along = (key) => history.map((epoch) => [epoch.epoch, epoch[key]]);
  const last = history.at(-1);
  return h(
    "div",
    { class: "columns" },
    lines(
      `Loss over epochs: training (solid) and validation (dashed), ${short(last.loss)} and ${short(last.validation_loss)} at the end`,
      [
        ["training", "first", along("loss")],
        ["validation", "second", along("validation_loss")],
      ],
      { xLabel: "epochs" },
    ),
    lines(
      `Validation score over epochs, ${short(last.validation_score)} at the end`,
      [["score", "second", along("validation_score")]],
      { xLabel: "epochs" },
    ),
  );
}

export function reliability(calibration) {
  const bins = calibration.bins.filter((bin) => bin.count);
  return lines(
    `How often the model is right (dashed) at each score, beside perfect calibration (solid); expected error ${percent(calibration.ece)}`,
    [
      ["perfect", "first", [[0, 0], [1, 1]]],
      ["model", "second", bins.map((bin) => [bin.score, bin.right])],
    ],
    { low: 0, high: 1, xLabel: "score" },
  );
}

// The commonest mistakes alone where a matrix would be a wall.
const MATRIX_LABELS = 25;
const MISTAKES = 20;

export function confusion({ labels, truth, given, texts }) {
  if (labels.length > MATRIX_LABELS) return mistakes({ labels, truth, given, texts });
  const matrix = labels.map(() => labels.map(() => 0));
  texts.forEach((count, pair) => (matrix[truth[pair]][given[pair]] = count));
  const head = h("tr", {}, h("th", { scope: "col" }, "true label"), ...labels.map((label) => h("th", { scope: "col", class: "number" }, label)));
  const rows = matrix.map((row, index) =>
    h("tr", {}, h("th", { scope: "row" }, labels[index]), ...row.map((count) => h("td", { class: "number" }, String(count)))),
  );
  return table("Test rows by true label (rows) and given label (columns)", head, rows);
}

function mistakes({ labels, truth, given, texts }) {
  const pairs = texts.map((_, pair) => pair).filter((pair) => truth[pair] !== given[pair]);
  const head = h("tr", {}, ...["true label", "given label", "texts"].map((words, index) => h("th", { scope: "col", class: index === 2 ? "number" : null }, words)));
  const rows = pairs.slice(0, MISTAKES).map((pair) =>
    h("tr", {}, h("th", { scope: "row" }, labels[truth[pair]]), h("td", {}, labels[given[pair]]), h("td", { class: "number" }, String(texts[pair]))),
  );
  return table("The commonest mistakes on the test part", head, rows);
}

export function table(caption, head, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {}, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, ...rows)),
  );
}

function short(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 0.001 ? Number(value).toExponential(1) : Number(value).toPrecision(3);
}
