/** A page that breaks takes only itself down. */
import { Component, type ReactNode } from "react";
import { Problem } from "#renderer/ui/Problem.tsx";

interface State {
  readonly error: Error | undefined;
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <Problem
        title="This page could not be drawn."
        action="Draw it again"
        onAction={() => this.setState({ error: undefined })}
        details={error.stack ?? error.message}
      >
        Agents and other pages are not affected. If it happens again, the details below help to mend it.
      </Problem>
    );
  }
}
