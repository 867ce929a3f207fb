import { useCallback, useState, type ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import { useIsLive, useNavigation, useOpenInbox } from "#renderer/state/hooks.ts";
import { wishOf } from "#renderer/state/inboxItems.ts";
import { useNodeActions } from "#renderer/state/nodeActions.ts";
import { FindBar } from "#renderer/terminal/FindBar.tsx";
import { LiveTerminal } from "#renderer/terminal/LiveTerminal.tsx";
import type { TerminalView } from "#renderer/terminal/terminalView.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { endWords } from "./endWords.ts";
import { TileHeader } from "./TileHeader.tsx";

interface Props {
  readonly node: NodePatch;
  readonly number: number;
  readonly isMaximised: boolean;
  readonly isFocused: boolean;
  readonly isFindOpen: boolean;
  readonly onFind: (isOpen: boolean) => void;
  readonly onFocus: (isFocused: boolean) => void;
  readonly onMaximise: () => void;
  readonly onView: (view: TerminalView | undefined) => void;
}

/** One agent's terminal with everything that belongs to it. */
export function TerminalTile(props: Props): ReactElement {
  const { node, isFocused, isFindOpen, onFind, onView } = props;
  const navigation = useNavigation();
  const isConnected = useIsLive();
  const [view, setView] = useState<TerminalView>();
  const [hasOutput, setHasOutput] = useState<boolean>();
  const [isAtTop, setAtTop] = useState(false);
  const [exit, setExit] = useState<string>();
  const keepView = useCallback(
    (next: TerminalView | undefined) => {
      setView(next);
      onView(next);
      if (next !== undefined) return;
      setExit(undefined);
      setHasOutput(undefined);
    },
    [onView],
  );
  const className = ["tile", isFocused ? "tile-focused" : "", isConnected ? "" : "stale"].join(" ");
  return (
    <section className={className} aria-label={node.id}>
      <TileHeader
        node={node}
        number={props.number}
        isMaximised={props.isMaximised}
        onFind={() => onFind(!isFindOpen)}
        onMaximise={props.onMaximise}
      />
      <WaitingBar path={node.path} />
      <div className="tile-body">
        {isFindOpen && (
          <FindBar
            find={view?.find}
            path={node.path}
            onOpenHit={({ sessionId, offset }) =>
              navigation.navigate({ page: "session", path: node.path, sessionId, offset })
            }
            onClose={() => {
              onFind(false);
              view?.focus();
            }}
          />
        )}
        {node.sessionId === undefined ? (
          <p className="tile-empty t3">{node.id} has not started yet.</p>
        ) : (
          <LiveTerminal
            key={node.sessionId}
            sessionId={node.sessionId}
            label={`Terminal of ${node.id}`}
            onView={keepView}
            onShown={setHasOutput}
            onTop={setAtTop}
            onExit={setExit}
            onFocus={props.onFocus}
          />
        )}
        {hasOutput === false && exit === undefined && <p className="tile-empty t3">No output yet.</p>}
        {isAtTop && (
          <div className="tile-top">
            <Button
              onClick={() =>
                navigation.navigate({
                  page: "session",
                  path: node.path,
                  ...(node.sessionId === undefined ? {} : { sessionId: node.sessionId, offset: 0 }),
                })
              }
            >
              Open the whole recording
            </Button>
          </div>
        )}
      </div>
      <TileFoot node={node} exit={exit} isFocused={isFocused} />
    </section>
  );
}

/** The request an agent waits with, and the way to answer it. */
function WaitingBar({ path }: { readonly path: string }): ReactElement | null {
  const navigation = useNavigation();
  const item = useOpenInbox().find((candidate) => candidate.path === path);
  if (item === undefined) return null;
  const isAsk = item.kind === "permission" || item.kind === "question" || item.kind === "needs_login";
  return (
    <div className={isAsk ? "tile-bar tile-bar-waiting" : "tile-bar tile-bar-broken"} role="status">
      <span className="medium nowrap">{capital(wishOf(item))}</span>
      <span className="mono ell grow">{item.body}</span>
      <Button onClick={() => navigation.navigate({ page: "inbox", id: item.id })}>
        {isAsk ? "Answer" : "Show in the Inbox"}
      </Button>
    </div>
  );
}

function TileFoot({
  node,
  exit,
  isFocused,
}: {
  readonly node: NodePatch;
  readonly exit: string | undefined;
  readonly isFocused: boolean;
}): ReactElement | null {
  const { act } = useNodeActions();
  const isConnected = useIsLive();
  if (exit !== undefined && !LIVE_STATES.has(node.state))
    return (
      <footer className="tile-foot">
        <Lamp state={node.state} size={13} />
        <span className="t2">{endWords(node.generation, exit)}</span>
        <span className="grow" />
        <Button disabled={!isConnected} onClick={() => act("start", node.path)}>
          {node.state === "backoff" ? "Restart now" : "Restart"}
        </Button>
      </footer>
    );
  if (!isFocused) return null;
  return (
    <footer className="tile-foot">
      <span className="t3">{isConnected ? "Typing goes to the agent." : "Not connected: typing goes nowhere."}</span>
      <span className="grow" />
      <span className="t3 key-hint">
        Leave terminal <Kbd keys="mod+esc" />
      </span>
      <span className="t3 key-hint tile-next">
        Next waiting <Kbd keys="mod+j" />
      </span>
    </footer>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
