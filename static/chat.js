// The chat window: remembers whose chat it is in this browser, keeps the last line in sight, closes with Escape.
const NAME = "closeknit.chat";
const memory = {
  get: () => { try { return localStorage.getItem(NAME); } catch { return null; } },
  set: (token) => { try { if (token) localStorage.setItem(NAME, token); else localStorage.removeItem(NAME); } catch { /* private */ } },
};
const current = () => document.getElementById("window");

const settle = () => {
  const lines = document.getElementById("lines");
  const mine = [...(lines?.querySelectorAll(".ck-chat-me") ?? [])].pop();
  const cards = mine?.nextElementSibling?.querySelector(".ck-chat-card");
  if (lines) lines.scrollTop = cards ? mine.offsetTop - lines.offsetTop - 8 : lines.scrollHeight; // Cards from the first one on.
};
const remember = () => memory.set(current()?.dataset.token || "");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "window") {
    remember();
    document.querySelector("#window [data-first]")?.focus();
  }
  settle();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && window.parent !== window) window.parent.postMessage("closeknit:close", "*");
  const field = event.target.closest?.("textarea[data-send]");
  if (field && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    field.form.requestSubmit(field.form.querySelector("button[value]"));
  }
});
const known = memory.get();
if (known && !current().dataset.token) {
  htmx.ajax("POST", location.pathname + location.search, { target: "#window", swap: "outerHTML", values: { do: "resume", token: known } });
} else if (current().dataset.token) {
  remember();
}
settle();
