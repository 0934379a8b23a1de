// Reduces the same bytes in WebAssembly and in JavaScript, in turns, and leaves the times in `window.outcome`.
import init, { Reduction as Wasm } from "./aurora_bench.js";
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

try {
  await init();
  const { files, rounds } = await (await fetch("./plan.json")).json();
  const outcomes = [];
  for (const name of files) outcomes.push(await measure(name, rounds));
  window.outcome = { outcomes };
} catch (error) {
  window.outcome = { error: `${error}\n${error?.stack}` };
}
