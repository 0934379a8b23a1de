// Redraws the same data with aurora-charts in WebAssembly and with uPlot, in turns, one redraw a frame, and leaves the script
// times in `window.outcome`.
import init, { Buckets, Stream, sample } from "./aurora_bench.js";
import uPlot from "./uplot/uPlot.esm.js";

const [WIDTH, HEIGHT] = [600, 220];
const START = 1_795_132_800;
const SHOWN = 600;
const RATE = 100;
const COLORS = ["#0068b0", "#c25400", "#00805f"];
const frame = () => new Promise((resume) => requestAnimationFrame(resume));
const log = (text) => { document.querySelector("#log").textContent += `\n${text}`; };

function place() {
  const element = document.createElement("div");
  element.style.cssText = `position: relative; width: ${WIDTH}px; height: ${HEIGHT}px`;
  document.querySelector("#charts").append(element);
  return element;
}

function canvases(element) {
  return [0, 1].map(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    canvas.style.cssText = "position: absolute; inset: 0";
    element.append(canvas);
    return canvas;
  });
}

function plot(element, lines, data) {
  const series = COLORS.slice(0, lines).map((stroke) => ({ stroke, width: 1.5, points: { show: false } }));
  const options = { width: WIDTH, height: HEIGHT, legend: { show: false }, cursor: { show: false }, pxAlign: 1, series: [{}, ...series] };
  return new uPlot(options, data, element);
}

// The same turns for both: another part of the same values, over the same stretch of time or one that moves by a second.
function ours(count, moves, turns) {
  const charts = Array.from({ length: count }, () => Buckets.make(...canvases(place()), WIDTH, HEIGHT, SHOWN, turns));
  return {
    redraw: (turn) => { for (const chart of charts) if (!chart.redraw(turn, moves ? turn : 0)) throw new Error("no canvas"); },
    labels: () => charts[0].labels(),
    end: () => charts.forEach((chart) => chart.free()),
  };
}

function theirs(count, moves, turns) {
  const values = [0, 1, 2].map((line) => Float64Array.from({ length: SHOWN + turns }, (_, number) => sample(line, number)));
  const times = Float64Array.from({ length: SHOWN + turns }, (_, at) => START + at);
  const data = (turn) => {
    const first = moves ? turn : 0;
    return [times.subarray(first, first + SHOWN), ...values.map((line) => line.subarray(turn, turn + SHOWN))];
  };
  const charts = Array.from({ length: count }, () => plot(place(), 3, data(0)));
  return {
    // Within a batch uPlot draws at once rather than in a task of its own.
    redraw: (turn) => { for (const chart of charts) chart.batch(() => chart.setData(data(turn))); },
    end: () => charts.forEach((chart) => chart.destroy()),
  };
}

// A window of many samples, of which some arrive between two redraws.
function oursGrowing(lines, shown, arriving) {
  const chart = Stream.make(...canvases(place()), WIDTH, HEIGHT, lines, shown);
  return {
    redraw: () => { if (!chart.redraw(arriving)) throw new Error("no canvas"); },
    end: () => chart.free(),
  };
}

function theirsGrowing(lines, shown, arriving, turns) {
  const length = shown + arriving * (turns + 1);
  const times = Float64Array.from({ length }, (_, at) => START + at / RATE);
  const values = Array.from({ length: lines }, (_, line) => Float64Array.from(times, (_, number) => sample(line, number)));
  const data = (turn) => [times, ...values].map((all) => all.subarray((turn + 1) * arriving, (turn + 1) * arriving + shown));
  const chart = plot(place(), lines, data(-1));
  return {
    redraw: (turn) => chart.batch(() => chart.setData(data(turn))),
    end: () => chart.destroy(),
  };
}

const CASES = [
  { name: "one chart of 3 × 600 points, the same stretch of time", ours: (turns) => ours(1, false, turns), uplot: (turns) => theirs(1, false, turns) },
  { name: "one chart of 3 × 600 points, time moving in each redraw", ours: (turns) => ours(1, true, turns), uplot: (turns) => theirs(1, true, turns) },
  { name: "six charts of 3 × 600 points, the same stretch of time", ours: (turns) => ours(6, false, turns), uplot: (turns) => theirs(6, false, turns) },
  { name: "six charts of 3 × 600 points, time moving in each redraw", ours: (turns) => ours(6, true, turns), uplot: (turns) => theirs(6, true, turns) },
  { name: "3 × 100,000 points in view, 10 arriving in each", ours: () => oursGrowing(3, 100_000, 10), uplot: (turns) => theirsGrowing(3, 100_000, 10, turns) },
  { name: "1,000,000 points in view, 10 arriving", ours: () => oursGrowing(1, 1_000_000, 10), uplot: (turns) => theirsGrowing(1, 1_000_000, 10, turns) },
];

async function run(make, turns) {
  const chart = make(turns);
  const times = [];
  for (let turn = 0; turn < turns; turn++) {
    await frame();
    const start = performance.now();
    chart.redraw(turn);
    times.push(performance.now() - start);
  }
  chart.end();
  document.querySelector("#charts").replaceChildren();
  return times;
}

async function measure(one, rounds, turns) {
  const outcome = { name: one.name, ours: [], uplot: [] };
  for (let round = -1; round < rounds; round++) {
    // The first round only warms up; then they take turns in going first.
    const order = ["ours", "uplot"];
    if (round % 2 !== 0) order.reverse();
    for (const kind of order) {
      const times = await run(one[kind], turns);
      if (round >= 0) outcome[kind].push(times);
    }
  }
  log(one.name);
  return outcome;
}

// A redraw with other labels must show them: those of a chart that was never anything else.
function checkLabels() {
  const [moved, fresh] = [ours(1, true, 200), ours(1, true, 200)];
  moved.redraw(0);
  const before = moved.labels();
  moved.redraw(137);
  fresh.redraw(137);
  const same = moved.labels() === fresh.labels() && moved.labels() !== before;
  const shown = moved.labels();
  [moved, fresh].forEach((chart) => chart.end());
  document.querySelector("#charts").replaceChildren();
  if (!same) throw new Error(`labels after a move: ${shown}, before it: ${before}`);
  return shown;
}

try {
  await init();
  const { rounds, turns } = await (await fetch("./charts.json")).json();
  const labels = checkLabels();
  const outcomes = [];
  for (const one of CASES) outcomes.push(await measure(one, rounds, turns));
  window.outcome = { charts: outcomes, labels, precise: crossOriginIsolated };
} catch (error) {
  window.outcome = { error: `${error}\n${error?.stack}` };
}
