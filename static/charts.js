// Draws every [data-chart] figure from the plain numbers in its JSON block. The same numbers stand in its table.
import * as echarts from "./npm/echarts/dist/echarts.esm.min.mjs";

// Okabe–Ito: told apart with every kind of colour vision, on white and on dark.
const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8a8a8a"];
const SYMBOLS = ["circle", "triangle", "rect", "diamond", "pin", "arrow", "roundRect", "emptyCircle"];
// Where the colours begin again, the shapes do not: the ninth has the first colour and another shape.
const symbol = (index) => SYMBOLS[(index + Math.floor(index / COLORS.length)) % SYMBOLS.length];

// And without any colour lines are told apart by their dashes.
const DASHES = ["solid", "dashed", "dotted", [10, 3, 2, 3]];
const dash = (index) => ({ type: DASHES[index % DASHES.length] });
// Of several bars side by side or on each other all but the first are hatched, each its own way.
const HATCHES = [
  { dashArrayX: [1, 0], dashArrayY: [3, 5], rotation: -Math.PI / 4 },
  { dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbol: "circle", symbolSize: 0.7 },
  { dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: Math.PI / 2 },
];
const hatch = (index) => index ? { decal: { color: "rgba(0, 0, 0, .4)", ...HATCHES[(index - 1) % HATCHES.length] } } : undefined;
// On dark pages the first line is the light blue one, which stands out there.
const colors = () => (isDark() ? [COLORS[4], ...COLORS.slice(1, 4), COLORS[0], ...COLORS.slice(5)] : COLORS);

const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";

const base = () => {
  const style = getComputedStyle(document.body);
  return {
    color: colors(),
    textStyle: { fontFamily: style.fontFamily },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    tooltip: { trigger: "axis", confine: true },
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
  };
};

// How wide words are drawn, so that room is left for all of them.
const pen = document.createElement("canvas").getContext("2d");
const wide = (text) => {
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(...String(text).split("\n").map((line) => pen.measureText(line).width));
};
const LINE = 22;

// A legend goes over as many lines as its names need; what is drawn begins below it.
const legendLines = (spec, width) => {
  if (spec.series.length < 2) return 0;
  let [lines, used] = [1, 0];
  for (const one of spec.series) {
    const own = wide(one.name) + 42;
    if (used && used + own > width - 10) [lines, used] = [lines + 1, 0];
    used += own;
  }
  return lines;
};
const legendOf = (room) => (room.lines ? { top: 0, type: "plain" } : undefined);
const below = (room) => 36 + LINE * Math.max(0, room.lines - 1);

// A few words below an axis are all shown, over two lines where need be; of many days or numbers some are left out.
const beneath = (labels, room) => {
  const own = (room.width - 80) / labels.length - 8;
  const few = labels.length <= 8 && own >= 44 && labels.some((label) => wide(label) > own);
  return few ? { interval: 0, width: own, overflow: "break" } : { hideOverlap: true };
};
const beyond = (labels) => Math.max(16, Math.min(48, wide(labels.at(-1) ?? "") / 2));
const namesWidth = (spec, room) => Math.ceil(Math.min(room.width > 640 ? 240 : 150, 4 + Math.max(...spec.labels.map(wide))));

const axes = (spec, horizontal, room) => {
  const category = { type: "category", data: spec.labels, axisLabel: beneath(spec.labels, room) };
  const value = { type: "value", scale: Boolean(spec.scale), axisLabel: { hideOverlap: true } };
  const names = { width: namesWidth(spec, room), overflow: "break", interval: 0 };  // Long names go over lines, so none is cut off.
  return horizontal ? { yAxis: { ...category, axisLabel: names, inverse: true }, xAxis: value } : { xAxis: category, yAxis: value };
};

// Where nothing differs from the usual.
const zeroLine = (spec) => spec.zero === undefined
  ? undefined
  : { silent: true, symbol: "none", label: { show: false }, lineStyle: { type: "dashed", color: COLORS[7] }, data: [{ xAxis: spec.zero }] };

const plain = (type, extra = {}) => (spec, room) => {
  const { xAxis, yAxis } = axes(spec, extra.horizontal, room);
  return {
    xAxis, yAxis: spec.zero === undefined ? yAxis : { ...yAxis, axisLine: { onZero: false } },
    // Broken names are measured too narrow, and half of the last word below an axis stands beyond its end.
    grid: { ...base().grid, top: below(room), ...(extra.horizontal ? { left: 28 } : { right: beyond(spec.labels) }) },
    legend: legendOf(room),
    series: spec.series.map((one, index) => ({
      type, name: one.name, data: one.values, symbol: symbol(index), symbolSize: 7,
      lineStyle: type === "line" ? dash(index) : undefined, itemStyle: type === "bar" ? hatch(index) : undefined,
      connectNulls: false, barMaxWidth: 36, stack: extra.stack ? "all" : undefined,
      areaStyle: extra.area ? { opacity: 0.15 } : undefined,
      markLine: index ? undefined : zeroLine(spec),
    })),
  };
};

// The best guess as a dot, from where to where the truth may lie as whiskers; series: guess, lower and upper end.
const interval = (spec, room) => {
  const [guess, low, high] = spec.series;
  const color = COLORS[isDark() ? 4 : 0];
  const whiskers = (_params, api) => {
    const [from, to] = [1, 2].map((at) => api.coord([api.value(at), api.value(0)]));
    const cap = (x) => ({ type: "line", shape: { x1: x, y1: from[1] - 6, x2: x, y2: from[1] + 6 }, style });
    const style = { stroke: color, lineWidth: 2 };
    const line = { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style };
    return { type: "group", children: [line, cap(from[0]), cap(to[0])] };
  };
  const said = ([{ dataIndex: at }]) =>
    `${echarts.format.encodeHTML(spec.labels[at])}<br>${[guess, low, high].map((one) => `${echarts.format.encodeHTML(one.name)}: <b>${one.values[at]}</b>`).join("<br>")}`;
  const { xAxis, yAxis } = axes(spec, true, room);
  return {
    xAxis, yAxis: { ...yAxis, axisLine: { onZero: false }, axisTick: { show: false } },
    grid: { ...base().grid, left: 28, top: 12 },
    tooltip: { trigger: "axis", confine: true, axisPointer: { type: "shadow" }, formatter: said },
    series: [
      { type: "custom", silent: true, renderItem: whiskers, encode: { x: [1, 2], y: 0 }, data: spec.labels.map((_label, at) => [at, low.values[at], high.values[at]]) },
      {
        type: "scatter", symbolSize: 11, color, itemStyle: { opacity: 1 }, data: guess.values,
        markLine: zeroLine(spec),  // Whoever's whiskers reach over it may have done nothing.
      },
    ],
  };
};

// Long words around a radar go over lines, as it does not break them itself; Chinese may break anywhere.
const broken = (text, width) => {
  const lines = [""];
  for (const piece of text.split(/(?<= )|(?<=\p{Script=Han})/u)) {
    if (lines.at(-1) && wide(lines.at(-1) + piece) > width) lines.push("");
    lines[lines.length - 1] += piece;
  }
  return lines.map((line) => line.trim()).join("\n");
};

// What lies around a radar needs room: names beside it, and three lines above and below.
const corners = (room) => {
  const [beside, width, fontSize] = room.width < 440 ? [76, 78, 10] : [130, 110, 12];
  const radius = Math.min(room.width / 2 - beside, (room.height - below(room)) / 2 - 54);
  return { radius, axisName: { formatter: (name) => broken(name, width), fontSize } };
};

// Words over ways from here to there: a rim keeps them readable.
const halo = () => ({ textBorderColor: isDark() ? "#262626" : "#fff", textBorderWidth: 3 });

const KINDS = {
  line: plain("line"),
  area: plain("line", { area: true }),
  bar: plain("bar"),
  stacked: plain("bar", { stack: true }),
  // The past and the most likely way as lines, what may come as a shaded band between two limits.
  forecast: (spec, room) => {
    const option = plain("line")(spec, room);
    const [low, high] = spec.band.map((index) => option.series[index]);
    for (const one of option.series) one.symbolSize = 4;
    for (const one of [low, high]) Object.assign(one, { lineStyle: { type: "dashed", width: 1 }, color: COLORS[7], symbol: "none" });
    // Two lines without a mark, stacked: the lower limit, and how far it is from there to the upper one.
    const bare = { type: "line", symbol: "none", silent: true, stack: "band", lineStyle: { opacity: 0 }, tooltip: { show: false } };
    const apart = high.data.map((value, index) => (value === null ? null : value - low.data[index]));
    option.series.push({ ...bare, data: low.data }, { ...bare, data: apart, areaStyle: { color: COLORS[7], opacity: 0.25 } });
    option.legend = { ...option.legend, data: spec.series.map((one) => one.name) };
    return option;
  },
  ranking: plain("bar", { horizontal: true }),
  profile: plain("line", { horizontal: true }),
  interval,
  scatter: (spec, room) => ({
    tooltip: { trigger: "item", confine: true },
    legend: legendOf(room),
    xAxis: { type: "value", name: spec.labels[0], nameLocation: "middle", nameGap: 24, axisLine: { onZero: false } },
    yAxis: { type: "value", name: spec.labels[1], nameLocation: "middle", nameGap: 36, axisLine: { onZero: false } },
    grid: { left: 28, right: 16, top: below(room) + 4, bottom: 24, containLabel: true },
    series: spec.series.map((one, index) => ({
      type: "scatter", name: one.name, data: one.values, symbolSize: 6,
      symbol: symbol(index), itemStyle: { opacity: 0.7 },
    })),
  }),
  // Who was in a group before stands left, who came to it right: the same name twice, so no way leads back.
  sankey: (spec) => ({
    tooltip: { trigger: "item", confine: true },
    series: [{
      type: "sankey", left: 4, right: 124, top: 8, bottom: 8, nodeGap: 16, emphasis: { focus: "adjacency" },
      label: { formatter: (node) => node.name.slice(2), width: 116, overflow: "break", color: getComputedStyle(document.body).color, ...halo() },
      lineStyle: { color: "source", opacity: 0.35 },
      data: spec.nodes.map((name, index) => ({ name, itemStyle: { color: colors()[spec.colors[index] % COLORS.length] } })),
      links: spec.links.map(([source, target, value]) => ({ source, target, value })),
    }],
  }),
  radar: (spec, room) => ({
    tooltip: { trigger: "item", confine: true },
    legend: { ...legendOf(room), data: spec.series.map((one, index) => ({ name: one.name, icon: symbol(index) })) },
    radar: { indicator: spec.labels.map((name) => ({ name, max: spec.max, min: spec.min })), ...corners(room), center: ["50%", below(room) + (room.height - below(room)) / 2] },
    series: [{ type: "radar", data: spec.series.map((one, index) => ({ name: one.name, value: one.values, symbol: symbol(index), symbolSize: 7, lineStyle: dash(index) })) }],
  }),
};

// Long names take several lines each; few bars need no more than every other chart.
const heightOf = (kind, spec, room) => {
  const usual = 288 + LINE * Math.max(0, room.lines - 1);
  if (kind === "interval") return 64 + 40 * spec.labels.length;
  if (kind === "radar") return usual + 40;
  if (kind === "sankey") return Math.max(usual, 16 * spec.nodes.length);
  if (kind !== "ranking" && kind !== "profile") return usual;
  const lines = (label) => String(label).split("\n").reduce((sum, one) => sum + Math.ceil((wide(one) * 1.15) / namesWidth(spec, room)), 0);
  return Math.max(usual, spec.labels.reduce((sum, label) => sum + Math.max(36, 14 * lines(label) + 10), 64 + below(room) - 36));
};

const paint = (figure) => {
  const canvas = figure.querySelector(".ck-canvas");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  echarts.getInstanceByDom(canvas)?.dispose();
  const width = canvas.clientWidth || 640;
  const room = { width, lines: legendLines(spec, width) };
  room.height = heightOf(figure.dataset.chart, spec, room);
  canvas.style.height = `${room.height}px`;
  const chart = echarts.init(canvas, isDark() ? "dark" : null, { renderer: "svg" });
  chart.setOption({ ...base(), backgroundColor: "transparent", ...KINDS[figure.dataset.chart](spec, room) });
  figure.dataset.drawn = "1";
  new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(canvas);
};

export const draw = (root) => {
  for (const figure of root.querySelectorAll("[data-chart]:not([data-drawn])")) paint(figure);
};

document.addEventListener("ck:theme", () => document.querySelectorAll("[data-chart]").forEach(paint));
