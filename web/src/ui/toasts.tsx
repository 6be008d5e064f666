import { Notification } from "@mantine/core";
import type { ReactNode } from "react";
import { createStore, useStore } from "./store";

interface Toast { id: number; text: ReactNode; isError: boolean }
const toasts = createStore<Toast[]>([]);
let lastId = 0;

function show(text: ReactNode, isError: boolean, ms: number): void {
  const id = ++lastId;
  toasts.set((before) => [...before.slice(-3), { id, text, isError }]);
  setTimeout(() => close(id), ms);
}
const close = (id: number) => toasts.set((before) => before.filter((toast) => toast.id !== id));

export const say = (text: ReactNode, ms = 5_000): void => show(text, false, ms);
export const sayError = (error: unknown): void => show(error instanceof Error ? error.message : String(error), true, 12_000);

export function ToastHost() {
  const list = useStore(toasts);
  return (
    <div aria-live="polite" style={{ position: "fixed", left: 16, bottom: 16, width: 360, maxWidth: "calc(100vw - 32px)", zIndex: 400, display: "grid", gap: 8 }}>
      {list.map((toast) => (
        <Notification key={toast.id} withBorder color={toast.isError ? "red" : "accent"} onClose={() => close(toast.id)}
          role={toast.isError ? "alert" : "status"} closeButtonProps={{ "aria-label": "Dismiss" }}>
          {toast.text}
        </Notification>
      ))}
    </div>
  );
}
