/** The registry: MCP servers and how they stand, their tools to try, templates of agents, and every call. */
import { Plus } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { useIsLive, useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import type { RegistryTab } from "#renderer/state/navigation.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { AddServerDialog } from "./AddServerDialog.tsx";
import { CallDetails } from "./CallDetails.tsx";
import { CallsTab } from "./CallsTab.tsx";
import { CALLS_PAGE, useCallLog, useTemplates } from "./registryQueries.ts";
import { callsFact, serversFact, templatesFact } from "./registryWords.ts";
import { ServerDetails } from "./ServerDetails.tsx";
import { ServersTab } from "./ServersTab.tsx";
import { TemplatesTab } from "./TemplatesTab.tsx";
import { ToolTry } from "./ToolTry.tsx";
import { useServers } from "./useServers.ts";
import "./registry.css";

const TABS: readonly { readonly value: RegistryTab; readonly label: string }[] = [
  { value: "servers", label: "Servers" },
  { value: "templates", label: "Templates" },
  { value: "calls", label: "Calls" },
];

export function RegistryPage(): ReactElement {
  const page = useRegistryPage();
  const { tab, isAdding, setAdding } = page;
  return (
    <Page
      title="Registry"
      bleed
      fact={<Fact page={page} />}
      actions={
        <>
          <Button icon={<Plus size={13} />} keys="a" disabled={!page.isLive} onClick={() => setAdding(true)}>
            {tab === "templates" ? "Add template" : "Add server"}
          </Button>
          <Segments label="Part of the registry" value={tab} options={TABS} onChange={page.setTab} />
        </>
      }
      inspector={inspectorOf(page)}
      onCloseInspector={page.close}
    >
      <Part page={page} />
      {isAdding && tab !== "templates" && (
        <AddServerDialog onClose={() => setAdding(false)} onAdded={page.openServer} />
      )}
    </Page>
  );
}

/** Of what is in sight. */
function Fact({ page: { tab, servers, calls, templates } }: { readonly page: RegistryPageState }): ReactNode {
  const kept = useTemplates({ news: templates, enabled: tab === "templates" });
  const newest = useCallLog({ limit: CALLS_PAGE }, { news: calls, enabled: tab === "calls" });
  if (tab === "templates") return kept.data === undefined ? null : templatesFact(kept.data);
  if (tab === "calls") return newest.data === undefined ? null : callsFact(newest.data, CALLS_PAGE);
  return servers === undefined ? null : serversFact(servers);
}

type RegistryPageState = ReturnType<typeof useRegistryPage>;

function Part({ page }: { readonly page: RegistryPageState }): ReactElement {
  const { tab, servers, problem } = page;
  if (problem !== undefined) return <Problem title={problem} action="Try again" onAction={page.retry} />;
  if (tab === "templates")
    return <TemplatesTab news={page.templates} isAdding={page.isAdding} onAdd={page.setAdding} />;
  if (tab === "calls")
    return <CallsTab servers={servers ?? []} news={page.calls} selected={page.call} onSelect={page.openCall} />;
  if (servers === undefined) return <Skeleton rows={6} />;
  const onAdd = () => page.setAdding(true);
  return <ServersTab servers={servers} selected={page.server} onSelect={page.openServer} onAdd={onAdd} />;
}

function inspectorOf(page: RegistryPageState): ReactNode {
  if (page.tab === "templates") return false;
  if (page.tab === "calls")
    return (
      page.call !== undefined && (
        <CallDetails key={`${page.call} ${page.calls}`} id={page.call} onCall={page.openCall} />
      )
    );
  const server = page.servers?.find(({ key }) => key === page.server);
  if (server === undefined) return false;
  const tool = server.tools.find(({ name }) => name === page.tool);
  return tool === undefined ? (
    <ServerDetails server={server} onTool={(name) => page.openTool(server.key, name)} onGone={page.close} />
  ) : (
    <ToolTry
      key={`${server.key} ${tool.name}`}
      server={server}
      tool={tool}
      onBack={() => page.openServer(server.key)}
    />
  );
}

function useRegistryPage() {
  const route = useRoute();
  const navigation = useNavigation();
  const isLive = useIsLive();
  const known = useServers();
  const here = route.page === "registry" ? route : undefined;
  const tab = here?.tab ?? "servers";
  const isAdding = here?.isAdding === true;
  const setAdding = (next: boolean) =>
    navigation.replace({ page: "registry", tab, ...(next ? { isAdding: true } : {}) });
  const close = () => navigation.replace({ page: "registry", tab });
  useKeys("Registry", [
    { keys: "a", label: tab === "templates" ? "Add a template" : "Add a server", run: () => isLive && setAdding(true) },
    { keys: "i", label: "Close the inspector", run: close },
  ]);
  return {
    ...known,
    isLive,
    isAdding,
    setAdding,
    tab,
    server: here?.server,
    tool: here?.tool,
    call: here?.call,
    close,
    setTab: (next: RegistryTab) => navigation.navigate({ page: "registry", tab: next }),
    openServer: (server: string) => navigation.replace({ page: "registry", tab: "servers", server }),
    openTool: (server: string, tool: string) => navigation.navigate({ page: "registry", tab: "servers", server, tool }),
    openCall: (call: string) => navigation.replace({ page: "registry", tab: "calls", call }),
  };
}
