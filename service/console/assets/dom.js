// Elements from plain calls: h("p", {class: "hint"}, "text"). Text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";

export function h(name, properties = {}, ...children) {
  return build(document.createElement(name), properties, children);
}

export function svg(name, properties = {}, ...children) {
  return build(document.createElementNS(SVG, name), properties, children);
}

export function replace(place, ...children) {
  place.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

// A labelled control; the label and the control are tied by an id that no other has.
let fields = 0;
export function field(label, control) {
  control.id ||= `field-${++fields}`;
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control);
}

export function select(options, chosen) {
  return h(
    "select",
    {},
    ...options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
}

export function notify(message) {
  const place = document.getElementById("notice");
  place.textContent = message;
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => (place.textContent = ""), 6000);
}

export function errorLine(error) {
  return h("p", { class: "error", role: "alert" }, error.message);
}

// Runs an action of a button: the button rests meanwhile, and an error is said.
export function onPress(button, action) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      notify(error.message);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

function build(element, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
