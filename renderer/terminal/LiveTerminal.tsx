/** A live terminal as a component: React places it, the bytes pass it by. A new session means a new one (give it a key). */
import { useEffect, useMemo, useRef, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useSettings } from "#renderer/state/hooks.ts";
import { showToast } from "#renderer/state/overlays.ts";
import { openLink } from "./links.ts";
import type { TerminalLook } from "./screen.ts";
import { useScreenReader } from "./terminalChrome.ts";
import { createTerminalView, type TerminalEvents, type TerminalView } from "./terminalView.ts";

interface Props extends Omit<TerminalEvents, "onLink" | "onRefused"> {
  readonly sessionId: string;
  /** What a screen reader calls it. */
  readonly label: string;
  /** Hands the view out while it lives. */
  readonly onView?: (view: TerminalView | undefined) => void;
}

export function LiveTerminal(props: Props): ReactElement {
  const app = useApp();
  const look = useTerminalLook();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<TerminalView>(undefined);
  const latest = useRef(props);
  const firstLook = useRef(look);
  useEffect(() => {
    latest.current = props;
  });
  const { sessionId } = props;
  useEffect(() => {
    if (host.current === null) return;
    const made = createTerminalView(host.current, {
      client: app.client,
      sessionId,
      look: firstLook.current,
      onShown: (hasOutput) => latest.current.onShown?.(hasOutput),
      onExit: (detail) => latest.current.onExit?.(detail),
      onFocus: (isFocused) => latest.current.onFocus?.(isFocused),
      onTop: (isAtTop) => latest.current.onTop?.(isAtTop),
      onLink: (uri) => openLink(app, uri),
      onRefused: (error) => showToast(app.store, { kind: "error", text: error.message }),
    });
    view.current = made;
    latest.current.onView?.(made);
    return () => {
      view.current = undefined;
      latest.current.onView?.(undefined);
      made.dispose();
    };
  }, [app, sessionId]);
  useEffect(() => {
    firstLook.current = look;
    view.current?.setLook(look);
  }, [look]);
  return <div ref={host} className="terminal-host" data-terminal="" role="group" aria-label={props.label} />;
}

/** Font, renderer and reader mode; the same object while nothing of it changed. */
export function useTerminalLook(): TerminalLook {
  const { terminalFontSize: fontSize, terminalRenderer: renderer } = useSettings();
  const screenReader = useScreenReader();
  return useMemo(() => ({ fontSize, renderer, screenReader }), [fontSize, renderer, screenReader]);
}
