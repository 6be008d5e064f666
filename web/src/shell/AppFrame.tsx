import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { BASE } from "../api/base";
import { sessionQuery } from "../api/session";
import { ResetPage } from "../session/ResetPage";
import { SignInPage } from "../session/SignInPage";
import { VisitPage } from "../sharing/VisitPage";
import { SudoBanner } from "../session/SudoBanner";
import { DialogHost } from "../ui/dialogs";
import { Problem } from "../ui/Problem";
import { ToastHost } from "../ui/toasts";
import { UploadHost } from "../upload/UploadHost";

/** What every page stands in: the session first, then the page, with dialogs, messages and uploads above it. */
export function AppFrame() {
  const session = useQuery(sessionQuery);
  const { pathname } = useLocation();
  if (pathname === "/reset-password") return <ResetPage />;
  if (session.error) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
  if (session.isPending) return null;
  if (!session.data) return BASE ? <VisitPage /> : <SignInPage />;
  return (
    <>
      <SudoBanner />
      <Outlet />
      {!session.data.visit && <UploadHost />}
      <DialogHost />
      <ToastHost />
    </>
  );
}
