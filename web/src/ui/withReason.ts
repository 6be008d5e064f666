import { ProblemError } from "../api/http";
import { askReason } from "./dialogs";

/** Does something, and once more with a reason where the server wants one; null where nobody gives one. */
export async function withReason<T>(run: (reason?: string) => Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.field !== "reason") throw error;
    const reason = await askReason(error.message.replace(/: say it in .*$/, "."));
    return reason === null ? null : run(reason);
  }
}
