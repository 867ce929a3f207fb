/** Where the window opens: where it was, if a screen still shows enough of it to be grabbed. Pure. */
import { z } from "zod";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What is remembered between two runs. */
export const windowStateSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  isMaximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

/** design.md section 2. */
export const MINIMUM_SIZE = { width: 760, height: 520 } as const;
const PREFERRED_SIZE = { width: 1440, height: 900 } as const;
/** So much of the title bar must lie on a screen for a hand to find it. */
const GRAB = { width: 120, height: 32 } as const;

/** `workAreas`: the screens without their bars, the primary one first; `remembered` as read, unparsed. */
export function initialWindow(remembered: unknown, workAreas: readonly Box[]): WindowState {
  const home = workAreas[0] ?? { x: 0, y: 0, ...PREFERRED_SIZE };
  const parsed = windowStateSchema.safeParse(remembered);
  if (!parsed.success) return { ...centred(PREFERRED_SIZE, home), isMaximized: false };
  const screen = workAreas.find((area) => canGrab(parsed.data, area));
  const size = fit(parsed.data, screen ?? home);
  return {
    ...(screen === undefined ? centred(size, home) : { x: parsed.data.x, y: parsed.data.y, ...size }),
    isMaximized: parsed.data.isMaximized,
  };
}

function canGrab(state: Box, area: Box): boolean {
  const shownWidth = Math.min(state.x + state.width, area.x + area.width) - Math.max(state.x, area.x);
  const titleTop = state.y;
  return shownWidth >= GRAB.width && titleTop >= area.y && titleTop + GRAB.height <= area.y + area.height;
}

function fit(size: Pick<Box, "width" | "height">, area: Box): { width: number; height: number } {
  return {
    width: Math.max(MINIMUM_SIZE.width, Math.min(size.width, area.width)),
    height: Math.max(MINIMUM_SIZE.height, Math.min(size.height, area.height)),
  };
}

function centred(size: Pick<Box, "width" | "height">, area: Box): Box {
  const { width, height } = fit(size, area);
  return {
    x: area.x + Math.max(0, Math.round((area.width - width) / 2)),
    y: area.y + Math.max(0, Math.round((area.height - height) / 2)),
    width,
    height,
  };
}
