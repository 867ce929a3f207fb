/** Settings: appearance, terminals, notifications, fleets, and what this app is and where it keeps things. */
import type { ReactElement, ReactNode } from "react";
import { useCommand } from "#renderer/state/commands.ts";
import { useInfo, useIsLive, useSettings } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { bytesWords } from "#shared/lib/words.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Switch } from "#renderer/ui/Switch.tsx";
import type { Settings } from "#shared/model/settings.ts";
import { About } from "./About.tsx";
import { FleetSettings } from "./FleetSettings.tsx";
import { Health } from "./Health.tsx";
import { OtherMachinesSettings } from "./OtherMachinesSettings.tsx";
import { RecordingSettings } from "./RecordingSettings.tsx";
import "./settings.css";

export function SettingsPage(): ReactElement {
  return (
    <Page title="Settings">
      <div className="settings">
        <Appearance />
        <Terminals />
        <Notifications />
        <Metering />
        <MachineProtection />
        <FleetSettings />
        <OtherMachinesSettings />
        <RecordingSettings />
        <Health />
        <About />
      </div>
    </Page>
  );
}

const THEMES = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;
const RENDERERS = [
  { value: "auto", label: "Automatic" },
  { value: "webgl", label: "Graphics card" },
  { value: "dom", label: "Plain" },
] as const;

function useSet(): <K extends keyof Settings>(key: K, value: Settings[K]) => void {
  const set = useCommand("settings.set");
  return (key, value) => void set.run({ key, value });
}

function Appearance(): ReactElement {
  const { theme } = useSettings();
  const set = useSet();
  return (
    <Group title="Appearance">
      <Line label="Theme">
        <Segments label="Theme" value={theme} options={THEMES} onChange={(value) => set("theme", value)} />
      </Line>
    </Group>
  );
}

function Terminals(): ReactElement {
  const { terminalFontSize, terminalRenderer } = useSettings();
  const isLive = useIsLive();
  const set = useSet();
  const resize = (by: number) => set("terminalFontSize", Math.min(32, Math.max(8, terminalFontSize + by)));
  return (
    <Group title="Terminals">
      <Line label="Font size">
        <Button aria-label="Smaller" disabled={!isLive || terminalFontSize <= 8} onClick={() => resize(-0.5)}>
          −
        </Button>
        <span className="tab settings-number">{terminalFontSize} px</span>
        <Button aria-label="Larger" disabled={!isLive || terminalFontSize >= 32} onClick={() => resize(0.5)}>
          +
        </Button>
      </Line>
      <Line label="Drawing" hint="Automatic uses the graphics card and falls back where it fails.">
        <Segments
          label="Drawing"
          value={terminalRenderer}
          options={RENDERERS}
          onChange={(value) => set("terminalRenderer", value)}
        />
      </Line>
    </Group>
  );
}

const MEMORY_FLOORS = [0, 512, 1000, 2000, 4000].map((mb) => ({
  value: String(mb),
  label: mb === 0 ? "Off" : bytesWords(mb * 1_000_000),
}));
const CPU_CEILINGS = [
  { value: "100", label: "Off" },
  { value: "98", label: "98 %" },
  { value: "90", label: "90 %" },
  { value: "75", label: "75 %" },
] as const;

function MachineProtection(): ReactElement {
  const { startAboveFreeMb, startBelowCpuPercent } = useSettings();
  const set = useSet();
  return (
    <Group title="When the machine is short">
      <Line label="New agents wait below" hint="of free memory. What runs goes on; Start now starts one anyway.">
        <Segments
          label="New agents wait below"
          value={String(startAboveFreeMb)}
          options={MEMORY_FLOORS}
          onChange={(value) => set("startAboveFreeMb", Number(value))}
        />
      </Line>
      <Line label="Starts go one by one above" hint="of the time without a free processor (Linux).">
        <Segments
          label="Starts go one by one above"
          value={String(startBelowCpuPercent)}
          options={CPU_CEILINGS}
          onChange={(value) => set("startBelowCpuPercent", Number(value))}
        />
      </Line>
    </Group>
  );
}

function Notifications(): ReactElement {
  const settings = useSettings();
  const isDesktop = useInfo()?.host === "desktop";
  const set = useSet();
  return (
    <Group title={isDesktop ? "Notifications and tray" : "Notifications of the desktop app"}>
      <Switch
        label="An agent waits for you"
        isOn={settings.notifyWaiting}
        onChange={(value) => set("notifyWaiting", value)}
      />
      <Switch label="An agent broke" isOn={settings.notifyBroke} onChange={(value) => set("notifyBroke", value)} />
      <Switch
        label="A supervisor gave up"
        isOn={settings.notifyGaveUp}
        onChange={(value) => set("notifyGaveUp", value)}
      />
      <Switch
        label="Closing the window keeps the app in the tray"
        isOn={settings.closeToTray}
        onChange={(value) => set("closeToTray", value)}
      />
    </Group>
  );
}

/** The words say what passes through us before a person turns it on. */
function Metering(): ReactElement {
  const { gateway } = useSettings();
  const set = useSet();
  return (
    <Group title="Metering gateway">
      <Switch
        label="Agents reach their providers through Signalbox"
        isOn={gateway === "on"}
        onChange={(value) => set("gateway", value ? "on" : "off")}
      />
      <p className="small t3 settings-foot">
        Counts every token exactly and stops a request before it is sent when a budget is used up. Requests and keys
        pass through this app on this machine; they are not stored. Holds from an agent's next start on. While the app
        is closed these agents wait and try again. A fleet file can say <code>gateway: true</code> or{" "}
        <code>gateway: false</code> for one agent.
      </p>
    </Group>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <section className="settings-group" aria-label={title}>
      <h2 className="section-head">{title}</h2>
      <div className="list settings-lines">{children}</div>
    </section>
  );
}

interface LineProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}

function Line({ label, hint, children }: LineProps): ReactElement {
  return (
    <div className="settings-line">
      <span className="grow">
        {label}
        {hint !== undefined && <span className="small t3 settings-hint">{hint}</span>}
      </span>
      <span className="row">{children}</span>
    </div>
  );
}
