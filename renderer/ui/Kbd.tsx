/** Keys as they are printed on controls. `mod` is Cmd on a Mac and Ctrl elsewhere. */
import { ArrowBigUp, ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Command, CornerDownLeft } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { isMac } from "./platform.ts";

const SIGNS: Readonly<Record<string, ReactNode>> = {
  enter: <CornerDownLeft size={11} strokeWidth={1.8} />,
  shift: <ArrowBigUp size={11} strokeWidth={1.8} />,
  up: <ArrowUp size={10} strokeWidth={1.8} />,
  down: <ArrowDown size={10} strokeWidth={1.8} />,
  left: <ArrowLeft size={10} strokeWidth={1.8} />,
  right: <ArrowRight size={10} strokeWidth={1.8} />,
  alt: <span className="kbd-word">Alt</span>,
  esc: "Esc",
  tab: "Tab",
  space: "Space",
};

/** One box per entry; an entry such as `mod+shift+.` is one box with several signs. Hidden from screen readers. */
export function Kbd({ keys }: { readonly keys: string | readonly string[] }): ReactElement {
  const boxes = typeof keys === "string" ? [keys] : keys;
  return (
    <span className="kbds" aria-hidden="true">
      {boxes.map((box) => (
        <span className="kbd" key={box}>
          {box === "+" ? box : box.split("+").map((part) => <KeySign key={part} part={part} />)}
        </span>
      ))}
    </span>
  );
}

function KeySign({ part }: { readonly part: string }): ReactElement {
  if (part === "mod") return isMac() ? <Command size={10} strokeWidth={1.8} /> : <span className="kbd-word">Ctrl</span>;
  return <span>{SIGNS[part] ?? part.toUpperCase()}</span>;
}
