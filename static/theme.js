// Runs before the first paint, so that a dark page does not flash white.
const kept = localStorage.getItem("theme");
const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
