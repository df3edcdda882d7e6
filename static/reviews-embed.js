/* Closeknit: reviews of a product within a page of the shop's website. Nothing is kept in the visitor's browser. */
const script = document.currentScript;
const base = `${shop.site}/reviews/${encodeURIComponent(script.dataset.sku)}`;
const frame = document.createElement("iframe");
const lang = script.dataset.lang || document.documentElement.lang;
frame.src = `${base}?lang=${encodeURIComponent(lang)}`;
frame.title = script.dataset.title || "Reviews";
frame.loading = "lazy";
frame.style.cssText = "width:100%;height:420px;border:0";
script.after(frame);
addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow || event.origin !== shop.site) return;
  const height = Number(event.data?.closeknitHeight);
  if (height > 0) frame.style.height = `${Math.min(height + 16, 4000)}px`;
});
fetch(`${base}/data`).then((answer) => (answer.ok ? answer.text() : "")).then((text) => {
  if (!text.includes("aggregateRating")) return;
  const data = document.createElement("script");
  data.type = "application/ld+json";
  data.textContent = text;
  document.head.append(data);
}).catch(() => {});
