// The preview beside the questions follows each change of them.
const frame = document.querySelector("#try iframe");
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (frame && event.target.id === "questions") frame.contentWindow.location.reload();
});
