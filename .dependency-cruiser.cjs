/**
 * The import law (docs: CONTRIBUTING.md). Tests beside source are not bound by it; test/invariants/importLaw.test.ts
 * plants a violation of every rule and sees it caught. A rule added here needs its plant there.
 */
const no = (name, from, to) => ({ name, severity: "error", from, to });
const SLICE =
  "sessions|recordings|agents|fleets|machines|inbox|deadLetters|budgets|tasks|ledger|mailboxes|memory|registry|models|security|telemetry|settings|workflows";
/** Every folder of the core with one door. Ports are interfaces and policies rules: each is imported by its own file. */
const ROOM = `kernel|store|bus|${SLICE}`;
/** What the keeper process shares with the core's process: code that imports nothing of the core. */
const KEEPER_PLATFORM = "nodePty\\w*|processTree\\w*|segmentLog\\w*";

module.exports = {
  forbidden: [
    no("no-cycle", {}, { circular: true }),
    no("resolvable", {}, { couldNotResolve: true }),

    no("shared-is-a-leaf", { path: "^shared/" }, { path: "^(electron|renderer|test)/" }),
    no("shared-is-isomorphic", { path: "^shared/" }, { dependencyTypes: ["core"] }),
    no("shared-lib-is-the-floor", { path: "^shared/lib/" }, { path: "^shared/(model|rpc|contract)/" }),
    no("shared-model-looks-down", { path: "^shared/model/" }, { path: "^shared/(rpc|contract)/" }),

    no("renderer-never-imports-main", { path: "^renderer/" }, { path: "^electron/" }),
    no("renderer-has-no-node", { path: "^renderer/" }, { dependencyTypes: ["core"] }),
    no("main-never-imports-renderer", { path: "^electron/" }, { path: "^renderer/" }),
    no("source-never-imports-tests", { path: "^(electron|shared|renderer)/" }, { path: "^test/" }),

    no(
      "electron-only-in-host",
      { path: "^(electron/(core|platform|rpc|keeper|headless|cli|compose|transcriptWorker)|renderer|shared)" },
      { path: "^(node_modules/electron/|electron$)" },
    ),
    no(
      "native-only-in-platform",
      { pathNot: "^(electron/platform|test)/" },
      { path: "^node_modules/(node-pty|better-sqlite3|sqlite-vec)/" },
    ),

    no(
      "core-looks-inward",
      { path: "^electron/core/" },
      { path: "^electron/(platform|host|rpc|keeper|main|headless|compose|transcriptWorker|cli|preload)" },
    ),
    no(
      "kernel-and-ports-know-no-slice",
      { path: "^electron/core/(kernel|ports)/" },
      { path: `^electron/core/(store|bus|policies|${SLICE})/` },
    ),
    no(
      "store-and-bus-are-foundations",
      { path: "^electron/core/(store|bus)/" },
      { path: `^electron/core/(store|bus|policies|${SLICE})/`, pathNot: "^electron/core/$1/" },
    ),
    no(
      "slices-are-peers",
      { path: `^electron/core/(${SLICE})/` },
      { path: `^electron/core/(${SLICE}|policies)/`, pathNot: "^electron/core/$1/" },
    ),
    no(
      "slice-has-one-door",
      { path: "^electron/core/([^/]+)/" },
      { path: `^electron/core/(${ROOM})/`, pathNot: ["^electron/core/$1/", "/index\\.ts$"] },
    ),
    no(
      "core-has-one-door-per-slice",
      { path: "^electron/(platform|rpc|host|keeper|main|headless|compose|transcriptWorker|core/[^/]+\\.ts)" },
      { path: `^electron/core/(${ROOM})/`, pathNot: "/index\\.ts$" },
    ),

    no(
      "keeper-stands-alone",
      { path: "^electron/keeper/" },
      { path: "^electron/", pathNot: ["^electron/keeper/", `^electron/platform/(${KEEPER_PLATFORM})\\.ts$`] },
    ),
    no(
      "keeper-platform-knows-no-core",
      { path: `^electron/platform/(${KEEPER_PLATFORM})\\.ts$` },
      { path: "^electron/(core|rpc|host|keeper)/" },
    ),
    no(
      "cli-is-a-client",
      { path: "^electron/cli" },
      { path: "^electron/(core|host|keeper|platform|main|headless|compose)" },
    ),
    no(
      "platform-adapts-ports",
      { path: "^electron/platform/" },
      { path: "^electron/(core/(?!ports/)|host|rpc|keeper|main|headless|compose|transcriptWorker|cli)" },
    ),
    no(
      "host-is-thin",
      { path: "^electron/host/" },
      { path: "^electron/(core/(?!ports/)|platform|rpc|keeper|compose|headless|cli)" },
    ),
    no(
      "rpc-knows-no-host",
      { path: "^electron/rpc/" },
      { path: "^electron/(platform|host|keeper|main|headless|compose|cli)" },
    ),
    no("handlers-use-slices", { path: "^electron/rpc/handlers/" }, { path: "^electron/rpc/transports/" }),
    no(
      "headless-has-no-desktop",
      { path: "^electron/(headless|compose|transcriptWorker)" },
      { path: "^electron/(host|main|preload)" },
    ),
    no("preload-stands-alone", { path: "^electron/preload" }, { path: "^(electron|renderer)/" }),

    no(
      "features-are-peers",
      { path: "^renderer/features/([^/]+)/" },
      { path: "^renderer/features/", pathNot: "^renderer/features/$1/" },
    ),
    no("state-knows-no-feature", { path: "^renderer/(state|rpc|terminal)/" }, { path: "^renderer/(features|app)/" }),
    no("features-know-no-app", { path: "^renderer/features/" }, { path: "^renderer/app/" }),
    no("ui-is-dumb", { path: "^renderer/ui/" }, { path: "^renderer/(state|rpc|features|app|terminal)/" }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.test\\.tsx?$" },
    enhancedResolveOptions: { conditionNames: ["import", "types", "node", "default"], exportsFields: ["exports"] },
  },
};
