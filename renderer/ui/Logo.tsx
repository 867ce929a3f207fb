import type { ReactElement } from "react";

/** The product's mark: a branch, its lamp and the line below. */
export function Logo({ size = 18 }: { readonly size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M2 1.8v6.4M2 5h4.4M1.5 13.5h7M10.7 13.5h3.8" />
      <circle cx="10.9" cy="5" r="4" fill="var(--st-busy-lamp)" stroke="none" />
    </svg>
  );
}
