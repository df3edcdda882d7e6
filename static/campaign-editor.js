// The editor of campaigns and templates: placeholders at the cursor, a preview that follows, and whom it shows.
const source = document.querySelector("[data-source]");
const button = document.querySelector("[data-preview]");
const people = document.getElementById("people");
let timer;

// A fresh frame for each preview, so that the back button does not walk through them.
const freshFrame = () => {
  const old = document.querySelector(".ck-mail");
  const frame = old.cloneNode();
  frame.removeAttribute("src");
  old.replaceWith(frame);
  return frame;
};

const preview = () => {
  const frame = freshFrame();
  if (button) return button.form.requestSubmit(button);
  const chosen = people.querySelector("input:checked");
  frame.src = frame.dataset.src + (chosen ? `?as=${encodeURIComponent(chosen.value)}` : "");
};
const soon = () => {
  clearTimeout(timer);
  timer = setTimeout(preview, 700);
};

document.addEventListener("input", (event) => {
  if (event.target === source || "previewSource" in event.target.dataset) soon();
});
document.addEventListener("change", (event) => event.target.name === "as" && preview());

document.addEventListener("click", async (event) => {
  const element = event.target.closest("[data-insert],[data-design],[data-next-person]");
  if (!element) return;
  if (element.dataset.insert) {
    source.setRangeText(element.dataset.insert, source.selectionStart, source.selectionEnd, "end");
    source.focus();
    soon();
  } else if (element.dataset.design) {
    if (source.value.trim() && !confirm(element.dataset.question)) return;
    const answer = await fetch(element.dataset.design);
    if (answer.ok) source.value = await answer.text();
    preview();
  } else nextPerson();
});

// The next of the people on show; after the last one, the next few.
const nextPerson = async () => {
  const all = [...people.querySelectorAll("input")];
  const next = all[all.findIndex((one) => one.checked) + 1];
  if (next) {
    next.checked = true;
    return preview();
  }
  const form = new URLSearchParams();
  for (const field of document.querySelectorAll("#who input")) {
    if (field.type === "hidden" || field.checked) form.append(field.name, field.value);
  }
  if (all.length) form.set("after", all.at(-1).dataset.person);
  await htmx.ajax("GET", `${people.dataset.peopleUrl}&${form}`, { target: "#people" });
  const first = people.querySelector("input");
  if (first) first.checked = true;
  preview();
};

// The visual editor is a page of its own, over this one; it writes into the source field when it is done.
const dialog = document.getElementById("visual-dialog");
document.querySelector("[data-visual]")?.addEventListener("click", (event) => {
  const frame = document.createElement("iframe");
  frame.src = event.currentTarget.dataset.visual;
  frame.title = dialog.getAttribute("aria-label");
  dialog.replaceChildren(frame);
  dialog.showModal();
});
dialog?.addEventListener("close", () => dialog.replaceChildren());
window.addEventListener("message", (event) => {
  if (event.origin !== window.location.origin || event.data?.visualEditor !== "closed") return;
  dialog.close();
  document.querySelector("[data-visual]").focus();
});

if (button) preview();
