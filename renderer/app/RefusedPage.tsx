import { useEffect, type ReactElement } from "react";
import { Logo } from "#renderer/ui/Logo.tsx";

/** This browser has no token and no usable code: what happened and how to come in. */
export function RefusedPage({ refusal }: { readonly refusal: string }): ReactElement {
  // A new link in the same tab changes only the fragment; the page starts over with it.
  useEffect(() => {
    const startOver = () => location.reload();
    window.addEventListener("hashchange", startOver);
    return () => window.removeEventListener("hashchange", startOver);
  }, []);
  return (
    <main className="refused">
      <span className="t2">
        <Logo size={36} />
      </span>
      <h1 className="page-sentence">This browser needs a new link</h1>
      <p className="t2" role="alert">
        {refusal} Each link works once, so that a copied address lets nobody in.
      </p>
      <div>
        <div className="section-head">In a terminal on this machine</div>
        <div className="code-block">
          <span className="dim">$</span> signalbox open
        </div>
      </div>
      <p className="small t3">It prints a new link and opens it here. Agents go on working meanwhile.</p>
    </main>
  );
}
