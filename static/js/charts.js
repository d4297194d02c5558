/* Draws what `<script type="application/json" id="x">` describes into `[data-chart=x]`. The kinds and their fields are in
   docs/ui.md. Colours come from tokens.css, so a chart follows the theme; its table says the same in words. */

const LEVELS = ["ceiling", "appropriated", "disbursed", "obligated", "committed", "free"];
const STATES = ["success", "warning", "danger", "info", "neutral"];
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/* --- colours: canvas turns any CSS colour into the rgb that ECharts can read ------------------------------------- */
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const brush = canvas.getContext("2d", { willReadFrequently: true });
const colour = (name) => {
  probe.style.color = `var(--${name})`;
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = getComputedStyle(probe).color;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b] = brush.getImageData(0, 0, 1, 1).data;
  return `rgb(${r},${g},${b})`;
};
const tone = (name, index) => {
  if (LEVELS.includes(name)) return colour(`level-${name}`);
  if (STATES.includes(name)) return colour(name === "neutral" ? "chart-8" : `${name}-solid`);
  return colour(`chart-${name || (index % 8) + 1}`);
};

/* --- numbers ----------------------------------------------------------------------------------------------------- */
const lang = document.documentElement.lang || "en-GB";
const full = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
const short = (value) => {
  for (const [size, unit] of [[1e9, "bn"], [1e6, "m"], [1e3, "k"]]) {
    if (Math.abs(value) >= size) return `${full.format(Number((value / size).toPrecision(3)))}${unit}`;
  }
  return full.format(value);
};
const said = (value, unit) => (value === null || value === undefined ? "–" : `${full.format(value)}${unit ? ` ${unit}` : ""}`);
const number = (value) => (value === null || value === "" ? null : Number(value));
const numbers = (values) => (values || []).map(number);

/* --- what all kinds share ---------------------------------------------------------------------------------------- */
const base = (spec) => ({
  aria: { enabled: true, decal: { show: false } },
  animation: !still.matches,
  animationDuration: 350,
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("ink-soft"), fontSize: 12 },
  tooltip: {
    renderMode: "richText",
    confine: true,
    backgroundColor: colour("raised"),
    borderColor: colour("line"),
    textStyle: { color: colour("ink"), fontSize: 12 },
    valueFormatter: (value) => said(Array.isArray(value) ? value.at(-1) : value, spec.unit),
  },
  legend: { show: false, bottom: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 14, icon: "roundRect", textStyle: { color: colour("ink-soft") } },
  grid: { left: 4, right: 12, top: 28, bottom: 4, containLabel: true },
});
const legendOf = (names) => ({ show: names.length > 1, data: names, type: "plain" });
const categoryAxis = (spec, extra = {}) => ({
  type: "category",
  data: spec.categories,
  axisTick: { show: false },
  axisLine: { lineStyle: { color: colour("line-strong") } },
  axisLabel: { color: colour("ink-soft"), hideOverlap: true, width: spec.horizontal ? 150 : undefined, overflow: "truncate" },
  ...extra,
});
const valueAxis = (spec, extra = {}) => ({
  type: "value",
  name: spec.horizontal ? undefined : spec.unit,
  nameTextStyle: { color: colour("ink-faint"), align: "left", padding: [0, 0, 0, -24] },
  axisLabel: { color: colour("ink-soft"), formatter: short },
  splitLine: { lineStyle: { color: colour("line-soft") } },
  splitNumber: 4,
  min: spec.min,
  max: spec.max,
  ...extra,
});
const axes = (spec) =>
  spec.horizontal
    ? { xAxis: valueAxis(spec), yAxis: categoryAxis(spec, { inverse: true }) }
    : { xAxis: categoryAxis(spec), yAxis: valueAxis(spec) };
/* Room for the legend, which wraps: some 26 px a line, guessed from the length of its words. */
const room = (names, width) => {
  if (names.length < 2) return 4;
  const lines = Math.ceil(names.reduce((sum, name) => sum + String(name).length * 6.6 + 40, 0) / Math.max(width, 1));
  return 10 + lines * 24;
};

/* --- kinds ------------------------------------------------------------------------------------------------------- */
const bars = (spec, width, stacked) => {
  const names = [...spec.series, ...(spec.marks || [])].map((series) => series.name);
  const options = base(spec);
  options.legend = { ...options.legend, ...legendOf(names) };
  options.grid.bottom = room(names, width);
  options.tooltip.trigger = "axis";
  options.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: colour("line"), opacity: 0.25 } };
  options.series = spec.series.map((series, index) => ({
    type: "bar",
    name: series.name,
    stack: stacked ? series.stack || "all" : undefined,
    data: numbers(series.values),
    barMaxWidth: stacked ? 48 : 32,
    itemStyle: { color: tone(series.tone, index), borderRadius: stacked ? 0 : spec.horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0], borderColor: colour("surface"), borderWidth: stacked ? 1 : 0 },
    emphasis: { focus: spec.series.length > 1 ? "series" : "none" },
  }));
  for (const mark of spec.marks || []) {
    options.series.push({
      type: "scatter",
      name: mark.name,
      data: numbers(mark.values),
      symbol: "rect",
      symbolSize: spec.horizontal ? [3, 30] : [58, 3],
      itemStyle: { color: tone(mark.tone || "ceiling") },
      z: 5,
    });
  }
  return { ...options, ...axes(spec) };
};

const line = (spec, width) => {
  const names = spec.series.map((series) => series.name);
  const options = base(spec);
  options.legend = { ...options.legend, ...legendOf(names) };
  options.grid.bottom = room(names, width);
  options.tooltip.trigger = "axis";
  options.series = spec.series.map((series, index) => ({
    type: "line",
    name: series.name,
    data: numbers(series.values),
    step: series.step ? "end" : undefined,
    smooth: false,
    showSymbol: series.values.length < 16,
    symbolSize: 6,
    lineStyle: { width: 2, type: series.dashed ? "dashed" : "solid" },
    itemStyle: { color: tone(series.tone, index) },
    areaStyle: series.area ? { opacity: 0.12 } : undefined,
  }));
  return { ...options, ...axes(spec) };
};

/* A funnel is drawn as bars from one edge: lengths can be compared, areas of trapezoids can't. */
const funnel = (spec) => {
  const most = Math.max(...spec.steps.map((step) => number(step.value)), 1);
  const options = base({ ...spec });
  options.grid = { left: 4, right: 64, top: 4, bottom: 4, containLabel: true };
  options.tooltip.trigger = "item";
  options.xAxis = { type: "value", show: false, max: most };
  options.yAxis = categoryAxis({ categories: spec.steps.map((step) => step.name), horizontal: true }, { inverse: true, axisLine: { show: false } });
  options.series = [
    {
      type: "bar",
      name: spec.name || "",
      data: spec.steps.map((step) => ({ value: number(step.value), itemStyle: { color: tone(step.tone || "1") } })),
      barWidth: "62%",
      itemStyle: { borderRadius: [0, 4, 4, 0] },
      showBackground: true,
      backgroundStyle: { color: colour("sunken"), borderRadius: [0, 4, 4, 0] },
      label: { show: true, position: "right", color: colour("ink"), fontWeight: 600, formatter: ({ value }) => full.format(value) },
    },
  ];
  return options;
};

const gauge = (spec) => {
  const options = base(spec);
  const share = spec.max ? number(spec.value) / number(spec.max) : 0;
  options.tooltip.show = false;
  options.series = [
    {
      type: "gauge",
      startAngle: 200,
      endAngle: -20,
      radius: "100%",
      center: ["50%", "62%"],
      min: 0,
      max: number(spec.max),
      progress: { show: true, width: 14, roundCap: true, itemStyle: { color: tone(spec.tone || "1") } },
      axisLine: { roundCap: true, lineStyle: { width: 14, color: [[1, colour("neutral-soft")]] } },
      pointer: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { show: false },
      title: { offsetCenter: [0, "22%"], color: colour("ink-soft"), fontSize: 12 },
      detail: { offsetCenter: [0, "-8%"], color: colour("ink"), fontSize: 24, fontWeight: 600, formatter: () => `${Math.round(share * 100)}%` },
      data: [{ value: number(spec.value), name: spec.name || "" }],
    },
  ];
  return options;
};

/* `boxes`: [least, lower quarter, middle, upper quarter, most] for each category; `points`: [category index, value]. */
const boxplot = (spec) => {
  const options = base(spec);
  options.tooltip.trigger = "item";
  options.tooltip.formatter = ({ seriesType, name, value }) => {
    const figures = seriesType === "boxplot" ? value.slice(1, 6).map((each) => full.format(each)).join(" · ") : full.format(value.at(-1));
    return `${name || spec.categories[value[0]]}\n${figures}`;
  };
  options.series = [
    { type: "boxplot", data: spec.boxes.map(numbers), boxWidth: [6, 26], itemStyle: { color: colour("accent-soft"), borderColor: colour("chart-1"), borderWidth: 1.5 } },
    { type: "scatter", data: spec.points || [], symbolSize: 6, itemStyle: { color: colour("chart-1"), opacity: 0.55 } },
  ];
  if (spec.horizontal) options.series[1].encode = { x: 1, y: 0 };
  return { ...options, ...axes(spec) };
};

/* `cells`: [column index, row index, value or null]. */
const heat = (spec) => {
  const options = base(spec);
  const values = spec.cells.map((cell) => number(cell[2])).filter((value) => value !== null);
  options.tooltip.trigger = "item";
  options.tooltip.formatter = ({ value }) => `${spec.rows[value[1]]}, ${spec.categories[value[0]]}: ${said(value[2], spec.unit)}`;
  options.grid.top = 4;
  options.xAxis = categoryAxis(spec, { axisLine: { show: false } });
  options.yAxis = categoryAxis({ categories: spec.rows, horizontal: true }, { inverse: true, axisLine: { show: false } });
  options.visualMap = { show: false, min: spec.min ?? Math.min(0, ...values), max: spec.max ?? Math.max(...values, 1), inRange: { color: [colour("heat-low"), colour("heat-high")] } };
  options.series = [{ type: "heatmap", data: spec.cells, itemStyle: { borderColor: colour("surface"), borderWidth: 2, borderRadius: 3 } }];
  return options;
};

const KINDS = {
  "stacked-bars": (spec, width) => bars(spec, width, true),
  bars: (spec, width) => bars(spec, width, false),
  line,
  funnel,
  gauge,
  progress: gauge,
  boxplot,
  spread: boxplot,
  heat,
};

/* --- draw, and draw again when the theme, the size or the page changes ------------------------------------------- */
const drawn = new Map();
const draw = (holder) => {
  const source = document.getElementById(holder.dataset.chart);
  if (!source || !window.echarts) return;
  const spec = JSON.parse(source.textContent);
  if (!spec || !KINDS[spec.kind]) return;
  const chart = drawn.get(holder) || window.echarts.init(holder, null, { renderer: "svg" });
  chart.setOption(KINDS[spec.kind](spec, holder.clientWidth), true);
  if (!drawn.has(holder)) {
    drawn.set(holder, chart);
    resizes.observe(holder);
    const table = holder.parentElement.querySelector(".chart-table");
    if (table && !table.hasAttribute("data-keep-open")) table.open = false;
  }
};
const widths = new WeakMap();
const resizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const before = widths.get(target);
    widths.set(target, contentRect.width);
    if (before === undefined || Math.abs(before - contentRect.width) < 1) continue;
    drawn.get(target)?.resize();
    draw(target);
  }
});
const drawAll = () => {
  for (const [holder, chart] of drawn) {
    if (holder.isConnected) continue;
    chart.dispose();
    resizes.unobserve(holder);
    drawn.delete(holder);
  }
  document.querySelectorAll("[data-chart]").forEach(draw);
};
document.addEventListener("themechange", drawAll);
still.addEventListener("change", drawAll);
document.body.addEventListener("htmx:afterSettle", drawAll);
drawAll();
