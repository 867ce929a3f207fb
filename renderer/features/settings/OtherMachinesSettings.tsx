/** The NATS server that joins this machine to others: its address, tried before it is kept; it counts from the next start on. */
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useSettings } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import type { NodeState } from "#shared/model/states.ts";

interface Said {
  readonly lamp: NodeState;
  readonly text: string;
}

export function OtherMachinesSettings(): ReactElement {
  const form = useNats();
  const { url, credentials, said, isChanged, isLive } = form;
  return (
    <section className="settings-group" aria-label="Other machines">
      <h2 className="section-head">Other machines</h2>
      <form
        className="settings-nats"
        onSubmit={(event) => {
          event.preventDefault();
          void form.test();
        }}
      >
        <Labelled
          label="NATS server"
          hint="Machines on one NATS server with JetStream, 2.10 or newer, see each other's trees. Empty: this machine works alone."
        >
          {(id) => (
            <Field
              id={id}
              className="mono"
              placeholder="nats://host:4222"
              value={url}
              onChange={(event) => form.setUrl(event.target.value)}
            />
          )}
        </Labelled>
        <Labelled
          label="Credentials file"
          hint="Path on this machine of what nsc writes, or of one line: user:password, or a token. Where the server asks for it."
        >
          {(id) => (
            <Field
              id={id}
              className="mono"
              placeholder="none"
              value={credentials}
              onChange={(event) => form.setCredentials(event.target.value)}
            />
          )}
        </Labelled>
        <div className="row">
          <Button submits disabled={!isLive || url.trim() === ""} running={form.isTesting && "Testing"}>
            Test connection
          </Button>
          <Button kind="primary" disabled={!isLive || !isChanged} onClick={() => void form.save()}>
            Save
          </Button>
          <span className="small t3">Counts from the next start of Signalbox on.</span>
        </div>
        <div className="settings-said" role="status">
          {said.map(({ lamp, text }) => (
            <p key={text}>
              <Lamp state={lamp} size={13} /> {text}
            </p>
          ))}
        </div>
      </form>
    </section>
  );
}

function useNats() {
  const { client } = useApp();
  const { natsUrl, natsCredentials } = useSettings();
  const isLive = useIsLive();
  const set = useCommand("settings.set");
  // Undefined: as it is set; what another window sets is seen.
  const [typedUrl, typeUrl] = useState<string>();
  const [typedCredentials, typeCredentials] = useState<string>();
  const [url, credentials] = [typedUrl ?? natsUrl, typedCredentials ?? natsCredentials];
  const [said, setSaid] = useState<readonly Said[]>([]);
  // What was said is about the address that was tried, not about the one being typed.
  const typing = (type: (text: string) => void) => (text: string) => {
    type(text);
    setSaid([]);
  };
  const [isTesting, setTesting] = useState(false);
  const typed = { url: url.trim(), credentials: credentials.trim() };
  const isChanged = typed.url !== natsUrl || typed.credentials !== natsCredentials;
  const test = async () => {
    setTesting(true);
    setSaid([]);
    const file = typed.credentials === "" ? {} : { credentialsFile: typed.credentials };
    const tried = await client.query("machine.tryServer", { url: typed.url, ...file });
    setTesting(false);
    if (!tried.ok) return setSaid([{ lamp: "crashed", text: tried.error.message }]);
    const { server, version, warnings } = tried.value;
    setSaid([
      { lamp: "done", text: `${server} answers, version ${version}.` },
      ...warnings.map((text) => ({ lamp: "waiting_permission" as const, text })),
    ]);
  };
  const save = async () => {
    const order = { natsUrl: typed.url, natsCredentials: typed.credentials };
    for (const [key, value] of Object.entries(order)) {
      const done = await set.run({ key, value }, { isQuiet: true });
      if (!done.ok) return setSaid([{ lamp: "crashed", text: done.error.message }]);
    }
    typeUrl(undefined);
    typeCredentials(undefined);
    setSaid([{ lamp: "done", text: "Saved. It counts from the next start of Signalbox on." }]);
  };
  const [setUrl, setCredentials] = [typing(typeUrl), typing(typeCredentials)];
  return { url, setUrl, credentials, setCredentials, said, isTesting, isChanged, isLive, test, save };
}
