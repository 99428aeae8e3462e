/* Tells the page around the frame that the bank's question was answered, or that the person wants
 * to leave. The messages hold no secret, and the receiver checks where they come from; so any
 * parent may be told. */
(function () {
  "use strict";

  function tell(message) {
    if (window.parent !== window) {
      window.parent.postMessage(message, "*");
    }
  }

  var outcome = document.querySelector("main").dataset.outcome;
  if (outcome) {
    tell({ kind: "challenge", outcome: outcome });
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      tell({ kind: "escape" });
    }
  });
})();
