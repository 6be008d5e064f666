import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useContainer } from "../shell/location";
import type { CommandContext } from "./types";

export function useCommandContext(): CommandContext {
  const client = useQueryClient();
  const navigate = useNavigate();
  return { client, go: (path) => navigate({ to: path }), place: useContainer() };
}
