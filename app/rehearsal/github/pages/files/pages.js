// Live refresh, relative times and the switch of viewers. The pages work without it.
"use strict";

const REFRESH_MS = 1500;

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [Infinity, "year"]];

function ago(date) {
  let amount = (Date.now() - date.getTime()) / 1000;
  if (amount < 10) return "now";
  for (const [size, unit] of STEPS) {
    if (amount < size) return new Intl.RelativeTimeFormat("en").format(-Math.floor(amount), unit);
    amount /= size;
  }
}

function showTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const text = ago(new Date(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}

// Somebody is at work in this element: leave it alone until they are done.
function busy(element) {
  if (element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  return [...element.querySelectorAll("details.menu[open]")].length > 0;
}

function keepOpen(before, after) {
  const seen = before.querySelectorAll("details:not(.menu)");
  after.querySelectorAll("details:not(.menu)").forEach((details, index) => {
    const old = seen[index];
    if (old && old.querySelector("summary")?.textContent === details.querySelector("summary")?.textContent) details.open = old.open;
  });
  if (before.tagName === "DETAILS" && after.tagName === "DETAILS") after.open = before.open;
}

const served = new Map();

function replace(current, fresh, key) {
  if (served.get(key) === fresh.outerHTML) return;
  if (busy(current)) return;
  served.set(key, fresh.outerHTML);
  const made = document.importNode(fresh, true);
  keepOpen(current, made);
  made.classList.add("fresh");
  showTimes(made);
  current.replaceWith(made);
}

function replaceEach(current, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...current.children]) if (!wanted.has(child.id) && !busy(child)) child.remove();
  let before = null;
  for (const child of fresh.children) {
    const here = document.getElementById(child.id);
    if (here) {
      replace(here, child, child.id);
    } else {
      const made = document.importNode(child, true);
      served.set(child.id, child.outerHTML);
      made.classList.add("fresh");
      showTimes(made);
      current.insertBefore(made, before ? before.nextElementSibling : current.firstElementChild);
    }
    before = document.getElementById(child.id) || before;
  }
}

function remember(root) {
  for (const element of root.querySelectorAll("[data-live]")) {
    served.set(element.id, element.outerHTML);
    if (element.dataset.live === "each") for (const child of element.children) served.set(child.id, child.outerHTML);
  }
}

let last = null;

async function refresh() {
  if (document.hidden || !document.querySelector("[data-live]")) return;
  const answer = await fetch(location.pathname + location.search, { headers: { "X-Refresh": "1" } });
  if (!answer.ok) return;
  const text = await answer.text();
  if (text === last) return;
  last = text;
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const element of fresh.querySelectorAll("[data-live]")) {
    const current = document.getElementById(element.id);
    if (!current) continue;
    if (element.dataset.live === "each") replaceEach(current, element);
    else replace(current, element, element.id);
  }
}

async function keepRefreshing() {
  // A stand-in that is restarted comes back: a failed request is tried again.
  try { await refresh(); } catch { last = null; }
  setTimeout(keepRefreshing, REFRESH_MS);
}

remember(document);
showTimes(document);
for (const field of document.querySelectorAll("[data-here]")) field.value = location.pathname + location.search;
document.addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.submit(); });
document.addEventListener("focusin", (event) => { if (event.target.matches("[data-select]")) event.target.select(); });
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && event.target.matches("textarea")) event.target.form.querySelector("button.primary")?.click();
});
setInterval(() => showTimes(document), 10000);
setTimeout(keepRefreshing, REFRESH_MS);
