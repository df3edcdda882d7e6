/* Closeknit: a chat button on the shop's pages. Nothing is loaded or kept before it is pressed. */
if (!window.closeknitChat) {
  const script = document.currentScript;
  const wanted = (script?.dataset.lang || document.documentElement.lang || "").toLowerCase();
  const language = wanted.startsWith("zh") ? "zh-hans" : wanted.startsWith("en") ? "en" : shop.language;
  const words = shop.words[language] || shop.words.en;
  const channels = [1, 3, 5].map((at) => parseInt(shop.color.slice(at, at + 2), 16) / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2] > 0.36;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const look = new CSSStyleSheet(); // Also where the page forbids inline styles.
  look.replaceSync(`
    :host { all: initial; }
    button { position: fixed; z-index: 2147483000; right: 16px; bottom: 16px; border: 0; border-radius: 28px;
      padding: 14px 20px; min-height: 48px; cursor: pointer; box-shadow: 0 4px 16px rgba(0, 0, 0, .25);
      font: 600 16px/1.2 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif;
      background: ${shop.color}; color: ${light ? "#111827" : "#fff"}; }
    button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #1d4ed8; }
    iframe { position: fixed; z-index: 2147483000; right: 16px; bottom: 80px; border: 0; border-radius: 12px;
      width: 380px; height: min(600px, calc(100vh - 100px)); background: #fff; box-shadow: 0 8px 32px rgba(0, 0, 0, .3); }
    [hidden] { display: none; }
    @media (max-width: 480px) { iframe { inset: 0 0 64px 0; width: 100%; height: calc(100% - 64px); border-radius: 0; }
      .open { left: 0; right: 0; bottom: 0; border-radius: 0; height: 64px; } }
  `);
  root.adoptedStyleSheets = [look];

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words.open;
  button.setAttribute("aria-expanded", "false");
  root.append(button);
  let frame = null;
  const origin = new URL(shop.address).origin;

  const show = (open) => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.title = words.title;
      frame.src = `${shop.address}?frame=1&lang=${language}`;
      root.prepend(frame);
    }
    if (frame) frame.hidden = !open;
    button.textContent = open ? words.close : words.open;
    button.className = open ? "open" : "";
    button.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
    else button.focus();
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  root.addEventListener("keydown", (event) => event.key === "Escape" && frame && !frame.hidden && show(false));
  addEventListener("message", (event) => {
    if (event.origin === origin && frame && event.source === frame.contentWindow && event.data === "closeknit:close") show(false);
  });
  const put = () => document.body.append(host);
  if (document.body) put();
  else addEventListener("DOMContentLoaded", put);
  window.closeknitChat = { open: () => show(true), close: () => frame && show(false) };
}
