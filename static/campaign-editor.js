// The editor of campaigns and templates: placeholders at the cursor, a preview that follows, and whom it shows.
const source = () => document.querySelector("[data-source]");
const part = document.getElementById("design-part");
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
  if ("source" in event.target.dataset || "previewSource" in event.target.dataset) soon();
});
document.addEventListener("change", (event) => event.target.name === "as" && preview());

// Something personal goes where the cursor was last: in a field of the words, or in the source.
let written = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-words], [data-source]")) written = event.target;
});
const putIn = (code) => {
  const field = written?.isConnected ? written : (document.querySelector("textarea[data-words], [data-words]") ?? source());
  field.setRangeText(code, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  soon();
};

document.addEventListener("click", async (event) => {
  const element = event.target.closest("[data-insert],[data-design],[data-next-person],[data-visual],[data-remake]");
  if (!element) return;
  if (element.dataset.insert) putIn(element.dataset.insert);
  else if (element.dataset.design) {
    if (source().value.trim() && !confirm(element.dataset.question)) return;
    const answer = await fetch(element.dataset.design);
    if (!answer.ok) return;
    const values = { mjml: await answer.text() };
    if (part) await htmx.ajax("POST", part.dataset.wordsUrl, { source: part, target: part, swap: "innerHTML", values });
    else source().value = values.mjml;
    preview();
  } else if (element.dataset.visual) openVisual(element);
  else if (element.dataset.remake) remake(element);
  else nextPerson();
});

// The text part again from the design; what was changed by hand is lost, so that is asked first.
const remake = async (opener) => {
  const field = opener.form.elements.text;
  if (field.value.trim() && !confirm(opener.dataset.question)) return;
  const told = document.getElementById("remade");
  const answer = await fetch(opener.dataset.remake, { method: "POST", body: new FormData(opener.form) });
  const text = await answer.text();
  if (answer.ok) field.value = text;
  told.textContent = answer.ok ? told.dataset.made : answer.status === 422 ? text : opener.dataset.failed;
  soon();
};

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
const openVisual = (opener) => {
  const frame = document.createElement("iframe");
  frame.src = opener.dataset.visual;
  frame.title = dialog.getAttribute("aria-label");
  dialog.replaceChildren(frame);
  dialog.showModal();
};
dialog?.addEventListener("close", () => dialog.replaceChildren());
window.addEventListener("message", (event) => {
  if (event.origin !== window.location.origin || event.data?.visualEditor !== "closed") return;
  dialog.close();
  document.querySelector("[data-visual]").focus();
});

if (button) preview();
