/** Size and scroll offset of a scrolling box, coarse enough that scrolling renders a few times a screen, not every pixel. */
import { useLayoutEffect, useState, type RefObject } from "react";

export interface Viewport {
  readonly width: number;
  readonly height: number;
  /** Rounded down to a fraction of the height. */
  readonly scrollTop: number;
}

const STEP_PX = 120;

export function useViewport(box: RefObject<HTMLElement | null>): Viewport {
  const [viewport, setViewport] = useState<Viewport>({ width: 0, height: 0, scrollTop: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const read = (): void => {
      const next = {
        width: element.clientWidth,
        height: element.clientHeight,
        scrollTop: Math.floor(element.scrollTop / STEP_PX) * STEP_PX,
      };
      setViewport((old) =>
        old.width === next.width && old.height === next.height && old.scrollTop === next.scrollTop ? old : next,
      );
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener("scroll", read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", read);
    };
  }, [box]);
  return viewport;
}
