// A survey with scripts: what was chosen is kept while somebody fills in, and questions that depend on an answer
// come and go at once. The rules are asked of the server, so there is one set of them; without this file the same
// form works page by page.
const form = document.getElementById("survey");
const place = document.getElementById("questions");
const draft = `closeknit-survey:${location.pathname}:${form?.elements.page.value}`;
let waiting = 0;
let asked = 0;

async function look() {
  const turn = ++asked;
  const data = new FormData(form);
  data.set("save", "1");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data) }).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  merge([...page.querySelectorAll("#questions > [data-question]")]);
}

// Only what came or went is touched: the place where somebody types keeps its focus.
function merge(wanted) {
  const here = new Map([...place.children].map((one) => [one.dataset.question, one]));
  const keys = new Set(wanted.map((one) => one.dataset.question));
  for (const [key, node] of here) if (!keys.has(key)) node.remove();
  let last = null;
  for (const node of wanted) {
    const known = here.get(node.dataset.question);
    const next = known ?? document.adoptNode(node);
    if (!known) last ? last.after(next) : place.prepend(next);
    last = next;
  }
  form.elements.shown.value = [...keys].join(",");
}

function remember() {
  const texts = [...form.querySelectorAll("textarea")].map((one) => [one.name, one.value]);
  try { sessionStorage.setItem(draft, JSON.stringify(texts)); } catch { /* Full or forbidden: then not. */ }
}

function restore() {
  try {
    for (const [name, value] of JSON.parse(sessionStorage.getItem(draft) ?? "[]")) {
      const area = form.elements[name];
      if (area && !area.value && value) area.value = value;
    }
  } catch { /* Nothing kept. */ }
}

if (form && place) {
  restore();
  form.addEventListener("change", () => { clearTimeout(waiting); waiting = setTimeout(look, 150); });
  form.addEventListener("input", (event) => {
    remember();
    const other = event.target.closest(".ck-other");
    if (other?.value) other.previousElementSibling.querySelector("input").checked = true;
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    asked += 1;
    sessionStorage.removeItem(draft);
  });
}
