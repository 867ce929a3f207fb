/** The filter of the tree page: words that must all be found in a node's name, state or CLI. */
import type { NodePatch } from "#shared/contract/index.ts";
import { cliName, STATE_WORDS } from "#shared/model/stateWords.ts";
import { COUNT_WORDS } from "./words.ts";

/** "busy claude" finds busy Claude Code agents. Case does not matter; an empty text finds everything. */
export function matchesFilter(node: NodePatch, text: string): boolean {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return true;
  const hay =
    `${node.id} ${STATE_WORDS[node.state]} ${COUNT_WORDS[node.state]} ${node.state} ${cliName(node.agent)} ${node.agent ?? ""} ${node.strategy ?? ""}`.toLowerCase();
  return words.every((word) => hay.includes(word));
}
