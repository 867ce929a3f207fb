/** What agents and people say to each other: conversations on the left, one of them on the right, and a message of one's own. */
import { PenLine } from "lucide-react";
import { useMemo, useRef, type ReactElement } from "react";
import { useAppState, useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { plural } from "#shared/lib/words.ts";
import { Composer } from "./Composer.tsx";
import { ConversationList } from "./ConversationList.tsx";
import { ConversationView } from "./ConversationView.tsx";
import { conversationsOf, type Conversation } from "./conversations.ts";
import "./messages.css";

export function MessagesPage(): ReactElement {
  const mail = useAppState((state) => state.mail);
  const hasMail = useAppState((state) => state.hasMail);
  const navigation = useNavigation();
  const route = useRoute();
  const field = useRef<HTMLTextAreaElement>(null);
  const conversations = useMemo(() => conversationsOf(mail.values()), [mail]);
  const wanted = route.page === "messages" ? route.between : undefined;
  const current = conversations.find(({ key }) => key === wanted) ?? conversations[0];
  const show = (one: Conversation | undefined) => {
    if (one !== undefined) navigation.replace({ page: "messages", between: one.key });
  };
  const step = (by: number) => {
    const at = conversations.findIndex(({ key }) => key === current?.key);
    show(conversations[Math.min(conversations.length - 1, Math.max(0, at + by))]);
  };
  const write = () => field.current?.focus();
  useKeys("Messages", [
    { keys: "j", label: "Next conversation", run: () => step(1) },
    { keys: "k", label: "Previous conversation", run: () => step(-1) },
    { keys: "m", label: "Write a message", run: write },
  ]);
  return (
    <Page
      title="Messages"
      fact={factOf(conversations)}
      bleed
      actions={
        <Button icon={<PenLine size={13} />} keys="m" onClick={write}>
          Write
        </Button>
      }
    >
      {!hasMail ? (
        <Skeleton rows={6} />
      ) : (
        <div className="messages" data-empty={conversations.length === 0 || undefined}>
          {conversations.length > 0 && (
            <ConversationList conversations={conversations} currentKey={current?.key} onShow={show} />
          )}
          <div className="messages-main">
            {current === undefined ? <NoMessages /> : <ConversationView key={current.key} conversation={current} />}
            <Composer current={current} fieldRef={field} />
          </div>
        </div>
      )}
    </Page>
  );
}

function NoMessages(): ReactElement {
  return (
    <Blank
      title="No message yet."
      commands={['signalbox msg send FLEET/AGENT "Run the tests before you stop"', "signalbox msg ls"]}
    >
      Agents write to each other with the tool send_message and hand work over with hand_over. You can write to any of
      them below. What an agent cannot take now waits here until it is idle.
    </Blank>
  );
}

function factOf(conversations: readonly Conversation[]): string {
  const waiting = conversations.reduce((sum, one) => sum + one.waiting, 0);
  if (conversations.length === 0) return "No conversation";
  const said = plural(conversations.length, "conversation");
  return waiting === 0 ? said : `${said}, ${plural(waiting, "message")} waiting`;
}
