// A file may be dropped anywhere on its field.
for (const area of document.querySelectorAll("[data-drop]")) {
  const input = area.querySelector("input[type=file]");
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("ck-drop-over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("ck-drop-over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("ck-drop-over");
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}
