/* Closeknit: tells the shop what visitors do here, once they agreed. Nothing is kept or sent before. */
(() => {
  const script = document.currentScript;
  const { key, consent, consentCookie, views } = script.dataset;
  const target = new URL("api/v1/events", script.src).href;
  const memory = {
    get: (name) => { try { return localStorage.getItem("closeknit." + name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem("closeknit." + name, value); } catch { /* private */ } },
    drop: (name) => { try { localStorage.removeItem("closeknit." + name); } catch { /* private */ } },
  };
  const objects = navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl;
  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

  let queue = [];
  let who = null;
  let timer = 0;
  let tries = 0;
  let session = "";

  const agreed = () => {
    if (objects || memory.get("consent") === "no") return false;
    if (consent === "given" || memory.get("consent") === "yes") return true;
    const [name, value] = (consentCookie || "").split("=");
    return !!name && document.cookie.split("; ").some((one) => {
      const [found, content = ""] = one.split("=");
      return found === name && (value ? content === value : content !== "");
    });
  };

  const visitor = () => {
    session = memory.get("visitor") || session || random();
    memory.set("visitor", session);
    return session;
  };

  const send = (leaving) => {
    clearTimeout(timer);
    timer = 0;
    if (!agreed() || (!queue.length && !who)) return;
    const events = queue.splice(0, 50);
    const identify = who;
    who = null;
    const body = JSON.stringify({
      key, consent: true, visitor: visitor(), sent_at: new Date().toISOString(), events,
      ...(identify ? { identify } : {}),
    });
    const failed = () => {
      queue = events.concat(queue).slice(0, 100);
      who = who || identify;
      if (tries++ < 4) timer = setTimeout(send, 2000 * 3 ** tries);
    };
    if (leaving && navigator.sendBeacon && navigator.sendBeacon(target, body)) return;
    fetch(target, { method: "POST", body, keepalive: true, credentials: "omit", headers: { "Content-Type": "text/plain" } })
      .then((answer) => {
        if (answer.status === 429 || answer.status >= 500) return failed();
        tries = 0;
        if (queue.length) send();
      }, failed);
  };

  const soon = () => { if (!timer && agreed()) timer = setTimeout(send, 400); };

  const track = (event, given = {}) => {
    if (objects || memory.get("consent") === "no") return;
    const { subject = location.pathname, title, number, ...properties } = given;
    queue.push({ event, id: random(), at: new Date().toISOString(), subject, title, number, properties });
    queue = queue.slice(-100);
    soon();
  };

  let last = "";
  const view = () => {
    if (location.href === last) return;
    const query = new URLSearchParams(location.search);
    const properties = {};
    for (const name of ["utm_source", "utm_medium", "utm_campaign"]) if (query.get(name)) properties[name] = query.get(name);
    const from = last || document.referrer;
    if (from) properties.from = from.split(/[?#]/)[0].slice(0, 200);
    last = location.href;
    track("view", { title: document.title, ...properties });
  };

  const calls = {
    track,
    view,
    identify: (user, proof, expires) => { who = { user: String(user), proof, ...(expires ? { expires } : {}) }; soon(); },
    consent: (yes) => {
      memory.set("consent", yes ? "yes" : "no");
      if (yes) return soon();
      queue = [];
      who = null;
      calls.reset();
    },
    reset: () => { session = ""; memory.drop("visitor"); },
  };
  const waiting = (window.closeknit && window.closeknit.q) || [];
  window.closeknit = (name, ...values) => calls[name] && calls[name](...values);
  for (const one of waiting) window.closeknit(...one);

  if (views !== "off") {
    view();
    const push = history.pushState;
    history.pushState = function (...values) {
      push.apply(this, values);
      setTimeout(view);
    };
    addEventListener("popstate", () => setTimeout(view));
  }
  addEventListener("pagehide", () => send(true));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send(true));
})();
