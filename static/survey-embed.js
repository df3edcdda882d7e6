/* Closeknit: an open survey within a page of the shop's website. Nothing is kept in the visitor's browser. */
(() => {
  const script = document.currentScript;
  const address = new URL(script.dataset.survey);
  address.searchParams.set("embed", "1");
  address.searchParams.set("via", "embed");
  const wanted = script.dataset.lang || document.documentElement.lang;
  if (wanted) address.searchParams.set("lang", wanted);
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = script.dataset.title || "Survey";
  frame.loading = "lazy";
  frame.style.cssText = "width:100%;max-width:640px;height:560px;border:0";
  script.after(frame);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== address.origin) return;
    const height = Number(event.data?.closeknitHeight);
    if (height > 0) frame.style.height = `${Math.min(height + 16, 4000)}px`;
  });
})();
