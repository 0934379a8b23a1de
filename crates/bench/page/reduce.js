// The same reduction in idiomatic JavaScript: eventsource-parser, JSON.parse, maps and typed arrays.
//
// Less is asked of it than of the other side: counts per code, outcome and reason, the first and the last time, and three
// latencies in 5-minute windows. No orders by id, no writers, no windows of counts, no normalised spellings.
import { createParser } from "./eventsource-parser/index.js";

const WINDOW_SECONDS = 300;
// The project's own histogram: 64 bins an octave, from the bits of the double.
const BASE = (1023 - 20) << 6;
const BINS = 1 + (20 + 24) * 64;
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

function bin(ms) {
  double[0] = ms;
  const position = halves[1] >>> 14;
  return position < BASE ? 0 : Math.min(position - BASE + 1, BINS - 1);
}

class Window {
  constructor() {
    this.seconds = Array.from({ length: WINDOW_SECONDS }, () => new Uint16Array(BINS));
    this.sum = new Uint32Array(BINS);
    this.end = 0;
  }

  advance(second) {
    if (second - this.end >= WINDOW_SECONDS) {
      this.seconds.forEach((bins) => bins.fill(0));
      this.sum.fill(0);
      this.end = second;
    }
    while (this.end < second) {
      this.end += 1;
      const bins = this.seconds[this.end % WINDOW_SECONDS];
      for (let i = 0; i < BINS; i++) this.sum[i] -= bins[i];
      bins.fill(0);
    }
  }

  record(second, ms) {
    if (typeof ms !== "number" || !(ms >= 0)) return;
    if (second > this.end) this.advance(second);
    if (second <= this.end - WINDOW_SECONDS) return;
    const at = bin(ms);
    this.seconds[second % WINDOW_SECONDS][at] += 1;
    this.sum[at] += 1;
  }

  quantile(fraction) {
    const total = this.sum.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (let i = 0; i < BINS; i++) {
      seen += this.sum[i];
      if (total > 0 && seen >= Math.ceil(fraction * total)) {
        if (i === 0) return 0;
        halves[0] = 0;
        halves[1] = (i - 1 + BASE) << 14;
        return double[0];
      }
    }
    return 0;
  }
}

const OUTCOMES = new Map([
  ["ORDER.SUBMIT", "submitted"],
  ["ORDER.SUBMITTED", "submitted"],
  ["ORDER.ACK", "acked"],
  ["ORDER.PARTIAL", "partially_filled"],
  ["ORDER.FILL", "filled"],
  ["ORDER.CANCEL", "canceled"],
  ["ORDER.CANCEL.ACK", "canceled"],
  ["ORDER.REJECT", "rejected"],
  ["ORDER.EXPIRE", "expired"],
  ["ORDER.DENY", "denied"],
  ["RISK.DENY", "denied"],
]);
const OF_FILE = new Map([
  ["orders_success", "logged"],
  ["orders_denied", "denied_logged"],
  ["orders_failed", "failed_logged"],
]);

const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);

export class Reduction {
  constructor() {
    this.text = new TextDecoder();
    this.parser = createParser({ onEvent: (event) => this.apply(event) });
    this.read = 0;
    this.failed = 0;
    this.codes = new Map();
    this.outcomes = new Map();
    this.reasons = new Map();
    this.first = Infinity;
    this.last = -Infinity;
    this.decision = new Window();
    this.ack = new Window();
    this.policy = new Window();
  }

  feed(chunk) {
    this.parser.feed(this.text.decode(chunk, { stream: true }));
  }

  apply(event) {
    let line;
    try {
      line = JSON.parse(event.data);
    } catch {
      this.failed += 1;
      return;
    }
    this.read += 1;
    const record = line.payload?.event_code ? line.payload : line;
    const details = record.details ?? record.ctx;
    const code = record.event_code ?? record.event ?? record.type ?? record.code;
    const ms = record.ts_ns ? record.ts_ns / 1e6 : record.ts;
    if (ms < this.first) this.first = ms;
    if (ms > this.last) this.last = ms;
    const second = Math.floor(ms / 1000);
    if (code) count(this.codes, code);
    const outcome = OF_FILE.get(event.event) ?? OUTCOMES.get(code);
    if (outcome) count(this.outcomes, outcome);
    if (outcome === "denied" || outcome === "denied_logged") {
      const reason = record.reason_code ?? record.deny_reason ?? details?.why_code ?? details?.reason;
      if (reason) count(this.reasons, reason.split(":", 1)[0]);
    }
    const routed = code === "ROUTER.DECISION" ? details?.latency_ms : undefined;
    this.decision.record(second, record.decision_ms ?? details?.decision_ms ?? routed);
    if (code === "POLICY.DECISION") this.policy.record(second, details?.observability?.latency_ms);
    if (code === "ORDER.ACK" || code === "POSTTRADE.LOG") {
      this.ack.record(second, record.latency_ms ?? details?.latency_ms);
    }
  }

  events() {
    return this.read;
  }

  rejected() {
    return this.failed;
  }

  summary() {
    const of = (name) => this.outcomes.get(name) ?? 0;
    return `submitted ${of("submitted")}, filled ${of("filled")}, denied ${of("denied")}, decision p99 ${this.decision
      .quantile(0.99)
      .toFixed(2)} ms over 5 min`;
  }

  free() {}
}
