// The queue: one tick for all rows. A case: put a help article into the answer.
const show = (root) => {
  for (const box of root.querySelectorAll("[data-tick-all], [data-insert]")) box.hidden = false;
};
show(document);
document.addEventListener("htmx:load", (event) => show(event.detail.elt));
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-tick-all]")) return;
  for (const box of event.target.closest("form").querySelectorAll("[name=case]")) box.checked = event.target.checked;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const field = document.querySelector("#answer textarea[name=text]");
  if (!button || !field) return;
  const before = field.value.slice(0, field.selectionStart ?? field.value.length);
  const after = field.value.slice(before.length);
  const gap = before && !before.endsWith("\n") ? "\n\n" : "";
  field.value = `${before}${gap}${button.dataset.insert}${after ? "\n" + after : ""}`;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
