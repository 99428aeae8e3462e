/* A stand-in for Stripe.js: the calls a payment page makes, answered by the sandbox.
 *
 * Card data stays in a frame of the sandbox; this script only passes messages. Every address is
 * relative to the script's own, so it works behind any prefix. No inline script or style is needed.
 */
(function () {
  "use strict";

  var script = document.currentScript;
  var base = script.src.replace(/v3\/?([?#].*)?$/, "");
  var origin = new URL(base).origin;
  var counter = 0;

  function fail(code, message) {
    return { error: { type: "invalid_request_error", code: code, message: message } };
  }

  function intentId(clientSecret) {
    var found = /^(pi_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+$/.exec(clientSecret || "");
    if (!found) {
      throw new Error("Invalid value for clientSecret: it should be a PaymentIntent's.");
    }
    return found[1];
  }

  function pageIsDark() {
    var scheme = getComputedStyle(document.documentElement).colorScheme || "";
    var wanted = window.matchMedia("(prefers-color-scheme: dark)").matches;
    return /dark/.test(scheme) && (wanted || !/light/.test(scheme));
  }

  function retrieve(key, clientSecret) {
    var query = new URLSearchParams({ key: key, client_secret: clientSecret });
    var url = base + "v1/payment_intents/" + intentId(clientSecret) + "?" + query;
    return fetch(url, { credentials: "omit" })
      .then(function (response) {
        return response.json();
      })
      .then(
        function (answer) {
          return answer.error ? { error: answer.error } : { paymentIntent: answer };
        },
        function () {
          return { error: { type: "api_connection_error", message: "The network is down." } };
        }
      );
  }

  /* One card field: a frame, its events, and the questions put to it. */
  function Element(key, type, options, theme) {
    this.key = key;
    this.type = type;
    this.options = options || {};
    this.theme = theme;
    this.handlers = {};
    this.waiting = {};
    this.frame = null;
    this.receive = this.receive.bind(this);
  }

  Element.prototype.mount = function (target) {
    var place = typeof target === "string" ? document.querySelector(target) : target;
    if (!place) {
      throw new Error("The selector you specified (" + target + ") applies to no element.");
    }
    var theme = this.theme || (pageIsDark() ? "night" : "stripe");
    var settings = new URLSearchParams({
      origin: window.location.origin,
      key: this.key,
      theme: theme,
      type: this.type,
    });
    this.unmount();
    this.frame = document.createElement("iframe");
    this.frame.title = "Secure card payment input frame";
    this.frame.setAttribute("allow", "payment *");
    /* The frame is a little larger than its place, so that focus rings fit. A browser keeps it
       transparent only while its colour scheme is that of the document within. */
    this.frame.style.cssText =
      "border:0;display:block;width:calc(100% + 8px);margin:-4px;height:15rem;color-scheme:" +
      (theme === "night" ? "dark" : "light");
    this.frame.src = base + "elements/card/#" + settings;
    window.addEventListener("message", this.receive);
    place.replaceChildren(this.frame);
    place.classList.add("StripeElement");
  };

  Element.prototype.receive = function (event) {
    if (!this.frame || event.source !== this.frame.contentWindow || event.origin !== origin) {
      return;
    }
    var message = event.data || {};
    if (message.kind === "height") {
      this.frame.style.height = Number(message.height) + "px";
    } else if (message.kind === "answer" && this.waiting[message.id]) {
      this.waiting[message.id](message.result);
      delete this.waiting[message.id];
    } else if (message.kind === "event") {
      this.emit(message.name, message.detail);
    }
  };

  Element.prototype.emit = function (name, detail) {
    (this.handlers[name] || []).slice().forEach(function (handler) {
      handler(detail);
    });
  };

  Element.prototype.tell = function (message) {
    if (this.frame) {
      this.frame.contentWindow.postMessage(message, origin);
    }
  };

  Element.prototype.ask = function (action, details) {
    var self = this;
    if (!this.frame) {
      throw new Error("We could not retrieve data from the specified Element: mount it first.");
    }
    return new Promise(function (resolve) {
      var id = "ask" + (counter += 1);
      self.waiting[id] = resolve;
      self.tell({ kind: action, id: id, details: details });
    });
  };

  Element.prototype.on = function (name, handler) {
    (this.handlers[name] = this.handlers[name] || []).push(handler);
    return this;
  };

  Element.prototype.once = function (name, handler) {
    var self = this;
    return this.on(name, function wrapped(detail) {
      self.off(name, wrapped);
      handler(detail);
    });
  };

  Element.prototype.off = function (name, handler) {
    this.handlers[name] = (this.handlers[name] || []).filter(function (known) {
      return handler && known !== handler;
    });
    return this;
  };

  ["focus", "blur", "clear"].forEach(function (name) {
    Element.prototype[name] = function () {
      this.tell({ kind: name });
    };
  });

  Element.prototype.update = function (options) {
    Object.assign(this.options, options);
    this.tell({ kind: "update", details: { disabled: Boolean(this.options.disabled) } });
  };

  Element.prototype.unmount = function () {
    window.removeEventListener("message", this.receive);
    if (this.frame) {
      this.frame.remove();
      this.frame = null;
    }
  };

  Element.prototype.destroy = Element.prototype.unmount;

  function Elements(key, options) {
    this.key = key;
    this.options = options || {};
    this.clientSecret = this.options.clientSecret;
    this.made = {};
  }

  Elements.prototype.create = function (type, options) {
    if (type !== "card" && type !== "payment") {
      throw new Error("The sandbox has the elements card and payment only, not " + type + ".");
    }
    var theme = (this.options.appearance || {}).theme;
    this.made[type] = new Element(this.key, type, options, theme);
    return this.made[type];
  };

  Elements.prototype.getElement = function (type) {
    return this.made[typeof type === "string" ? type : "card"] || null;
  };

  Elements.prototype.submit = function () {
    return this.only().ask("validate", {});
  };

  Elements.prototype.only = function () {
    var element = this.made.payment || this.made.card;
    if (!element) {
      throw new Error("Create an Element first.");
    }
    return element;
  };

  /* 3-D Secure: the bank's page in a dialog on top of everything. */
  function challenge(url) {
    return new Promise(function (resolve) {
      var dialog = document.createElement("dialog");
      var frame = document.createElement("iframe");
      var leave = document.createElement("button");
      var before = document.activeElement;
      dialog.setAttribute("aria-label", "Confirm the payment with your bank");
      dialog.style.cssText =
        "border:0;border-radius:12px;padding:0;width:min(30rem,92vw);height:min(26rem,85vh);" +
        "overflow:hidden;box-shadow:0 20px 60px rgba(0,0,0,.4)";
      leave.type = "button";
      leave.textContent = "Cancel";
      leave.style.cssText =
        "position:absolute;inset:.75rem .75rem auto auto;min-height:36px;padding:0 1rem;" +
        "border:1px solid #7a849a;border-radius:8px;background:transparent;color:inherit;" +
        "font:600 14px system-ui,sans-serif;cursor:pointer";
      leave.addEventListener("click", function () {
        dialog.close();
      });
      frame.title = "Confirm the payment with your bank";
      frame.style.cssText = "border:0;width:100%;height:100%;display:block";
      frame.src = url;
      var answered = false;
      function receive(event) {
        var message = event.data || {};
        if (event.source !== frame.contentWindow || event.origin !== origin) {
          return;
        }
        if (message.kind === "challenge" || message.kind === "escape") {
          answered = message.kind === "challenge";
          dialog.close();
        }
      }
      /* Escape closes a dialog too, and not every browser announces that by "cancel". */
      dialog.addEventListener("close", function () {
        window.removeEventListener("message", receive);
        dialog.remove();
        if (before && before.focus) {
          before.focus();
        }
        resolve(answered);
      });
      window.addEventListener("message", receive);
      dialog.append(frame, leave);
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  function challengeUrl(intent) {
    var action = intent.next_action || {};
    if (action.type === "use_stripe_sdk") {
      return base + "3ds/" + encodeURIComponent(action.use_stripe_sdk.source);
    }
    return null;
  }

  function afterChallenge(key, clientSecret, answered) {
    return retrieve(key, clientSecret).then(function (result) {
      var intent = result.paymentIntent;
      if (!intent || ["succeeded", "requires_capture", "processing"].includes(intent.status)) {
        return result;
      }
      var reason = intent.last_payment_error;
      if (!answered || !reason) {
        return fail(
          "payment_intent_authentication_failure",
          "The payment was not confirmed. You can try again."
        );
      }
      reason.payment_intent = intent;
      return { error: reason };
    });
  }

  function handleNextAction(key, clientSecret, result) {
    var intent = result.paymentIntent;
    if (!intent || intent.status !== "requires_action") {
      return Promise.resolve(result);
    }
    var url = challengeUrl(intent);
    if (!url) {
      window.location.assign(intent.next_action.redirect_to_url.url);
      return new Promise(function () {});
    }
    return challenge(url).then(function (answered) {
      return afterChallenge(key, clientSecret, answered);
    });
  }

  function confirmWithElement(key, element, clientSecret, data) {
    return element
      .ask("confirm", {
        intent: intentId(clientSecret),
        client_secret: clientSecret,
        billing_details: data.billing_details,
        receipt_email: data.receipt_email,
        return_url: data.return_url,
      })
      .then(function (result) {
        return data.handleActions === false
          ? result
          : handleNextAction(key, clientSecret, result);
      });
  }

  function confirmWithId(key, clientSecret, method) {
    var body = new URLSearchParams({
      key: key,
      client_secret: clientSecret,
      payment_method: method,
      use_stripe_sdk: "true",
    });
    var url = base + "v1/payment_intents/" + intentId(clientSecret) + "/confirm";
    return fetch(url, { method: "POST", body: body, credentials: "omit" })
      .then(function (response) {
        return response.json();
      })
      .then(function (answer) {
        var result = answer.error ? { error: answer.error } : { paymentIntent: answer };
        return handleNextAction(key, clientSecret, result);
      });
  }

  function Stripe(key) {
    if (!/^pk_test_[A-Za-z0-9]+$/.test(key || "")) {
      throw new Error("Please call Stripe() with your publishable test key (pk_test_…).");
    }
    return {
      elements: function (options) {
        return new Elements(key, options);
      },
      retrievePaymentIntent: function (clientSecret) {
        return retrieve(key, clientSecret);
      },
      confirmCardPayment: function (clientSecret, data, options) {
        var method = (data || {}).payment_method;
        var actions = (options || {}).handleActions;
        if (typeof method === "string") {
          return confirmWithId(key, clientSecret, method);
        }
        if (!method || !method.card || !method.card.ask) {
          throw new Error("confirmCardPayment needs payment_method.card, a mounted card Element.");
        }
        return confirmWithElement(key, method.card, clientSecret, {
          billing_details: method.billing_details,
          receipt_email: data.receipt_email,
          handleActions: actions,
        });
      },
      confirmPayment: function (options) {
        var elements = options.elements;
        var secret = options.clientSecret || elements.clientSecret;
        var params = options.confirmParams || {};
        var details = (params.payment_method_data || {}).billing_details;
        return confirmWithElement(key, elements.only(), secret, {
          billing_details: details,
          receipt_email: params.receipt_email,
        }).then(function (result) {
          if (result.paymentIntent && options.redirect !== "if_required" && params.return_url) {
            var target = new URL(params.return_url, window.location.href);
            target.searchParams.set("payment_intent", result.paymentIntent.id);
            target.searchParams.set("payment_intent_client_secret", secret);
            target.searchParams.set("redirect_status", "succeeded");
            window.location.assign(target);
            return new Promise(function () {});
          }
          return result;
        });
      },
      handleNextAction: function (options) {
        return retrieve(key, options.clientSecret).then(function (result) {
          return handleNextAction(key, options.clientSecret, result);
        });
      },
      createPaymentMethod: function (options) {
        var element = options.elements ? options.elements.only() : options.card;
        var more = options.params || options;
        return element.ask("method", { billing_details: more.billing_details });
      },
    };
  }

  Stripe.version = 3;
  window.Stripe = Stripe;
})();
