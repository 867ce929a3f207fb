/** Text that is cut off with an ellipsis says itself in full under the pointer, on every page. */
import { useEffect } from "react";

export function useClippedTitles(): void {
  useEffect(() => {
    document.addEventListener("pointerover", sayInFull);
    return () => document.removeEventListener("pointerover", sayInFull);
  }, []);
}

function sayInFull({ target }: Event): void {
  const text = target instanceof Element ? target.closest(".ell") : null;
  if (!(text instanceof HTMLElement)) return;
  // A title somebody wrote says more than the text itself.
  const isOurs = text.dataset["clipped"] !== undefined;
  if (!isOurs && text.closest("[title]") !== null) return;
  if (text.scrollWidth > text.clientWidth) {
    text.dataset["clipped"] = "";
    text.title = (text.textContent ?? "").trim();
  } else if (isOurs) {
    delete text.dataset["clipped"];
    text.removeAttribute("title");
  }
}
