// The payment page: mounts the provider's card field and pays; or waits until there is one.
"use strict";

const WAIT_MS = 500;

class PaymentForm {
  constructor(form) {
    this.form = form;
    this.button = form.querySelector("button");
    this.error = form.querySelector("#card-error");
    this.status = form.querySelector("[data-pay-status]");
    this.busy = false;
    form.addEventListener("submit", (event) => this.submit(event));
    this.mount();
  }

  mount() {
    if (typeof Stripe !== "function") {
      this.form.querySelector("[data-pay-broken]").hidden = false;
      return;
    }
    for (const part of this.form.querySelectorAll("[data-pay-field], [data-pay-actions]")) {
      part.hidden = false;
    }
    this.stripe = Stripe(this.form.dataset.publishableKey);
    this.card = this.stripe.elements().create("card", { style: cardStyle() });
    this.card.mount("#card-element");
    this.card.on("ready", () => { this.button.disabled = false; });
    this.card.on("change", (event) => this.show(event.error?.message ?? ""));
    this.show(this.error.querySelector("[data-pay-error]").textContent);
  }

  show(message) {
    this.error.querySelector("[data-pay-error]").textContent = message;
    this.error.classList.toggle("pay__error--none", !message);
  }

  async submit(event) {
    event.preventDefault();
    if (this.busy || this.button.disabled) return;
    this.setBusy(true);
    this.show("");
    const { error, paymentIntent } = await this.pay();
    if (!error || error.payment_intent?.status === "succeeded") {
      this.finish(paymentIntent);
      return;
    }
    this.setBusy(false);
    this.show(error.message ?? "The payment did not go through. Please try again.");
    if (error.code === "payment_intent_unexpected_state") location.reload();
  }

  async pay() {
    try {
      return await this.stripe.confirmCardPayment(this.form.dataset.clientSecret, {
        payment_method: {
          card: this.card,
          billing_details: { email: this.form.dataset.email },
        },
      });
    } catch (error) {
      return { error };
    }
  }

  finish() {
    this.status.textContent = "Paid. One moment.";
    // Past the submit handlers: the server asks the provider and leads on to the order.
    this.form.submit();
  }

  setBusy(busy) {
    this.busy = busy;
    this.button.disabled = busy;
    this.button.toggleAttribute("aria-busy", busy);
    this.card.update({ disabled: busy });
    this.status.textContent = busy ? "Paying." : "";
  }
}

function cardStyle() {
  const { color, fontFamily } = getComputedStyle(document.body);
  return { base: { color, fontFamily, fontSize: "16px" } };
}

async function wait(note) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    const answer = await fetch(note.dataset.payWait, { headers: { Accept: "application/json" } })
      .catch(() => null);
    if (!answer?.ok) continue;
    const { status } = await answer.json();
    if (status !== note.dataset.payWas) {
      location.reload();
      return;
    }
  }
}

const form = document.querySelector("[data-pay]");
if (form) new PaymentForm(form);
const note = document.querySelector("[data-pay-wait]");
if (note) wait(note);
