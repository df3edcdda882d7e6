// The counter by keyboard: arrows choose the buyer, Enter goes on, prices fill themselves, the total is shown.
const form = document.querySelector("[data-sale]");
const who = form.querySelector("[data-sale-who]");
const lines = [...form.querySelectorAll("[data-line]")];
const discount = form.querySelector("[name=discount]");
const total = form.querySelector("[data-total]");
const money = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "currency", currency: form.dataset.currency });
const part = (line, name) => line.querySelector(`[name$=-${name}]`);
const [product, quantity, price] = ["product", "quantity", "price"].map((name) => (line) => part(line, name));
const number = (input) => Number.parseFloat(input.value.replace(",", ".")) || 0;
const cents = (amount) => Math.round(amount * 100 + Number.EPSILON * 100) / 100;

const add = () => {
  const filled = lines.map((line) => Boolean(product(line).value));
  const next = filled.lastIndexOf(true) + 1;
  lines.forEach((line, at) => { line.hidden = at > next && !line.querySelector(".is-invalid"); });
  let sum = 0;
  lines.forEach((line, at) => { if (filled[at]) sum += cents((quantity(line).value ? number(quantity(line)) : 1) * number(price(line))); });
  const text = discount.value.trim();
  const off = text.endsWith("%") ? cents((sum * number(discount)) / 100) : number(discount);
  total.textContent = money.format(Math.max(sum - off, 0));
};

const fill = async (line) => {
  const name = product(line).value.trim();
  if (!name || price(line).value) return;
  const answer = await fetch(`${form.dataset.priceUrl}?product=${encodeURIComponent(name)}`);
  if (answer.ok && !price(line).value) price(line).value = await answer.text();
  add();
};

const pick = (button) => {
  const same = lines.find((line) => product(line).value === button.dataset.pick && price(line).value === button.dataset.price);
  const line = same ?? lines.find((one) => !product(one).value);
  if (!line) return;
  if (same) quantity(line).value = (quantity(line).value ? number(quantity(line)) : 1) + 1;
  else {
    product(line).value = button.dataset.pick;
    quantity(line).value = 1;
    price(line).value = button.dataset.price;
  }
  add();
};

const move = (step) => {
  const radios = [...form.querySelectorAll("[name=who]")];
  const at = radios.findIndex((one) => one.checked);
  radios[(at + step + radios.length) % radios.length].checked = true;
};

// Enter never sends half a sale: it leads to the next field, and from the last one to the button.
form.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.target === who && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : event.target.form.querySelector("[name=who]:checked") ? -1 : 0);
  } else if (event.key === "Enter" && event.target.tagName === "INPUT") {
    event.preventDefault();
    advance(event.target);
  }
});

const advance = (input) => {
  const line = input.closest("[data-line]");
  if (!line) {
    if (input === discount) form.querySelector("[data-sell]").click();
    else {
      if (!form.querySelector("[name=who]:checked")) move(1);
      (lines.find((one) => !product(one).value) ?? lines[0]).querySelector("input").focus();
    }
  } else if (input === product(line) && !input.value) form.querySelector("[data-sell]").click();
  else if (input === product(line)) { fill(line); quantity(line).focus(); }
  else if (input === quantity(line)) { price(line).focus(); price(line).select(); }
  else { add(); (lines[lines.indexOf(line) + 1] ? product(lines[lines.indexOf(line) + 1]) : discount).focus(); }
};

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button) return;
  event.preventDefault();
  pick(button);
});
form.addEventListener("input", add);
form.addEventListener("change", (event) => {
  const line = event.target.closest("[data-line]");
  if (line && event.target === product(line)) fill(line);
});
form.querySelector(".ck-sale-total").hidden = false;
add();
