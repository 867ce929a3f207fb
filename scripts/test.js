/** `npm test`: every suite, then one line that adds them up. Arguments go to vitest and leave the browser suites out. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bootstrap } from "./bootstrap.js";
import { browserPath } from "./browser.js";
import { Advice, cacheDir, readJson, root, say } from "./project.js";
import { projectEnv, run } from "./toolchain.js";

const vitestReport = join(cacheDir, "vitest.json");
const playwrightReport = join(cacheDir, "playwright.json");

export async function test(args) {
  const results = [await prepare(), await runVitest(args)];
  if (args.length === 0 && hasBrowserSuites()) results.push(await runPlaywright());
  const total = results.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }));
  if (total.skipped > 0) say(`${total.skipped} skipped; each says why above.`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

/** A build that fails is one failure; what does not need it is tested all the same. */
async function prepare() {
  try {
    await bootstrap();
    return { passed: 0, failed: 0, skipped: 0 };
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    say(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function runVitest(args) {
  rmSync(vitestReport, { force: true });
  const program = join(root, "node_modules", "vitest", "vitest.mjs");
  const code = await node([
    program,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${vitestReport}`,
    ...args,
  ]);
  const report = readJson(vitestReport);
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  // A file that cannot be loaded holds no tests and would otherwise fail uncounted; so would an error outside any test.
  const unloadable = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((one) => one.status !== "failed"),
  ).length;
  const failed = report.numFailedTests + unloadable;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function hasBrowserSuites() {
  const suites = join(root, "test", "e2e");
  return (
    existsSync(suites) &&
    readdirSync(suites, { recursive: true }).some((file) => /\.(spec|test)\.ts$/.test(String(file)))
  );
}

async function runPlaywright() {
  rmSync(playwrightReport, { force: true });
  const program = join(root, "node_modules", "@playwright", "test", "cli.js");
  if ((await browserPath()) === undefined)
    say(
      "no Chromium: install one (Debian: apt-get install -y chromium) or set CHROMIUM_PATH. The browser suites fail without it.",
    );
  const code = await node([program, "test", "--config", join(root, "playwright.config.ts")], {
    SIGNALBOX_PLAYWRIGHT_REPORT: playwrightReport,
  });
  const report = readJson(playwrightReport);
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const failed = report.stats.unexpected + report.errors.length;
  return {
    passed: report.stats.expected + report.stats.flaky,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.stats.skipped,
  };
}

function node(args, extraEnv = {}) {
  return run(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    // Building the page sets NODE_ENV to production; React keeps what tests need out of that.
    env: { ...projectEnv(process.execPath), NODE_ENV: "test", ...extraEnv },
  });
}
