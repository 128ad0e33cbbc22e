// Everything works without this: forms post, and pages render. With it, answers stream into the
// page, and the keyboard reaches what is needed most.
"use strict";

const one = (what, within = document) => within.querySelector(what);
const every = (what, within = document) => [...within.querySelectorAll(what)];
const box = () => one(".ask textarea");

document.documentElement.classList.add("js");

// What the server sends is HTML of its own making, in which text is text and nothing runs.
function made(html) {
  const room = document.createElement("template");
  room.innerHTML = html;
  return room.content;
}

function say(text) {
  one("#said").textContent = text;
  if (text) setTimeout(() => say(""), 8000);
}

async function post(form, button) {
  const data = new FormData(form, button);
  // The server asks only where this window shows the whole chat: another may have gone on with it.
  if ("ask" in form.dataset && one("#turns")) {
    data.set("seen", one("[data-chat]").dataset.last);
  }
  const action = button?.getAttribute("formaction") || form.getAttribute("action");
  let answer;
  try {
    answer = await fetch(action, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { "x-part": "1" },
    });
  } catch {
    say("The server cannot be reached; nothing was sent.");
    return null;
  }
  if (answer.status === 401) {
    // The sign-in has ended; what was being asked is still there after the next one.
    if (form.matches(".ask")) sessionStorage.setItem("typed", data.get("text") || "");
    location.assign("/sign-in?next=" + encodeURIComponent(location.pathname));
    return null;
  }
  const html = await answer.text();
  return { answer, html, ok: answer.ok };
}

function refused(html) {
  say(made(html).textContent.trim() || "That did not work; reload the page.");
}

// An answer that is being written

const RECONNECTING = "Reconnecting…";
const GONE = "The answer cannot be followed any more; reload the page.";

function follow(article) {
  const events = new EventSource(article.dataset.follow);
  const [done, tail, figures] = [".done", ".tail", ".figures"].map((each) => one(each, article));
  const status = one("[role=status]", article);
  let lost = 0;
  const on = (name, use) => events.addEventListener(name, (event) => use(JSON.parse(event.data)));
  on("begin", () => {
    lost = 0;
    if (article.dataset.lost) {
      delete article.dataset.lost;
      status.textContent = "Thinking…";
    }
    done.replaceChildren();
    tail.replaceChildren();
    figures.replaceChildren();
  });
  on("doing", ({ text }) => { status.textContent = text; });
  on("text", ({ add, tail: rest }) => {
    done.append(made(add));
    tail.replaceChildren(made(rest));
  });
  on("figures", ({ html }) => figures.replaceChildren(made(html)));
  on("end", ({ html }) => {
    events.close();
    const whole = made(html).firstElementChild;
    // The pictures that are there stay, so that nothing flickers.
    const kept = new Map(every("img", figures).map((each) => [each.getAttribute("src"), each]));
    for (const img of every("img", whole)) {
      const same = kept.get(img.getAttribute("src"));
      if (same) img.closest("picture").replaceWith(same.closest("picture"));
    }
    article.replaceWith(whole);
    offer();
  });
  events.onerror = () => {
    const ended = events.readyState === EventSource.CLOSED || ++lost > 120;
    article.dataset.lost = ended ? GONE : RECONNECTING;
    status.textContent = article.dataset.lost;
    if (ended) {
      events.close();
      say(GONE);
    }
  };
}

// A run that goes on: drawn anew whenever something happened, what is unfolded stays unfolded.

function watch(place) {
  const events = new EventSource(place.dataset.watch);
  let lost = 0;
  const show = (event) => {
    lost = 0;
    const open = new Set(every("details[open]", place).map((each) => each.dataset.keep));
    const graph = one(".graph", place);
    const [left, top] = [graph?.scrollLeft || 0, graph?.scrollTop || 0];
    place.replaceChildren(made(JSON.parse(event.data).html));
    every("details", place).forEach((each) => { each.open = open.has(each.dataset.keep); });
    one(".graph", place)?.scrollTo(left, top);
  };
  events.addEventListener("run", show);
  events.addEventListener("end", (event) => {
    events.close();
    show(event);
    one("[data-over]")?.remove();
  });
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED || ++lost > 120) {
      events.close();
      say("The run cannot be watched any more; reload the page.");
    }
  };
}

function running() {
  return one("[data-follow]");
}

const room = one("#followups");

async function offer() {
  const chat = one("[data-chat]")?.dataset.chat;
  if (!room || !chat || running()) return;
  const answer = await fetch(`/chats/${chat}/followups`, { headers: { "x-part": "1" } }).catch(() => null);
  if (!answer?.ok || running()) return;
  room.replaceChildren(made(await answer.text()));
  one("#turns .turn:last-child")?.append(room);
}

// Asking

function show(html) {
  const turns = one("#turns");
  every(":scope > p", turns).forEach((each) => each.remove());
  turns.append(made(html));
  const turn = turns.lastElementChild;
  one("[data-chat]").dataset.last = every("article[id]", turn).at(-1).id.slice(2);
  room.replaceChildren();
  turn.scrollIntoView({ block: "start" });
  every("[data-follow]", turn).forEach(follow);
}

async function ask(form, button) {
  if (running()) return say(running().dataset.lost || "Wait for the answer, or stop it with Esc.");
  const typed = one("textarea", form);
  if (typed && !typed.value.trim()) return typed.focus();
  button && (button.disabled = true);
  const sent = await post(form, button);
  button && (button.disabled = false);
  if (!sent) return;
  if (sent.answer.headers.has("x-reload")) {
    sessionStorage.setItem("typed", typed?.value || button?.value || "");
    sessionStorage.setItem("told", made(sent.html).textContent.trim());
    return location.reload();
  }
  if (!sent.ok) return refused(sent.html);
  if (typed) { typed.value = ""; grow(typed); }
  if (!one("#turns")) return location.assign(sent.answer.headers.get("x-address"));
  say("");
  show(sent.html);
  box()?.focus({ preventScroll: true });
}

async function again(form, button) {
  const sent = await post(form, button);
  if (!sent) return;
  if (!sent.ok) return refused(sent.html);
  let turn = form.closest(".turn");
  while (turn) {
    const next = turn.nextElementSibling;
    turn.remove();
    turn = next;
  }
  show(sent.html);
}

async function into(form, button) {
  const place = document.getElementById(form.dataset.into);
  button.disabled = true;
  place.setAttribute("aria-busy", "true");
  const sent = await post(form, button);
  button.disabled = false;
  place.removeAttribute("aria-busy");
  if (sent) place.replaceChildren(made(sent.html));
}

async function swap(form, button) {
  const sent = await post(form, button);
  if (!sent) return;
  if (!sent.ok) return refused(sent.html);
  const fresh = made(sent.html).firstElementChild;
  form.replaceWith(fresh);
  (one("details input", fresh) || fresh).focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const told = form.dataset;
  if ("busy" in told) {
    setTimeout(() => every("button", form).forEach((each) => { each.disabled = true; }));
    return;
  }
  // A download is the browser's own business.
  if (button?.value === "csv") return;
  let way = null;
  if ("ask" in told) way = ask;
  else if ("again" in told) way = again;
  else if ("into" in told) way = into;
  else if ("swap" in told) way = swap;
  else if ("stop" in told) way = post;
  if (!way) return;
  event.preventDefault();
  way(form, button);
});

// The keyboard

function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches(".ask textarea")) grow(event.target);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.isComposing || event.keyCode === 229) return; // a word is being put together
  if (event.key === "Enter" && !event.shiftKey && event.target.matches(".ask textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit(one("button.main", event.target.form));
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const to = box() || one("input[type=search]");
    if (to) { event.preventDefault(); to.focus(); }
  } else if (event.key === "Escape") {
    const open = one(".menu[open]");
    if (open) open.open = false;
    else if (running()) one("[data-stop]")?.requestSubmit();
    say("");
  }
});

document.addEventListener("click", (event) => {
  if (event.target.matches("[data-retry]")) {
    one("[data-again]", event.target.closest(".turn"))?.requestSubmit();
  }
  every(".menu[open]").forEach((each) => { if (!each.contains(event.target)) each.open = false; });
});

if (box() && sessionStorage.getItem("typed")) {
  box().value = sessionStorage.getItem("typed");
  sessionStorage.removeItem("typed");
}
if (sessionStorage.getItem("told")) {
  say(sessionStorage.getItem("told"));
  sessionStorage.removeItem("told");
}
if (box() && !sessionStorage.getItem("warm")) {
  fetch("/warm").then(() => sessionStorage.setItem("warm", "1"), () => {});
}
every("[data-follow]").forEach(follow);
every("[data-watch]").forEach(watch);
if (one("[data-load]")) offer();
if (running()) one("[data-follow]").closest(".turn").scrollIntoView({ block: "start" });
else if (one("#turns .turn:last-child") && !location.hash) one("#turns .turn:last-child").scrollIntoView({ block: "start" });
