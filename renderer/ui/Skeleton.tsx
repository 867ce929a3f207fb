import { useEffect, useState, type ReactElement } from "react";

/** Rows of a very first load. Nothing for the first 200 ms: most answers are there by then. */
export function Skeleton({ rows = 6 }: { readonly rows?: number }): ReactElement | null {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown) return null;
  return (
    <div role="status" aria-label="Loading" style={{ padding: "16px 24px", display: "grid", gap: 20 }}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton" style={{ width: `${70 - ((index * 13) % 35)}%` }} />
      ))}
    </div>
  );
}
