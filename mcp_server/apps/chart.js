// The view of a chart: takes a tool's result from the host and draws it. Loads nothing, asks nothing.
"use strict";
const frame = document.getElementById("chart");
const note = document.getElementById("note");
const waiting = new Map();
let number = 0;
let view = null;
let shown = null;

function send(message) {
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function request(method, params) {
  const id = ++number;
  send({ id, method, params });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

function tell(method, params) {
  send({ method, params: params || {} });
}

function charts(result) {
  const content = (result && result.structuredContent) || {};
  const every = content.charts || (content.vega_lite ? [content] : []);
  return every.filter((each) => each.vega_lite);
}

async function draw(result) {
  shown = result;
  const every = charts(result);
  frame.replaceChildren();
  note.textContent = every.length ? "" : "No chart in this answer.";
  for (const each of every) {
    const place = document.createElement("div");
    frame.append(place);
    const dark = document.documentElement.dataset.theme === "dark";
    try {
      // `ast`: expressions are interpreted, since a host's policy forbids evaluating text as code.
      view = await trellis.embed(place, { ...each.vega_lite, width: "container" }, {
        actions: false, ast: true, renderer: "svg", theme: dark ? "dark" : undefined,
        loader: { load: () => Promise.reject(new Error("nothing is loaded")) },
        tooltip: { theme: dark ? "dark" : "light" },
      });
    } catch (error) {
      place.textContent = "The chart could not be drawn: " + error.message;
    }
  }
  tell("ui/notifications/size-changed", {
    width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight,
  });
}

function theme(context) {
  if (context && context.theme && document.documentElement.dataset.theme !== context.theme) {
    document.documentElement.dataset.theme = context.theme;
    if (shown) draw(shown);
  }
}

window.addEventListener("message", (event) => {
  const message = event.data;
  if (event.source !== window.parent || !message || message.jsonrpc !== "2.0") return;
  if (message.method === undefined) {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (asked) message.error ? asked.reject(new Error(message.error.message)) : asked.resolve(message.result);
  } else if (message.method === "ui/notifications/tool-result") {
    draw(message.params);
  } else if (message.method === "ui/notifications/host-context-changed") {
    theme(message.params);
  } else if (message.id !== undefined) {
    // ping, and ui/resource-teardown: there is nothing to keep.
    send({ id: message.id, result: {} });
  }
});

request("ui/initialize", {
  protocolVersion: "2026-01-26",
  appInfo: { name: "trellis-chart", version: "1" },
  appCapabilities: {},
}).then((result) => {
  theme(result && result.hostContext);
  tell("ui/notifications/initialized");
});
