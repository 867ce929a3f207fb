import { createContext, use, useEffect, useState, type ReactElement } from "react";

/** Why nothing can load at the moment; said in place of the rows, which would promise that it does. */
export const LoadingHeld = createContext<string | undefined>(undefined);

/** Rows of a very first load. Nothing for the first 200 ms: most answers are there by then. */
export function Skeleton({ rows = 6 }: { readonly rows?: number }): ReactElement | null {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  const held = use(LoadingHeld);
  if (!isShown) return null;
  if (held !== undefined) return <p className="page-note t2">{held}</p>;
  return (
    <div role="status" aria-label="Loading" style={{ padding: "16px 24px", display: "grid", gap: 20 }}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton" style={{ width: `${70 - ((index * 13) % 35)}%` }} />
      ))}
    </div>
  );
}
