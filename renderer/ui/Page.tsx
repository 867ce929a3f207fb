/** A page's frame: header with the name, one quiet fact and the actions; the body; an inspector beside or over it. */
import { X } from "lucide-react";
import { useEffect, type ReactElement, type ReactNode } from "react";
import { Button } from "./Button.tsx";
import { useSheet } from "./widths.ts";

interface Props {
  readonly title: string;
  /** One quiet fact beside the name. */
  readonly fact?: ReactNode;
  /** Filters and at most one primary action. */
  readonly actions?: ReactNode;
  /** 344 px beside the page; below 1200 px a sheet over it, which `onCloseInspector` closes. */
  readonly inspector?: ReactNode;
  readonly onCloseInspector?: () => void;
  /** Tables, trees and terminals bleed to the edges and scroll by themselves. */
  readonly bleed?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, fact, actions, inspector, onCloseInspector, bleed, children }: Props): ReactElement {
  const hasInspector = inspector !== undefined && inspector !== null && inspector !== false;
  useEscape(useSheet() && hasInspector ? onCloseInspector : undefined);
  return (
    <div className={hasInspector ? "page page-inspected" : "page"}>
      <div className="page-main">
        <header className="page-bar">
          <h1>{title}</h1>
          {fact !== undefined && <span className="small t3 ell">{fact}</span>}
          <span className="grow" />
          {actions}
        </header>
        <div className={bleed === true ? "page-body page-bleed" : "page-body scroll"}>{children}</div>
      </div>
      {hasInspector && (
        <>
          <button
            type="button"
            className="sheet-scrim"
            tabIndex={-1}
            aria-label="Close what lies over the page"
            onClick={onCloseInspector}
          />
          <aside className="inspector scroll" aria-label="Inspector">
            {onCloseInspector !== undefined && (
              <div className="sheet-head">
                <Button kind="quiet" icon={<X size={14} />} keys="i" onClick={onCloseInspector}>
                  Close
                </Button>
              </div>
            )}
            {inspector}
          </aside>
        </>
      )}
    </div>
  );
}

/** A sheet over the page closes by Escape, after whatever lies over it, and never out of a terminal's hands. */
function useEscape(close: (() => void) | undefined): void {
  useEffect(() => {
    if (close === undefined) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const isTyped = event.target instanceof Element && event.target.closest("[data-terminal]") !== null;
      if (event.key === "Escape" && !event.defaultPrevented && !isTyped) close();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [close]);
}
