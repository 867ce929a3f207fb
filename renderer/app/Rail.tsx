/** The left rail: search, the pages, and the emergency stop, always in sight. Icons alone below 1000 px. */
import {
  Activity,
  Blocks,
  Brain,
  Gauge,
  History,
  House,
  Inbox,
  ListTree,
  MessagesSquare,
  OctagonX,
  Search,
  Settings2,
  SquareTerminal,
  Waypoints,
  Workflow,
  type LucideIcon,
} from "lucide-react";
import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useNavigation, useOpenInbox, useRoute } from "#renderer/state/hooks.ts";
import type { PageName } from "#renderer/state/navigation.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Logo } from "#renderer/ui/Logo.tsx";
import { plural } from "#shared/lib/words.ts";

type PlainPage = Extract<
  PageName,
  | "home"
  | "inbox"
  | "tree"
  | "terminals"
  | "sessions"
  | "workflows"
  | "budgets"
  | "events"
  | "bus"
  | "registry"
  | "memory"
  | "messages"
  | "settings"
>;

interface Place {
  readonly page: PlainPage;
  readonly name: string;
  readonly Icon: LucideIcon;
}

const WORK: readonly Place[] = [
  { page: "home", name: "Home", Icon: House },
  { page: "inbox", name: "Inbox", Icon: Inbox },
  { page: "tree", name: "Tree", Icon: ListTree },
  { page: "terminals", name: "Terminals", Icon: SquareTerminal },
  { page: "sessions", name: "Sessions", Icon: History },
  { page: "workflows", name: "Workflows", Icon: Workflow },
  { page: "messages", name: "Messages", Icon: MessagesSquare },
];
const OVERSIGHT: readonly Place[] = [
  { page: "budgets", name: "Budgets", Icon: Gauge },
  { page: "events", name: "Events", Icon: Activity },
  { page: "bus", name: "Bus", Icon: Waypoints },
  { page: "registry", name: "Registry", Icon: Blocks },
  { page: "memory", name: "Memory", Icon: Brain },
];
const SETTINGS: Place = { page: "settings", name: "Settings", Icon: Settings2 };

export function Rail(): ReactElement {
  const { store } = useApp();
  const waiting = useOpenInbox().length;
  return (
    <nav className="rail" aria-label="Pages">
      <div className="rail-brand">
        <Logo size={18} />
        <span className="rail-text strong">Signalbox</span>
      </div>
      <button
        type="button"
        className="rail-search"
        aria-keyshortcuts="Control+K"
        onClick={() => openOverlay(store, { kind: "palette" })}
      >
        <Search size={15} strokeWidth={1.6} aria-hidden="true" />
        <span className="rail-text grow small">Search or run</span>
        <Kbd keys="mod+k" />
      </button>
      <div className="rail-pages scroll">
        {WORK.map((place) => (
          <RailLink key={place.page} place={place} count={place.page === "inbox" ? waiting : 0} />
        ))}
        <div className="rail-heading">
          <span className="rail-text">Oversight</span>
        </div>
        {OVERSIGHT.map((place) => (
          <RailLink key={place.page} place={place} count={0} />
        ))}
      </div>
      <button
        type="button"
        className="rail-link rail-stop"
        title="Emergency stop"
        aria-keyshortcuts="Control+Shift+."
        onClick={() => openOverlay(store, { kind: "emergencyStop" })}
      >
        <OctagonX size={16} strokeWidth={1.6} aria-hidden="true" />
        <span className="rail-text grow">Emergency stop</span>
        <Kbd keys="mod+shift+." />
      </button>
      <RailLink place={SETTINGS} count={0} />
    </nav>
  );
}

function RailLink({
  place: { page, name, Icon },
  count,
}: {
  readonly place: Place;
  readonly count: number;
}): ReactElement {
  const navigation = useNavigation();
  const current = useRoute().page;
  const isOn = current === page || (page === "sessions" && current === "session");
  const label = count === 0 ? name : `${name}, ${plural(count, "item")} open`;
  return (
    <button
      type="button"
      className="rail-link"
      title={name}
      aria-label={label}
      aria-current={isOn ? "page" : undefined}
      onClick={() => navigation.navigate({ page })}
    >
      <Icon size={16} strokeWidth={1.6} aria-hidden="true" />
      <span className="rail-text">{name}</span>
      {count > 0 && (
        <span className="rail-count" aria-hidden="true">
          <Lamp state="waiting_permission" size={10} />
          <span className="rail-text">{count}</span>
        </span>
      )}
    </button>
  );
}
