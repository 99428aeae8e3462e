"use strict";
// Progressive enhancement of the product page: shows the chosen variant's price and availability,
// and tells the recommender what was looked at.

const page = document.querySelector("[data-product]");

page?.addEventListener("change", (event) => {
  const template = event.target.closest(".option")?.querySelector("template");
  if (!template) return;
  page.querySelector("[data-price]").replaceChildren(template.content.cloneNode(true));
  const availability = page.querySelector("[data-availability]");
  availability.className = template.dataset.class;
  availability.textContent = template.dataset.text;
});

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";
}

if (page) {
  fetch("/recommend/api/v1/views/", {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify({ product_id: page.dataset.product }),
  }).catch(() => {}); // nobody's shopping waits for statistics
}
