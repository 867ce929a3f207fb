/** `npm run package [-- electron-builder's own arguments]`: installers for this machine's system and architecture. */
import { join } from "node:path";
import { bootstrap } from "../bootstrap.js";
import { Advice, root } from "../project.js";
import { projectEnv, run } from "../toolchain.js";
import { fetchKeeperNode } from "./keeperNode.js";

export async function packageApp(args) {
  await bootstrap();
  const { platform, arch } = process;
  await fetchKeeperNode({ platform, arch });
  const program = join(root, "node_modules", "electron-builder", "cli.js");
  const code = await run(process.execPath, [program, `--${arch}`, "--publish", "never", ...args], {
    cwd: root,
    stdio: "inherit",
    env: projectEnv(process.execPath),
  });
  if (code !== 0) throw new Advice(`electron-builder ended with code ${code}; its words are above.`);
}
