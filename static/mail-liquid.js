// Liquid code on its way through the visual editor: nothing of it may be lost, and nothing of it may break MJML.
export const CODE = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const TAG = /<!--[\s\S]*?-->|<(\/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|'[^']*'|[^'"<>])*?)(\/?)>/g;
const HOLDERS = new Set(["mjml", "mj-body", "mj-wrapper", "mj-section", "mj-column", "mj-group", "mj-hero"]);
const CLOSED = new Set(["mj-social", "mj-navbar", "mj-accordion", "mj-carousel", "mj-accordion-element"]);
const WORDY = new Set(["mj-text", "mj-button"]);
const HEAD = /<mj-head(?:\s[^<>]*)?>[\s\S]*?<\/mj-head>/;
const RAW = /<mj-raw[^<>]*>\s*((?:\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\s)+)<\/mj-raw>/g;

const quotes = (code) => code.replaceAll('"', "'");

// Codes hidden as words, so that no quote or sign in them disturbs the search for tags.
const hide = (text) => {
  const codes = [];
  const hidden = text.replace(CODE, (code) => `ckcode${codes.push(code) - 1}ckend`);
  return [hidden, codes];
};
const show = (text, codes, change = (code) => code) =>
  text.replace(/ckcode(\d+)ckend/g, (_, n) => change(codes[n]));

// A code in words: {First name|there}, or for one that is more than a name the code itself.
export const spoken = (code, labels) => {
  const found = code.match(/^\{\{-?\s*([\w.]+)\s*(?:\|\s*default:\s*(?:"([^"{}|]*)"|'([^'{}|]*)'))?\s*-?\}\}$/);
  const label = found && labels[found[1]];
  if (label) return `{${label}${found[2] ?? found[3] ? `|${found[2] ?? found[3]}` : ""}}`;
  return `{${code.replace(/^\{[{%]-?|-?[%}]\}$/g, "").replace(/[\w.]+/g, (word) => labels[word] ?? word).replace(/[{}<>&]/g, " ").trim()}}`;
};
// What stands for a code in a text while it is edited; the code itself travels in it.
export const chip = (code, labels) => `<span class="ck-chip" contenteditable="false" data-code="${encodeURIComponent(code)}">${spoken(code, labels)}</span>`;
export const CHIP = /<span[^<>]*\sdata-code="([^"]*)"[^<>]*>[^<]*<\/span>/g;

// A picture that nobody chose yet is a grey field in the editor, which would put a drawing of its own there.
const pictured = (attributes, blank) =>
  /\ssrc\s*=\s*(?:"[^"]+"|'[^']+')/.test(attributes) ? attributes : `${attributes.replace(/\ssrc\s*=\s*(?:""|'')/, "").trimEnd()} src="${blank}"`;

// A table would lose its rows in the editor, and products are more than words: both pass through whole.
const ATTRIBUTES = `(?:"[^"]*"|'[^']*'|[^'"<>])*`;
const WHOLE = new RegExp(`<(mj-table|mj-text)\\b${ATTRIBUTES}>(?:(?!</?mj-)[\\s\\S])*</\\1>`, "g");
const PRODUCTS = /\{%-?\s*for\s+\w+\s+in\s+recommended_products\b/;
const KEPT = /<mj-raw[^<>]*\sdata-kept="([^"]*)"[^<>]*>[\s\S]*?<\/mj-raw>/g;
const stay = (hidden, codes) => hidden.replace(WHOLE, (part, tag) => {
  const whole = show(part, codes);
  return tag === "mj-table" || PRODUCTS.test(whole) ? `<mj-raw data-kept="${encodeURIComponent(whole)}"></mj-raw>` : part;
});
export const keep = (mjml) => {
  const [hidden, codes] = hide(mjml);
  return show(stay(hidden, codes), codes);
};
export const kept = (part) => decodeURIComponent(part.getAttributes?.()["data-kept"] ?? "");
export const unnamed = (whole) => whole.replace(/^(<[^>]*?)\sdata-slot="[^"]*"/, "$1");

// What the editor can load, and what must be put back afterwards; null when only the source can hold it.
export const open = (source, labels = {}, blank = "") => {
  const head = source.match(HEAD)?.[0] ?? "";
  const start = source.match(/<mjml[^<>]*>/)?.[0] ?? "<mjml>";
  const [bare, codes] = hide(source.replace(HEAD, ""));
  const hidden = stay(bare, codes);
  const path = [];
  let tables = 0; // Where a chip would fall out of its row.
  let out = "";
  let last = 0;
  const between = (text) => {
    const place = path.at(-1);
    if (WORDY.has(place) && !tables) return text.replace(/ckcode(\d+)ckend/g, (_, n) => chip(codes[n], labels));
    if (!/ckcode\d+ckend/.test(text) || !(HOLDERS.has(place) || CLOSED.has(place))) return text;
    if (CLOSED.has(place)) throw new RangeError(place);
    return text.replace(/ckcode\d+ckend/g, (found) => `<mj-raw>${found}</mj-raw>`);
  };
  try {
    for (const found of hidden.matchAll(TAG)) {
      out += between(hidden.slice(last, found.index));
      last = found.index + found[0].length;
      const [whole, closing, name, attributes, selfClosing] = found;
      if (!name) continue; // A comment.
      const tag = name.toLowerCase();
      if (/ckcode\d+ckend/.test(attributes.replace(/"[^"]*"|'[^']*'/g, ""))) return null;
      const written = attributes.replace(/ckcode(\d+)ckend/g, (_, n) => quotes(codes[n]));
      const inner = tag === "mj-image" && !closing ? pictured(written, blank) : written;
      if (tag === "table") tables += closing ? -1 : 1;
      if (!tag.startsWith("mj")) out += whole.replace(attributes, inner);
      else if (closing) {
        path.splice(path.lastIndexOf(tag));
        out += whole;
      } else if (selfClosing) out += `<${tag}${inner}></${tag}>`;
      else {
        path.push(tag);
        out += `<${tag}${inner}>`;
      }
    }
  } catch (problem) {
    if (problem instanceof RangeError) return null;
    throw problem;
  }
  out += hidden.slice(last);
  const escape = (code) => code.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return { mjml: show(out, codes, escape), head, start, blank };
};

// The design again as a person writes it: codes as they were, the head in its place, one part a line.
export const close = (mjml, { head, start, blank }) => {
  const plain = mjml.replace(CODE, (code) =>
    code.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&apos;", "'").replaceAll("&nbsp;", " ")
      .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
  const body = (blank ? plain.replaceAll(blank, "") : plain)
    .replace(CHIP, (_, code) => decodeURIComponent(code))
    .replace(RAW, (_, codes) => codes.trim())
    .replace(/\s(?:id|data-gjs-[\w-]+|draggable)="[^"]*"/g, "")
    .replace(/<mj-head(?:\s[^<>]*)?>[\s\S]*?<\/mj-head>|<mj-head[^<>]*\/>/, "")
    .replace(/^\s*<mjml[^<>]*>|<\/mjml>\s*$/g, "")
    .replace(KEPT, (_, whole) => decodeURIComponent(whole));
  return tidy(`${start}${head ? `\n  ${head}` : ""}\n${body}\n</mjml>`, head);
};

const tidy = (mjml, head) => {
  const [before, after] = head ? mjml.split(head) : ["", mjml];
  const lines = after.replace(/>\s*(?=<\/?(?:mj-(?:body|wrapper|section|column|group|hero|text|button|image|divider|spacer|social|raw|table)|mjml)[\s>])/g, ">\n").split("\n");
  let depth = 1;
  const set = lines.map((line) => {
    const text = line.trim();
    if (!text) return "";
    if (/^<\/(?:mj-(?:body|wrapper|section|column|group|hero)|mjml)>/.test(text)) depth -= 1;
    const row = "  ".repeat(Math.max(depth, 0)) + text;
    if (/^<mj-(?:body|wrapper|section|column|group|hero)[\s>]/.test(text) && !/<\/mj-(?:body|wrapper|section|column|group|hero)>$/.test(text)) depth += 1;
    return row;
  });
  const rest = set.filter(Boolean).join("\n").replace(/\n\s*<\/mjml>$/, "\n</mjml>");
  return head ? `${before}${head}\n${rest}\n` : `${rest.trim()}\n`;
};

// For the picture in the editor: what the codes would say, by samples of the shop's own data.
export const sampled = (mjml, samples) =>
  mjml.replace(CODE, (code) => {
    if (code.startsWith("{%")) return "";
    const name = code.match(/\{\{-?\s*([\w.]+)/)?.[1] ?? "";
    if (name in samples) return samples[name];
    return code.match(/default:\s*["']([^"']*)["']/)?.[1] ?? "";
  });
