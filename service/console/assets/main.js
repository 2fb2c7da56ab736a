// The shell: which view is shown, and the key.

import { key, refused } from "./api.js";
import { errorLine, h, notify, replace } from "./dom.js";
import { filesView } from "./files.js";
import { labelView } from "./label.js";
import { modelsView } from "./models.js";
import { trainingView } from "./training.js";

const VIEWS = { label: labelView, files: filesView, models: modelsView, training: trainingView };
const place = document.getElementById("view");
const dialog = document.getElementById("key-dialog");
const keyInput = document.getElementById("key");
let leave = () => {};

// A part of the address, which anybody may have written.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function show() {
  leave();
  leave = () => {};
  const [name, ...rest] = location.hash.slice(1).split("/").map(decoded);
  const current = Object.hasOwn(VIEWS, name) ? name : "label";
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.hash === `#${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  replace(place, h("p", { class: "hint" }, "Loading …"));
  try {
    leave = (await VIEWS[current](place, rest)) ?? leave;
  } catch (error) {
    replace(place, h("h1", {}, "This cannot be shown"), errorLine(error));
  }
}

function askForKey() {
  if (dialog.open) return;
  keyInput.value = "";
  dialog.showModal();
}

dialog.addEventListener("close", () => {
  if (dialog.returnValue === "forget") key.set("");
  else if (dialog.returnValue === "keep" && keyInput.value) key.set(keyInput.value.trim());
  else return;
  notify(key.get() ? "The key is kept for this tab." : "The key is forgotten.");
  show();
});
document.getElementById("key-button").addEventListener("click", askForKey);
refused.addEventListener("refused", askForKey);
window.addEventListener("hashchange", () => show().then(() => place.focus()));
show();
