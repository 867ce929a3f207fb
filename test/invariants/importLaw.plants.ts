/** One violation per rule of .dependency-cruiser.cjs; the first file of each plant is the culprit. */
export interface Plant {
  readonly rule: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A culprit that imports one thing; type-only imports are caught as well, so half of the plants use them. */
const plant = (rule: string, file: string, specifier: string): Plant => ({
  rule,
  files: { [file]: `import "${specifier}";\n` },
});
const typePlant = (rule: string, file: string, specifier: string): Plant => ({
  rule,
  files: { [file]: `import type { Thing } from "${specifier}";\nexport type Own = Thing;\n` },
});

export const PLANTS: readonly Plant[] = [
  {
    rule: "no-cycle",
    files: {
      "shared/lib/cycleA.ts": 'import type { B } from "./cycleB.ts";\nexport type A = B | 1;\n',
      "shared/lib/cycleB.ts": 'import type { A } from "./cycleA.ts";\nexport type B = A | 2;\n',
    },
  },
  plant("resolvable", "shared/lib/lost.ts", "#shared/lib/nowhere.ts"),

  typePlant("shared-is-a-leaf", "shared/model/leaf.ts", "#core/ports/thing.ts"),
  plant("shared-is-isomorphic", "shared/model/isomorphic.ts", "node:fs"),
  typePlant("shared-lib-is-the-floor", "shared/lib/floor.ts", "#shared/model/thing.ts"),
  typePlant("shared-model-looks-down", "shared/model/looksUp.ts", "#shared/rpc/thing.ts"),

  typePlant("renderer-never-imports-main", "renderer/state/main.ts", "#core/ports/thing.ts"),
  plant("renderer-has-no-node", "renderer/state/node.ts", "node:path"),
  plant("main-never-imports-renderer", "electron/host/page.ts", "#renderer/ui/Thing.tsx"),
  plant("source-never-imports-tests", "electron/platform/tested.ts", "#test/support/thing.ts"),

  typePlant("electron-only-in-host", "electron/platform/shell.ts", "electron"),
  plant("native-only-in-platform", "electron/keeper/native.ts", "node-pty"),

  plant("core-looks-inward", "electron/core/sessions/outward.ts", "#platform/thing.ts"),
  typePlant("kernel-and-ports-know-no-slice", "electron/core/kernel/slice.ts", "#core/sessions/index.ts"),
  typePlant("store-and-bus-are-foundations", "electron/core/store/bus.ts", "#core/bus/index.ts"),
  plant("slices-are-peers", "electron/core/fleets/peer.ts", "#core/sessions/index.ts"),
  plant("slice-has-one-door", "electron/core/sessions/window.ts", "#core/store/inside.ts"),
  plant("core-has-one-door-per-slice", "electron/core/app.ts", "#core/sessions/inside.ts"),

  typePlant("keeper-stands-alone", "electron/keeper/core.ts", "#core/ports/thing.ts"),
  typePlant("keeper-platform-knows-no-core", "electron/platform/nodePty.ts", "#core/ports/thing.ts"),
  plant("cli-is-a-client", "electron/cli.ts", "#core/sessions/index.ts"),
  plant("platform-adapts-ports", "electron/platform/slice.ts", "#core/sessions/index.ts"),
  plant("host-is-thin", "electron/host/slice.ts", "#core/sessions/index.ts"),
  plant("rpc-knows-no-host", "electron/rpc/handlers/host.ts", "#host/thing.ts"),
  plant("handlers-use-slices", "electron/rpc/handlers/transport.ts", "#rpc/transports/thing.ts"),
  plant("headless-has-no-desktop", "electron/headless.ts", "#host/thing.ts"),
  plant("preload-stands-alone", "electron/preload.ts", "#host/thing.ts"),

  plant("features-are-peers", "renderer/features/tree/peer.ts", "#renderer/features/inbox/Inbox.tsx"),
  plant("state-knows-no-feature", "renderer/state/feature.ts", "#renderer/features/inbox/Inbox.tsx"),
  plant("features-know-no-app", "renderer/features/tree/app.ts", "#renderer/app/App.tsx"),
  plant("ui-is-dumb", "renderer/ui/state.ts", "#renderer/state/thing.ts"),
];

const thing = "export interface Thing {\n  readonly name: string;\n}\n";

/** Targets of the plants and imports the law allows; none of these may be caught. */
export const LAWFUL: Readonly<Record<string, string>> = {
  "shared/model/thing.ts": thing,
  "shared/rpc/thing.ts": 'import type { Thing as Own } from "#shared/model/thing.ts";\nexport type Thing = Own;\n',
  "electron/core/ports/thing.ts": thing,
  "electron/core/bus/index.ts": thing,
  "electron/core/store/index.ts": 'export type { Thing } from "./inside.ts";\n',
  "electron/core/store/inside.ts": thing,
  "electron/core/sessions/index.ts": 'export type { Thing } from "./inside.ts";\n',
  "electron/core/sessions/inside.ts":
    'import type { Thing as Stored } from "#core/store/index.ts";\nexport type Thing = Stored;\n',
  "electron/core/policies/rule.ts":
    'import type { Thing } from "#core/sessions/index.ts";\nexport type Rule = Thing;\n',
  "electron/platform/thing.ts":
    'import type { Thing as Port } from "#core/ports/thing.ts";\nimport "better-sqlite3";\nexport type Thing = Port;\n',
  "electron/host/thing.ts": 'import "electron";\n',
  "electron/rpc/transports/thing.ts": "export const thing = 1;\n",
  "electron/compose.ts": 'import "#core/sessions/index.ts";\nimport "#platform/thing.ts";\n',
  "electron/main.ts": 'import "./compose.ts";\nimport "#host/thing.ts";\nimport "electron";\n',
  "renderer/ui/Thing.tsx": "export const Thing = 1;\n",
  "renderer/state/thing.ts": 'import type { Thing } from "#shared/model/thing.ts";\nexport type State = Thing;\n',
  "renderer/features/inbox/Inbox.tsx": 'import "#renderer/ui/Thing.tsx";\nimport "#renderer/state/thing.ts";\n',
  "renderer/app/App.tsx": 'import "#renderer/features/inbox/Inbox.tsx";\n',
  "test/support/thing.ts": "export const thing = 1;\n",
};
