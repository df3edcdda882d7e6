// The shop's own RFM map: a cell takes the colour of its group, and options follow the names as they are typed.
const form = document.querySelector("[data-rfm-map]");

const paint = (select) => {
  const cell = select.closest("td");
  cell.className = `ck-own-${select.selectedOptions[0]?.dataset.color ?? ""}`;
};

form?.addEventListener("change", (event) => {
  if (event.target.matches("select")) paint(event.target);
});

form?.addEventListener("input", (event) => {
  const { name, value } = event.target;
  if (!name?.startsWith("name-")) return;
  const letter = event.target.closest("label").querySelector(".ck-own-letter").textContent;
  const key = CSS.escape(name.slice("name-".length));
  for (const option of form.querySelectorAll(`option[value="${key}"]`)) option.textContent = `${letter} ${value}`;
});
