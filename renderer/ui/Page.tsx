/** A page's frame: header with the name, one quiet fact and the actions; the body; an inspector beside or over it. */
import type { ReactElement, ReactNode } from "react";

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
          <button type="button" className="sheet-scrim" aria-label="Close the inspector" onClick={onCloseInspector} />
          <aside className="inspector scroll" aria-label="Inspector">
            {inspector}
          </aside>
        </>
      )}
    </div>
  );
}
