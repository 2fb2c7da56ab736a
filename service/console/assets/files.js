// Drop a file, watch it being labelled, download it.

import { get, request, segment } from "./api.js";
import { errorLine, field, h, notify, replace, select } from "./dom.js";

const SMALL = 2_000_000; // bytes; a larger file becomes a job, which shows how far it is
const ENDED = new Set(["done", "failed", "cancelled"]);

export async function filesView(place) {
  const { models } = await get("v1/models");
  const model = select(models.map(({ name }) => [name, name]), models.find((each) => each.default)?.name);
  const runs = h("div", { "aria-live": "polite" });
  const stopped = new AbortController();
  const take = (files) => {
    for (const file of files) {
      const card = h("section", { class: "card", "aria-label": file.name });
      runs.prepend(card);
      labelled(file, model.value, card, stopped.signal).catch((error) => {
        if (error.name !== "AbortError") replace(card, h("h2", {}, file.name), errorLine(error));
      });
    }
  };
  replace(
    place,
    h("h1", {}, "Label a file"),
    h(
      "section",
      { class: "card", "aria-label": "File" },
      h("div", { class: "row" }, field("Model", model)),
      dropZone("Drop a CSV, TSV, JSON Lines, Parquet, Arrow or text file here, or choose one.", take),
      h("p", { class: "hint" }, "Every row and column comes back, with label, score and error beside them."),
    ),
    runs,
  );
  return () => stopped.abort();
}

export function dropZone(words, take, { multiple = true } = {}) {
  const input = h("input", { type: "file", multiple });
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  const zone = h("div", { class: "drop" }, h("p", {}, words), field("File", input));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
  return zone;
}

async function labelled(file, model, card, signal) {
  replace(card, h("h2", {}, file.name), h("p", {}, "Labelling …"), h("progress", { "aria-label": `Progress of ${file.name}` }));
  const form = new FormData();
  form.append("model", model);
  form.append("file", file, file.name);
  if (file.size <= SMALL) {
    const answer = await request("v1/classify/file", { method: "POST", body: form, signal });
    const counts = [answer.headers.get("x-rows"), answer.headers.get("x-row-errors")].map(Number);
    const told = ["x-reading", "x-reading-warning"].map((name) => fromHeader(answer.headers.get(name)));
    finished(card, file, await answer.blob(), ...counts, told);
    return;
  }
  const queued = await (await request("v1/files", { method: "POST", body: form, signal })).json();
  const job = await followed(queued, file, card, signal);
  if (job.state !== "done") throw new Error(job.error || `The job ended as ${job.state}.`);
  const result = await request(`v1/jobs/${segment(job.id)}/result`, { signal });
  const { reading, warnings = [] } = job.report ?? {};
  finished(card, file, await result.blob(), job.progress.rows, job.progress.errors, [reading, warnings.join("; ")]);
}

// A header holds ASCII alone; other characters stand there by their numbers.
function fromHeader(words) {
  const number = /\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/g;
  return words?.replace(number, (_, ...digits) => String.fromCodePoint(parseInt(digits.slice(0, 3).find(Boolean), 16)));
}

async function followed(queued, file, card, signal) {
  let job = queued;
  while (!ENDED.has(job.state)) {
    const { rows = 0, rows_per_second: speed } = job.progress ?? {};
    const pace = speed ? `, ${Math.round(speed).toLocaleString("en")} rows/s` : "";
    replace(card, h("h2", {}, file.name), h("p", {}, `${job.state}: ${rows.toLocaleString("en")} rows${pace}`), h("progress", { "aria-label": `Progress of ${file.name}` }));
    await new Promise((wake) => setTimeout(wake, 500));
    signal.throwIfAborted();
    job = await get(`v1/jobs/${segment(job.id)}`);
  }
  return job;
}

function finished(card, file, blob, rows, errors, [reading, warning] = []) {
  const dot = file.name.lastIndexOf(".");
  const name = dot > 0 ? `${file.name.slice(0, dot)}.labelled${file.name.slice(dot)}` : `${file.name}.labelled`;
  const bad = errors ? `, ${errors.toLocaleString("en")} of them could not be labelled (see the column error)` : "";
  replace(
    card,
    h("h2", {}, file.name),
    h("p", {}, `${(rows ?? 0).toLocaleString("en")} rows${bad}.`),
    ...(reading ? [h("p", { class: "hint", "data-testid": "reading" }, `Read as ${reading}`)] : []),
    ...(warning ? [h("p", { class: "hint" }, `Warning: ${warning}`)] : []),
    h("a", { href: URL.createObjectURL(blob), download: name, "data-testid": "download" }, `Download ${name}`),
  );
  notify(`${file.name} is labelled.`);
}
