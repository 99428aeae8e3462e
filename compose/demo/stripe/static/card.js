/* The card field: checks what a person types, and is the only place that sees it. */
(function () {
  "use strict";

  var settings = new URLSearchParams(window.location.hash.slice(1));
  var shop = settings.get("origin") || "";
  var key = settings.get("key") || "";
  var api = new URL("../../v1/", window.location.href.split("#")[0]).href;
  var form = document.getElementById("card");
  var fields = { number: form.number, expiry: form.expiry, cvc: form.cvc };
  var problem = document.getElementById("problem");
  var brandLabel = document.getElementById("brand");
  var left = {};
  var brands = [
    ["amex", /^3[47]/, 15, "Amex"],
    ["mastercard", /^(5[1-5]|2[2-7])/, 16, "Mastercard"],
    ["discover", /^6(011|4|5)/, 16, "Discover"],
    ["unionpay", /^62/, 16, "UnionPay"],
    ["diners", /^3[0689]/, 14, "Diners"],
    ["jcb", /^35/, 16, "JCB"],
    ["visa", /^4/, 16, "Visa"],
  ];

  /* As with Stripe, the element "card" leaves it to the page to say what is wrong. */
  problem.hidden = settings.get("type") === "card";
  document.documentElement.dataset.theme = settings.get("theme") === "night" ? "dark" : "light";

  function post(message) {
    if (shop && window.parent !== window) {
      window.parent.postMessage(message, shop);
    }
  }

  function digits(field) {
    return field.value.replace(/\D/g, "");
  }

  function brand() {
    var number = digits(fields.number);
    return brands.find(function (known) {
      return known[1].test(number);
    }) || ["unknown", /^/, 16, ""];
  }

  function luhn(number) {
    var sum = 0;
    number.split("").reverse().forEach(function (character, place) {
      var digit = Number(character) * (place % 2 ? 2 : 1);
      sum += digit > 9 ? digit - 9 : digit;
    });
    return sum % 10 === 0;
  }

  function grouped(number, kind) {
    var sizes = kind === "amex" ? [4, 6, 5] : [4, 4, 4, 4, 3];
    var start = 0;
    return sizes
      .map(function (size) {
        var group = number.slice(start, start + size);
        start += size;
        return group;
      })
      .filter(Boolean)
      .join(" ");
  }

  function expiryText(typed, deleting) {
    var text = typed.replace(/^([2-9])/, "0$1").slice(0, 4);
    if (text.length > 2 || (text.length === 2 && !deleting)) {
      return text.slice(0, 2) + " / " + text.slice(2);
    }
    return text;
  }

  function checkNumber() {
    var number = digits(fields.number);
    if (number.length < brand()[2]) {
      return ["incomplete_number", "Your card number is incomplete."];
    }
    return luhn(number) ? null : ["invalid_number", "Your card number is invalid."];
  }

  function checkExpiry() {
    var text = digits(fields.expiry);
    if (text.length < 4) {
      return ["incomplete_expiry", "Your card's expiration date is incomplete."];
    }
    var month = Number(text.slice(0, 2));
    var year = 2000 + Number(text.slice(2));
    if (month < 1 || month > 12) {
      return ["invalid_expiry_month", "Your card's expiration month is invalid."];
    }
    var today = new Date();
    if (year * 12 + month < today.getFullYear() * 12 + today.getMonth() + 1) {
      return ["invalid_expiry_year_past", "Your card's expiration date is in the past."];
    }
    return null;
  }

  function checkCvc() {
    var wanted = brand()[0] === "amex" ? 4 : 3;
    return digits(fields.cvc).length === wanted
      ? null
      : ["incomplete_cvc", "Your card's security code is incomplete."];
  }

  var checks = { number: checkNumber, expiry: checkExpiry, cvc: checkCvc };

  /* A field is blamed once the person has left it, or when everything is asked for. */
  function firstProblem(all) {
    var found = null;
    Object.keys(fields).forEach(function (name) {
      var wrong = (all || left[name]) ? checks[name]() : null;
      fields[name].setAttribute("aria-invalid", wrong ? "true" : "false");
      found = found || (wrong && { code: wrong[0], type: "validation_error", message: wrong[1], field: name });
    });
    return found;
  }

  function show(error) {
    problem.textContent = error ? error.message : "";
    brandLabel.textContent = brand()[3];
    resize();
  }

  function changed() {
    var error = firstProblem(false);
    show(error);
    post({
      kind: "event",
      name: "change",
      detail: {
        elementType: "card",
        brand: brand()[0],
        complete: !checkNumber() && !checkExpiry() && !checkCvc(),
        empty: !fields.number.value && !fields.expiry.value && !fields.cvc.value,
        error: error ? { code: error.code, type: error.type, message: error.message } : undefined,
        value: {},
      },
    });
  }

  function resize() {
    post({ kind: "height", height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
  }

  function validated() {
    Object.keys(fields).forEach(function (name) {
      left[name] = true;
    });
    var error = firstProblem(true);
    show(error);
    if (error) {
      fields[error.field].focus();
      delete error.field;
    }
    return error;
  }

  function addNested(body, prefix, values) {
    Object.keys(values || {}).forEach(function (name) {
      var value = values[name];
      if (value && typeof value === "object") {
        addNested(body, prefix + "[" + name + "]", value);
      } else if (value !== null && value !== undefined && value !== "") {
        body.append(prefix + "[" + name + "]", value);
      }
    });
  }

  function addCard(body, prefix, billing) {
    function name(inner) {
      return prefix ? prefix + "[" + inner + "]" : inner;
    }
    var expiry = digits(fields.expiry);
    var card = prefix ? prefix + "[card]" : "card";
    body.append(name("type"), "card");
    body.append(card + "[number]", digits(fields.number));
    body.append(card + "[exp_month]", String(Number(expiry.slice(0, 2))));
    body.append(card + "[exp_year]", expiry.slice(2));
    body.append(card + "[cvc]", digits(fields.cvc));
    addNested(body, name("billing_details"), billing);
  }

  function send(path, body) {
    body.append("key", key);
    return fetch(api + path, { method: "POST", body: body, credentials: "omit" })
      .then(function (response) {
        return response.json();
      })
      .catch(function () {
        return { error: { type: "api_connection_error", message: "The network is down. Try again." } };
      });
  }

  function confirm(details) {
    var body = new URLSearchParams({ client_secret: details.client_secret, use_stripe_sdk: "true" });
    if (details.receipt_email) {
      body.append("receipt_email", details.receipt_email);
    }
    addCard(body, "payment_method_data", details.billing_details);
    var path = "payment_intents/" + encodeURIComponent(details.intent) + "/confirm";
    return send(path, body).then(function (answer) {
      return answer.error ? { error: answer.error } : { paymentIntent: answer };
    });
  }

  function createMethod(details) {
    var body = new URLSearchParams();
    addCard(body, "", details.billing_details);
    return send("payment_methods", body).then(function (answer) {
      return answer.error ? { error: answer.error } : { paymentMethod: answer };
    });
  }

  function answer(message) {
    var error = validated();
    var work = error
      ? Promise.resolve({ error: error })
      : message.kind === "confirm"
        ? confirm(message.details)
        : message.kind === "method"
          ? createMethod(message.details)
          : Promise.resolve({});
    work.then(function (result) {
      post({ kind: "answer", id: message.id, result: result });
    });
  }

  function disable(disabled) {
    Object.keys(fields).forEach(function (name) {
      fields[name].disabled = disabled;
    });
  }

  function clear() {
    left = {};
    form.reset();
    changed();
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== shop) {
      return;
    }
    var message = event.data || {};
    if (["confirm", "method", "validate"].includes(message.kind)) {
      answer(message);
    } else if (message.kind === "focus") {
      fields.number.focus();
    } else if (message.kind === "blur") {
      document.activeElement.blur();
    } else if (message.kind === "clear") {
      clear();
    } else if (message.kind === "update") {
      disable(message.details.disabled);
    }
  });

  form.addEventListener("submit", function (event) {
    event.preventDefault();
  });

  form.addEventListener("input", function (event) {
    var field = event.target;
    var deleting = /^delete/.test(event.inputType || "");
    if (field === fields.number) {
      field.value = grouped(digits(field), brand()[0]);
    } else if (field === fields.expiry) {
      field.value = expiryText(digits(field), deleting);
    } else {
      field.value = digits(field);
    }
    changed();
  });

  form.addEventListener("focusout", function (event) {
    if (fields[event.target.name] && event.target.value) {
      left[event.target.name] = true;
      changed();
    }
    post({ kind: "event", name: "blur", detail: { elementType: "card" } });
  });

  form.addEventListener("focusin", function () {
    post({ kind: "event", name: "focus", detail: { elementType: "card" } });
  });

  form.addEventListener("click", function (event) {
    var number = event.target.dataset && event.target.dataset.number;
    if (number) {
      fields.number.value = grouped(number, "visa");
      fields.expiry.value = "12 / " + String((new Date().getFullYear() + 3) % 100);
      fields.cvc.value = "123";
      left = { number: true, expiry: true, cvc: true };
      changed();
    }
  });

  new ResizeObserver(resize).observe(document.documentElement);
  post({ kind: "event", name: "ready", detail: { elementType: "card" } });
})();
