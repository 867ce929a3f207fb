/** Commands that are about the app and its fleets, not about one node. */
import {
  ArrowLeft,
  Blocks,
  BookOpen,
  Brain,
  FilePlus,
  Gauge,
  House,
  Inbox,
  Keyboard,
  ListTree,
  LogOut,
  MailX,
  MessagesSquare,
  OctagonX,
  Pause,
  PenLine,
  Play,
  Plus,
  Power,
  Radio,
  Search,
  Share2,
  SquareTerminal,
  SunMoon,
  Waypoints,
  Workflow,
  type LucideIcon,
} from "lucide-react";
import type { App } from "#renderer/state/AppContext.tsx";
import { openOverlay, showToast, type Overlay } from "#renderer/state/overlays.ts";
import type { Route } from "#renderer/state/navigation.ts";
import type { CommandInput, CommandName, CommandOutput } from "#shared/contract/index.ts";
import { plural } from "#shared/lib/words.ts";
import { entryIcon, settingsIcon, type Entry } from "./entries.tsx";

interface Sketch {
  readonly id: string;
  readonly Icon?: LucideIcon;
  readonly title: string;
  readonly hint?: string;
  readonly keys?: string;
  readonly run: () => void;
}

function entry({ id, Icon, title, hint = "", keys, run }: Sketch): Entry {
  return {
    id,
    group: "Commands",
    icon: Icon === undefined ? settingsIcon : entryIcon(Icon),
    title,
    hint,
    run,
    ...(keys === undefined ? {} : { keys }),
  };
}

/** Runs a command; `said` says what it did, a refusal says why not. */
async function order<K extends CommandName>(
  app: App,
  name: K,
  { input, said }: { readonly input: CommandInput<K>; readonly said?: (output: CommandOutput<K>) => string },
): Promise<void> {
  const result = await app.client.command(name, input);
  if (!result.ok) showToast(app.store, { kind: "error", text: result.error.message });
  else if (said !== undefined) showToast(app.store, { kind: "undo", text: said(result.value) });
}

export function appEntries(app: App): readonly Entry[] {
  return [...placeSketches(app), ...actSketches(app), ...fleetSketches(app)].map(entry);
}

function placeSketches({ navigation, store }: App): readonly Sketch[] {
  const go = (title: string, Icon: LucideIcon, { keys, ...route }: Route & { readonly keys?: string }): Sketch => ({
    id: `go:${title}`,
    Icon,
    title: `Go to ${title}`,
    run: () => navigation.navigate(route),
    ...(keys === undefined ? {} : { keys }),
  });
  const open = (
    id: string,
    Icon: LucideIcon,
    { title, overlay, keys }: { readonly title: string; readonly overlay: Overlay; readonly keys?: string },
  ): Sketch => ({ id, Icon, title, run: () => openOverlay(store, overlay), ...(keys === undefined ? {} : { keys }) });
  const at = (id: string, Icon: LucideIcon, { title, ...route }: Route & { readonly title: string }): Sketch => ({
    id,
    Icon,
    title,
    run: () => navigation.navigate(route),
  });
  const deeds = [
    at("write", PenLine, { title: "Write a message to an agent", page: "messages", to: "" }),
    at("watch-bus", Radio, { title: "Watch what passes on the bus", page: "bus", tab: "live" }),
    at("add-server", Plus, { title: "Add an MCP server", page: "registry", isAdding: true }),
    at("run-workflow", Play, { title: "Run a workflow", page: "workflows" }),
  ];
  return [
    go("Home", House, { page: "home", keys: "g h" }),
    go("Inbox", Inbox, { page: "inbox", keys: "g i" }),
    go("Tree", ListTree, { page: "tree", keys: "g t" }),
    go("Terminals", SquareTerminal, { page: "terminals", keys: "g l" }),
    go("Sessions", Search, { page: "sessions", keys: "g s" }),
    go("Budgets", Gauge, { page: "budgets", keys: "g b" }),
    go("Events", Search, { page: "events", keys: "g e" }),
    go("Workflows", Workflow, { page: "workflows", keys: "g w" }),
    go("Messages", MessagesSquare, { page: "messages", keys: "g m" }),
    go("Bus", Waypoints, { page: "bus", keys: "g u" }),
    go("Dead letters", MailX, { page: "bus", tab: "dead", keys: "g d" }),
    go("Registry", Blocks, { page: "registry", keys: "g r" }),
    go("Memory", Brain, { page: "memory", keys: "g y" }),
    go("Contexts", Brain, { page: "memory", tab: "contexts" }),
    go("Calls of tools", Blocks, { page: "registry", tab: "calls" }),
    go("Message catalogue", BookOpen, { page: "bus", tab: "catalogue" }),
    go("Settings", SunMoon, { page: "settings", keys: "mod+," }),
    go("Search", Search, { page: "search", keys: "g f" }),
    ...deeds,
    { id: "back", Icon: ArrowLeft, title: "Back", keys: "alt+left", run: () => navigation.back() },
    open("add-agent", Plus, { title: "Add agent", overlay: { kind: "addChild", what: "agent" } }),
    open("add-supervisor", Plus, { title: "Add supervisor", overlay: { kind: "addChild", what: "supervisor" } }),
    open("open-fleet", FilePlus, { title: "Open a fleet file", overlay: { kind: "openFleet" } }),
    open("keys", Keyboard, { title: "Keys of this page", overlay: { kind: "keys" }, keys: "?" }),
    open("estop", OctagonX, { title: "Emergency stop", overlay: { kind: "emergencyStop" }, keys: "mod+shift+." }),
  ];
}

function actSketches(app: App): readonly Sketch[] {
  const { client, store } = app;
  const { info, status, settings } = store.getState();
  const theme = (value: "light" | "dark" | "system", title: string): Sketch => ({
    id: `theme:${value}`,
    Icon: SunMoon,
    title,
    hint: settings?.theme === value ? "as it is" : "theme",
    run: () => void order(app, "settings.set", { input: { key: "theme", value } }),
  });
  const quit = (stopAgents: boolean, title: string): Sketch => ({
    id: `quit:${String(stopAgents)}`,
    Icon: stopAgents ? Power : LogOut,
    title,
    hint: stopAgents ? "ends every agent, then the app" : "the app ends, agents go on",
    run: () =>
      openOverlay(store, {
        kind: "confirm",
        question: {
          title: `${title}?`,
          body: stopAgents
            ? "All agents stop; their sessions are kept."
            : "Agents keep running and are taken up again at the next start.",
          action: "Quit",
          isDangerous: stopAgents,
          run: () => void order(app, "app.quit", { input: { stopAgents } }),
        },
      }),
  });
  const link: Sketch = {
    id: "link",
    Icon: Share2,
    title: "Copy a link for a browser",
    hint: "works once, on this machine",
    run: () =>
      void client.command("auth.mint", {}).then(async (minted) => {
        if (!minted.ok) return showToast(store, { kind: "error", text: minted.error.message });
        await navigator.clipboard.writeText(minted.value.url);
        showToast(store, { kind: "undo", text: `Copied. The link works once, within ${minted.value.expiresInS} s.` });
      }),
  };
  const interrupted = status?.interrupted ?? [];
  return [
    {
      id: "pause-all",
      Icon: Pause,
      title: "Pause all agents",
      run: () =>
        void order(app, "app.pauseAll", { input: {}, said: ({ paused }) => `Paused ${plural(paused, "agent")}.` }),
    },
    {
      id: "resume-all",
      Icon: Play,
      title: "Resume all agents",
      run: () =>
        void order(app, "app.resumeAll", { input: {}, said: ({ resumed }) => `Resumed ${plural(resumed, "agent")}.` }),
    },
    ...(interrupted.length === 0
      ? []
      : [
          {
            id: "resume-interrupted",
            Icon: Play,
            title: "Resume what ran before the restart",
            hint: interrupted.join(", "),
            run: () => void order(app, "app.resumeInterrupted", { input: {} }),
          },
        ]),
    theme("light", "Use the light theme"),
    theme("dark", "Use the dark theme"),
    theme("system", "Use the system's theme"),
    link,
    quit(false, info?.host === "headless" ? "Quit the headless app, agents keep running" : "Quit, agents keep running"),
    quit(true, "Quit and stop all agents"),
  ];
}

function fleetSketches(app: App): readonly Sketch[] {
  return [...app.store.getState().fleets.values()].flatMap((fleet): readonly Sketch[] => [
    fleet.status === "up"
      ? {
          id: `down:${fleet.name}`,
          Icon: Power,
          title: `Take ${fleet.name} down`,
          hint: "stops all its agents",
          run: () => askDown(app, fleet.name),
        }
      : {
          id: `up:${fleet.name}`,
          Icon: Play,
          title: `Start fleet ${fleet.name}`,
          hint: fleet.file,
          run: () => void order(app, "fleet.up", { input: { name: fleet.name } }),
        },
    {
      id: `autostart:${fleet.name}`,
      title: fleet.autostart ? `Do not start ${fleet.name} by itself` : `Let ${fleet.name} start by itself`,
      hint: "when the app starts",
      run: () => void order(app, "fleet.setAutostart", { input: { name: fleet.name, autostart: !fleet.autostart } }),
    },
  ]);
}

function askDown(app: App, name: string): void {
  openOverlay(app.store, {
    kind: "confirm",
    question: {
      title: `Take ${name} down?`,
      body: "All its agents stop in reverse order and stay stopped. Sessions are kept.",
      action: "Take it down",
      isDangerous: true,
      run: () => void order(app, "fleet.down", { input: { name } }),
    },
  });
}
