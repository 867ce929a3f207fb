/** `node scripts/run.js <script>`: every npm script, run by the project's own Node whatever Node npm was started with. */
import { bootstrap, onProjectNode } from "./bootstrap.js";
import { Advice, main } from "./project.js";

const SCRIPTS = {
  bootstrap: async () => bootstrap(),
  build: async () => bootstrap(),
  start: async (args) => (await import("./start.js")).start(args),
  test: async (args) => (await import("./test.js")).test(args),
  package: async (args) => (await import("./packaging/package.js")).packageApp(args),
  bench: async (args) => (await import("./bench.js")).bench(args),
  soak: async (args) => (await import("./soak.js")).soak(args),
  check: async (args) => (await import("./check.js")).check(args),
};

main(() =>
  onProjectNode(async () => {
    const [name, ...args] = process.argv.slice(2);
    const script = SCRIPTS[name];
    if (script === undefined)
      throw new Advice(`there is no script "${name}"; there are ${Object.keys(SCRIPTS).join(", ")}.`);
    await script(args);
  }),
);
