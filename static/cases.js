// The queue: one tick for all rows.
const show = (root) => {
  for (const box of root.querySelectorAll("[data-tick-all]")) box.hidden = false;
};
show(document);
document.addEventListener("htmx:load", (event) => show(event.detail.elt));
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-tick-all]")) return;
  for (const box of event.target.closest("form").querySelectorAll("[name=case]")) box.checked = event.target.checked;
});
