/** When a person is told, and when not: each thing once, several at once as one, nothing about what they look at. Pure. */
import type { NodePatch } from "#shared/contract/index.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Settings } from "#shared/model/settings.ts";
import type { NodeState } from "#shared/model/states.ts";
import { nameOf } from "./trayModel.ts";
import type { Overview } from "./overview.ts";

export type NoticeKind = "waiting" | "broke" | "gave_up";

/** One thing worth telling. `key` is the same as long as it is the same thing. */
export interface Notice {
  readonly key: string;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly body: string;
  /** The page's hash, where a click leads. */
  readonly place: string;
}

export type NotifySettings = Pick<Settings, "notifyWaiting" | "notifyBroke" | "notifyGaveUp">;

const WAITING_KINDS: ReadonlySet<InboxItem["kind"]> = new Set(["permission", "question", "needs_login"]);
const GAVE_UP: ReadonlySet<NodeState> = new Set(["gave_up", "escalated"]);
const BODY_CHARS = 160;

/** Everything there is to tell about `overview`, told or not. */
export function noticesOf(overview: Overview): readonly Notice[] {
  const fromInbox = [...overview.inbox.values()].filter((item) => WAITING_KINDS.has(item.kind)).map(waitingNotice);
  const fromTree = [...overview.nodes.values()]
    .filter((node) => !isPartOfLostFleet(node.path, overview))
    .flatMap(treeNotices);
  return [...fromInbox, ...fromTree];
}

function treeNotices(node: NodePatch): Notice[] {
  const at = {
    key: `${node.path}@${node.generation}:${node.state}`,
    place: `/tree/${encodeURI(node.path)}`,
    body: cut(node.detail ?? node.exitDetail ?? ""),
  };
  if (GAVE_UP.has(node.state))
    return [
      { ...at, kind: "gave_up", title: `${nameOf(node.path)} ${node.state === "escalated" ? "escalated" : "gave up"}` },
    ];
  // A supervisor shows its worst child's state; what broke is the child.
  return node.state === "crashed" && node.kind === "agent"
    ? [{ ...at, kind: "broke", title: `${nameOf(node.path)} broke` }]
    : [];
}

/** What ended with its whole fleet is told by the fleet's own notice. */
function isPartOfLostFleet(path: string, overview: Overview): boolean {
  const [fleet = path] = path.split("/");
  const root = overview.nodes.get(fleet);
  return fleet !== path && root !== undefined && GAVE_UP.has(root.state);
}

function waitingNotice(item: InboxItem): Notice {
  const name = nameOf(item.path);
  const title = item.kind === "needs_login" ? `${name} needs you to sign in` : `${name} waits for you`;
  return {
    key: `inbox:${item.id}`,
    kind: "waiting",
    title,
    body: cut(`${item.title}: ${item.body}`),
    place: `/inbox/${encodeURIComponent(item.id)}`,
  };
}

export interface Told {
  /** To be shown now. */
  readonly show: readonly Notice[];
  /** Keys of all that stands, told or muted, so that none is told twice and what ended and came back is told again. */
  readonly known: ReadonlySet<string>;
}

/** What is new since `known`. Muted kinds, and everything while the person looks at the window, count as told. */
export function newNotices(
  notices: readonly Notice[],
  known: ReadonlySet<string>,
  context: { readonly settings: NotifySettings; readonly isWatching: boolean },
): Told {
  const fresh = notices.filter((notice) => !known.has(notice.key));
  const wanted = context.isWatching ? [] : fresh.filter((notice) => isWanted(notice.kind, context.settings));
  return { show: group(wanted), known: new Set(notices.map((notice) => notice.key)) };
}

function isWanted(kind: NoticeKind, settings: NotifySettings): boolean {
  switch (kind) {
    case "waiting":
      return settings.notifyWaiting;
    case "broke":
      return settings.notifyBroke;
    case "gave_up":
      return settings.notifyGaveUp;
  }
}

const GROUPED: Readonly<Record<NoticeKind, { readonly words: string; readonly place: string }>> = {
  gave_up: { words: "gave up", place: "/tree" },
  waiting: { words: "agents wait for you", place: "/inbox" },
  broke: { words: "agents broke", place: "/tree" },
};

/** One notification per kind, the most urgent kind first. */
function group(notices: readonly Notice[]): Notice[] {
  const kinds: readonly NoticeKind[] = ["gave_up", "waiting", "broke"];
  return kinds.flatMap((kind): Notice[] => {
    const same = notices.filter((notice) => notice.kind === kind);
    const [first] = same;
    if (first === undefined || same.length === 1) return same;
    const { words, place } = GROUPED[kind];
    return [
      {
        key: `group:${first.key}`,
        kind,
        title: `${same.length} ${words}`,
        body: cut(same.map((notice) => notice.title).join(", ")),
        place,
      },
    ];
  });
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= BODY_CHARS ? line : `${line.slice(0, BODY_CHARS - 1)}…`;
}
