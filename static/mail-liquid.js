// Liquid code on its way through the visual editor: nothing of it may be lost, and nothing of it may break MJML.
const CODE = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const TAG = /<!--[\s\S]*?-->|<(\/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|'[^']*'|[^'"<>])*?)(\/?)>/g;
const HOLDERS = new Set(["mjml", "mj-body", "mj-wrapper", "mj-section", "mj-column", "mj-group", "mj-hero"]);
const CLOSED = new Set(["mj-social", "mj-navbar", "mj-accordion", "mj-carousel", "mj-accordion-element"]);
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

// What the editor can load, and what must be put back afterwards; null when only the source can hold it.
export const open = (source) => {
  const head = source.match(HEAD)?.[0] ?? "";
  const start = source.match(/<mjml[^<>]*>/)?.[0] ?? "<mjml>";
  const [hidden, codes] = hide(source.replace(HEAD, ""));
  const path = [];
  let out = "";
  let last = 0;
  const between = (text) => {
    const place = path.at(-1);
    if (!/ckcode\d+ckend/.test(text) || !(HOLDERS.has(place) || CLOSED.has(place))) return text;
    if (CLOSED.has(place)) throw new RangeError(place);
    return text.replace(/(?:ckcode\d+ckend\s*)+/g, (found) => `<mj-raw>${found.trim()}</mj-raw>`);
  };
  try {
    for (const found of hidden.matchAll(TAG)) {
      out += between(hidden.slice(last, found.index));
      last = found.index + found[0].length;
      const [whole, closing, name, attributes, selfClosing] = found;
      if (!name) continue; // A comment.
      const tag = name.toLowerCase();
      if (/ckcode\d+ckend/.test(attributes.replace(/"[^"]*"|'[^']*'/g, ""))) return null;
      const inner = attributes.replace(/ckcode(\d+)ckend/g, (_, n) => quotes(codes[n]));
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
  return { mjml: show(out, codes, escape), head, start };
};

// The design again as a person writes it: codes as they were, the head in its place, one part a line.
export const close = (mjml, { head, start }) => {
  const plain = mjml.replace(CODE, (code) =>
    code.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&apos;", "'").replaceAll("&nbsp;", " ")
      .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
  const body = plain
    .replace(RAW, (_, codes) => codes.trim())
    .replace(/\s(?:id|data-gjs-[\w-]+|draggable)="[^"]*"/g, "")
    .replace(/<mj-head(?:\s[^<>]*)?>[\s\S]*?<\/mj-head>|<mj-head[^<>]*\/>/, "")
    .replace(/^\s*<mjml[^<>]*>|<\/mjml>\s*$/g, "");
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
