import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useChanges } from "../api/changes";
import { sessionQuery } from "../api/session";
import { SignInPage } from "../session/SignInPage";
import { DialogHost } from "../ui/dialogs";
import { Problem } from "../ui/Problem";
import { ToastHost } from "../ui/toasts";
import { UploadHost } from "../upload/UploadHost";

/** What every page stands in: the session first, then the page, with dialogs, messages and uploads above it. */
export function AppFrame() {
  const session = useQuery(sessionQuery);
  useChanges(Boolean(session.data));
  if (session.error) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
  if (session.isPending) return null;
  if (!session.data) return <SignInPage />;
  return (
    <>
      <Outlet />
      <UploadHost />
      <DialogHost />
      <ToastHost />
    </>
  );
}
