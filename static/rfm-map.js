// The shop's own RFM map: a cell takes the colour of its group and shows its whole name, as it is typed.
const form = document.querySelector("[data-rfm-map]");

const paint = (select) => {
  const cell = select.closest("td");
  const [option] = select.selectedOptions;
  cell.className = `ck-own-${option?.dataset.color ?? ""}`;
  cell.querySelector(".ck-own-group").textContent = option?.textContent ?? "";
};

// A select cuts long names off, so over it lies a label that does not; it stays what is pressed and read out.
for (const select of form?.querySelectorAll("td > select") ?? []) {
  const label = document.createElement("span");
  label.className = "ck-own-group";
  label.ariaHidden = "true";
  label.textContent = select.selectedOptions[0]?.textContent ?? "";
  select.before(label);
}

form?.addEventListener("change", (event) => {
  if (event.target.matches("select")) paint(event.target);
});

form?.addEventListener("input", (event) => {
  const { name, value } = event.target;
  if (!name?.startsWith("name-")) return;
  const letter = event.target.closest("label").querySelector(".ck-own-letter").textContent;
  const key = CSS.escape(name.slice("name-".length));
  for (const option of form.querySelectorAll(`option[value="${key}"]`)) {
    option.textContent = `${letter} ${value}`;
    if (option.selected) option.closest("td").querySelector(".ck-own-group").textContent = option.textContent;
  }
});
