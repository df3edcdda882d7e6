// The list and the page of customers: keys, choosing several, changing a field at its place.
const typing = (target) => target.closest?.("input:not([type=checkbox]),textarea,select,[contenteditable],dialog[open]");
const rows = () => [...document.querySelectorAll("tr[data-row]")];
const current = () => document.activeElement?.closest?.("tr[data-row]");

// Keys.
const step = (way) => {
  const link = document.querySelector(`#beside a[rel=${way}], .ck-actions a[rel=${way}]`);
  if (link) return link.click();
  const all = rows();
  if (!all.length) return undefined;
  const here = all.indexOf(current());
  const next = all[here < 0 ? 0 : here + (way === "next" ? 1 : -1)];
  return next?.querySelector(".ck-person").focus();
};
const keys = {
  j: () => step("next"),
  k: () => step("prev"),
  o: () => (current() ?? rows()[0])?.querySelector(".ck-peek")?.click(),
  x: () => current()?.querySelector("input[name=id]")?.click(),
  "/": () => document.getElementById("q")?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  Escape: () => document.querySelector("[data-close-beside]")?.click(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = keys[event.key];
  if (!act) return;
  if (event.key !== "Escape") event.preventDefault();
  act();
});

// Close the panel without asking for the list again.
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close-beside]");
  if (!close) return;
  event.preventDefault();
  const address = new URL(location.href);
  address.searchParams.delete("panel");
  history.pushState(null, "", address);
  beside();
});
const beside = (id) => {
  const panel = document.getElementById("beside");
  if (!panel) return;
  if (!id) panel.replaceChildren();
  panel.parentElement.classList.toggle("ck-list-open", Boolean(id));
  for (const row of rows()) row.classList.toggle("table-active", row.dataset.row === id);
};
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "beside") beside(event.detail.target.querySelector("[data-beside]")?.dataset.beside);
  if (event.detail.target.id === "filter-editor") {
    for (const menu of document.querySelectorAll(".ck-add-filter[open]")) menu.open = false;
    event.detail.target.querySelector("select,input:not([type=hidden])")?.focus();
  }
  document.querySelector(".ck-cell-form :is(input:not([type=hidden]),select)")?.focus();
  count();
});

// Choosing several.
const count = () => {
  const bar = document.querySelector(".ck-bulk");
  if (!bar) return;
  const all = bar.querySelector("[data-everybody]")?.checked;
  const chosen = document.querySelectorAll("input[name=id]:checked").length;
  const text = bar.querySelector("[data-chosen]");
  text.textContent = all ? "" : text.dataset.chosen.replace("{n}", chosen);
  bar.classList.toggle("ck-bulk-open", chosen > 0 || Boolean(all));
};
let last;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (box.matches?.("[data-pick-all]")) {
    for (const one of document.querySelectorAll("input[name=id]")) one.checked = box.checked;
  } else if (box.matches?.("input[name=id]")) {
    const all = [...document.querySelectorAll("input[name=id]")];
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    }
    last = box;
  } else if (!box.matches?.("[data-everybody]")) return;
  count();
});
count();

// A field at its place: Enter keeps, Escape leaves it as it was.
const keep = (form) => htmx.trigger(form, "ck:save");
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save]");
  if (button) keep(button.closest(".ck-cell-form"));
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".ck-cell-form");
  if (!form || event.isComposing) return;
  if (event.key === "Enter" && !event.target.matches("button")) {
    event.preventDefault();
    keep(form);
  } else if (event.key === "Escape") {
    event.preventDefault();
    form.querySelector("[data-cancel]").click();
  }
});
