// Anything from the keyboard: Ctrl-K or Cmd-K opens it, arrows choose, Enter goes there.
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-words");
const found = document.getElementById("palette-found");
const hits = () => [...found.querySelectorAll("a[role=option]")];

const mark = (hit) => {
  for (const one of hits()) one.setAttribute("aria-selected", String(one === hit));
  if (hit) {
    field.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
};
const marked = () => found.querySelector("[aria-selected=true]");

const open = () => {
  if (dialog.open) return;
  dialog.showModal();
  field.value = "";
  field.focus();
  htmx.trigger(field, "ck:open");
};

if (dialog) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      open();
    } else if (event.target === dialog) dialog.close(); // The backdrop.
  });
  let waiting = false;
  found.addEventListener("htmx:afterSwap", () => {
    mark(hits()[0]);
    if (waiting) marked()?.click();
    waiting = false;
  });
  let asked = "";
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === field) asked = field.value;
  });
  field.addEventListener("keydown", (event) => {
    const all = hits();
    const here = all.indexOf(marked());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (all.length) mark(all[(here + step + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (asked === field.value && marked()) marked().click();
      else waiting = true; // The answer to what was typed is still on its way.
    }
  });
}
