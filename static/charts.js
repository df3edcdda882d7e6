// Draws every [data-chart] figure from the plain numbers in its JSON block. The same numbers stand in its table.
import * as echarts from "./npm/echarts/dist/echarts.esm.min.mjs";

// Okabe–Ito: told apart with every kind of colour vision, on white and on dark.
const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8a8a8a"];
const SYMBOLS = ["circle", "triangle", "rect", "diamond", "pin", "arrow", "roundRect", "emptyCircle"];
// Where the colours begin again, the shapes do not: the ninth has the first colour and another shape.
const symbol = (index) => SYMBOLS[(index + Math.floor(index / COLORS.length)) % SYMBOLS.length];

const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";

const base = () => {
  const style = getComputedStyle(document.body);
  return {
    color: COLORS,
    textStyle: { fontFamily: style.fontFamily },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    tooltip: { trigger: "axis", confine: true },
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
  };
};

const axes = (spec, horizontal) => {
  const category = { type: "category", data: spec.labels, axisLabel: { hideOverlap: true } };
  const value = { type: "value", scale: Boolean(spec.scale), axisLabel: { hideOverlap: true } };
  const names = { width: 150, overflow: "break", interval: 0 };  // Long names go over two lines, so none is cut off.
  return horizontal ? { yAxis: { ...category, axisLabel: names, inverse: true }, xAxis: value } : { xAxis: category, yAxis: value };
};

const plain = (type, extra = {}) => (spec) => ({
  ...axes(spec, extra.horizontal),
  ...(extra.horizontal && { grid: { ...base().grid, left: 28 } }),  // Broken names are measured too narrow.
  legend: spec.series.length > 1 ? { top: 0, type: "scroll" } : undefined,
  series: spec.series.map((one, index) => ({
    type, name: one.name, data: one.values, symbol: symbol(index), symbolSize: 6,
    connectNulls: false, barMaxWidth: 36, stack: extra.stack ? "all" : undefined,
    areaStyle: extra.area ? { opacity: 0.15 } : undefined,
  })),
});

// The best guess as a dot, from where to where the truth may lie as whiskers; series: guess, lower and upper end.
const interval = (spec) => {
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
  const { xAxis, yAxis } = axes(spec, true);
  return {
    xAxis, yAxis: { ...yAxis, axisLine: { onZero: false }, axisTick: { show: false } },
    grid: { ...base().grid, left: 28, top: 12 },
    tooltip: { trigger: "axis", confine: true, axisPointer: { type: "shadow" }, formatter: said },
    series: [
      { type: "custom", silent: true, renderItem: whiskers, encode: { x: [1, 2], y: 0 }, data: spec.labels.map((_label, at) => [at, low.values[at], high.values[at]]) },
      {
        type: "scatter", symbolSize: 11, color, itemStyle: { opacity: 1 }, data: guess.values,
        // No difference: whoever's whiskers reach over it may have done nothing.
        markLine: spec.zero === undefined ? undefined : { silent: true, symbol: "none", label: { show: false }, lineStyle: { type: "dashed", color: COLORS[7] }, data: [{ xAxis: spec.zero }] },
      },
    ],
  };
};

// On a phone the names around a radar need most of the width.
const corners = () => innerWidth < 576
  ? { radius: "40%", axisName: { width: 72, overflow: "break", fontSize: 10 } }
  : { radius: "58%", axisName: { width: 80, overflow: "break" } };

const KINDS = {
  line: plain("line"),
  area: plain("line", { area: true }),
  bar: plain("bar"),
  stacked: plain("bar", { stack: true }),
  // The past and the most likely way as lines, what may come as a shaded band between two limits.
  forecast: (spec) => {
    const option = plain("line")(spec);
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
  interval,
  scatter: (spec) => ({
    tooltip: { trigger: "item", confine: true },
    legend: { top: 0, type: "scroll" },
    xAxis: { type: "value", name: spec.labels[0], nameLocation: "middle", nameGap: 24, axisLine: { onZero: false } },
    yAxis: { type: "value", name: spec.labels[1], nameLocation: "middle", nameGap: 36, axisLine: { onZero: false } },
    grid: { left: 28, right: 16, top: 40, bottom: 24, containLabel: true },
    series: spec.series.map((one, index) => ({
      type: "scatter", name: one.name, data: one.values, symbolSize: 6,
      symbol: symbol(index), itemStyle: { opacity: 0.7 },
    })),
  }),
  // Who was in a group before stands left, who came to it right: the same name twice, so no way leads back.
  sankey: (spec) => ({
    tooltip: { trigger: "item", confine: true },
    series: [{
      type: "sankey", left: 4, right: 124, top: 8, bottom: 8, nodeGap: 12, emphasis: { focus: "adjacency" },
      label: { formatter: (node) => node.name.slice(2), width: 116, overflow: "break", color: getComputedStyle(document.body).color },
      lineStyle: { color: "source", opacity: 0.35 },
      data: spec.nodes.map((name, index) => ({ name, itemStyle: { color: COLORS[spec.colors[index] % COLORS.length] } })),
      links: spec.links.map(([source, target, value]) => ({ source, target, value })),
    }],
  }),
  radar: (spec) => ({
    tooltip: { trigger: "item", confine: true },
    legend: { top: 0, type: "scroll" },
    radar: { indicator: spec.labels.map((name) => ({ name, max: spec.max, min: spec.min })), ...corners(), center: ["50%", "56%"] },
    series: [{ type: "radar", data: spec.series.map((one, index) => ({ name: one.name, value: one.values, symbol: symbol(index) })) }],
  }),
};

const paint = (figure) => {
  const canvas = figure.querySelector(".ck-canvas");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  echarts.getInstanceByDom(canvas)?.dispose();
  if (figure.dataset.chart === "interval") canvas.style.height = `${4 + 2.5 * spec.labels.length}rem`;
  // Long names take two lines each; few bars need no more than every other chart.
  if (figure.dataset.chart === "ranking") canvas.style.height = `${Math.max(18, 4 + 2.25 * spec.labels.length)}rem`;
  const chart = echarts.init(canvas, isDark() ? "dark" : null, { renderer: "svg" });
  chart.setOption({ ...base(), backgroundColor: "transparent", ...KINDS[figure.dataset.chart](spec) });
  figure.dataset.drawn = "1";
  new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(canvas);
};

export const draw = (root) => {
  for (const figure of root.querySelectorAll("[data-chart]:not([data-drawn])")) paint(figure);
};

document.addEventListener("ck:theme", () => document.querySelectorAll("[data-chart]").forEach(paint));
