// Reduces the same bytes in WebAssembly and in JavaScript, in turns, and leaves the times in `window.outcome`.
import init, { Reduction as Wasm, Stages, quantile_insert, quantile_read } from "./aurora_bench.js";
import { Reduction as JavaScript } from "./reduce.js";

const CHUNK = 64 << 10;

function run(Kind, bytes) {
  const reduction = new Kind();
  const start = performance.now();
  for (let at = 0; at < bytes.length; at += CHUNK) reduction.feed(bytes.subarray(at, at + CHUNK));
  const seconds = (performance.now() - start) / 1000;
  const outcome = {
    seconds,
    events: reduction.events(),
    rejected: reduction.rejected(),
    summary: reduction.summary(),
  };
  reduction.free();
  return outcome;
}

// Rounds are apart, so that neither side pays for the other's garbage.
const pause = () => new Promise((resume) => setTimeout(resume, 250));

async function measure(name, rounds) {
  const bytes = new Uint8Array(await (await fetch(`./${name}`)).arrayBuffer());
  const outcome = { name, bytes: bytes.length, wasm: [], javascript: [] };
  for (let round = -1; round < rounds; round++) {
    // The first one of each only warms up; then they take turns in going first.
    const order = [["wasm", Wasm], ["javascript", JavaScript]];
    if (round % 2 !== 0) order.reverse();
    for (const [kind, Kind] of order) {
      const one = run(Kind, bytes);
      if (round >= 0) outcome[kind].push(one);
      document.querySelector("#log").textContent += `\n${name} ${kind} ${one.seconds.toFixed(3)} s ${one.summary}`;
      await pause();
    }
  }
  return outcome;
}

const STAGE_LINES = 100_000;
const INSERTIONS = 10_000_000;
const READS = 10_000;

// What natively criterion measures: nanoseconds of each step, round by round.
async function measureStages(name, rounds) {
  const stages = new Stages(new Uint8Array(await (await fetch(`./${name}`)).arrayBuffer()), STAGE_LINES);
  const lines = stages.lines();
  const steps = {
    "line to event": () => stages.to_event() / lines,
    "line to event, general parser": () => stages.to_event_general() / lines,
    "event to state": () => stages.to_state() / lines,
    "line to state": () => stages.both() / lines,
    "quantile insert": () => quantile_insert(INSERTIONS) / INSERTIONS,
    "four quantiles read": () => quantile_read(READS) / READS,
  };
  const times = Object.fromEntries(Object.keys(steps).map((step) => [step, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [step, run] of Object.entries(steps)) {
      const nanoseconds = run() * 1e6;
      if (round >= 0) times[step].push(nanoseconds);
      await pause();
    }
  }
  stages.free();
  return { name, lines, times };
}

// Saving and loading the whole state; bytes are copied between the module and the page each time.
async function measureSnapshot(name, rounds) {
  const stream = new Uint8Array(await (await fetch(`./${name}`)).arrayBuffer());
  const reduction = new Wasm();
  for (let at = 0; at < stream.length; at += CHUNK) reduction.feed(stream.subarray(at, at + CHUNK));
  const outcome = { events: reduction.events(), save: [], load: [] };
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    const bytes = reduction.save();
    const saved = performance.now();
    const events = Wasm.load(bytes);
    const loaded = performance.now();
    if (events !== outcome.events) throw new Error(`${events} of ${outcome.events} events came back`);
    outcome.bytes = bytes.length;
    if (round >= 0) {
      outcome.save.push((saved - start) / 1000);
      outcome.load.push((loaded - saved) / 1000);
    }
    await pause();
  }
  reduction.free();
  return outcome;
}

try {
  await init();
  const { files, window: full, rounds } = await (await fetch("./plan.json")).json();
  const outcomes = [];
  for (const name of files) outcomes.push(await measure(name, rounds));
  const stages = [];
  for (const name of files) stages.push(await measureStages(name, rounds));
  window.outcome = { outcomes, stages, snapshot: await measureSnapshot(full, rounds) };
} catch (error) {
  window.outcome = { error: `${error}\n${error?.stack}` };
}
