// Models and their versions: figures, confusion, calibration, learning curves; promote and roll back.

import { get, post, segment } from "./api.js";
import { confusion, learningCurves, percent, reliability, table } from "./charts.js";
import { h, notify, onPress, replace } from "./dom.js";

export async function modelsView(place, [chosen]) {
  const { models } = await get("v1/models");
  const name = chosen ?? models.find((model) => model.default)?.name ?? models[0].name;
  const links = models.map((model) =>
    h("a", { href: `#models/${segment(model.name)}`, "aria-current": model.name === name ? "page" : null }, model.name),
  );
  const detail = h("div", {});
  replace(place, h("h1", {}, "Models"), h("nav", { class: "card", "aria-label": "Models" }, ...links), detail);
  await showModel(detail, name);
}

async function showModel(place, name) {
  const [model, kept] = await Promise.all([
    get(`v1/models/${segment(name)}`),
    get(`v1/models/${segment(name)}/versions`).catch(() => ({ versions: [] })),
  ]);
  replace(place, facts(model), versions(kept.versions, name, () => showModel(place, name)), ...figures(model));
}

function facts(model) {
  const said = [
    ["version", model.version],
    ["labels", model.labels.join(", ")],
    ["answers", model.multi_label ? "any number of labels" : "one label"],
    ["computed by", model.engine],
    ["accuracy on its test part", percent(model.metrics?.accuracy)],
    ["macro-F1", percent(model.metrics?.macro_f1)],
  ].filter(([, value]) => value);
  const rows = said.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, value)));
  const problem = model.failure ? h("p", { class: "error" }, model.failure) : null;
  return h("section", { class: "card", "aria-label": "Facts" }, h("h2", {}, model.name), problem, h("table", {}, h("tbody", {}, ...rows)));
}

function versions(kept, name, again) {
  if (!kept.length) return h("section", { class: "card" }, h("h2", {}, "Versions"), h("p", { class: "hint" }, "This model is served from its directory; versions are kept for models of the repository."));
  const act = (words, path, done) =>
    onPress(h("button", { type: "button" }, words), async () => {
      await post(`v1/models/${segment(name)}/${path}`);
      notify(done);
      await again();
    });
  const rows = kept.map((each) => {
    const marks = [each.live ? "live" : null, each.previous ? "previous" : null].filter(Boolean);
    const action = each.live ? null : act("Promote", `versions/${segment(each.version)}/promote`, `${each.version} is live now.`);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, each.version),
      h("td", {}, ...marks.map((mark) => h("span", { class: "tag" }, mark))),
      h("td", { class: "number" }, percent(each.metrics?.accuracy)),
      h("td", { class: "number" }, percent(each.metrics?.macro_f1)),
      h("td", {}, action),
    );
  });
  const head = h("tr", {}, ...["version", "", "accuracy", "macro-F1", ""].map((words) => h("th", { scope: "col" }, words)));
  const back = kept.some((each) => each.previous) ? act("Roll back to the previous version", "rollback", "The previous version is live again.") : null;
  return h("section", { class: "card", "aria-label": "Versions" }, h("h2", {}, "Versions"), table("Versions, the newest first", head, rows), back);
}

function figures({ metrics, history }) {
  const cards = [];
  if (metrics?.confusion) cards.push(["Confusion", confusion(metrics.confusion)]);
  if (metrics?.calibration) cards.push(["Calibration", reliability(metrics.calibration)]);
  if (metrics?.per_label) cards.push(["Labels", labelTable(metrics.per_label)]);
  if (history.length) cards.push(["Learning curves", learningCurves(history)]);
  if (!metrics?.rows) cards.push(["Figures", h("p", { class: "hint" }, "It was not tested on rows of its own.")]);
  return cards.map(([title, body]) => h("section", { class: "card", "aria-label": title }, h("h2", {}, title), body));
}

function labelTable(perLabel) {
  const keys = ["precision", "recall", "f1"];
  const head = h("tr", {}, h("th", { scope: "col" }, "label"), ...keys.map((key) => h("th", { scope: "col", class: "number" }, key)));
  const rows = Object.entries(perLabel).map(([label, values]) =>
    h("tr", {}, h("th", { scope: "row" }, label), ...keys.map((key) => h("td", { class: "number" }, percent(values[key])))),
  );
  return table("Figures of each label on the test part", head, rows);
}
