// Type a text and see what a model says of it, and why; beside another model or version; and correct it.

import { get, post, segment } from "./api.js";
import { scoreBars } from "./charts.js";
import { errorLine, field, h, notify, onPress, replace, select } from "./dom.js";
import { highlighted, strongestTable } from "./evidence.js";

const PAUSE = 150; // milliseconds without a key before the text is sent
const SAMPLE = "A warm and funny film, wonderfully acted, though the plot is thin.";

export async function labelView(place) {
  const [{ models }, { keeps_answers: kept }] = await Promise.all([get("v1/models"), get("v1/info")]);
  const byName = new Map(models.map((model) => [model.name, model]));
  const choices = await versionChoices(models);
  const standard = models.find((model) => model.default) ?? models[0];
  const text = h("textarea", { spellcheck: "false", "aria-describedby": "typing-hint" });
  text.value = SAMPLE;
  const first = select(choices, choiceOf(standard.name));
  const second = select([["", "nothing"], ...choices], "");
  const results = h("div", { class: "columns", "aria-live": "polite" });
  let underWay = new AbortController();

  async function show() {
    underWay.abort();
    underWay = new AbortController();
    const { signal } = underWay;
    const given = text.value;
    const asked = [first.value, second.value].filter(Boolean);
    const cards = await Promise.all(asked.map((choice) => card(given, choice, byName, signal)));
    if (!signal.aborted) replace(results, ...cards);
  }

  let timer;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
  first.addEventListener("change", show);
  second.addEventListener("change", show);
  replace(
    place,
    h("h1", {}, "Label a text"),
    h(
      "section",
      { class: "card", "aria-label": "Text" },
      field("Text", text),
      h("p", { class: "hint", id: "typing-hint" }, `It is labelled as you type, and ${kept ? "stored: this service keeps answers" : "not stored"}.`),
      h("div", { class: "row" }, field("Model", first), field("Compare with", second)),
    ),
    results,
  );
  await show();
  return () => underWay.abort();
}

// What a request names, as the value of an option: a name may have any character.
const choiceOf = (model, version) => JSON.stringify({ model, version });

// Every model in the version that answers, and its other versions that are kept: those are loaded when asked.
async function versionChoices(models) {
  const kept = await Promise.all(models.map(({ name }) =>
    get(`v1/models/${segment(name)}/versions`).catch(() => ({ versions: [] }))));
  return models.flatMap(({ name, version: live }, number) => [
    [choiceOf(name), `${name} ${live}`],
    ...kept[number].versions
      .filter(({ version }) => version !== live)
      .map(({ version }) => [choiceOf(name, version), `${name} ${version}`]),
  ]);
}

// A larger share of unknown tokens is worth a word.
const MOSTLY_UNKNOWN = 0.5;

async function card(text, choice, byName, signal) {
  let answer;
  try {
    answer = await post("v1/classify", { text, ...JSON.parse(choice), evidence: true }, signal);
  } catch (error) {
    return error.name === "AbortError" ? null : h("section", { class: "card" }, errorLine(error));
  }
  const remarks = [
    answer.truncated ? "Only the beginning of the text was read: it is longer than this service takes." : null,
    answer.unknown_share > MOSTLY_UNKNOWN ? "The model knows few of these words, so its answer says little." : null,
  ].filter(Boolean);
  return h(
    "section",
    { class: "card", "aria-label": `Answer of ${answer.model}` },
    h("p", { class: "caption" }, `${answer.model}, version ${answer.version}`),
    h("p", { class: "verdict", "data-testid": "verdict" }, answer.labels?.join(", ") || answer.label || "no label: the model is not sure enough"),
    ...remarks.map((remark) => h("p", { class: "hint" }, remark)),
    scoreBars(answer.scores),
    ...(answer.evidence ? [highlighted(text, answer.evidence), strongestTable(answer.evidence)] : []),
    correction(text, answer, byName.get(answer.model)),
  );
}

function correction(text, answer, model) {
  const right = select(model.labels.map((label) => [label, label]), answer.label);
  const send = onPress(h("button", { type: "button" }, "Save the right label"), async () => {
    await post("v1/feedback", { model: answer.model, text, label: right.value });
    notify(`Kept: “${right.value}” is the right label. The next training can use it.`);
  });
  return h("details", {}, h("summary", {}, "Is the label wrong?"), h("div", { class: "row" }, field("Right label", right), send));
}
