// Before the application: paints in the chosen colours, and says in words why it does not start.
// Classic and first, so that it also runs in browsers that the application does not support.
(function () {
  "use strict";
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem("aurora.theme");
    if (theme === "light" || theme === "dark") root.setAttribute("data-theme", theme);
  } catch (closed) {
    // Storage is closed to this page; the system's colours it is.
  }

  var started = false;
  var told = false;

  function tell(title, sentence) {
    if (told) return;
    told = true;
    var put = function () {
      var box = document.createElement("div");
      box.className = started ? "fatal bar-top" : "fatal";
      box.setAttribute("role", "alert");
      box.setAttribute("data-fatal", started ? "stopped" : "not-started");
      var head = document.createElement(started ? "strong" : "h1");
      head.textContent = title + (started ? ". " : "");
      var text = document.createElement(started ? "span" : "p");
      text.textContent = sentence;
      box.appendChild(head);
      box.appendChild(text);
      var boot = document.getElementById("boot");
      if (boot && !started) boot.replaceWith(box);
      else document.body.insertBefore(box, document.body.firstChild);
    };
    if (document.body) put();
    else document.addEventListener("DOMContentLoaded", put);
  }

  function notLoaded(what, why) {
    tell(
      "The dashboard could not be loaded",
      what + " " + why + " Reload the page. If that does not help, check that the whole dist folder is on the server " +
        "and that it serves .wasm files as application/wasm."
    );
  }

  function refused(what) {
    tell(
      "The dashboard may not start here",
      "The server's Content-Security-Policy blocks " + what + ". It needs at least: script-src 'self' 'wasm-unsafe-eval'."
    );
  }

  function failed(reason) {
    var fault = reason instanceof Error ? reason.message : String(reason);
    if (!started && /content security policy/i.test(fault)) refused("WebAssembly");
    else if (!started) notLoaded("Starting failed:", fault.replace(/\.+$/, "") + ".");
    else if (typeof WebAssembly === "object" && reason instanceof WebAssembly.RuntimeError)
      tell("The dashboard has stopped", "The figures below no longer change. Reload the page; the browser's console names the fault.");
  }

  window.addEventListener("TrunkApplicationStarted", function () {
    started = true;
    var boot = document.getElementById("boot");
    if (boot) boot.remove();
  });
  window.addEventListener(
    "error",
    function (event) {
      var from = event.target;
      if (from && from !== window && !started) {
        // A style sheet or icon that is missing costs looks, not the application.
        if (from.tagName === "SCRIPT") notLoaded(from.src || "The start script", "or a file that it needs was not found or not allowed.");
      } else if (event.error) failed(event.error);
    },
    true
  );
  window.addEventListener("unhandledrejection", function (event) {
    failed(event.reason);
  });
  document.addEventListener("securitypolicyviolation", function (event) {
    if (!started && /^script-src/.test(event.effectiveDirective)) refused(event.blockedURI || "a script");
  });
  if (typeof WebAssembly !== "object" || typeof WebAssembly.instantiate !== "function")
    tell(
      "WebAssembly is off in this browser",
      "The dashboard runs on it. Use Chrome, Edge, Firefox or Safari of the last two years, or switch WebAssembly on " +
        "(some privacy modes, such as iOS Lockdown Mode, switch it off)."
    );
})();
