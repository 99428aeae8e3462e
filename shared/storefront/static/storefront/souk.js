"use strict";
// Progressive enhancement only: every page works without this file.

const all = (selector, root = document) => root.querySelectorAll(selector);

function stepButton(input, direction) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quantity__step";
  button.textContent = direction > 0 ? "+" : "−";
  button.setAttribute("aria-label", direction > 0 ? "One more" : "One less");
  const update = () => {
    const limit = direction > 0 ? input.max : input.min;
    button.disabled = limit !== "" && (input.valueAsNumber - Number(limit)) * direction >= 0;
  };
  button.addEventListener("click", () => {
    if (direction > 0) input.stepUp();
    else input.stepDown();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("input", update);
  update();
  return button;
}

function enhanceQuantities(root) {
  for (const box of all(".quantity:not(.quantity--live)", root)) {
    const input = box.querySelector('input[type="number"]');
    if (!input) continue;
    box.classList.add("quantity--live");
    input.before(stepButton(input, -1));
    input.after(stepButton(input, 1));
  }
}

function enhanceGallery() {
  const picture = document.querySelector(".gallery > img");
  if (!picture) return;
  for (const link of all(".gallery__thumbs a")) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      picture.removeAttribute("srcset");
      picture.src = link.href;
      picture.alt = link.querySelector("img")?.alt || picture.alt;
      for (const other of all(".gallery__thumbs a")) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
    });
  }
}

// Replaces the content of an element by a fragment whenever the server says that it changed.
class LiveRegion {
  static POLL_MS = 15000;

  constructor(element) {
    this.element = element;
    this.fragment = element.dataset.liveFragment;
    this.loading = false;
    this.again = false;
    this.timer = 0;
    element.setAttribute("aria-live", "polite");
    this.connect();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.load();
    });
  }

  connect() {
    const source = new EventSource(this.element.dataset.liveUrl);
    const names = (this.element.dataset.liveEvents || "").split(/\s+/).filter(Boolean);
    let opened = false;
    for (const name of ["message", ...names]) source.addEventListener(name, () => this.load());
    source.addEventListener("open", () => {
      clearInterval(this.timer);
      this.timer = 0;
      if (opened) this.load(); // something may have happened while we were away
      opened = true;
    });
    source.addEventListener("error", () => {
      if (!this.timer) this.timer = setInterval(() => this.load(), LiveRegion.POLL_MS);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  async load() {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      const answer = await fetch(this.fragment, { headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) this.show(await answer.text());
    } catch {
      // The network is away; the stream's reconnection asks again.
    } finally {
      this.loading = false;
      if (this.again) {
        this.again = false;
        this.load();
      }
    }
  }

  show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    this.element.replaceChildren(...page.body.childNodes);
    enhanceQuantities(this.element);
    this.element.dispatchEvent(new CustomEvent("souk:updated", { bubbles: true }));
  }
}

function closeDropdowns(except) {
  for (const menu of all("details.dropdown[open]")) if (menu !== except) menu.open = false;
}

const sending = new WeakSet();

function markAsSending(form, submitter) {
  const buttons = all('button:not([type="button"])', form);
  sending.add(form);
  // After the browser has read the form, or the button's own value would be lost.
  setTimeout(() => {
    for (const button of buttons) button.disabled = true;
    submitter?.setAttribute("aria-busy", "true");
  });
  // The visitor came back to this page as it was left.
  addEventListener("pageshow", () => {
    sending.delete(form);
    for (const button of buttons) button.disabled = false;
    submitter?.removeAttribute("aria-busy");
  }, { once: true });
}

document.addEventListener("click", (event) => {
  closeDropdowns(event.target.closest?.("details.dropdown"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.dropdown[open]");
  closeDropdowns(null);
  open?.querySelector("summary").focus();
});

// A number is stepped through; only where it rests is sent.
const SUBMIT_DELAY_MS = 600;
let submitTimer = 0;

document.addEventListener("change", (event) => {
  const control = event.target.closest?.("[data-autosubmit]");
  if (!control?.form) return;
  clearTimeout(submitTimer);
  submitTimer = setTimeout(() => control.form.requestSubmit(), control.type === "number" ? SUBMIT_DELAY_MS : 0);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = form.dataset.confirm;
  if (question && !sending.has(form) && !confirm(question)) {
    event.preventDefault();
    return;
  }
  const post = form.getAttribute("method")?.toLowerCase() === "post";
  if (!post || event.defaultPrevented) return;
  if (sending.has(form)) event.preventDefault();
  else markAsSending(form, event.submitter);
});

// A form whose other parts follow a choice: `data-refresh` names their ids. The server makes them
// anew from what is filled in, as its button `update` does without this file.
let refreshing = null;

async function refresh(form) {
  refreshing?.abort();
  refreshing = new AbortController();
  const sent = new FormData(form);
  sent.set("update", "1");
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: new URLSearchParams(sent), signal: refreshing.signal });
    if (answer.ok) showRefreshed(form, new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  form.removeAttribute("aria-busy");
}

function showRefreshed(form, page) {
  const focused = document.activeElement;
  for (const id of form.dataset.refresh.split(" ")) {
    const part = document.getElementById(id);
    const made = page.getElementById(id);
    if (part && made) part.replaceWith(made);
  }
  if (focused?.isConnected) return;
  const again = [...form.elements].find((x) => x.name === focused?.name && x.value === focused?.value);
  again?.focus({ preventScroll: true });
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.dataset.refresh && event.target.matches("select, input[type=radio]")) refresh(form);
});

for (const button of all("form[data-refresh] button[name=update]")) button.hidden = true;
enhanceQuantities(document);
enhanceGallery();
for (const element of all("[data-live-url][data-live-fragment]")) new LiveRegion(element);
