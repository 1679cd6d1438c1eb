(() => {
"use strict";
const $ = (id) => document.getElementById(id);
const { state, events, arrival } = document.body.dataset;

// What changes by itself.
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const fetchPage = async () => {
  const response = await fetch(location.href, { cache: "no-store" });
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
if (events) {
  const source = new EventSource(events);
  source.addEventListener("state", ({ data }) => {
    const update = JSON.parse(data);
    if (update.state !== state || update.successor) location.reload();
  });
  source.addEventListener("follow-up", refresh);
  // Of each channel the last line may yet change.
  const changing = new Map();
  source.addEventListener("segment", ({ data }) => {
    const { is_final: isFinal, channel, text } = JSON.parse(data);
    const line = changing.get(channel) ?? document.createElement("p");
    line.textContent = text;
    line.dir = "auto";
    line.className = isFinal ? "" : "hint";
    if (!line.isConnected) $("live")?.append(line);
    if (isFinal) changing.delete(channel);
    else changing.set(channel, line);
  });
}
async function awaitArrival() {
  for (;;) {
    const response = await fetch(`${arrival}?wait=5`, { cache: "no-store" }).catch(() => null);
    if (response?.ok) return location.reload();
    await pause(response?.status === 404 ? 1000 : 15000);
  }
}
if (arrival) awaitArrival();

// Later parts.
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
      watchEnd();
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
function watchEnd() {
  nearEnd.disconnect();
  const link = parts.querySelector("[data-part]");
  if (link) nearEnd.observe(link);
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
  // What comes into view gets its height only then: until it stands still.
  let tries = 5;
  const centre = () => {
    turn.scrollIntoView({ block: "center" });
    if (--tries > 0) requestAnimationFrame(centre);
  };
  centre();
}
async function followHash() {
  const [, seconds] = /^#t=([\d.]+)$/.exec(decodeURIComponent(location.hash)) ?? [];
  if (seconds === undefined) return;
  await loadUntil(Number(seconds));
  if (!document.getElementById(`t=${seconds}`)) show(turnAt(Number(seconds)));
  else show(document.getElementById(`t=${seconds}`).closest(".turn"));
}
if (parts) {
  watchEnd();
  addEventListener("hashchange", followHash);
  followHash();
}

// Find.
const find = $("find");
let hits = [];
let current = -1;
function rangeOf(turn, words) {
  const said = turn.querySelector("p");
  const walker = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
  const at = said.textContent.toLowerCase().indexOf(words.toLowerCase());
  if (at < 0) return null;
  const range = new Range();
  let passed = 0;
  let started = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const end = passed + node.length;
    if (!started && at < end) {
      range.setStart(node, at - passed);
      started = true;
    }
    if (started && at + words.length <= end) {
      range.setEnd(node, at + words.length - passed);
      return range;
    }
    passed = end;
  }
  return null;
}
async function goTo(index) {
  if (hits.length === 0) return;
  current = (index + hits.length) % hits.length;
  const { start, channel } = hits[current];
  $("found").textContent = `${current + 1} of ${hits.length}`;
  await loadUntil(start);
  const turn = turnAt(start, channel);
  show(turn);
  const range = turn && globalThis.Highlight ? rangeOf(turn, $("q").value.trim()) : null;
  if (globalThis.Highlight) CSS.highlights.set("found", new Highlight(...(range ? [range] : [])));
}
async function findWords(event) {
  event.preventDefault();
  const q = $("q").value.trim();
  $("hits")?.remove();
  hits = [];
  $("found").textContent = "";
  if (q !== "") {
    $("found").textContent = "Looking…";
    try {
      const response = await fetch(`${find.dataset.search}?${new URLSearchParams({ q })}`);
      if (!response.ok) throw new Error();
      hits = (await response.json()).hits;
      $("found").textContent = hits.length === 0 ? "Not found" : "";
    } catch {
      $("found").textContent = "The search does not answer: try again.";
    }
  }
  $("previous").disabled = $("next").disabled = hits.length === 0;
  goTo(0);
}
if (find) {
  find.addEventListener("submit", findWords);
  $("next").addEventListener("click", () => goTo(current + 1));
  $("previous").addEventListener("click", () => goTo(current - 1));
  if ($("q").value) find.requestSubmit();
}

// Submit a file.
const submit = $("submit");
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
  $("sent").hidden = false;
  $("submitted").textContent = "Sending…";
  request.upload.onprogress = ({ loaded, total }) => {
    $("sent").value = loaded / total;
    if (loaded === total) $("submitted").textContent = "Sent: waiting for Deepgram's answer…";
  };
  request.onloadend = () => {
    const { request_id: id, detail, err_msg: reason } = request.response ?? {};
    if (request.status < 300 && id) location.assign(`/transcripts/${encodeURIComponent(id)}`);
    else $("submitted").textContent = reason ?? detail ?? "It could not be sent: try again.";
  };
  request.send(file);
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
if (audio) {
  const follow = $("follow");
  let now;
  parts.addEventListener("click", (event) => {
    const word = event.target.closest("[data-t]");
    if (!word || getSelection().toString() !== "") return;
    audio.currentTime = Number(word.dataset.t);
    follow.checked = true;
    audio.play();
  });
  audio.addEventListener("timeupdate", () => {
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
    if (/^(Page|Arrow|Home|End)/.test(key) && target === document.body) follow.checked = false;
  });
}
})();
