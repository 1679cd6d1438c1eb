(() => {
"use strict";
const $ = (id) => document.getElementById(id);
const { state, events, arrival, first } = document.body.dataset;

/** What single keys do, where there is a player. */
const shortcuts = {};

/** For those who hear the page. */
const say = (text) => ($("said").textContent = text);

// The server writes times in the reader's zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
if (zone) document.cookie = `tz=${zone};path=/;max-age=31536000;samesite=lax`;

// Menus close by Esc and by a click elsewhere.
addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

// "Print all" asked for it.
if (document.body.dataset.print) addEventListener("load", () => print());

// Copy, show.
addEventListener("click", async ({ target }) => {
  const copy = target.closest?.("[data-copy]");
  if (!copy) return;
  const shown = copy.innerHTML;
  try {
    await navigator.clipboard.writeText(copy.dataset.copy);
    copy.textContent = "Copied";
    say("Copied");
  } catch {
    copy.textContent = "Could not copy";
  }
  setTimeout(() => (copy.innerHTML = shown), 2000);
});
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    const field = $(button.dataset.show);
    const isHidden = field.type === "password";
    field.type = isHidden ? "text" : "password";
    button.setAttribute("aria-pressed", String(isHidden));
  });
}

// What changes by itself.
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const fetchPage = async (url = location.href) => {
  const response = await fetch(url, { cache: "no-store" });
  const holder = document.createElement("template");
  holder.innerHTML = await response.text();
  return holder.content;
};
let refreshing = false;
async function refresh() {
  if (refreshing) return;
  refreshing = true;
  await pause(500);
  refreshing = false;
  const fresh = await fetchPage().catch(() => null);
  if (!fresh) return;
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
    if (next && next.innerHTML !== old.innerHTML) old.replaceWith(next);
  }
}
const live = $("live");
const pauseLive = $("pause-live");
const jumpLive = $("jump-live");
const isPaused = () => pauseLive?.getAttribute("aria-pressed") === "true";
const isAtEnd = () => live.scrollHeight - live.scrollTop - live.clientHeight < 48;
if (live) {
  pauseLive.addEventListener("click", () => {
    pauseLive.setAttribute("aria-pressed", String(!isPaused()));
    if (!isPaused()) location.reload();
  });
  jumpLive.addEventListener("click", () => (live.scrollTop = live.scrollHeight));
  live.addEventListener("scroll", () => (jumpLive.hidden = isAtEnd()));
}
// A turn ends with its speaker; what may yet change is not read out.
function addLive({ is_final: isFinal, channel, speaker, start, text }) {
  const wasAtEnd = isAtEnd();
  let interim = live.querySelector(`.interim[data-c="${channel}"]`);
  if (!isFinal) {
    interim ??= Object.assign(document.createElement("p"), { className: "interim", dir: "auto" });
    interim.dataset.c = channel;
    interim.ariaHidden = "true";
    interim.textContent = text;
    live.append(interim);
  } else {
    interim?.remove();
    const speakerKey = `${channel}:${speaker ?? ""}`;
    let turn = [...live.querySelectorAll("section")].at(-1);
    if (turn?.dataset.v !== speakerKey) {
      turn = document.createElement("section");
      turn.dataset.v = speakerKey;
      const name = [channel > 0 && `Channel ${channel}`, speaker != null && `Speaker ${speaker}`];
      const colour = (channel * 3 + (speaker ?? 0)) % 8;
      const heading = document.createElement("h3");
      const who = Object.assign(document.createElement("span"), { className: `speaker v${colour}` });
      who.append($("markers").content.children[colour].cloneNode(true), name.filter(Boolean).join(", "));
      const clock = Object.assign(document.createElement("span"), { className: "dim" });
      clock.textContent = clockOf(start ?? 0);
      heading.append(...(name.some(Boolean) ? [who, " "] : []), clock);
      turn.append(heading, Object.assign(document.createElement("p"), { dir: "auto" }));
      live.append(turn);
    }
    turn.lastChild.textContent = `${turn.lastChild.textContent} ${text}`.trim();
  }
  if (wasAtEnd) live.scrollTop = live.scrollHeight;
}
function clockOf(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
if (events) {
  const source = new EventSource(events);
  source.addEventListener("state", ({ data }) => {
    const now = JSON.parse(data);
    if ((now.state !== state || now.successor) && !isPaused()) location.reload();
  });
  source.addEventListener("follow-up", refresh);
  source.addEventListener("segment", ({ data }) => live && !isPaused() && addLive(JSON.parse(data)));
}
async function awaitArrival() {
  for (;;) {
    const response = await fetch(`${arrival}?wait=5`, { cache: "no-store" }).catch(() => null);
    if (response?.ok) return location.reload();
    await pause(response?.status === 404 ? 1000 : 15000);
  }
}
if (arrival) awaitArrival();

// The page of an action as a dialog.
addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const main = (await fetchPage(link.href).catch(() => null))?.querySelector("main > *");
  if (!main) return location.assign(link.href);
  const menu = link.closest(".menu");
  if (menu) menu.open = false;
  const dialog = document.createElement("dialog");
  dialog.append(main);
  const heading = document.createElement("h2");
  heading.id = "dialog-title";
  heading.append(...main.querySelector("h1").childNodes);
  main.querySelector("h1").replaceWith(heading);
  dialog.setAttribute("aria-labelledby", "dialog-title");
  document.body.append(dialog);
  dialog.addEventListener("click", (inside) => {
    if (!inside.target.closest("[data-cancel]")) return;
    inside.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    (menu?.querySelector("summary") ?? link).focus();
  });
  dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("a, button, input"))?.focus();
});

// New rows of the list, while nothing is selected, focused or scrolled to.
const updates = $("updates");
if (updates?.dataset.on) {
  const pauseButton = $("pause-updates");
  const newButton = $("new-rows");
  let fresh;
  const idsOf = (root) =>
    [...(root.querySelectorAll("[data-refresh=rows] .title") ?? [])].map((link) => link.href);
  const apply = () => {
    for (const old of document.querySelectorAll("[data-refresh]")) {
      const next = fresh?.querySelector(`[data-refresh="${old.dataset.refresh}"]`);
      if (next && next.innerHTML !== old.innerHTML) old.replaceWith(next);
    }
    newButton.hidden = true;
    showSelected();
  };
  const isBusy = () =>
    document.querySelector(".rows :checked") ||
    document.querySelector(".rows :focus") ||
    scrollY > 0;
  pauseButton.hidden = false;
  pauseButton.addEventListener("click", () => {
    const isPaused = pauseButton.getAttribute("aria-pressed") === "true";
    pauseButton.setAttribute("aria-pressed", String(!isPaused));
  });
  newButton.addEventListener("click", () => {
    scrollTo(0, 0);
    apply();
  });
  setInterval(async () => {
    if (document.hidden || pauseButton.getAttribute("aria-pressed") === "true") return;
    const next = await fetchPage().catch(() => null);
    if (!next?.querySelector("[data-refresh]")) return;
    fresh = next;
    const known = new Set(idsOf(document));
    const count = idsOf(fresh).filter((id) => !known.has(id)).length;
    if (!isBusy()) {
      apply();
      if (count > 0) say(`${count} new transcript${count === 1 ? "" : "s"}`);
    } else if (count > 0) {
      newButton.textContent = `${count} new transcript${count === 1 ? "" : "s"}`;
      newButton.hidden = false;
      say(newButton.textContent);
    }
  }, 10000);
}

// What is selected.
function showSelected() {
  for (const bar of document.querySelectorAll(".selection")) {
    const count = bar.closest("form").querySelectorAll(".rows :checked").length;
    bar.hidden = count === 0;
    const said = bar.querySelector("[role=status]");
    if (said) said.textContent = count === 0 ? "" : `${count} selected`;
  }
}
addEventListener("change", ({ target }) => target.closest?.(".rows") && showSelected());
showSelected();

// The first transcript opens by itself.
async function awaitFirst() {
  for (;;) {
    await pause(3000);
    const response = await fetch("/v1/transcripts?limit=1").catch(() => null);
    const { transcripts = [] } = response?.ok ? await response.json() : {};
    if (transcripts[0]) return location.assign(`/transcripts/${transcripts[0].request_id}`);
  }
}
if (first) awaitFirst();

// The turns of a transcript.
const parts = $("parts");
const turns = () => parts.getElementsByClassName("turn");
const lastStart = () => Number([...turns()].at(-1)?.dataset.s ?? Infinity);
let loading;
function loadPart() {
  const link = parts.querySelector("[data-part]");
  if (!link) return Promise.resolve(false);
  loading ??= (async () => {
    try {
      const response = await fetch(link.dataset.part);
      if (!response.ok) return false;
      const holder = document.createElement("template");
      holder.innerHTML = await response.text();
      link.closest(".more").replaceWith(holder.content);
      settle();
      return true;
    } catch {
      return false;
    } finally {
      loading = undefined;
    }
  })();
  return loading;
}
const nearEnd = new IntersectionObserver(
  (entries) => entries.some((entry) => entry.isIntersecting) && loadPart(),
  { rootMargin: "1500px" },
);
/** What new turns need: one stop of the Tab key for all, and their end watched. */
function settle() {
  nearEnd.disconnect();
  const link = parts.querySelector("[data-part]");
  if (link) nearEnd.observe(link);
  for (const inner of parts.querySelectorAll(".turn h3 a:not([tabindex])")) inner.tabIndex = -1;
  if (!current?.isConnected) makeCurrent(turns()[0]);
}
let current;
function makeCurrent(turn, isFocused = false) {
  if (!turn) return;
  if (current && current !== turn) {
    current.tabIndex = -1;
    for (const control of current.querySelectorAll("h3 :is(a, button)")) control.tabIndex = -1;
    current.querySelector(".copy")?.remove();
  }
  current = turn;
  turn.tabIndex = 0;
  const heading = turn.querySelector("h3");
  if (!heading.querySelector(".copy")) heading.append(copyButton(turn));
  for (const control of heading.querySelectorAll("a, button")) control.tabIndex = 0;
  if (isFocused) {
    turn.focus({ preventScroll: true });
    turn.scrollIntoView({ block: "nearest" });
  }
}
function copyButton(turn) {
  const clock = clockOf(Number(turn.dataset.s));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet copy";
  button.dataset.copy = `${location.origin}${location.pathname}#t=${turn.dataset.s}`;
  button.setAttribute("aria-label", `Copy link to ${clock}`);
  button.title = `Copy link to ${clock}`;
  button.textContent = "⧉";
  return button;
}
async function loadUntil(seconds) {
  while (lastStart() <= seconds && (await loadPart()));
}
function turnAt(seconds, channel) {
  let found;
  for (const turn of turns()) {
    if (Number(turn.dataset.s) > seconds + 0.001) break;
    if (channel === undefined || Number(turn.dataset.c) === channel) found = turn;
  }
  return found ?? turns()[0];
}
function show(turn) {
  parts.querySelector(".at")?.classList.remove("at");
  if (!turn) return;
  turn.classList.add("at");
  makeCurrent(turn);
  // What comes into view gets its height only then: until it stands still.
  let tries = 5;
  const centre = () => {
    turn.scrollIntoView({ block: "center" });
    if (--tries > 0) requestAnimationFrame(centre);
  };
  centre();
}
async function followHash() {
  if (location.hash === "#here") return show($("here"));
  const [, seconds] = /^#t=([\d.]+)$/.exec(decodeURIComponent(location.hash)) ?? [];
  if (seconds === undefined) return;
  await loadUntil(Number(seconds));
  const exact = document.getElementById(`t=${seconds}`)?.closest(".turn");
  show(exact ?? turnAt(Number(seconds)));
}
if (parts) {
  settle();
  addEventListener("hashchange", followHash);
  followHash();
  parts.addEventListener("focusin", ({ target }) => {
    const turn = target.closest(".turn");
    if (turn && turn !== current) makeCurrent(turn);
  });
  parts.addEventListener("pointerover", ({ target }) => {
    const turn = target.closest(".turn");
    if (turn && turn !== current && !parts.contains(document.activeElement)) makeCurrent(turn);
  });
  parts.addEventListener("keydown", (event) => {
    if (event.target !== current) return;
    const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (next) {
      event.preventDefault();
      const turn = current[next];
      if (turn?.classList.contains("turn")) makeCurrent(turn, true);
    }
    if (event.key === "Enter") playAt(Number(current.dataset.s));
  });
  // A speaker is named where it stands.
  const names = $("names");
  if (names) {
    parts.addEventListener("click", ({ target }) => {
      const speaker = target.closest(".speaker");
      if (speaker && !target.closest("form")) rename(speaker);
    });
    for (const speaker of parts.querySelectorAll(".speaker")) speaker.style.cursor = "pointer";
  }
  function rename(speaker) {
    const turn = speaker.closest(".turn");
    if (turn.querySelector(".rename")) return;
    const name = speaker.textContent;
    const form = document.createElement("form");
    form.method = "post";
    form.action = names.action;
    form.className = "rename";
    const field = document.createElement("input");
    field.name = `name.${speaker.dataset.v}`;
    field.value = $(`speaker-${speaker.dataset.v}`)?.value ?? name;
    field.maxLength = 80;
    field.setAttribute("aria-label", `Name of ${name} in this transcript`);
    const save = Object.assign(document.createElement("button"), { className: "primary", textContent: "Save" });
    const cancel = Object.assign(document.createElement("button"), { type: "button", textContent: "Cancel" });
    cancel.addEventListener("click", () => form.remove());
    form.append(names.querySelector("[name=code]").cloneNode(), field, save, cancel);
    form.addEventListener("keydown", ({ key }) => key === "Escape" && form.remove());
    turn.querySelector("h3").after(form);
    field.focus();
    field.select();
  }
}

// Find.
const find = $("find");
let hits = [];
let hitAt = -1;
/** A text as the search compares it, with the place of each character in the original. */
function folded(text) {
  let plain = "";
  const places = [];
  for (let at = 0; at < text.length; at++) {
    const characters = text[at].normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    if (/['’]/.test(text[at])) continue;
    if (/[,.\s-]/.test(text[at]) && /\d/.test(text[at - 1] ?? "") && /\d/.test(text[at + 1] ?? "")) continue;
    for (const character of /[\p{L}\p{N}]/u.test(characters) ? characters : " ") {
      if (character === " " && plain.endsWith(" ")) continue;
      plain += character;
      places.push(at);
    }
  }
  return { plain, places };
}
/** The ranges of what is sought in a turn, in their order. */
function rangesIn(turn, words) {
  const paragraph = turn.querySelector("p");
  const nodes = [];
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), at = 0; node; at += node.length, node = walker.nextNode()) {
    nodes.push({ node, at });
  }
  const placeOf = (offset) => {
    const { node, at } = nodes.findLast((each) => each.at <= offset);
    return [node, offset - at];
  };
  const { plain, places } = folded(paragraph.textContent);
  const sought = folded(words.replace(/["*]/g, "")).plain.trim();
  const ranges = [];
  for (let at = plain.indexOf(sought); sought && at >= 0; at = plain.indexOf(sought, at + sought.length)) {
    const range = new Range();
    range.setStart(...placeOf(places[at]));
    const [node, offset] = placeOf(places[at + sought.length - 1]);
    range.setEnd(node, offset + 1);
    ranges.push(range);
  }
  return ranges;
}
const mark = (name, ranges) =>
  globalThis.Highlight && CSS.highlights.set(name, new Highlight(...ranges));
async function goTo(index) {
  if (hits.length === 0) return;
  hitAt = (index + hits.length) % hits.length;
  const { start, channel } = hits[hitAt];
  $("found").textContent = `${hitAt + 1} of ${hits.length}`;
  await loadUntil(start);
  const turn = turnAt(start, channel);
  show(turn);
  if (!turn) return;
  const ranges = rangesIn(turn, $("q").value);
  // Of several in one turn, the one that comes as late among them.
  let before = 0;
  for (let at = hitAt - 1; at >= 0 && hits[at].start >= Number(turn.dataset.s); at--) {
    if (turnAt(hits[at].start, hits[at].channel) === turn) before += 1;
  }
  const own = ranges[before];
  mark("current", own ? [own] : []);
  mark("found", ranges.filter((range) => range !== own));
}
let soughtBefore = "";
async function findWords() {
  const q = $("q").value.trim();
  soughtBefore = q;
  hits = [];
  mark("current", []);
  mark("found", []);
  parts.querySelector(".at")?.classList.remove("at");
  $("found").textContent = "";
  if (q !== "") {
    $("found").textContent = "Searching…";
    try {
      const response = await fetch(`${find.dataset.search}?${new URLSearchParams({ q })}`);
      if (!response.ok) throw new Error();
      hits = (await response.json()).hits;
      $("found").textContent = hits.length === 0 ? "Not found" : "";
    } catch {
      $("found").textContent = "Search isn't available. Try again.";
    }
  }
  $("previous").disabled = $("next").disabled = hits.length === 0;
  const here = $("here");
  const from = here ? Number(here.dataset.s) : 0;
  await goTo(Math.max(hits.findIndex(({ start }) => start >= from), 0));
}
if (find) {
  find.addEventListener("submit", (event) => {
    event.preventDefault();
    if ($("q").value.trim() !== soughtBefore) findWords();
    else goTo(hitAt + 1);
  });
  $("q").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      goTo(hitAt - 1);
    }
    if (event.key === "Escape") {
      $("q").value = "";
      findWords();
    }
  });
  $("next").addEventListener("click", () => goTo(hitAt + 1));
  $("previous").addEventListener("click", () => goTo(hitAt - 1));
  if ($("q").value) findWords();
}

// Submit a file.
const submit = $("submit");
const megabytes = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`);
submit?.addEventListener("submit", (event) => {
  const [file] = $("audio-file").files;
  if (!file) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(submit));
  fields.delete("code");
  fields.delete("url");
  const request = new XMLHttpRequest();
  request.open("POST", `/upload?${fields}`);
  request.setRequestHeader("action-code", submit.dataset.code);
  request.setRequestHeader("content-type", file.type || "application/octet-stream");
  request.responseType = "json";
  const button = submit.querySelector(".primary");
  const end = (reason) => {
    $("sending").hidden = true;
    button.removeAttribute("aria-disabled");
    $("refused").textContent = reason;
    $("refused").hidden = reason === "";
  };
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  $("refused").hidden = true;
  $("sending").hidden = false;
  let quarter = 0;
  request.upload.onprogress = ({ loaded, total }) => {
    const percent = Math.floor((loaded / total) * 100);
    $("sent").value = loaded / total;
    $("submitted").textContent =
      loaded === total ? "Waiting for Deepgram's answer…" : `${percent}% of ${megabytes(total)}`;
    if (Math.floor(percent / 25) > quarter) say(`${(quarter = Math.floor(percent / 25)) * 25}%`);
  };
  $("cancel-upload").onclick = () => request.abort();
  request.onabort = () => end("Canceled.");
  request.onerror = () => end("The file could not be sent. Try again.");
  request.onload = () => {
    const { request_id: id, detail, err_msg: reason } = request.response ?? {};
    if (request.status < 300 && id) location.assign(`/transcripts/${encodeURIComponent(id)}`);
    else end(reason ? `Deepgram refused this audio: ${reason}` : (detail ?? "The file could not be sent. Try again."));
  };
  request.send(file);
});
const drop = $("drop");
drop?.addEventListener("dragover", (event) => event.preventDefault());
drop?.addEventListener("drop", (event) => {
  event.preventDefault();
  $("audio-file").files = event.dataTransfer.files;
});

// Copy.
$("copy")?.addEventListener("click", async ({ currentTarget: button }) => {
  const name = button.textContent;
  try {
    const response = await fetch(button.dataset.text);
    if (!response.ok) throw new Error();
    await navigator.clipboard.writeText(await response.text());
    button.textContent = "Copied";
  } catch {
    button.textContent = "Could not copy";
  }
  setTimeout(() => (button.textContent = name), 2000);
});

// Play, and follow along until the reader scrolls.
const audio = $("audio");
function playAt(seconds) {
  if (!audio) return;
  audio.currentTime = seconds;
  $("follow").checked = true;
  audio.play();
}
if (audio) {
  const follow = $("follow");
  const position = $("position");
  const inWords = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    return `${minutes > 0 ? `${minutes} min ` : ""}${Math.floor(seconds % 60)} s`;
  };
  const jump = (seconds) => (audio.currentTime = Math.max(0, audio.currentTime + seconds));
  const toggle = () => (audio.paused ? audio.play() : audio.pause());
  const showTime = () => {
    const { currentTime, duration } = audio;
    position.max = Number.isFinite(duration) ? duration : 1;
    position.value = currentTime;
    position.setAttribute("aria-valuetext", inWords(currentTime));
    $("clock").textContent = Number.isFinite(duration)
      ? `${clockOf(currentTime)} / ${clockOf(duration)}`
      : clockOf(currentTime);
  };
  $("play").addEventListener("click", toggle);
  $("back").addEventListener("click", () => jump(-5));
  $("forward").addEventListener("click", () => jump(5));
  position.addEventListener("input", () => (audio.currentTime = Number(position.value)));
  $("speed").addEventListener("change", ({ target }) => (audio.playbackRate = Number(target.value)));
  for (const type of ["play", "pause"]) {
    audio.addEventListener(type, () => {
      $("play").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
      $("play").firstElementChild.firstElementChild.setAttribute(
        "d",
        audio.paused ? "M5 3v10l8-5Z" : "M5.5 3v10M10.5 3v10",
      );
    });
  }
  audio.addEventListener("error", () => ($("unplayable").hidden = false));
  audio.addEventListener("loadedmetadata", showTime);
  let now;
  parts.addEventListener("click", (event) => {
    if (getSelection().toString() !== "") return;
    const word = event.target.closest("[data-t]");
    const time = event.target.closest("h3 a");
    if (word) playAt(Number(word.dataset.t));
    else if (time) playAt(Number(time.closest(".turn").dataset.s));
  });
  audio.addEventListener("timeupdate", () => {
    showTime();
    let next;
    for (const word of turnAt(audio.currentTime)?.querySelectorAll("[data-t]") ?? []) {
      if (Number(word.dataset.t) > audio.currentTime) break;
      next = word;
    }
    if (next === now) return;
    now?.classList.remove("now");
    now = next;
    now?.classList.add("now");
    if (follow.checked) now?.scrollIntoView({ block: "center" });
    if (lastStart() - audio.currentTime < 60) loadPart();
  });
  for (const type of ["wheel", "touchmove"]) {
    addEventListener(type, () => (follow.checked = false), { passive: true });
  }
  addEventListener("keydown", ({ key, target }) => {
    if (/^(Page|Home|End)/.test(key) && target === document.body) follow.checked = false;
  });
  shortcuts.play = toggle;
  shortcuts.jump = jump;
}

// Single keys, unless they are switched off.
addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.keys === "off") return;
  if (target.closest?.("input, textarea, select, dialog") || target.isContentEditable) return;
  const isControl = target.closest?.("button, a, summary");
  const act = {
    "/": () => ($("q") ?? document.querySelector(".bar [type=search]"))?.focus(),
    "?": showKeys,
    " ": isControl ? undefined : shortcuts.play,
    k: shortcuts.play,
    j: shortcuts.jump && (() => shortcuts.jump(-5)),
    l: shortcuts.jump && (() => shortcuts.jump(5)),
  }[key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
function showKeys() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.innerHTML = `<h2 id="keys-title">Keyboard shortcuts</h2><dl class="details"><dt><kbd>/</kbd></dt><dd>Find; <kbd>Enter</kbd> next, <kbd>Shift</kbd>+<kbd>Enter</kbd> previous, <kbd>Esc</kbd> clears</dd><dt><kbd>Space</kbd> <kbd>K</kbd></dt><dd>Play or pause</dd><dt><kbd>J</kbd> <kbd>L</kbd></dt><dd>Back or forward 5 seconds</dd><dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>Previous or next turn; <kbd>Enter</kbd> plays it</dd><dt><kbd>?</kbd></dt><dd>These shortcuts</dd></dl><p><label class="choice"><input type="checkbox" id="keys"> Single-key shortcuts</label></p><div class="actions"><button type="button">Close</button></div>`;
  document.body.append(dialog);
  const box = dialog.querySelector("#keys");
  box.checked = localStorage.keys !== "off";
  box.addEventListener("change", () => (localStorage.keys = box.checked ? "on" : "off"));
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  dialog.showModal();
}
for (const button of document.querySelectorAll("[data-keys]")) button.addEventListener("click", showKeys);
})();
