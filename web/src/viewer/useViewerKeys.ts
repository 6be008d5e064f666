import { useEffect, useRef } from "react";
import { isTyping } from "../ui/keys";
import type { ViewerContext } from "./Viewer";
import { viewerCommands } from "./viewerCommands";

export function useViewerKeys(context: ViewerContext): void {
  const latest = useRef(context);
  useEffect(() => {
    latest.current = context;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const isButton = event.target instanceof HTMLElement && event.target.closest("button, [role=slider], a") !== null;
      if (event.key === " " && isButton) return;
      const command = viewerCommands.find((candidate) => candidate.shortcut.includes(event.key));
      if (!command || (command.when && !command.when(latest.current))) return;
      event.preventDefault();
      command.perform(latest.current);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
