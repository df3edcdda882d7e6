// What every page of the staff shares: errors of htmx, theme, dialogs, CSV, charts on demand.
const toast = (text, kind = "danger") => {
  const box = document.createElement("div");
  box.className = `alert alert-${kind}`;
  box.textContent = text;
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), 8000);
};

document.addEventListener("htmx:responseError", (event) => {
  toast(event.detail.xhr.getResponseHeader("X-Refusal") || document.body.dataset.errorText);
});
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offlineText));

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-theme-toggle],[data-dialog],[data-close],[data-csv-button],[data-print]");
  if (!element) return;
  if ("themeToggle" in element.dataset) {
    const root = document.documentElement;
    const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", theme);
    localStorage.setItem("theme", theme);
    document.dispatchEvent(new CustomEvent("ck:theme"));
  } else if (element.dataset.dialog) {
    document.getElementById(element.dataset.dialog).showModal();
  } else if ("print" in element.dataset) {
    window.print();
  } else if ("close" in element.dataset) {
    element.closest("dialog").close();
  } else {
    saveCsv(element.closest("details, section").querySelector("[data-csv]"));
  }
});

// A table too wide for its page is scrolled by keyboard as well, and says what it is.
const reachTables = (root) => {
  for (const box of root.querySelectorAll(".table-responsive:not([tabindex])")) {
    if (box.scrollWidth <= box.clientWidth) continue;
    const title = box.closest("section, .card")?.querySelector("h2, h3, figcaption")?.textContent.trim() || document.querySelector("h1")?.textContent.trim();
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    if (title) box.setAttribute("aria-label", title);
  }
};
addEventListener("load", () => reachTables(document));
addEventListener("resize", () => reachTables(document));
document.addEventListener("htmx:load", (event) => reachTables(event.detail.elt));

// A menu made of <details> closes when the reader goes elsewhere or presses Escape.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll(".ck-menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest(".ck-menu")));
document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenus());

// A form that was sent once is not sent twice by a double click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (event.submitter?.hasAttribute("formtarget")) return; // A preview in a frame; the page itself stays.
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// A field that matters only for some values of another one is hidden meanwhile, unless something stands in it.
const showWhatMatters = (form) => {
  for (const field of form?.querySelectorAll("[data-matters-for]") ?? []) {
    const on = form.elements[field.dataset.mattersFor];
    const value = on?.type === "checkbox" ? (on.checked ? "on" : "") : on?.value;
    const box = field.closest(".mb-3");
    const used = box.querySelector(":checked, .invalid-feedback") || (field.type !== "checkbox" && field.value.trim());
    box.hidden = !used && !field.dataset.mattersWhen.split(" ").includes(value);
  }
};
document.addEventListener("change", (event) => showWhatMatters(event.target.form));
document.querySelectorAll("form").forEach(showWhatMatters);

// What a phone shows below a figure stands in a cell of its own as well.
const told = (cell) => {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll(".d-md-none").forEach((one) => one.remove());
  return copy.textContent;
};

const saveCsv = (table) => {
  const quote = (text) => `"${text.trim().replace(/^[=+\-@\t\r](?![\d.,\s]*$)/, "'$&").replaceAll('"', '""')}"`;
  const lines = [...table.rows].map((row) => [...row.cells].map((cell) => quote(told(cell))).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n")], { type: "text/csv" }));
  link.download = `${table.dataset.csv.slice(0, 60)}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
};

const drawCharts = async (root) => {
  if (!root.querySelector?.("[data-chart]")) return;
  const charts = await import(new URL("charts.js", import.meta.url));
  charts.draw(root);
};
drawCharts(document);
document.addEventListener("htmx:load", (event) => drawCharts(event.detail.elt.parentElement ?? document));
