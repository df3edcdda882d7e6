// Side by side before a merge: what moves, and whose values stand, follow the record that stays.
const table = document.querySelector("[data-merging]");
const touched = new Set();

const follow = (stays) => {
  for (const cell of table.querySelectorAll("[data-things]")) {
    const here = cell.dataset.things === stays;
    cell.querySelector("[data-stays]").hidden = !here;
    cell.querySelector("[data-moves]").hidden = here || !cell.querySelector(".value");
  }
  for (const radio of table.querySelectorAll("input[name^='field:']")) {
    if (radio.value === stays && !touched.has(radio.name)) radio.checked = true;
  }
};
table?.addEventListener("change", (event) => {
  if (event.target.name === "survivor") follow(event.target.value);
  else if (event.target.name.startsWith("field:")) touched.add(event.target.name);
});
// A page that the browser brings back keeps what was chosen on it.
const chosen = table?.querySelector("input[name=survivor]:checked");
if (chosen) follow(chosen.value);
