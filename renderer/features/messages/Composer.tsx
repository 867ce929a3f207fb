/** A message from the person: to an agent, to one of a role, or to all of a fleet. */
import { Send } from "lucide-react";
import { useEffect, useState, type KeyboardEvent, type ReactElement, type RefObject } from "react";
import { useShallow } from "zustand/react/shallow";
import { useCommand } from "#renderer/state/commands.ts";
import { useAppState, useIsLive, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { MAX_MAIL_TEXT, PERSON } from "#shared/model/mail.ts";
import type { Conversation } from "./conversations.ts";

interface Props {
  readonly current: Conversation | undefined;
  readonly fieldRef: RefObject<HTMLTextAreaElement | null>;
}

export function Composer({ current, fieldRef }: Props): ReactElement {
  const targets = useTargets();
  const navigation = useNavigation();
  const isLive = useIsLive();
  const [text, setText] = useState("");
  const send = useCommand("message.send");
  const { to, choose } = useReceiver({ current, fieldRef }, targets);
  const canSend = isLive && to !== "" && text.trim() !== "" && !send.isPending;
  const submit = async () => {
    if (!canSend) return;
    const sent = await send.run({ to, text: text.trim() });
    if (!sent.ok) return;
    setText("");
    choose(undefined);
    const [mail] = sent.value.to;
    if (mail !== undefined) navigation.replace({ page: "messages", between: `${PERSON} ${mail.to}` });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form
      className="composer"
      aria-label="Write a message"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label className="field composer-to">
        <span className="t3">To</span>
        <select aria-label="To" value={to} onChange={(event) => choose(event.target.value)}>
          {targets.map((target) => (
            <option key={target} value={target}>
              {target.endsWith("/all") ? `All of ${target.slice(0, -"/all".length)}` : target}
            </option>
          ))}
        </select>
      </label>
      <label className="field composer-text">
        <textarea
          ref={fieldRef}
          rows={2}
          aria-label="Message"
          placeholder={targets.length === 0 ? "No agent is known yet" : "Delivered at the agent's next idle moment"}
          maxLength={MAX_MAIL_TEXT}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <Button
        kind="primary"
        submits
        icon={<Send size={13} />}
        disabled={!canSend}
        running={send.isPending && "Sending"}
      >
        Send
      </Button>
    </form>
  );
}

/** Whom the person chose, else whom a link asks to write to, else the other one of the conversation that is shown. */
function useReceiver({ current, fieldRef }: Props, targets: readonly string[]) {
  const route = useRoute();
  const asked = route.page === "messages" ? route.to : undefined;
  const [chosen, setChosen] = useState<{ readonly to: string; readonly within: string | undefined }>();
  useEffect(() => {
    if (asked !== undefined) fieldRef.current?.focus();
  }, [asked, fieldRef]);
  const partner = current?.parties.findLast((party) => party !== PERSON && targets.includes(party));
  // A choice is for the conversation it was made in.
  const picked = chosen?.within === current?.key ? chosen?.to : undefined;
  const to = [picked, asked, partner, targets[0]].find((one) => one !== undefined && targets.includes(one)) ?? "";
  const choose = (next: string | undefined) =>
    setChosen(next === undefined ? undefined : { to: next, within: current?.key });
  return { to, choose };
}

/** Every agent, and all of each fleet. */
function useTargets(): readonly string[] {
  return useAppState(
    useShallow((state) => {
      const agents = [...state.nodes.values()].filter(({ kind }) => kind === "agent").map(({ path }) => path);
      const fleets = [...new Set(agents.map((path) => path.slice(0, path.indexOf("/"))))];
      return [...agents, ...fleets.map((fleet) => `${fleet}/all`)];
    }),
  );
}
