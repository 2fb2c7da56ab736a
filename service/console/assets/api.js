// The service as functions. The key lives in this tab's session storage; every request carries it.

const KEY = "textcnn-key";

export class ApiError extends Error {
  constructor(status, body) {
    super(body.error || `The service answered with status ${status}.`);
    this.status = status;
    this.code = body.code || "";
  }
}

export const key = {
  get: () => sessionStorage.getItem(KEY) || "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

// Told when a request is refused for want of a key.
export const refused = new EventTarget();

export async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { error: "The service cannot be reached. Is it still running?" });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) refused.dispatchEvent(new Event("refused"));
  throw new ApiError(response.status, body);
}

export async function get(path) {
  return (await request(path)).json();
}

export async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const answer = await request(path, { method: "POST", headers, body: JSON.stringify(body ?? {}), signal });
  return answer.status === 204 ? null : answer.json();
}

export const segment = encodeURIComponent;

// Server-sent events by fetch, since EventSource sends no header. Goes on after a break where it stopped.
export async function events(path, receive, signal) {
  let last = "";
  while (!signal.aborted) {
    const headers = last ? { "Last-Event-ID": last } : {};
    const response = await request(path, { headers, signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const event = parse(block);
        last = event.id || last;
        if (event.data && receive(event.name, JSON.parse(event.data))) return;
      }
    }
    await new Promise((wake) => setTimeout(wake, 1000));
  }
}

function parse(block) {
  const event = { id: "", name: "message", data: "" };
  for (const line of block.split("\n")) {
    const [field, ...rest] = line.split(":");
    const value = rest.join(":").replace(/^ /, "");
    if (field === "id") event.id = value;
    if (field === "event") event.name = value;
    if (field === "data") event.data += value;
  }
  return event;
}
