// A tablet in the shop: what somebody began and left is emptied after a minute, and never comes back.
const QUIET = 60_000;
const THANKS = 8_000;
const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.replace(again.href), THANKS);
const form = document.querySelector("[data-counter]");
let timer;
const leave = () => location.replace(location.pathname + location.search);
const wake = () => {
  clearTimeout(timer);
  if ([...form.elements].some((one) => (one.type === "checkbox" ? one.checked : one.value))) timer = setTimeout(leave, QUIET);
};
if (form) {
  form.addEventListener("input", wake);
  wake();
}
window.addEventListener("pageshow", (event) => { if (event.persisted) leave(); });
