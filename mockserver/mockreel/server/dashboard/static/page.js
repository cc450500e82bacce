// The page as it happens: blocks that changed replace their elders, buttons ask the control API, the bars move.
const own = document.body.dataset.own;
// The run as it was: nothing comes, and nothing can be changed.
const past = "past" in document.body.dataset;
// A page that is not there: nothing is followed.
const lost = "lost" in document.body.dataset;
const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy("mockreel", { createHTML: (html) => html })
  : { createHTML: (html) => html };
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const byId = (id) => document.getElementById(id);

// ---- what changed -------------------------------------------------------------------------------------------------

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
  const held = document.activeElement;
  if (!held || !old.contains(held)) return () => {};
  const places = [...old.querySelectorAll("a, button, input, select, summary, [tabindex]")];
  const place = places.indexOf(held);
  return () => {
    const same = held.id
      ? byId(held.id)
      : [...fresh.querySelectorAll("a, button, input, select, summary, [tabindex]")][place];
    if (same && !same.disabled) same.focus({ preventScroll: true });
  };
}

function applyRegion(name, change) {
  const region = document.querySelector(`[data-region="${CSS.escape(name)}"]`);
  if (!region) return;
  const there = new Map([...region.children].map((child) => [child.dataset.key, child]));
  let before = region.firstElementChild;
  for (const key of change.order) {
    let child = there.get(key);
    there.delete(key);
    const news = change.blocks[key];
    if (news && (!child || child.dataset.v !== news[0])) {
      const fresh = parsed(news[1]);
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
  for (const gone of there.values()) gone.remove();
}

function apply(message) {
  for (const [name, change] of Object.entries(message.regions)) applyRegion(name, change);
  if (message.regions.clock) readClock();
  moveBars();
  wakeSolids();
  if (message.news) say(message.news);
}

let stream = null;
let again = 0;

function follow() {
  window.clearTimeout(again);
  if (stream || past || lost || document.hidden) return;
  const address = new URL(window.location.href);
  address.hash = "";
  address.searchParams.set("live", "");
  stream = new EventSource(address);
  stream.onopen = () => lamp("Live", true);
  stream.onmessage = (event) => apply(JSON.parse(event.data));
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    lamp("Not connected: the server does not answer, or too many pages are open", false);
    rest();
    again = window.setTimeout(follow, 3000);
  };
}

function rest() {
  if (stream) stream.close();
  stream = null;
}

function lamp(text, on) {
  const place = byId("lamp");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("on", on);
}

let saying = 0;

function say(text) {
  // A screen reader is told the newest, not everything at once.
  window.clearTimeout(saying);
  saying = window.setTimeout(() => { byId("news").textContent = text; }, 300);
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

function stageTime() {
  return clock.held ? clock.now : clock.now + ((performance.now() - clock.since) / 1000) * clock.speed;
}

function moveBars() {
  const now = stageTime();
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
  window.setTimeout(tick, calm.matches ? 1000 : 100);
}

// ---- what is asked of the control API -----------------------------------------------------------------------------

function trouble(text) {
  const place = byId("trouble");
  place.textContent = text;
  place.hidden = !text;
  if (text) place.scrollIntoView({ block: "nearest" });
}

async function ask(order, body, said) {
  if (past) return false;
  const [method, path] = order.split(" ");
  const options = { method, headers: { accept: "application/json" } };
  if (method !== "DELETE") {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  try {
    const reply = await fetch(own + path, options);
    if (!reply.ok) {
      const told = await reply.json().catch(() => ({}));
      trouble(told.detail ?? `The control API answered ${reply.status}.`);
      return false;
    }
  } catch {
    trouble("The mock server does not answer. Is it still running?");
    return false;
  }
  trouble("");
  if (said) say(said);
  return true;
}

async function press(button) {
  let body = button.dataset.body ? JSON.parse(button.dataset.body) : {};
  if (button.dataset.next !== undefined) {
    body = { seconds: Math.max(0, Number(button.dataset.next) - stageTime()) + 0.001 };
  }
  button.setAttribute("aria-busy", "true");
  await ask(button.dataset.do, body, button.dataset.said);
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
  const done = await ask(form.dataset.send, valuesOf(form), form.dataset.done);
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
    say("Selected: copy it with the keyboard");
    return;
  }
  const words = button.textContent;
  button.textContent = "Copied";
  say("Copied");
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
  if (field.matches("[data-speed-choice]")) ask("POST clock/speed", { speed: Number(field.value) });
  else if (field.dataset.reading) {
    const body = { provider: field.dataset.provider, id: field.dataset.reading, option: field.value };
    ask("POST readings", body, "The reading is switched");
  } else if (field.dataset.switch) showCase(field);
  else if (field.matches(".filters select, [data-go]")) field.form.requestSubmit();
});

function showCase(field) {
  for (const one of field.form.querySelectorAll(`[data-case="${CSS.escape(field.dataset.switch)}"]`)) {
    one.hidden = one.disabled = one.dataset.of !== field.value;
  }
}

// ---- solids -------------------------------------------------------------------------------------------------------

async function wakeSolids() {
  const canvases = document.querySelectorAll("canvas.solid:not([data-awake])");
  if (!canvases.length) return;
  const { turn } = await import("./solid.js");
  for (const canvas of canvases) {
    canvas.dataset.awake = "yes";
    turn(canvas, calm).catch(() => { canvas.hidden = true; });
  }
}

// By scrollLeft: scrollIntoView() would make the first Tab start from there, behind the link to the content.
function showCurrent(nav) {
  const link = nav.querySelector("[aria-current]")?.getBoundingClientRect();
  if (link) nav.scrollLeft += Math.max(0, link.right - nav.getBoundingClientRect().right);
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", follow);
for (const field of document.querySelectorAll("[data-switch]")) showCase(field);
showCurrent(document.querySelector(".top nav"));
readClock();
moveBars();
wakeSolids();
tick();
follow();
