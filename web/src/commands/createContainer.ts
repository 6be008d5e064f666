import { http } from "../api/http";
import type { Container } from "../api/types";
import { askName } from "../ui/dialogs";
import { sayError } from "../ui/toasts";
import { toggleNode } from "../tree/openNodes";
import type { CommandContext } from "./types";

/** Asks for a name and makes a project, dataset or screen; a dataset goes into the given project. */
export async function createContainer(context: CommandContext, type: "project" | "dataset" | "screen", project?: number): Promise<void> {
  const answer = await askName(`New ${type}`, `Make ${type}`);
  if (!answer) return;
  try {
    const made = await http.post<Container>(`/${type}s`, answer);
    if (type === "dataset" && project) await http.post(`/projects/${project}/datasets`, { ids: [made.id] });
    if (project) toggleNode(`project:${project}`, true);
    await context.client.invalidateQueries({ queryKey: ["tree"] });
    await context.client.invalidateQueries({ queryKey: ["children"] });
    await context.go(`/${type}s/${made.id}`);
  } catch (error) {
    sayError(error);
  }
}
