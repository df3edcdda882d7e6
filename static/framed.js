// Within a frame of the shop's website: tell it how much room is needed.
const content = document.getElementById("content");
if (window.parent !== window && content) {
  const tell = () => window.parent.postMessage({ closeknitHeight: content.scrollHeight }, "*");
  new ResizeObserver(tell).observe(content);
}
