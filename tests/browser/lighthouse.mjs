// Asks Lighthouse about pages as a phone sees them (its own defaults: a slow phone on a slow network, simulated) and prints a table.
//
//   node lighthouse.mjs [--runs 3] [--json FILE] URL...
//
// CHROME_PATH names the browser. Of several runs the one with the median performance counts. FILE gets what the tests read.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const MEASURES = {
  FCP: "first-contentful-paint",
  LCP: "largest-contentful-paint",
  TBT: "total-blocking-time",
  CLS: "cumulative-layout-shift",
  SI: "speed-index",
};
// Without --no-sandbox the browser does not start for root, without the other not in a container whose /dev/shm is small.
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"];

async function ask(url) {
  const chrome = await launch({ chromeFlags: FLAGS });
  try {
    const { lhr } = await lighthouse(url, { port: chrome.port, onlyCategories: CATEGORIES, logLevel: "error" });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    return read(url, lhr);
  } finally {
    chrome.kill();
  }
}

function read(url, { categories, audits }) {
  const scores = {};
  const failed = {};
  for (const name of CATEGORIES) {
    const refs = categories[name].auditRefs.filter(({ weight, id }) => weight && audits[id].score !== null && audits[id].score < 1);
    scores[name] = Math.round(categories[name].score * 100);
    failed[name] = refs.map(({ id }) => `${id}: ${audits[id].displayValue ?? audits[id].title}${where(audits[id])}`);
  }
  const measures = Object.fromEntries(Object.entries(MEASURES).map(([name, id]) => [name, audits[id].displayValue]));
  return { url, scores, measures, failed };
}

function where({ details }) {
  const items = details?.items ?? [];
  const said = items.map((item) => item.node?.snippet ?? item.description ?? item.source).filter(Boolean);
  return said.length ? ` (${said.slice(0, 3).join("; ")})` : "";
}

const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "1" }, json: { type: "string" } },
  allowPositionals: true,
});
const results = [];
for (const url of positionals) {
  const runs = [];
  for (let run = 0; run < Number(values.runs); run++) runs.push(await ask(url));
  runs.sort((a, b) => a.scores.performance - b.scores.performance);
  const median = runs[Math.floor(runs.length / 2)];
  results.push({ ...median, performances: runs.map((run) => run.scores.performance) });
}
console.table(
  Object.fromEntries(results.map(({ url, scores, measures, performances }) => [
    new URL(url).pathname, { ...scores, runs: performances.join(" "), ...measures },
  ])),
);
if (values.json) writeFileSync(values.json, JSON.stringify(results));
