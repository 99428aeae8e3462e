"use strict";
// The page is whole without this file: it adds a filter, and opens the call that an address names.

const filter = document.querySelector("[data-reference-filter]");
const calls = [...document.querySelectorAll(".operation")].map((element) => ({
  element,
  text: element.querySelector("summary").textContent.toLowerCase(),
}));

function showOnlyWithCalls(selector, next) {
  for (const element of document.querySelectorAll(selector)) element.hidden = !next(element);
}

function callsUnder(heading) {
  const found = [];
  for (let other = heading.nextElementSibling; other?.matches(".operation"); other = other.nextElementSibling) found.push(other);
  return found;
}

function apply(words) {
  let count = 0;
  for (const { element, text } of calls) {
    element.hidden = !words.every((word) => text.includes(word));
    if (!element.hidden) count += 1;
  }
  const some = (elements) => words.length === 0 || elements.some((element) => !element.hidden);
  showOnlyWithCalls(".api__group", (heading) => some(callsUnder(heading)));
  showOnlyWithCalls(".api", (section) => some([...section.querySelectorAll(".operation")]));
  filter.querySelector("[role=status]").textContent = words.length ? `${count} of ${calls.length} calls` : "";
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches("details.operation")) {
    named.open = true;
    named.scrollIntoView();
  }
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", (event) => apply(event.target.value.toLowerCase().split(/\s+/).filter(Boolean)));
}
addEventListener("hashchange", openNamed);
openNamed();
