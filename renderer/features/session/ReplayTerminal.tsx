/** A replay as a component: React places it, the bytes pass it by. */
import { useEffect, useRef, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { showToast } from "#renderer/state/overlays.ts";
import { useTerminalLook } from "#renderer/terminal/LiveTerminal.tsx";
import { openLink } from "#renderer/terminal/links.ts";
import { createReplay, type Replay, type ReplayResize } from "#renderer/terminal/replay.ts";

interface Props {
  readonly sessionId: string;
  readonly resizes: readonly ReplayResize[];
  readonly label: string;
  readonly onReplay: (replay: Replay | undefined) => void;
}

export function ReplayTerminal({ sessionId, resizes, label, onReplay }: Props): ReactElement {
  const app = useApp();
  const look = useTerminalLook();
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<Replay>(undefined);
  const firstLook = useRef(look);
  const firstResizes = useRef(resizes);
  const tell = useRef(onReplay);
  useEffect(() => {
    tell.current = onReplay;
  });
  useEffect(() => {
    if (host.current === null) return;
    const replay = createReplay(host.current, {
      client: app.client,
      sessionId,
      look: firstLook.current,
      resizes: firstResizes.current,
      onLink: (uri) => openLink(app, uri),
      onProblem: (error) => showToast(app.store, { kind: "error", text: error.message }),
    });
    made.current = replay;
    tell.current(replay);
    return () => {
      made.current = undefined;
      tell.current(undefined);
      replay.dispose();
    };
  }, [app, sessionId]);
  useEffect(() => {
    firstLook.current = look;
    made.current?.setLook(look);
  }, [look]);
  return <div ref={host} className="terminal-host" role="group" aria-label={label} />;
}
