/** The running app as the CLI sees it: one node of its tree, or a fleet brought up. */
import { type TreeNode, treeNodeSchema } from "#shared/model/node.ts";
import { runCli } from "./liveApp.ts";

/** The node with that id; undefined while no app answers or it is not there. */
export async function cliTree(dataDir: string, id: string): Promise<TreeNode | undefined> {
  const { code, stdout } = await runCli(dataDir, "tree", "--json");
  if (code !== 0) return undefined;
  const roots = stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => treeNodeSchema.parse(JSON.parse(line)));
  const all = (node: TreeNode): TreeNode[] => [node, ...node.children.flatMap(all)];
  return roots.flatMap(all).find((node) => node.id === id);
}

export async function cliUp(dataDir: string, file: string): Promise<void> {
  const { code, stderr } = await runCli(dataDir, "up", file);
  if (code !== 0) throw new Error(`up: ${stderr}`);
}
