// The live page: replaces blocks that have changed, calls the control API for buttons and forms, moves the bars.
const controlPath = document.body.dataset.own;
// Looking back: no updates arrive, and nothing can be changed.
const past = "past" in document.body.dataset;
// A page that is not there: nothing is followed.
const lost = "lost" in document.body.dataset;
const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy("mockreel", { createHTML: (html) => html })
  : { createHTML: (html) => html };
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
const byId = (id) => document.getElementById(id);

// ---- live updates ---------------------------------------------------------------------------------------------------

function parsed(html) {
  // The server's own templates, which escape whatever a client sent; a template element runs nothing.
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content.firstElementChild;
}

function keepState(old, fresh) {
  for (const details of old.querySelectorAll("details[data-keep]")) {
    const same = fresh.querySelector(`details[data-keep="${CSS.escape(details.dataset.keep)}"]`);
    if (same) same.open = details.open;
  }
  for (const field of old.querySelectorAll("input[name]:not([type=hidden]), select[name]")) {
    const edited = field.tagName === "SELECT" ? document.activeElement === field : field.value !== field.defaultValue;
    const same = edited && fresh.querySelector(`[name="${CSS.escape(field.name)}"]`);
    if (same) same.value = field.value;
  }
}

function keepFocus(old, fresh) {
  const focused = document.activeElement;
  if (!focused || !old.contains(focused)) return () => {};
  const places = [...old.querySelectorAll("a, button, input, select, summary, [tabindex]")];
  const place = places.indexOf(focused);
  return () => {
    const same = focused.id
      ? byId(focused.id)
      : [...fresh.querySelectorAll("a, button, input, select, summary, [tabindex]")][place];
    if (same && !same.disabled) same.focus({ preventScroll: true });
  };
}

function applyRegion(name, change) {
  const region = document.querySelector(`[data-region="${CSS.escape(name)}"]`);
  if (!region) return;
  const current = new Map([...region.children].map((child) => [child.dataset.key, child]));
  let before = region.firstElementChild;
  for (const key of change.order) {
    let child = current.get(key);
    current.delete(key);
    const update = change.blocks[key];
    if (update && (!child || child.dataset.v !== update[0])) {
      const fresh = parsed(update[1]);
      if (child) {
        keepState(child, fresh);
        const refocus = keepFocus(child, fresh);
        if (before === child) before = fresh;
        child.replaceWith(fresh);
        refocus();
      }
      if (name !== "clock") fresh.classList.add("lit");
      child = fresh;
    }
    if (!child) continue;
    if (child === before) before = before.nextElementSibling;
    else region.insertBefore(child, before);
  }
  for (const gone of current.values()) gone.remove();
}

function apply(message) {
  for (const [name, change] of Object.entries(message.regions)) applyRegion(name, change);
  if (message.regions.clock) readClock();
  moveBars();
  drawSolids();
  if (message.news) announce(message.news);
}

let stream = null;
let reconnection = 0;

function connect() {
  window.clearTimeout(reconnection);
  if (stream || past || lost || document.hidden) return;
  const address = new URL(window.location.href);
  address.hash = "";
  address.searchParams.set("live", "");
  stream = new EventSource(address);
  stream.onopen = () => showConnection("Live", true);
  stream.onmessage = (event) => apply(JSON.parse(event.data));
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    showConnection("Not connected: the server does not answer, or too many pages are open", false);
    disconnect();
    reconnection = window.setTimeout(connect, 3000);
  };
}

function disconnect() {
  if (stream) stream.close();
  stream = null;
}

function showConnection(text, on) {
  const place = byId("connection");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("on", on);
}

let announcement = 0;

function announce(text) {
  // A screen reader gets the newest message, not all at once.
  window.clearTimeout(announcement);
  announcement = window.setTimeout(() => { byId("news").textContent = text; }, 300);
}

// ---- the clock and the bars ---------------------------------------------------------------------------------------

const clock = { now: 0, speed: 1, held: true, since: 0 };

function readClock() {
  const face = document.querySelector(".clock-face");
  clock.now = Number(face.dataset.now);
  clock.speed = Number(face.dataset.speed);
  clock.held = face.dataset.held === "yes";
  clock.since = performance.now();
}

function simulatedTime() {
  return clock.held ? clock.now : clock.now + ((performance.now() - clock.since) / 1000) * clock.speed;
}

function moveBars() {
  const now = simulatedTime();
  const face = document.querySelector(".clock-time");
  face.textContent = new Date(now * 1000).toISOString().slice(11, 19);
  for (const bar of document.querySelectorAll("svg.bar[data-running]")) moveBar(bar, now);
}

function moveBar(bar, now) {
  const begins = Number(bar.dataset.begins);
  const ends = Number(bar.dataset.ends);
  const place = Math.min(100, Math.max(0, (100 * (now - begins)) / (ends - begins)));
  const line = bar.querySelector(".now");
  line.setAttribute("x1", `${place}%`);
  line.setAttribute("x2", `${place}%`);
  for (const segment of bar.querySelectorAll(".seg")) {
    const done = (100 * (place - Number(segment.dataset.x))) / Number(segment.dataset.w);
    segment.querySelector(".done").setAttribute("width", `${Math.min(100, Math.max(0, done))}%`);
  }
}

function tick() {
  if (!clock.held && !document.hidden) moveBars();
  window.setTimeout(tick, reducedMotion.matches ? 1000 : 100);
}

// ---- calls of the control API ---------------------------------------------------------------------------------------

function showError(text) {
  const place = byId("error");
  place.textContent = text;
  place.hidden = !text;
  if (text) place.scrollIntoView({ block: "nearest" });
}

async function callControl(call, body, message) {
  if (past) return false;
  const [method, path] = call.split(" ");
  const options = { method, headers: { accept: "application/json" } };
  if (method !== "DELETE") {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  try {
    const reply = await fetch(controlPath + path, options);
    if (!reply.ok) {
      const problem = await reply.json().catch(() => ({}));
      showError(problem.detail ?? `The control API answered ${reply.status}.`);
      return false;
    }
  } catch {
    showError("The mock server does not answer. Is it still running?");
    return false;
  }
  showError("");
  if (message) announce(message);
  return true;
}

async function press(button) {
  let body = button.dataset.body ? JSON.parse(button.dataset.body) : {};
  if (button.dataset.next !== undefined) {
    body = { seconds: Math.max(0, Number(button.dataset.next) - simulatedTime()) + 0.001 };
  }
  button.setAttribute("aria-busy", "true");
  await callControl(button.dataset.do, body, button.dataset.message);
  button.removeAttribute("aria-busy");
}

const readers = { number: Number, flag: (text) => text === "true" };

function valuesOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.value === "" || field.matches(":disabled")) continue;
    const value = (readers[field.dataset.type] ?? String)(field.value);
    const [first, second] = field.name.split(".");
    if (second) (body[first] ??= {})[second] = value;
    else body[first] = value;
  }
  return body;
}

async function send(form) {
  const done = await callControl(form.dataset.send, valuesOf(form), form.dataset.done);
  if (done) {
    for (const field of form.elements) if (field.tagName === "INPUT") field.defaultValue = field.value;
  }
}

async function copy(button) {
  const source = byId(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Without a secure context there is no clipboard: the text is selected, to be copied by hand.
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    source.scrollIntoView({ block: "center" });
    announce("Selected: copy it with the keyboard");
    return;
  }
  const words = button.textContent;
  button.textContent = "Copied";
  announce("Copied");
  window.setTimeout(() => { button.textContent = words; }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do], button[data-copy]");
  if (!button || button.disabled) return;
  if (button.dataset.copy) copy(button);
  else press(button);
});

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.send) return;
  event.preventDefault();
  send(event.target);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("[data-speed-choice]")) callControl("POST clock/speed", { speed: Number(field.value) });
  else if (field.dataset.reading) {
    const body = { provider: field.dataset.provider, id: field.dataset.reading, option: field.value };
    callControl("POST readings", body, "The reading is switched");
  } else if (field.dataset.switch) showCase(field);
  else if (field.matches(".filters select, [data-go]")) field.form.requestSubmit();
});

function showCase(field) {
  for (const one of field.form.querySelectorAll(`[data-case="${CSS.escape(field.dataset.switch)}"]`)) {
    one.hidden = one.disabled = one.dataset.of !== field.value;
  }
}

// ---- solids -------------------------------------------------------------------------------------------------------

async function drawSolids() {
  const canvases = document.querySelectorAll("canvas.solid:not([data-drawing])");
  if (!canvases.length) return;
  const { rotate } = await import("./solid.js");
  for (const canvas of canvases) {
    canvas.dataset.drawing = "yes";
    rotate(canvas, reducedMotion).catch(() => { canvas.hidden = true; });
  }
}

// By scrollLeft: scrollIntoView() would make the first Tab start from there, behind the link to the content.
function showCurrent(nav) {
  const link = nav.querySelector("[aria-current]")?.getBoundingClientRect();
  if (link) nav.scrollLeft += Math.max(0, link.right - nav.getBoundingClientRect().right);
}

document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
window.addEventListener("pagehide", disconnect);
window.addEventListener("pageshow", connect);
for (const field of document.querySelectorAll("[data-switch]")) showCase(field);
showCurrent(document.querySelector(".top nav"));
readClock();
moveBars();
drawSolids();
tick();
connect();
