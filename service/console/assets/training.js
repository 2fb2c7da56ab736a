// Drop a corpus, read its check, start training, watch it live, see the gate's verdict.

import { events, get, request, segment } from "./api.js";
import { learningCurves, percent, table } from "./charts.js";
import { field, h, notify, onPress, replace, select } from "./dom.js";
import { dropZone } from "./files.js";

const ENDED = new Set(["done", "refused", "rejected", "failed", "cancelled"]);
const WORDS = {
  done: "Training is done.",
  refused: "The corpus cannot be trained on.",
  rejected: "The new version is not good enough. The live one goes on.",
  failed: "Training failed. The live version goes on.",
  cancelled: "Training was cancelled. The live version goes on.",
};

export async function trainingView(place, [chosen]) {
  const [{ models }, { jobs }] = await Promise.all([get("v1/models"), get("v1/jobs")]);
  const leaving = new AbortController();
  const [watched, list] = [h("div", {}), h("div", {}, jobTable(jobs))];
  const listAgain = async () => {
    if (!leaving.signal.aborted) replace(list, jobTable((await get("v1/jobs")).jobs));
  };
  const watch = (id) => showJob(watched, id, leaving.signal).then(listAgain).catch((error) => notify(error.message));
  replace(place, h("h1", {}, "Training"), wishForm(models, watch), watched, list);
  const first = chosen ?? jobs.find((job) => job.kind === "train" && !ENDED.has(job.state))?.id;
  if (first) watch(first);
  return () => leaving.abort();
}

function wishForm(models, watch) {
  const name = h("input", { list: "model-names", autocomplete: "off", required: true, value: models[0]?.name ?? "" });
  const names = h("datalist", { id: "model-names" }, ...models.map((model) => h("option", { value: model.name })));
  const init = select([["", "what suits the corpus"], ["scratch", "random vectors"], ["base-en", "the English base"], ["base-zh", "the Chinese base"], ["live", "the live version"]], "");
  const promote = select([["if-better", "if it is not worse"], ["never", "never"], ["always", "always"]], "if-better");
  const data = select([["union", "kept rows and these"], ["replace", "these rows alone"]], "union");
  const contradictions = select([["", "refuse the file if there are many"], ["drop", "leave them out"], ["majority", "keep the label of the majority"]], "");
  const unlabelled = select([["", "refuse the file"], ["true", "leave them out"]], "");
  const feedback = h("input", { type: "checkbox" });
  const chosen = h("ul", { "aria-live": "polite" });
  let files = [];
  const zone = dropZone("Drop labelled texts here, or choose a file: CSV, TSV, JSON Lines, Parquet, label TAB text.", (given) => {
    files = [...files, ...given];
    replace(chosen, ...files.map((file) => h("li", {}, `${file.name}, ${Math.ceil(file.size / 1000).toLocaleString("en")} kB`)));
  });
  const start = onPress(h("button", { type: "button", class: "primary" }, "Check and train"), async () => {
    if (!files.length) throw new Error("Choose a file with labelled texts first.");
    if (!name.value.trim()) throw new Error("Give the model a name.");
    const form = new FormData();
    for (const [key, control] of Object.entries({ init, promote, data, contradictions, skip_unlabelled: unlabelled })) if (control.value) form.append(key, control.value);
    if (feedback.checked) form.append("feedback", "true");
    for (const file of files) form.append("corpus", file, file.name);
    const answer = await request(`v1/models/${segment(name.value.trim())}/train`, { method: "POST", body: form });
    const job = await answer.json();
    notify("The corpus is stored, and training is queued.");
    files = [];
    replace(chosen);
    watch(job.id);
  });
  return h(
    "section",
    { class: "card", "aria-label": "New training" },
    zone,
    chosen,
    h("div", { class: "row" }, field("Model (a new name makes a new model)", name), names, field("Start from", init), field("Go live", promote), field("Train on", data), field("Texts under several labels", contradictions), field("Rows without a label", unlabelled), field("Use corrections too", feedback)),
    h("div", { class: "row" }, start),
  );
}

async function showJob(place, id, signal) {
  const state = h("p", { class: "verdict", "data-testid": "job-state", role: "status" }, "queued");
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress of the training" });
  const pace = h("p", { class: "hint" });
  const notes = h("ul", {});
  const curves = h("div", {});
  const verdict = h("div", { "data-testid": "gate" });
  const cancel = onPress(h("button", { type: "button" }, "Cancel"), () => request(`v1/jobs/${segment(id)}`, { method: "DELETE" }));
  replace(place, h("section", { class: "card", "aria-label": "Job" }, h("h2", {}, `Job ${id}`), state, bar, pace, curves, verdict, h("h3", {}, "Notes"), notes, h("div", { class: "row" }, cancel)));
  const history = [];
  const take = (event, data) => {
    if (event === "note") notes.append(h("li", {}, data.text));
    if (event === "epoch") {
      history.push(data);
      replace(curves, learningCurves(history));
    }
    if (event === "step" || event === "epoch") {
      const done = event === "epoch" ? data.epoch : data.epoch - 1 + data.step / data.steps;
      bar.value = data.epochs ? done / data.epochs : 0;
      pace.textContent = paceOf(data);
    }
    if (event === "state") state.textContent = data.state;
    return event === "state" && ENDED.has(data.state);
  };
  try {
    await events(`v1/jobs/${segment(id)}/events`, take, signal);
    const job = await get(`v1/jobs/${segment(id)}`);
    cancel.remove();
    bar.value = 1;
    pace.textContent = WORDS[job.state] ?? "";
    replace(verdict, ...verdictOf(job));
  } catch (error) {
    if (error.name !== "AbortError") replace(verdict, h("p", { class: "error", role: "alert" }, error.message));
  }
}

function paceOf({ epoch, epochs, loss, texts_per_second: speed, seconds_left: left }) {
  const parts = [`epoch ${epoch} of ${epochs}`];
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(3)}`);
  if (speed) parts.push(`${Math.round(speed).toLocaleString("en")} texts/s`);
  if (left) parts.push(`${Math.ceil(left)} s left`);
  return parts.join(", ");
}

function verdictOf(job) {
  if (job.error) return [h("p", { class: "error" }, job.error)];
  const decision = job.report?.decision;
  const files = (job.report?.report ?? []).flatMap(checkOf);
  const trained = [...(job.report?.warnings ?? []).map((words) => h("p", { class: "error" }, `Warning: ${words}`)), ...baselinesOf(job.report?.baselines)];
  const check = files.length ? [h("h3", {}, "Check of the corpus"), h("ul", {}, ...files)] : [];
  if (!decision) return check;
  const goes = decision.promote ? "goes live" : "does not go live";
  return [
    h("h3", {}, `Verdict: ${decision.verdict}; the new version ${goes}`),
    ...trained,
    ...decision.reasons.map((reason) => h("p", { class: "error" }, reason)),
    ...decision.parts.map(partTable),
    ...(decision.notes.length ? [h("ul", {}, ...decision.notes.map((note) => h("li", {}, note)))] : []),
    ...check,
  ];
}

function baselinesOf(baselines) {
  if (!baselines) return [];
  const { constant, linear } = baselines;
  const figures = [
    ["the new version", percent(baselines.model)],
    [`always ${constant.labels.join(", ")}`, percent(constant.value)],
    ...(linear ? [["a linear model (TF-IDF)", linear.failure ?? percent(linear.value)]] : []),
  ];
  const measure = baselines.measure === "micro_f1" ? "micro-F1" : "accuracy";
  const head = h("tr", {}, h("th", { scope: "col" }, "answers"), h("th", { scope: "col", class: "number" }, measure));
  const rows = figures.map(([name, figure]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, figure)));
  return [table(`Beside answers that it has to beat, on ${baselines.rows} test rows`, head, rows)];
}

function checkOf({ file, rows, labels, findings, reading, warnings = [] }) {
  const read = reading ? [`${file}: ${reading}`, ...warnings.map((words) => `${file}: warning: ${words}`)] : [];
  const first = `${file}: ${rows.toLocaleString("en")} rows, ${Object.keys(labels).length} labels${findings.length ? "" : ", nothing to find fault with"}`;
  return [...read, first, ...findings.map((each) => `${file}: ${each.severity}: ${each.message}`)].map((words) => h("li", {}, words));
}

function partTable(part) {
  const numbers = (old, fresh) => [h("td", { class: "number" }, percent(old)), h("td", { class: "number" }, percent(fresh))];
  const head = h("tr", {}, ...["figure", "live version", "new version"].map((words, index) => h("th", { scope: "col", class: index ? "number" : null }, words)));
  const rows = [
    h("tr", {}, h("th", { scope: "row" }, "macro-F1"), ...numbers(part.old_macro_f1, part.new_macro_f1)),
    h("tr", {}, h("th", { scope: "row" }, "calibration error"), ...numbers(part.old_ece, part.new_ece)),
    ...Object.entries(part.labels).map(([label, each]) => h("tr", {}, h("th", { scope: "row" }, `recall of ${label}`), ...numbers(each.old_recall, each.new_recall))),
  ];
  return table(`Compared on ${part.rows} ${part.part} rows that neither version was trained on`, head, rows);
}

function jobTable(jobs) {
  if (!jobs.length) return h("p", { class: "hint" }, "No job yet.");
  const head = h("tr", {}, ...["job", "model", "kind", "state", "created"].map((words) => h("th", { scope: "col" }, words)));
  const rows = jobs.map((job) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: `#training/${segment(job.id)}` }, job.id.slice(0, 8))),
      h("td", {}, job.model ?? ""),
      h("td", {}, job.kind),
      h("td", {}, job.state),
      h("td", {}, new Date(job.created_at).toLocaleString()),
    ),
  );
  return h("section", { class: "card", "aria-label": "Jobs" }, table("Jobs, the newest first", head, rows));
}
