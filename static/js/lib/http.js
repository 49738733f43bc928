// Asking our own server. Never throws: every answer has status (0 without one), data and a sentence in data.message.

const NO_ANSWER = "there is no connection to Firsthand.";

export async function postJson(url, values, { signal } = {}) {
  return ask(url, { method: "POST", body: JSON.stringify(values), headers: { "Content-Type": "application/json" }, signal });
}

export async function postFile(url, file) {
  const body = new FormData();
  body.append("file", file);
  return ask(url, { method: "POST", body });
}

export async function getJson(url, { signal } = {}) {
  return ask(url, { signal });
}

// A page, or a part of one: `page` is its document, none where there was no answer; `path` is where it came from in the end.
export async function getPage(url, { signal } = {}) {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin", signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return { ok: response.ok, status: response.status, path: new URL(response.url).pathname, page };
  } catch (error) {
    return { ok: false, status: 0, cancelled: error.name === "AbortError", page: null };
  }
}

async function ask(url, options) {
  const headers = { Accept: "application/json", ...options.headers };
  try {
    const response = await fetch(url, { ...options, headers, credentials: "same-origin", redirect: "follow" });
    return await answer(response);
  } catch (error) {
    if (error.name === "AbortError") return { ok: false, status: 0, cancelled: true, data: {} };
    return { ok: false, status: 0, data: { message: NO_ANSWER } };
  }
}

async function answer(response) {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const data = await response.json().catch(() => null);
  if (data) return { ok: response.ok, status: response.status, retryAfter, data };
  const message = `the server answered with something unexpected (${response.status}).`;
  return { ok: false, status: response.ok ? 502 : response.status, retryAfter, data: { message } };
}
