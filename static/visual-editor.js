// The visual editor: a page of its own in a frame over the form. It reads the design from the form's source field
// and writes it back there; the form itself stays what keeps it.
import { CHIP, CODE, chip, close, keep, kept, open, sampled, spoken, unnamed } from "./mail-liquid.js";

const parts = JSON.parse(document.getElementById("parts").textContent);
const field = window.parent.document.querySelector("[data-source]");
const opened = field ? open(field.value, parts.labels, parts.blank) : null;
const LOOP = /\{%-?\s*for\s+\w+\s+in\s+recommended_products(?:\s+limit:\s*(\d+))?/;
const by = (id) => document.getElementById(id);
const done = (write) => {
  if (write && opened) {
    const mjml = close(window.visual.getHtml(), opened);
    if (mjml !== field.value) {
      field.value = mjml;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  window.parent.postMessage({ visualEditor: "closed" }, window.location.origin);
};
by("cancel").addEventListener("click", () => done(false));
by("finish").addEventListener("click", () => done(true));

const start = () => {
  const plugin = window["grapesjs-mjml"].default ?? window["grapesjs-mjml"];
  // What the design sets for all its parts, and its own style sheet, so that the canvas looks like the mail.
  const defaults = sampled(opened.head.match(/<mj-attributes>[\s\S]*?<\/mj-attributes>/)?.[0] ?? "", parts.samples);
  const sheet = [...opened.head.matchAll(/<mj-style[^<>]*>([\s\S]*?)<\/mj-style>/g)].map((one) => sampled(one[1], parts.samples)).join("\n");
  const compile = window.mjml.default ?? window.mjml;
  const parser = (mjml, options) => {
    const headed = defaults && !mjml.includes("<mj-head") ? mjml.replace(/<mjml[^<>]*>/, (start) => `${start}<mj-head>${defaults}</mj-head>`) : mjml;
    return compile(sampled(headed, parts.samples), options);
  };
  const editor = grapesjs.init({
    container: "#canvas",
    height: "100%",
    telemetry: false,
    storageManager: false,
    fromElement: false,
    cssIcons: "",
    panels: { defaults: [] },
    blockManager: { custom: true },
    layerManager: { custom: true },
    selectorManager: { custom: true },
    styleManager: { appendTo: "#styles" },
    traitManager: { appendTo: "#traits" },
    deviceManager: { devices: [{ id: "wide", name: "wide", width: "" }, { id: "phone", name: "phone", width: "375px" }] },
    assetManager: {
      assets: parts.pictures.map((one) => ({ type: "image", ...one })),
      upload: parts.upload,
      uploadFile: (event) => uploadAll([...(event.dataTransfer ? event.dataTransfer.files : event.target.files)]),
    },
    i18n: { locale: parts.language, localeFallback: "en", detectLocale: false, messagesAdd: { [parts.language]: parts.words } },
    plugins: [
      (one) => plugin(one, {
        blocks: [], resetDevices: false, fonts: {}, useCustomTheme: false, hideSelector: true,
        imagePlaceholderSrc: parts.blank,
        i18n: { [parts.language]: parts.words["grapesjs-mjml"] },
        mjmlParser: parser,
      }),
    ],
  });
  window.visual = editor; // For whoever looks into the page, and for tests.

  const uploadAll = async (files) => {
    for (const file of files) {
      const form = new FormData();
      form.append("file", file);
      const headers = { "X-CSRFToken": parts.csrf, Accept: "application/json" };
      const answer = await fetch(parts.upload, { method: "POST", body: form, headers });
      const told = await answer.json().catch(() => ({ error: parts.failed }));
      if (answer.ok) editor.AssetManager.add({ type: "image", ...told });
      else say(told.error);
    }
  };
  const say = (words) => {
    by("said").textContent = words;
  };

  // Blocks: dragged with the mouse, or put in behind the chosen part by click and keyboard.
  const inColumn = new Set(["mj-column", "mj-hero"]);
  const climb = (part, wanted) => {
    for (let one = part; one; one = one.parent()) if (wanted(one)) return one;
    return null;
  };
  const within = (part, tag) => (part.get("tagName") === tag ? part : part.components().reduce((found, one) => found ?? within(one, tag), undefined));
  const root = () => within(editor.getWrapper(), "mj-body");
  const putIn = (content, isSection) => {
    const chosen = editor.getSelected();
    const section = climb(chosen, (one) => one.parent()?.get("tagName") === "mj-body");
    const body = root();
    let added;
    if (isSection) {
      added = body.append(content, { at: section ? section.index() + 1 : body.components().length });
    } else {
      const leaf = climb(chosen, (one) => inColumn.has(one.parent()?.get("tagName")));
      const column = leaf?.parent() ?? climb(chosen, (one) => inColumn.has(one.get("tagName")));
      if (column) added = column.append(content, { at: leaf ? leaf.index() + 1 : column.components().length });
      else added = body.append(`<mj-section background-color="#ffffff"><mj-column>${content}</mj-column></mj-section>`);
    }
    if (added?.[0]) {
      const column = isSection ? null : within(added[0], "mj-column");
      const first = column?.components().at(0) ?? added[0];
      editor.select(first);
      editor.Canvas.scrollTo(first, { behavior: "auto" });
    }
    say(parts.added);
  };
  for (const one of parts.blocks) {
    const content = keep(one.content);
    const block = editor.Blocks.add(one.id, { label: one.label, content });
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-sm", textContent: one.label, draggable: true });
    button.dataset.block = one.id;
    button.addEventListener("click", () => putIn(content, one.section));
    button.addEventListener("dragstart", (event) => editor.Blocks.startDrag(block, event));
    button.addEventListener("dragend", (event) => editor.Blocks.endDrag(event));
    by("blocks").append(button);
  }

  // In the field of the words a code is what it is called; whoever reads it there can also write it so.
  const called = new Map();
  const speak = (code) => {
    const words = spoken(code, parts.labels);
    called.set(words, code);
    return words;
  };
  for (const one of parts.placeholders) called.set(`{${one.label}}`, one.code.replace(/\s*\|[^}]*/, " "));
  const toWords = (html) => html.replace(CHIP, (_, code) => speak(decodeURIComponent(code)));
  const toHtml = (words) => words.replace(/\{([^{}|]+)(?:\|([^{}|]*))?\}/g, (whole, label, fallback) => {
    const bare = called.get(`{${label}}`);
    const code = called.get(whole) ?? (bare && fallback ? bare.replace(/\s*\}\}$/, ` | default: "${fallback.replaceAll('"', "”")}" }}`) : bare);
    return code ? chip(code, parts.labels) : whole;
  });

  // Something personal: at the cursor while a text is being written, else at the end of the chosen part.
  for (const one of parts.placeholders) by("personal").append(new Option(one.label, one.code));
  by("put-personal").addEventListener("click", () => {
    const code = by("personal").value;
    if (!code) return;
    if (editor.getEditing()) editor.Canvas.getDocument().execCommand("insertHTML", false, chip(code, parts.labels));
    else {
      const words = by("words");
      if (words.disabled) return say(parts.choose);
      words.setRangeText(speak(code), words.selectionStart, words.selectionEnd, "end");
      words.dispatchEvent(new Event("input"));
    }
    say(parts.added);
  });

  // A snippet or a condition in words, where its code would be a riddle; a table or products by what they are.
  const said = (part) => {
    const whole = kept(part);
    if (whole) {
      const loop = whole.match(LOOP);
      if (loop) return parts.products.replace("%s", loop[1] ?? "4");
      return `${parts.names["mj-table"]}: ${rowsOf(whole).map((row) => row.join(" ")).join(" ").slice(0, 22)}`;
    }
    const code = part.getInnerHTML?.({}).replace(/&quot;|&#39;/g, "'") ?? "";
    if (/^\s*\{%-?\s*end/.test(code)) return parts.end;
    const name = code.match(/\{%-?\s*snippet\s+["']([^"']+)["']/)?.[1];
    return name ? parts.snippet.replace("%s", name) : parts.condition.replace("%s", spoken(code.trim(), parts.labels).replace(/[{}]/g, "").replace(/\s+/g, " "));
  };
  const rowsOf = (whole) => {
    const inner = whole.replace(/^<mj-table[^>]*>|<\/mj-table>$/g, "");
    const words = inner.replace(CODE, (code) => spoken(code, parts.labels));
    const page = new DOMParser().parseFromString(`<table>${words}</table>`, "text/html");
    return [...page.querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  };
  const pictured = (box, whole) => {
    const page = box.ownerDocument;
    if (LOOP.test(whole)) box.textContent = parts.products.replace("%s", whole.match(LOOP)[1] ?? "4");
    else {
      const table = box.appendChild(page.createElement("table"));
      for (const cells of rowsOf(whole)) {
        const row = table.insertRow();
        for (const text of cells) row.insertCell().textContent = text;
      }
    }
    const hint = box.appendChild(page.createElement("div"));
    hint.className = "ck-hint";
    hint.textContent = parts.elsewhere;
  };
  const shown = (part) => {
    if (part.get("tagName") !== "mj-raw" || !part.view?.el) return;
    const box = part.view.el.ownerDocument.createElement("div");
    box.className = "ck-spoken";
    const whole = kept(part);
    if (whole) pictured(box, whole);
    else box.textContent = said(part);
    part.view.el.replaceChildren(box);
  };

  // The parts as a list, for keyboards and screen readers; the words of the chosen one in a field.
  const NAMED = /^mj-(?!body|head|raw$)/;
  const list = () => {
    const rows = [];
    const walk = (part, depth) => {
      const tag = part.get("tagName") ?? "";
      shown(part);
      const named = NAMED.test(tag) || tag === "mj-raw";
      if (named) rows.push([part, depth, tag]);
      if (!["mj-text", "mj-button", "mj-table", "mj-raw"].includes(tag)) {
        part.components().forEach((one) => walk(one, depth + (named ? 1 : 0)));
      }
    };
    if (root()) walk(root(), 0);
    const chosen = editor.getSelected();
    by("outline").replaceChildren(...rows.map(([part, depth, tag]) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      const words = toWords(part.getInnerHTML?.({}) ?? "").replace(/<[^<>]*>/g, " ").trim().slice(0, 28);
      button.type = "button";
      button.className = `btn btn-sm btn-ghost-secondary depth-${Math.min(depth, 4)}`;
      button.textContent = tag === "mj-raw" ? said(part) : `${parts.names[tag] ?? tag.replace("mj-", "")}${["mj-text", "mj-button"].includes(tag) && words ? `: ${words}` : ""}`;
      button.setAttribute("aria-pressed", String(part === chosen));
      button.addEventListener("click", () => {
        editor.select(part);
        editor.Canvas.scrollTo(part, { behavior: "auto" });
      });
      row.append(button);
      return row;
    }));
  };
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(list, 120);
  };
  const WORDY = new Set(["mj-text", "mj-button"]);
  const worded = () => climb(editor.getSelected(), (one) => WORDY.has(one.get("tagName")));
  const slotted = () => worded() ?? climb(editor.getSelected(), (one) => one.get("tagName") === "mj-image");
  const showWords = () => {
    const part = worded();
    by("words").disabled = !part;
    by("words").value = part ? toWords(part.getInnerHTML({})) : "";
    by("slot").disabled = !slotted();
    by("slot").value = slotted()?.getAttributes()["data-slot"] ?? "";
  };
  by("words").addEventListener("input", () => worded()?.components(toHtml(by("words").value)));
  by("slot").addEventListener("change", () => {
    const name = by("slot").value.trim().replace(/[^\p{L}\p{N}_ -]/gu, "").slice(0, 40);
    if (name) slotted()?.addAttributes({ "data-slot": name });
    else slotted()?.removeAttributes("data-slot");
  });
  editor.on("component:selected component:deselected", () => {
    showWords();
    soon();
  });
  editor.on("component:add component:remove component:update", soon);
  editor.on("rte:disable", showWords);

  const moved = (by_) => {
    const part = editor.getSelected();
    const mates = part?.parent()?.components();
    if (!mates) return say(parts.choose);
    const at = part.index() + by_;
    if (at < 0 || at >= mates.length) return;
    part.move(part.parent(), { at: by_ > 0 ? at + 1 : at });
    editor.select(part);
  };
  const acts = {
    undo: () => editor.UndoManager.undo(),
    redo: () => editor.UndoManager.redo(),
    up: () => moved(-1),
    down: () => moved(1),
    copy: () => {
      const part = editor.getSelected();
      if (!part) return;
      const twin = part.clone();
      twin.onAll((one) => { // A name stands for one part only.
        one.removeAttributes("data-slot");
        if (kept(one)) one.addAttributes({ "data-kept": encodeURIComponent(unnamed(kept(one))) });
      });
      part.parent().append(twin, { at: part.index() + 1 });
    },
    remove: () => editor.getSelected()?.remove(),
    wide: () => editor.setDevice("wide"),
    phone: () => editor.setDevice("phone"),
  };
  for (const [name, act] of Object.entries(acts)) by(name)?.addEventListener("click", act);

  editor.on("load", () => {
    const style = editor.Canvas.getDocument().createElement("style");
    style.textContent = `${sheet}\n.ck-spoken { padding: 8px 16px; border: 1px dashed #8a9099; border-radius: 6px; font: 13px/20px sans-serif; text-align: center; color: #5f6670; background: #f4f5f6; }\n.ck-spoken table { width: 100%; border-collapse: collapse; text-align: left; color: #1f2328; }\n.ck-spoken td { padding: 4px 8px; border-bottom: 1px solid #d9dde3; }\n.ck-spoken .ck-hint { padding-top: 6px; }\n.ck-chip { padding: 0 6px; border-radius: 10px; background: #e3e8f8; color: #24345c; font-size: .92em; text-decoration: none; white-space: nowrap; }`;
    editor.Canvas.getDocument().head.append(style);
    // What the library takes for usual would be left out, though the design may set something else for all.
    for (const { id } of [...editor.Components.getTypes()]) {
      if (id.startsWith("mj-")) editor.Components.addType(id, { model: { defaults: { "style-default": {} } } });
    }
    editor.setComponents(opened.mjml);
    editor.UndoManager.clear();
    list();
    showWords();
    document.body.dataset.ready = "1";
  });
};

if (opened) start();
else {
  by("only-source").hidden = false;
  by("finish").disabled = true;
}
